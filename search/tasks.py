"""Background work of search."""

from django_tasks import task

from search.backends.base import EngineUnavailable
from search.backends.failover import breaker
from search.indexing import sync


@task()
def bring_cluster_up_to_date() -> None:
    """Tell the cluster what changed; while it is away the changes wait in the outbox.

    The worker has other work: a cluster that has just failed is left alone for a while.
    """
    if not breaker.allows():
        return
    try:
        told = sync()
    except EngineUnavailable:
        # Expected: the outbox has put the rows off; the next change or `search_sync` tries again.
        breaker.failed()
    else:
        if told:
            breaker.succeeded()
