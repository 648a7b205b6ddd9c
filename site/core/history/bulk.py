"""Write many rows with the same history that single saves leave."""

from collections.abc import Sequence
from typing import Any

from django.db import models, transaction
from django.dispatch import Signal
from django.utils import timezone

from .records import stamp_record

rows_changed = Signal()
"""Sent after a bulk update, with the model as sender and ``rows``: ``post_save`` is not."""


def history_rows(objects: Sequence[Any], history_type: str) -> list[Any]:
    """Build the history rows of a batch, in one change set and with one time."""
    if not objects:
        return []
    model = type(objects[0])
    manager = getattr(model, model._meta.simple_history_manager_attribute)
    history_model = manager.model
    attnames = [field.attname for field in history_model.tracked_fields]
    now = timezone.now()
    rows = []
    for instance in objects:
        row = history_model(
            history_date=now,
            history_type=history_type,
            **{name: getattr(instance, name) for name in attnames},
        )
        stamp_record(row)
        rows.append(row)
    return rows


@transaction.atomic
def create_with_history(objects: Sequence[Any], *, batch_size: int = 500) -> list[Any]:
    """Insert rows and their ``+`` history.

    Signals are not sent: the caller tells the search index itself.

    Raises:
        MissingActor: No change set is open.
    """
    if not objects:
        return []
    model = type(objects[0])
    for instance in objects:
        if hasattr(instance, "stamp"):
            instance.stamp()
    created = model._base_manager.bulk_create(objects, batch_size=batch_size)
    rows = history_rows(created, "+")
    type(rows[0])._base_manager.bulk_create(rows, batch_size=batch_size)
    return created


@transaction.atomic
def record_changes(objects: Sequence[models.Model], *, batch_size: int = 500) -> None:
    """Write the ``~`` history of rows a bulk update has just changed."""
    rows = history_rows(objects, "~")
    if rows:
        type(rows[0])._base_manager.bulk_create(rows, batch_size=batch_size)
        rows_changed.send(sender=type(objects[0]), rows=objects)
