"""Put the signed-in person's scope and name on everything a request does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from core.history.context import change_set

from .scope import NOBODY, in_scope, scope_of


class ScopeMiddleware:
    """Resolve the user once per request.  Must come after authentication.

    Rights are read afresh each time, never kept in the session, so that a post that
    ended this morning opens nothing this afternoon.  Whoever still owes a second factor
    reaches no row, even where a view should let them in by mistake.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        owes = getattr(request, "factor_missing", False)
        posts = getattr(request, "posts_held", None)
        scope = NOBODY if owes else scope_of(request.user, posts=posts)
        with in_scope(scope), request_transaction() as opened:
            if not request.user.is_authenticated:
                response = self.get_response(request)
            else:
                with change_set(actor=request.user, source="form"):
                    response = self.get_response(request)
            if opened and response.status_code >= 500:
                # What a request that failed has written goes with it.
                transaction.set_rollback(True)
        return response


@contextmanager
def request_transaction() -> Iterator[bool]:
    """Open the transaction that row-level security is told the scope in.

    View and page share it, so that the scope is sent once.  Only where the database has
    row-level security: SQLite takes a lock for each transaction, and readers would queue.

    Yields:
        Whether one was opened; inside another (a test's) there is no need.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield False
        return
    with transaction.atomic():
        yield True
