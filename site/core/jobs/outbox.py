"""Messages that are written with a change and delivered after it."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from .models import Outbox

logger = logging.getLogger("tonghu.jobs")

LONGEST_WAIT = timedelta(minutes=10)


def publish(topic: str, keys: Iterable[str], *, urgent: bool = False) -> None:
    """Note that the things behind ``keys`` have changed.

    Call it inside the transaction of the change; a key that waits already only
    becomes newer.  ``urgent`` messages (a move, a sealing, a deletion) go first.
    """
    now = timezone.now()
    rows = [Outbox(topic=topic, key=key, urgent=urgent, not_before=now) for key in set(keys)]
    if not rows:
        return
    # Two statements on purpose: an upsert that counts would need raw SQL.
    for start in range(0, len(rows), 500):
        batch = rows[start : start + 500]
        Outbox.objects.bulk_create(batch, ignore_conflicts=True)
        changed = Outbox.objects.filter(topic=topic, key__in=[row.key for row in batch])
        changed.update(version=F("version") + 1, not_before=now, attempts=0)
        if urgent:
            changed.update(urgent=True)


def pending(topic: str) -> int:
    """Return how many messages of a topic wait."""
    return Outbox.objects.filter(topic=topic).count()


def consume(topic: str, deliver: Callable[[Sequence[str]], None], *, batch: int = 200) -> int:
    """Deliver one batch of messages that are due.

    Args:
        topic: Which messages.
        deliver: Called with their keys.  If it raises, the messages stay and wait
            twice as long as before, up to ten minutes; the error is raised on.
        batch: How many at most.

    Returns:
        How many were delivered and removed; one that changed meanwhile stays.
    """
    with transaction.atomic():
        due = Outbox.objects.filter(topic=topic, not_before__lte=timezone.now())
        due = due.order_by("-urgent", "not_before", "pk")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        taken = list(due.values_list("pk", "key", "version", "attempts")[:batch])
        # Whoever else looks now must not take the same rows while they are under way.
        Outbox.objects.filter(pk__in=[row[0] for row in taken]).update(
            not_before=timezone.now() + timedelta(seconds=60), attempts=F("attempts") + 1
        )
    if not taken:
        return 0
    try:
        deliver([key for _pk, key, _version, _attempts in taken])
    except Exception as error:
        for pk, _key, _version, attempts in taken:
            wait = min(timedelta(seconds=2 ** min(attempts + 1, 10)), LONGEST_WAIT)
            Outbox.objects.filter(pk=pk).update(
                not_before=timezone.now() + wait, error_code=type(error).__name__[:60]
            )
        raise
    delivered = 0
    for pk, _key, version, _attempts in taken:
        delivered += Outbox.objects.filter(pk=pk, version=version).delete()[0]
    return delivered
