"""Volunteers, and the criminal record checks made on them."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from caseadmin.ledgers.runtime.holder import ExtraFields
from core.access.managers import ScopedManager, ScopedQuerySet
from core.access.models import CaseModel
from core.access.register import FieldClasses, Kind
from core.calendar import age_on, anniversary
from core.crypto.fields import BlindIndexField, EncryptedCharField, EncryptedTextField
from core.fields import ChoiceListField
from core.history.records import LedgerHistory
from core.identity import cross_check, normalise_id_number, validate_id_number
from core.numbering import NumberSeries
from core.phones import normalise_phone, validate_phone

from .enums import AvailableTime, CheckConclusion, Elder, Sex, Skill, Team, VolunteerStatus

CHECK_VALID_YEARS = 1
"""A record check is good for a year (未成年人保护法 art. 62 para. 2: every year)."""

ADULT_AGE = 18
"""Only adults are paired with a child on their own (民法典 art. 17)."""

PAIRABLE = (VolunteerStatus.READY, VolunteerStatus.SERVING)
"""States in which a volunteer may be paired, if the record check is valid too."""


class VolunteerNumberSeries(NumberSeries):
    """Counts the volunteer numbers given out per district and year."""

    class Meta(NumberSeries.Meta):
        verbose_name = _("series of volunteer numbers")
        verbose_name_plural = _("series of volunteer numbers")


class VolunteerQuerySet(ScopedQuerySet):
    """Questions about many volunteers."""

    def cleared_on(self, day: date) -> "VolunteerQuerySet":
        """Keep those whose latest record check by a day is clear and still valid."""
        latest = (
            BackgroundCheck._base_manager.filter(
                volunteer=models.OuterRef("pk"), queried_on__lte=day
            )
            .exclude(annulled_on__lte=day)
            .order_by("-queried_on", "-created_at")
        )
        return self.annotate(
            latest_conclusion=models.Subquery(latest.values("conclusion")[:1]),
            latest_valid_until=models.Subquery(latest.values("valid_until")[:1]),
        ).filter(latest_conclusion=CheckConclusion.CLEAR, latest_valid_until__gte=day)

    def pairable_on(self, day: date) -> "VolunteerQuerySet":
        """Keep those who may be paired on a day, capacity aside."""
        return self.filter(status__in=PAIRABLE).cleared_on(day)


class Volunteer(ExtraFields, CaseModel, ClusterableModel):
    """Somebody who gives time to children.

    Legal source: 志愿服务条例 arts. 7 (registration), 19 (truthful record of persons);
    未成年人保护法 art. 62 (record check of those in close contact with minors), which the
    district applies to every volunteer.
    """

    # About adults; the law asks for approval where the data are a minor's.
    opened_by_approval = False

    volunteer_number = models.CharField(
        _("volunteer number"),
        max_length=20,
        unique=True,
        editable=False,
        validators=[RegexValidator(r"^V\d{6}-\d{4}-\d{5,}$")],
        help_text=_("V, district code, year, running number: V990101-2026-00001."),
    )
    status = models.CharField(
        _("status"),
        max_length=16,
        choices=VolunteerStatus,
        default=VolunteerStatus.APPLIED,
        editable=False,
    )

    full_name = EncryptedCharField(pgettext_lazy("person", "name"), max_length=50)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex, blank=True)
    born_on = models.DateField(_("date of birth"), null=True, blank=True)
    phone = EncryptedCharField(_("telephone"), max_length=20, validators=[validate_phone])
    phone_index = BlindIndexField(source="phone", normalise=normalise_phone)
    id_number = EncryptedCharField(
        _("ID number"), max_length=18, blank=True, validators=[validate_id_number]
    )
    id_number_index = BlindIndexField(source="id_number", normalise=normalise_id_number)
    village = models.ForeignKey(
        "territories.Territory",
        on_delete=models.PROTECT,
        related_name="volunteers",
        limit_choices_to={"level__in": ["town", "village"]},
        verbose_name=_("village or town served"),
    )
    address = EncryptedCharField(_("address"), max_length=200, blank=True)
    employer = models.CharField(_("employer or organisation"), max_length=100, blank=True)

    team = models.CharField(_("team"), max_length=20, choices=Team)
    elder_kind = models.CharField(
        _("which of the five elders"), max_length=8, choices=Elder, blank=True
    )
    party_member = models.BooleanField(_("party member"), default=False)
    national_number = models.CharField(
        _("number in the national volunteer system"), max_length=40, blank=True
    )
    skills = ChoiceListField(_("skills"), choices=Skill)
    available_times = ChoiceListField(_("available times"), choices=AvailableTime)
    max_children = models.PositiveSmallIntegerField(
        _("children at most"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("How many children this volunteer is paired with at one time."),
    )

    identity_checked_on = models.DateField(_("identity checked on"), null=True, blank=True)
    interviewed_on = models.DateField(_("interviewed on"), null=True, blank=True)
    trained_on = models.DateField(_("trained on"), null=True, blank=True)
    left_on = models.DateField(_("left on"), null=True, blank=True, editable=False)
    application = models.ForeignKey(
        "intake.VolunteerApplication",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("latest application"),
    )
    notes = EncryptedTextField(_("notes"), blank=True)

    field_classes = FieldClasses(
        office=["volunteer_number", "status", "left_on", "application", "max_children"],
        personal=[
            "sex",
            "born_on",
            "village",
            "employer",
            "team",
            "elder_kind",
            "party_member",
            "national_number",
            "skills",
            "available_times",
            "identity_checked_on",
            "interviewed_on",
            "trained_on",
        ],
        sensitive={
            "full_name": Kind.NAME,
            "phone": Kind.PHONE,
            "address": Kind.ADDRESS,
            "notes": Kind.TEXT,
        },
        secret={"id_number": Kind.ID_NUMBER},
    )

    objects = ScopedManager.from_queryset(VolunteerQuerySet)()  # type: ignore[misc]
    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = _("volunteer")
        verbose_name_plural = _("volunteers")
        ordering = ["-volunteer_number"]
        indexes = [
            models.Index(fields=["territory_code", "status"], name="volunteer_scope_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["phone_index"],
                name="volunteer_phone_once",
                violation_error_message=_("There is already a volunteer with this telephone."),
            ),
            models.UniqueConstraint(
                fields=["id_number_index"],
                name="volunteer_id_number_once",
                violation_error_message=_("There is already a volunteer with this ID number."),
            ),
            models.CheckConstraint(
                name="volunteer_left_has_date",
                condition=Q(status=VolunteerStatus.LEFT, left_on__isnull=False)
                | (~Q(status=VolunteerStatus.LEFT) & Q(left_on__isnull=True)),
                violation_error_message=_("A volunteer who left needs the day of leaving."),
            ),
            models.CheckConstraint(
                name="volunteer_elder_kind_needs_team",
                condition=Q(elder_kind="") | Q(team=Team.FIVE_ELDERS),
                violation_error_message=_("Only for the team of the five elders."),
            ),
        ]

    def __str__(self) -> str:
        return self.volunteer_number

    def territory_code_source(self) -> str:
        return self.village.code

    def latest_check(self, on: date | None = None) -> "BackgroundCheck | None":
        """Return the record check that decides on a day (today by default).

        Uses prefetched ``checks`` if there are any, else one query.
        """
        day = on or timezone.localdate()
        made = [c for c in self.checks.all() if c.queried_on <= day and not c.is_annulled_on(day)]
        return max(made, key=lambda check: (check.queried_on, check.created_at), default=None)

    def is_cleared(self, on: date | None = None) -> bool:
        """Whether the latest record check is clear and not past its day.

        A newer check with another conclusion outweighs an older clear one.

        Legal source: 未成年人保护法 art. 62.
        """
        day = on or timezone.localdate()
        check = self.latest_check(day)
        return check is not None and check.is_good_on(day)

    def standing(self, on: date | None = None) -> VolunteerStatus:
        """Return the status as it counts on a day: a lapsed check suspends at once.

        No nightly job is waited for; the stored status is what people decided.
        """
        status = VolunteerStatus(self.status)
        if status in PAIRABLE and not self.is_cleared(on):
            return VolunteerStatus.SUSPENDED
        return status

    def clean(self) -> None:
        """Judge the entries that depend on each other.

        Raises:
            ValidationError: Keyed by the field at fault.
        """
        super().clean()
        self.id_number = normalise_id_number(self.id_number)
        self.phone = normalise_phone(self.phone)
        errors: dict[str, Any] = {**cross_check(self.id_number, born_on=self.born_on, sex=self.sex)}
        today = timezone.localdate()
        if self.born_on is not None and self.born_on > today:
            errors["born_on"] = _("This day lies in the future.")
        elif (
            self.born_on is not None
            and age_on(self.born_on, today) < ADULT_AGE
            and self.team != Team.YOUNG_PIONEERS
        ):
            errors["born_on"] = _("Volunteers are at least 18; minors join as Young Pioneers.")
        if self.elder_kind and self.team != Team.FIVE_ELDERS:
            errors["elder_kind"] = _("Only for the team of the five elders.")
        for name in ("identity_checked_on", "interviewed_on", "trained_on"):
            day = getattr(self, name)
            if day is not None and day > today:
                errors[name] = _("This day lies in the future.")
        if errors:
            raise ValidationError(errors)


class BackgroundCheck(CaseModel):
    """One criminal record query about a volunteer.

    A query that was made stays as it was made: it is never edited or deleted.  One that
    was entered wrongly is annulled, once and with a reason.

    Legal source: 未成年人保护法 art. 62 (query before first contact, then every year).
    """

    opened_by_approval = False

    volunteer = ParentalKey(
        Volunteer, on_delete=models.PROTECT, related_name="checks", verbose_name=_("volunteer")
    )
    queried_on = models.DateField(_("queried on"))
    queried_unit = models.CharField(_("authority asked"), max_length=100)
    conclusion = models.CharField(_("conclusion"), max_length=12, choices=CheckConclusion)
    valid_until = models.DateField(
        _("valid until"),
        blank=True,
        help_text=_("At most one year after the query. Empty: one year."),
    )
    document_number = models.CharField(_("number of the reply"), max_length=60, blank=True)
    annulled_on = models.DateField(_("annulled on"), null=True, blank=True, editable=False)
    annulled_reason = models.CharField(
        _("why annulled"), max_length=200, blank=True, editable=False
    )

    field_classes = FieldClasses(
        office=["volunteer"],
        personal=[
            "queried_on",
            "queried_unit",
            "conclusion",
            "valid_until",
            "document_number",
            "annulled_on",
            "annulled_reason",
        ],
    )

    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = _("record check")
        verbose_name_plural = _("record checks")
        ordering = ["-queried_on", "-created_at"]
        constraints = [
            models.CheckConstraint(
                name="background_check_valid_after_query",
                condition=Q(valid_until__gte=F("queried_on")),
                violation_error_message=_("The last day lies before the query."),
            ),
            models.CheckConstraint(
                name="background_check_annulled_with_reason",
                condition=Q(annulled_on__isnull=True, annulled_reason="")
                | (Q(annulled_on__isnull=False) & ~Q(annulled_reason="")),
                violation_error_message=_("Say why the check is annulled."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.volunteer.volunteer_number} {self.queried_on:%Y-%m-%d}"

    def territory_code_source(self) -> str:
        return self.volunteer.territory_code_source()

    def is_annulled_on(self, day: date) -> bool:
        return self.annulled_on is not None and self.annulled_on <= day

    def is_good_on(self, day: date) -> bool:
        """Whether this check alone clears the volunteer on a day."""
        return (
            self.conclusion == CheckConclusion.CLEAR
            and self.queried_on <= day <= self.valid_until
            and not self.is_annulled_on(day)
        )

    def clean(self) -> None:
        """Judge the dates; an empty last day becomes one year after the query.

        Raises:
            ValidationError: Keyed by the field at fault.
        """
        super().clean()
        if self.queried_on is None:
            return
        if self.queried_on > timezone.localdate():
            raise ValidationError({"queried_on": _("This day lies in the future.")})
        longest = anniversary(self.queried_on, CHECK_VALID_YEARS)
        self.valid_until = self.valid_until or longest
        if not self.queried_on <= self.valid_until <= longest:
            raise ValidationError(
                {
                    "valid_until": _("Choose a day from the query to %(day)s: one year at most.")
                    % {"day": longest.isoformat()}
                }
            )

    ANNULMENT = frozenset({"annulled_on", "annulled_reason"})
    FOLLOWS_VOLUNTEER = frozenset({"territory_code"})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new check, its annulment, or its volunteer's move; refuse all else.

        Raises:
            ValidationError: A check that exists would be edited.
        """
        if not self._state.adding:
            fields = frozenset(kwargs.get("update_fields") or ())
            if fields not in (self.ANNULMENT, self.FOLLOWS_VOLUNTEER):
                raise ValidationError(_("A record check is never changed. Add a new one."))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse.

        Raises:
            ValidationError: Always.
        """
        raise ValidationError(_("A record check is never deleted. Annul it with a reason."))
