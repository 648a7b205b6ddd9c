"""One upload on its way into a ledger: the file, its rows, and what became of them."""

import base64
import secrets
import uuid
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.access.register import FieldClasses, Kind
from core.crypto.fields import EncryptedTextField

__all__ = ["ImportBatch", "ImportMapping", "ImportRow", "ImportSource"]

KEPT_FOR = timedelta(days=1)


def new_batch_number() -> str:
    """Return a number people can read out: the day, and six digits."""
    return f"{timezone.localdate():%y%m%d}-{secrets.randbelow(10**6):06d}"


def one_day_from_now() -> Any:
    """Return when an upload is deleted."""
    return timezone.now() + KEPT_FOR


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def owned_by(self, user: Any) -> Self:
        """Keep the batches of one person: nobody sees what another uploaded."""
        return self.filter(owner=user)

    def expired(self) -> Self:
        """Keep batches whose staged rows must be gone by now."""
        return self.filter(expires_at__lte=timezone.now())


class ImportBatch(models.Model):
    """One upload.  What it counts is kept; what it staged is gone after a day.

    Legal source: 个人信息保护法 art. 19 (kept no longer than the purpose needs). No
    clause fixes the day; ``KEPT_FOR`` does.
    """

    class State(models.TextChoices):
        MAPPING = "mapping", _("Columns to be matched")
        PLANNING = "planning", _("Being checked")
        PREVIEW = "preview", _("Waiting for confirmation")
        COMMITTING = "committing", _("Being stored")
        DONE = "done", pgettext_lazy("state of an import", "Stored")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    class Mode(models.TextChoices):
        VALID_ROWS = "valid_rows", _("Store the rows that are right, leave out the others")
        ALL_OR_NOTHING = "all_or_nothing", _("Store nothing while one row is wrong")

    class Blanks(models.TextChoices):
        KEEP = "keep", _("Keep what is stored")
        CLEAR = "clear", _("Empty the stored value too")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(
        _("batch number"), max_length=20, unique=True, default=new_batch_number, editable=False
    )
    ledger = models.CharField(_("ledger"), max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.MAPPING)
    mode = models.CharField(_("wrong rows"), max_length=16, choices=Mode, default=Mode.VALID_ROWS)
    blanks = models.CharField(_("empty cells"), max_length=8, choices=Blanks, default=Blanks.KEEP)
    reason = EncryptedTextField(_("reason"), blank=True, default="")
    file_kind = models.CharField(max_length=8)
    file_encoding = models.CharField(max_length=12, blank=True)
    file_sha256 = models.CharField(max_length=64)
    form = models.CharField(max_length=60, blank=True)
    headings = EncryptedTextField(default="[]")
    heading_fingerprint = models.CharField(max_length=40, blank=True)
    mapping = models.JSONField(default=dict)
    plan_fingerprint = models.CharField(max_length=64, blank=True)
    ledger_changed = models.BooleanField(default=False)
    total = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    likely = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    change_set = models.UUIDField(_("change set"), null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=one_day_from_now)
    committed_at = models.DateTimeField(_("stored at"), null=True)

    objects = ImportBatchQuerySet.as_manager()

    field_classes = FieldClasses(
        office=[
            "id",
            "number",
            "ledger",
            "owner",
            "state",
            "mode",
            "blanks",
            "file_kind",
            "file_encoding",
            "file_sha256",
            "form",
            "heading_fingerprint",
            "mapping",
            "plan_fingerprint",
            "ledger_changed",
            "total",
            "new",
            "changed",
            "unchanged",
            "wrong",
            "likely",
            "error_code",
            "job",
            "change_set",
            "created_at",
            "expires_at",
            "committed_at",
        ],
        sensitive={"reason": Kind.TEXT, "headings": Kind.TEXT},
    )
    walled_by = "owner"

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at"]
        default_permissions = ("view",)
        indexes = [models.Index(name="import_batch_expiry", fields=["expires_at"])]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Whether somebody may still confirm or cancel it."""
        return self.state in {self.State.MAPPING, self.State.PLANNING, self.State.PREVIEW}

    @property
    def is_working(self) -> bool:
        return self.state in {self.State.PLANNING, self.State.COMMITTING}

    @property
    def left_out(self) -> int:
        """How many rows are not stored: wrong ones, and those that are perhaps on file."""
        return self.wrong + self.likely

    @property
    def is_stuck(self) -> bool:
        """Whether rows are left out where all or nothing was asked for."""
        return self.mode == self.Mode.ALL_OR_NOTHING and self.left_out > 0

    @property
    def to_write(self) -> int:
        """How many records a confirmation writes."""
        return self.new + self.changed


class ImportSource(models.Model):
    """The uploaded file, encrypted, until the batch is stored, cancelled or a day old."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.OneToOneField(ImportBatch, on_delete=models.CASCADE, related_name="source")
    content = EncryptedTextField()

    field_classes = FieldClasses(office=["id", "batch"], secret={"content": Kind.TEXT})
    walled_by = "batch"

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("uploaded file")
        verbose_name_plural = _("uploaded files")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.batch_id)

    @classmethod
    def keep(cls, batch: ImportBatch, content: bytes) -> "ImportSource":
        """Store a file for a batch."""
        return cls._base_manager.create(batch=batch, content=base64.b64encode(content).decode())

    def read(self) -> bytes:
        """Return the file as it was uploaded."""
        return base64.b64decode(self.content)


class ImportRow(models.Model):
    """One row of the file: its cells, and what storing it would do."""

    class Action(models.TextChoices):
        NEW = "new", pgettext_lazy("row of an import", "new")
        CHANGED = "changed", pgettext_lazy("row of an import", "changed")
        UNCHANGED = "unchanged", pgettext_lazy("row of an import", "unchanged")
        WRONG = "wrong", pgettext_lazy("row of an import", "wrong")
        LIKELY = "likely", pgettext_lazy("row of an import", "perhaps on file")

    LEFT_OUT = (Action.WRONG, Action.LIKELY)
    """Rows that are not stored, and are handed back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    sheet = models.PositiveSmallIntegerField(default=1)
    number = models.PositiveIntegerField(_("row"))
    action = models.CharField(max_length=10, choices=Action, blank=True)
    payload = EncryptedTextField()

    field_classes = FieldClasses(
        office=["id", "batch", "position", "sheet", "number", "action"],
        secret={"payload": Kind.TEXT},
    )
    walled_by = "batch"

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of an import")
        ordering = ["position"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="import_row_once", fields=["batch", "position"])
        ]
        indexes = [models.Index(name="import_row_page", fields=["batch", "action", "position"])]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.number}"


class ImportMapping(models.Model):
    """Which column was which, the last time this person uploaded such a header."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ledger = models.CharField(max_length=60)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    fingerprint = models.CharField(max_length=40)
    mapping = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    field_classes = FieldClasses(
        office=["id", "ledger", "user", "fingerprint", "mapping", "updated_at"]
    )
    walled_by = "user"

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("remembered columns")
        verbose_name_plural = _("remembered columns")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="import_mapping_once", fields=["ledger", "user", "fingerprint"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.ledger} {self.fingerprint[:8]}"
