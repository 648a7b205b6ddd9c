"""One run of a bulk action: what was asked, on which rows, and what came of it."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.access.register import FieldClasses
from core.crypto.fields import EncryptedTextField


class BulkRun(models.Model):
    """What a person asked to be done to many records.

    Words that were searched for, answers and the reason may name people: they are kept
    encrypted, and the job knows the run by its key alone.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CHANGED = "changed", _("The list has changed")
        FAILED = "failed", _("Failed")
        UNDONE = "undone", _("Undone")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ledger = models.CharField(_("ledger"), max_length=60)
    action = models.CharField(_("action"), max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("started by"),
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    query = models.TextField(_("filters"), blank=True)
    words = EncryptedTextField(_("words"), blank=True, default="")
    rows = models.JSONField(_("chosen records"), default=list)
    answers = EncryptedTextField(_("answers"), default="{}")
    reason = EncryptedTextField(_("reason"), default="")
    expected = models.PositiveIntegerField(_("number of records"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("already so"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    refusals = EncryptedTextField(_("reasons of the refusals"), default="[]")
    kept = models.PositiveIntegerField(_("not undone"), default=0)
    change_set = models.UUIDField(_("change set"), null=True, editable=False)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    seen_at = models.DateTimeField(_("shown at"), default=timezone.now)
    created_at = models.DateTimeField(_("started at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    field_classes = FieldClasses(
        office=[
            "id",
            "ledger",
            "action",
            "owner",
            "state",
            "query",
            "rows",
            "expected",
            "changed",
            "unchanged",
            "refused",
            "kept",
            "change_set",
            "job",
            "seen_at",
            "created_at",
            "finished_at",
        ],
        sensitive=["words", "answers", "reason", "refusals"],
    )

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        default_permissions = ()
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    @property
    def is_working(self) -> bool:
        """Whether the run is still to begin or to end."""
        return self.state in (self.State.WAITING, self.State.RUNNING)
