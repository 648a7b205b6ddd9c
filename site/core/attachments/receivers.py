"""Files go where their record goes."""

from typing import Any

from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver

from core.history.bulk import rows_changed

from .holding import holds
from .services import delete_all_of, follow


@receiver(post_save, dispatch_uid="attachments.follow")
def follow_a_record(sender: Any, instance: Any, created: bool, raw: bool, **kwargs: Any) -> None:
    """Move the files of a record that moved; a new one has none yet."""
    if not (created or raw) and holds(sender) and getattr(instance, "has_moved", True):
        follow([instance])


@receiver(rows_changed, dispatch_uid="attachments.follow_many")
def follow_many_records(sender: Any, rows: Any, **kwargs: Any) -> None:
    """Move the files of records that were changed in bulk."""
    if holds(sender):
        follow(rows)


@receiver(pre_delete, dispatch_uid="attachments.go_too")
def go_with_a_record(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Delete the files of a record that is deleted."""
    if holds(sender):
        delete_all_of(instance)
