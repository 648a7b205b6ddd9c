"""Pairings of volunteers with children."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.access.managers import ScopedManager, ScopedQuerySet
from core.access.models import CaseModel
from core.access.register import FieldClasses, Kind
from core.crypto.fields import EncryptedCharField, EncryptedTextField
from core.history.records import LedgerHistory
from core.numbering import NumberSeries

from .enums import ConsentMethod, EndReason, PairingKind, PairingStatus, WishMethod

RUNNING = (PairingStatus.TRIAL, PairingStatus.ACTIVE)
"""States in which volunteer and child meet."""

HOLDING = (*RUNNING, PairingStatus.SUSPENDED)
"""States that take a place: of the child for this kind, and of the volunteer."""

TRIAL_DAYS = 30
"""Length of the trial. No law sets it; it is the district's own rule."""


class PairingNumberSeries(NumberSeries):
    """Counts the pairing numbers given out per district and year."""

    class Meta(NumberSeries.Meta):
        verbose_name = _("series of pairing numbers")
        verbose_name_plural = _("series of pairing numbers")


class PairingQuerySet(ScopedQuerySet):
    """Questions about many pairings."""

    def running(self) -> "PairingQuerySet":
        return self.filter(status__in=RUNNING)

    def holding(self) -> "PairingQuerySet":
        return self.filter(status__in=HOLDING)


