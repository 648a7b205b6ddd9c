"""Questions about attachments."""

from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet, Sum
from django.utils import timezone

from core.calendar import start_of

from .models import Attachment, AttachmentQuerySet

if TYPE_CHECKING:
    from core.accounts.models import User


def attachments_of(holder: Any) -> AttachmentQuerySet:
    """Return the files of a record that are in scope, oldest first."""
    found: AttachmentQuerySet = Attachment.objects.of(holder)
    return found.select_related("created_by")


def every_attachment_of(holder: Any) -> QuerySet[Attachment]:
    """Return all files of a record, whoever asks: for what happens to the record itself."""
    kind = ContentType.objects.get_for_model(type(holder), for_concrete_model=True)
    return Attachment._base_manager.filter(content_type=kind, object_id=holder.pk)


def bytes_uploaded_today(user: "User") -> int:
    """Return how much a person has uploaded since local midnight, wherever."""
    midnight = start_of(timezone.localdate())
    rows = Attachment._base_manager.filter(created_by=user, created_at__gte=midnight)
    return rows.aggregate(total=Sum("size"))["total"] or 0
