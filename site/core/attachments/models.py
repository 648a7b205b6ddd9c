"""A file on a case row."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.access.managers import ScopedManager, ScopedQuerySet
from core.access.models import CaseModel
from core.access.register import FieldClasses, Kind
from core.crypto.fields import BlindIndexField, EncryptedCharField
from core.history.records import LedgerHistory

from .enums import CLASSES, IMAGES, SENSITIVE, AttachmentKind, AttachmentState, FileType


class AttachmentQuerySet(ScopedQuerySet):
    """Questions about many files."""

    def of(self, holder: Any) -> "AttachmentQuerySet":
        """Keep the files of one record."""
        kind = ContentType.objects.get_for_model(type(holder), for_concrete_model=True)
        return self.filter(content_type=kind, object_id=holder.pk)


class Attachment(CaseModel):
    """One file.  The row says what it is; the content lies sealed in the store.

    Legal source: 个人信息保护法 arts. 28 and 51 (sensitive information is encrypted);
    未成年人网络保护条例 art. 36 (each access is recorded).
    """

    content_type = models.ForeignKey(
        ContentType, on_delete=models.PROTECT, related_name="+", editable=False
    )
    object_id = models.UUIDField(_("record"), editable=False)
    kind = models.CharField(_("what it shows"), max_length=12, choices=AttachmentKind)
    name = EncryptedCharField(pgettext_lazy("file", "name of the file"), max_length=200)
    file_type = models.CharField(_("type of file"), max_length=4, choices=FileType, editable=False)
    size = models.PositiveIntegerField(_("size in bytes"), editable=False)
    sha256 = EncryptedCharField(_("digest"), max_length=64, editable=False)
    sha256_index = BlindIndexField(source="sha256")
    field_class = models.PositiveSmallIntegerField(
        _("class of sensitivity"), default=SENSITIVE, editable=False
    )
    state = models.CharField(
        _("state"),
        max_length=11,
        choices=AttachmentState,
        default=AttachmentState.QUARANTINED,
        editable=False,
    )
    scanned_at = models.DateTimeField(_("scanned at"), null=True, blank=True, editable=False)
    stored_name = models.CharField(max_length=48, unique=True, editable=False)
    file_key = EncryptedCharField(max_length=64, editable=False)

    # The record it belongs to may be of any model: no foreign key gives the territory.
    territory_from = ()
    points_at = ("object_id",)
    field_classes = FieldClasses(
        office=[
            "content_type",
            "object_id",
            "kind",
            "file_type",
            "size",
            "field_class",
            "state",
            "scanned_at",
            "stored_name",
        ],
        sensitive={"name": Kind.TEXT, "sha256": Kind.TEXT},
        secret={"file_key": Kind.TEXT},
    )

    objects = ScopedManager.from_queryset(AttachmentQuerySet)()  # type: ignore[misc]
    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["created_at", "id"]
        # The rights are those of the record it belongs to.
        default_permissions = ()  # type: ignore[assignment]
        indexes = [
            models.Index(name="attachment_of_record", fields=["content_type", "object_id"]),
            models.Index(name="attachment_by_state", fields=["state"]),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def territory_code_source(self) -> str:
        """Return the code it was given with its record; ``services.follow`` changes it."""
        return self.territory_code

    @property
    def is_image(self) -> bool:
        return self.file_type in IMAGES

    @property
    def is_ready(self) -> bool:
        """Whether it is handed out at all."""
        return self.state == AttachmentState.CLEAN

    @classmethod
    def class_of(cls, kind: str) -> int:
        """Return the class of the field register a kind of file has."""
        return CLASSES.get(AttachmentKind(kind), SENSITIVE)