class Pairing(CaseModel):
    """One volunteer for one child (帮扶对子), from the need to the farewell.

    It runs only while both agreements stand and the volunteer's record check is good.

    Legal source: action plan, section 三（六） (pairing); 未成年人保护法 art. 19 (the
    child is heard), art. 62 (record check).
    """

    pairing_number = models.CharField(
        _("pairing number"),
        max_length=20,
        unique=True,
        editable=False,
        validators=[RegexValidator(r"^P\d{6}-\d{4}-\d{5,}$")],
        help_text=_("P, district code, year, running number: P990101-2026-00001."),
    )
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=PairingStatus,
        default=PairingStatus.NEEDED,
        editable=False,
    )
    child_file = models.ForeignKey(
        "children.ChildFile",
        on_delete=models.PROTECT,
        related_name="pairings",
        verbose_name=_("child file"),
    )
    volunteer = models.ForeignKey(
        "volunteers.Volunteer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="pairings",
        verbose_name=_("volunteer"),
    )
    kind = models.CharField(_("kind of pairing"), max_length=13, choices=PairingKind)
    goals = EncryptedTextField(_("goals"), blank=True)
    call_every_days = models.PositiveSmallIntegerField(
        _("call at least every (days)"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(366)],
    )
    meet_every_days = models.PositiveSmallIntegerField(
        _("meet at least every (days)"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(366)],
    )

    volunteer_agreed_on = models.DateField(_("volunteer agreed on"), null=True, blank=True)
    guardian_consent_on = models.DateField(_("guardian consented on"), null=True, blank=True)
    guardian_consent_by = EncryptedCharField(_("who consented"), max_length=50, blank=True)
    guardian_consent_method = models.CharField(
        _("how the guardian consented"), max_length=12, choices=ConsentMethod, blank=True
    )
    guardian_consent_withdrawn_on = models.DateField(
        _("guardian withdrew consent on"), null=True, blank=True, editable=False
    )
    child_consent_on = models.DateField(_("child's wish learned on"), null=True, blank=True)
    child_consent_method = models.CharField(
        _("how the child's wish was learned"), max_length=8, choices=WishMethod, blank=True
    )
    child_consent_withdrawn_on = models.DateField(
        _("child withdrew on"), null=True, blank=True, editable=False
    )

    started_on = models.DateField(_("started on"), null=True, blank=True)
    confirmed_on = models.DateField(_("confirmed on"), null=True, blank=True, editable=False)
    ended_on = models.DateField(_("ended on"), null=True, blank=True, editable=False)
    end_reason = models.CharField(
        _("reason of the end"), max_length=17, choices=EndReason, blank=True, editable=False
    )
    handover = EncryptedTextField(_("farewell and hand-over"), blank=True)

    field_classes = FieldClasses(
        office=[
            "pairing_number",
            "status",
            "child_file",
            "volunteer",
            "kind",
            "call_every_days",
            "meet_every_days",
            "started_on",
            "confirmed_on",
            "ended_on",
            "end_reason",
        ],
        personal=[
            "volunteer_agreed_on",
            "guardian_consent_on",
            "guardian_consent_method",
            "guardian_consent_withdrawn_on",
            "child_consent_on",
            "child_consent_method",
            "child_consent_withdrawn_on",
        ],
        sensitive={
            "goals": Kind.TEXT,
            "guardian_consent_by": Kind.NAME,
            "handover": Kind.TEXT,
        },
    )

    objects = ScopedManager.from_queryset(PairingQuerySet)()  # type: ignore[misc]
    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = _("pairing")
        verbose_name_plural = _("pairings")
        ordering = ["-pairing_number"]
        indexes = [
            models.Index(fields=["territory_code", "status"], name="pairing_scope_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["child_file", "kind"],
                condition=Q(status__in=HOLDING),
                name="pairing_one_per_child_and_kind",
                violation_error_message=_("The child already has a pairing of this kind."),
            ),
            models.CheckConstraint(
                name="pairing_names_volunteer_once_proposed",
                condition=Q(status__in=[PairingStatus.NEEDED, PairingStatus.ENDED])
                | Q(volunteer__isnull=False),
                violation_error_message=_("Choose a volunteer."),
            ),
            models.CheckConstraint(
                name="pairing_running_has_both_consents",
                condition=~Q(status__in=RUNNING)
                | Q(
                    # Said in full: a comparison with NULL would let the row pass.
                    started_on__isnull=False,
                    guardian_consent_on__isnull=False,
                    child_consent_on__isnull=False,
                    guardian_consent_on__lte=F("started_on"),
                    child_consent_on__lte=F("started_on"),
                    guardian_consent_withdrawn_on__isnull=True,
                    child_consent_withdrawn_on__isnull=True,
                ),
                violation_error_message=_(
                    "A pairing runs only with the consent of the guardian and the child's wish."
                ),
            ),
            models.CheckConstraint(
                name="pairing_ended_has_date_and_reason",
                condition=(
                    Q(status=PairingStatus.ENDED, ended_on__isnull=False) & ~Q(end_reason="")
                )
                | (~Q(status=PairingStatus.ENDED) & Q(ended_on__isnull=True, end_reason="")),
                violation_error_message=_("A pairing that ended needs a day and a reason."),
            ),
            models.CheckConstraint(
                name="pairing_ends_after_it_starts",
                condition=Q(ended_on__isnull=True)
                | Q(started_on__isnull=True)
                | Q(ended_on__gte=F("started_on")),
                violation_error_message=_("The end lies before the start."),
            ),
        ]

    def __str__(self) -> str:
        return self.pairing_number

    def territory_code_source(self) -> str:
        return self.child_file.territory_code

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING

    @property
    def has_both_consents(self) -> bool:
        """Whether guardian and child have agreed and neither has withdrawn."""
        return (
            self.guardian_consent_on is not None
            and self.guardian_consent_withdrawn_on is None
            and self.child_consent_on is not None
            and self.child_consent_withdrawn_on is None
        )

    def may_meet(self, on: date | None = None) -> bool:
        """Whether volunteer and child may meet on a day (today by default).

        A record check that lapsed stops a pairing at once, whatever the stored status.
        """
        day = on or timezone.localdate()
        return (
            self.is_running
            and self.has_both_consents
            and self.volunteer is not None
            and self.volunteer.is_cleared(day)
        )

    def standing(self, on: date | None = None) -> PairingStatus:
        """Return the status as it counts on a day; see ``may_meet``."""
        status = PairingStatus(self.status)
        return status if not self.is_running or self.may_meet(on) else PairingStatus.SUSPENDED

    def clean(self) -> None:
        """Judge the entries that depend on each other.

        Raises:
            ValidationError: Keyed by the field at fault.
        """
        super().clean()
        today = timezone.localdate()
        errors: dict[str, Any] = {}
        for name in (
            "volunteer_agreed_on",
            "guardian_consent_on",
            "child_consent_on",
            "started_on",
        ):
            day = getattr(self, name)
            if day is not None and day > today:
                errors[name] = _("This day lies in the future.")
        if self.guardian_consent_on is not None:
            if not self.guardian_consent_by:
                errors["guardian_consent_by"] = _("Enter who consented.")
            if not self.guardian_consent_method:
                errors["guardian_consent_method"] = _("Choose how the consent was given.")
        if self.child_consent_on is not None and not self.child_consent_method:
            errors["child_consent_method"] = _("Choose how the child's wish was learned.")
        if errors:
            raise ValidationError(errors)
