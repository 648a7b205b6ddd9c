"""Versions of what administrators have defined, and the records of ledgers without code."""

import uuid
from hashlib import blake2s
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.access.models import CaseModel
from core.access.register import FieldClasses
from core.history.records import LedgerHistory
from core.numbering import NumberSeries, next_number

from .holder import ExtraFields

CONFIGURE = "ledgers.configure_ledger"


class ConfigVersion(models.Model):
    """Everything defined for one ledger, whole, as it stood after one change.

    Versions are never changed: the last one is in force, the others are its history.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ledger = models.SlugField(_("ledger"), max_length=50)
    number = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("definitions"))
    is_current = models.BooleanField(_("in force"), default=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("person"),
    )
    actor_name = models.CharField(_("name of the person"), max_length=150)
    comment = models.CharField(_("comment"), max_length=200, blank=True)

    wagtail_reference_index_ignore = True

    class Meta:
        default_permissions = ()
        permissions = [("configure_ledger", "Can define fields and ledgers")]
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["ledger", "number"], name="config_version_number_once_per_ledger"
            ),
            models.UniqueConstraint(
                fields=["ledger"],
                condition=Q(is_current=True),
                name="one_config_version_in_force_per_ledger",
            ),
        ]
        verbose_name = _("version of the definitions")
        verbose_name_plural = _("versions of the definitions")

    def __str__(self) -> str:
        return f"{self.ledger} {self.number}"


class ConfigState(models.Model):
    """One row, whose token changes with every version: what processes compare theirs with."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    token = models.UUIDField(default=uuid.uuid4)

    wagtail_reference_index_ignore = True

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.token)


class RuntimeNumberSeries(NumberSeries):
    """The last number given out in each ledger without code."""

    class Meta(NumberSeries.Meta):
        verbose_name = _("number series")


class RuntimeRecord(ExtraFields, CaseModel):
    """A record of a ledger that an administrator defined in the browser.

    Each such ledger works with a proxy of its own (see ``made``), so that rows of one
    are never seen in another.
    """

    ledger_slug = models.SlugField(_("ledger"), max_length=50, editable=False)
    number = models.CharField(
        _("number"),
        max_length=40,
        blank=True,
        help_text=_("Leave it empty and the next number is taken."),
    )
    territory = models.ForeignKey(
        "territories.Territory",
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"level__in": ["town", "village"]},
        verbose_name=_("town or village"),
    )

    territory_from = "territory"
    untold = ("ledger_slug",)
    field_classes = FieldClasses(office=["ledger_slug", "number"], personal=["territory"])

    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        # Rights are given in the definition, by role; there is no row for each in a table.
        default_permissions = ()  # type: ignore[assignment]
        constraints = [
            models.UniqueConstraint(
                fields=["number", "ledger_slug"], name="runtime_number_once_per_ledger"
            )
        ]
        indexes = [models.Index(fields=["ledger_slug", "-updated_at"])]
        verbose_name = _("record")
        verbose_name_plural = _("records")

    def __str__(self) -> str:
        return self.number

    @property
    def own_kind(self) -> Any:
        """The model of the ledger the record belongs to."""
        from .made import model_of  # circular import: made derives its models from this one

        return model_of(self.ledger_slug)

    def territory_code_source(self) -> str:
        return self.territory.code

    def stamp(self) -> None:
        super().stamp()
        if not self.number:
            with transaction.atomic():
                self.number = self.next_number()

    def next_number(self) -> str:
        """Take the next number of this ledger, such as ``GY-2026-00001``.

        A number somebody typed by hand is skipped.
        """
        ledger = self.definitions.ledger
        prefix = f"{ledger.prefix if ledger else 'T'}-{timezone.localdate().year}"
        # Ledgers may share a beginning; each counts for itself.
        series = blake2s(self.ledger_slug.encode(), digest_size=4).hexdigest()
        taken: Any = RuntimeRecord._base_manager.filter(ledger_slug=self.ledger_slug)
        while True:
            number = next_number(RuntimeNumberSeries, f"{prefix}@{series}")
            number = f"{prefix}-{number.rsplit('-', 1)[1]}"
            if not taken.filter(number=number).exists():
                return number
