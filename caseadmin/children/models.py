"""Child files: the child, its kin, who looks after it, and since when what holds."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
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
from core.calendar import age_on, latest_birth_reaching
from core.crypto.fields import BlindIndexField, EncryptedCharField, EncryptedTextField
from core.fields import ChoiceListField
from core.history.records import LedgerHistory
from core.identity import cross_check, normalise_id_number, validate_id_number
from core.numbering import NumberSeries
from core.phones import normalise_phone, validate_phone

from .enums import (
    Capacity,
    CareMode,
    CarerKind,
    CareType,
    DisabilityGrade,
    DisabilityKind,
    EthnicGroup,
    ExitReason,
    FileStatus,
    HealthStatus,
    IncapacityReason,
    IncomeSource,
    KinRelation,
    LegalNature,
    Parent,
    Reachability,
    Relief,
    SchoolStatus,
    Sex,
)

AGE_LIMIT = 16
"""A left-behind child is under this age (State Council opinion 2016 no. 13, opening)."""

NEVER_ALONE_BELOW = 8
"""Below this age a child is never left unattended (未成年人保护法 art. 21 para. 1)."""

ON_REGISTER = (FileStatus.REGISTERED, FileStatus.UNDER_REVIEW)
"""States in which a file counts in the ledger."""


class FileNumberSeries(NumberSeries):
    """Counts the file numbers given out per district and year."""

    class Meta(NumberSeries.Meta):
        verbose_name = _("series of file numbers")
        verbose_name_plural = _("series of file numbers")


class ChildFileQuerySet(ScopedQuerySet):
    """Questions about many files."""

    def on_register(self) -> "ChildFileQuerySet":
        return self.filter(status__in=ON_REGISTER)

    def under_age_limit(self, day: date) -> "ChildFileQuerySet":
        """Keep children not yet 16 on a day; the sixteenth birthday itself is out."""
        return self.filter(born_on__gt=latest_birth_reaching(AGE_LIMIT, day))

    def eligible_on(self, day: date) -> "ChildFileQuerySet":
        """Keep children that qualify on a day, by the same facts as ``eligibility``."""
        situation = FamilySituation._base_manager.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day),
            Q(both_parents_away=True) | Q(one_away_other_incapable=True),
            child_file=models.OuterRef("pk"),
            starts_on__lte=day,
            rural_household=True,
        )
        died = Q(exit_reason=ExitReason.DIED, closed_on__lte=day)
        return (
            self.under_age_limit(day)
            .filter(born_on__lte=day)
            .exclude(died)
            .filter(models.Exists(situation))
        )


class ChildFile(ExtraFields, CaseModel, ClusterableModel):
    """The file of one left-behind child, with every entry of the registration form.

    Legal source: 未成年人保护法 art. 43 para. 1 (village and residents' committees keep
    these files); the entries are those of 农村留守儿童基本情况登记表 (2016). The file of a
    child under 14 is sensitive personal information: 个人信息保护法 arts. 28 and 31.
    """

    file_number = models.CharField(
        _("file number"),
        max_length=20,
        unique=True,
        editable=False,
        validators=[RegexValidator(r"^\d{6}-\d{4}-\d{5,}$")],
        help_text=_("District code, year, running number: 990101-2026-00001."),
    )
    status = models.CharField(
        _("status"), max_length=12, choices=FileStatus, default=FileStatus.DRAFT, editable=False
    )
    opened_on = models.DateField(_("opened on"), editable=False)
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)
    exit_reason = models.CharField(
        _("reason for closing"), max_length=20, choices=ExitReason, blank=True, editable=False
    )

    village = models.ForeignKey(
        "territories.Territory",
        on_delete=models.PROTECT,
        related_name="child_files",
        limit_choices_to={"level": "village"},
        verbose_name=_("village"),
    )
    reporting_unit = models.CharField(_("reporting unit"), max_length=100, blank=True)
    filled_on = models.DateField(_("form filled in on"), null=True, blank=True)

    full_name = EncryptedCharField(pgettext_lazy("person", "name"), max_length=50)
    alias = EncryptedCharField(_("former name or nickname"), max_length=50, blank=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex)
    ethnic_group = models.CharField(
        _("ethnic group"), max_length=2, choices=EthnicGroup, blank=True
    )
    born_on = models.DateField(_("date of birth"))
    id_number = EncryptedCharField(
        _("ID number"), max_length=18, blank=True, validators=[validate_id_number]
    )
    id_number_index = BlindIndexField(source="id_number", normalise=normalise_id_number)
    hukou_registered = models.BooleanField(
        _("household registration exists"), null=True, blank=True
    )
    hukou_place = EncryptedCharField(
        _("place of household registration"), max_length=200, blank=True
    )
    residence = EncryptedCharField(_("present residence"), max_length=200, blank=True)

    health = models.CharField(_("state of health"), max_length=8, choices=HealthStatus, blank=True)
    disability_kind = models.CharField(
        _("kind of disability"), max_length=9, choices=DisabilityKind, blank=True
    )
    disability_grade = models.CharField(
        _("grade of disability"), max_length=1, choices=DisabilityGrade, blank=True
    )
    illness = EncryptedCharField(_("kind of illness"), max_length=100, blank=True)

    boards_at_school = models.BooleanField(_("boards at school"), null=True, blank=True)
    school_status = models.CharField(
        _("schooling"), max_length=20, choices=SchoolStatus, blank=True
    )
    school_name = models.CharField(_("school"), max_length=100, blank=True)

    rural_household = models.BooleanField(_("rural household"), default=True)
    both_parents_away = models.BooleanField(
        _("both parents away at the same time"), null=True, blank=True
    )
    one_away_other_incapable = models.BooleanField(
        _("one parent away, the other without guardianship capacity"), null=True, blank=True
    )
    incapable_parent = models.CharField(
        _("parent without guardianship capacity"), max_length=6, choices=Parent, blank=True
    )
    incapacity_reason = models.CharField(
        _("reason of the incapacity"), max_length=17, choices=IncapacityReason, blank=True
    )
    situation_since = models.DateField(
        _("these answers hold since"),
        null=True,
        blank=True,
        help_text=_("The day the parents left or came back. Empty: the day of the form."),
    )

    other_guardian_entrusted = models.BooleanField(
        _("another guardian entrusted"), null=True, blank=True
    )
    care_type = models.CharField(
        _("kind of guardianship"), max_length=16, choices=CareType, blank=True
    )
    income_sources = ChoiceListField(_("family income"), choices=IncomeSource)
    reliefs = ChoiceListField(_("relief and help received"), choices=Relief)

    unit_head = models.CharField(_("head of the unit"), max_length=50, blank=True)
    reviewed_by = models.CharField(_("checked by"), max_length=50, blank=True)
    filled_by = models.CharField(_("filled in by"), max_length=50, blank=True)
    notes = EncryptedTextField(_("notes"), blank=True)

    field_classes = FieldClasses(
        office=[
            "file_number",
            "status",
            "opened_on",
            "closed_on",
            "exit_reason",
            "reporting_unit",
            "filled_on",
            "unit_head",
            "reviewed_by",
            "filled_by",
        ],
        personal=[
            "village",
            "sex",
            "ethnic_group",
            "born_on",
            "hukou_registered",
            "health",
            "disability_kind",
            "disability_grade",
            "boards_at_school",
            "school_status",
            "school_name",
            "rural_household",
            "both_parents_away",
            "one_away_other_incapable",
            "incapable_parent",
            "incapacity_reason",
            "situation_since",
            "other_guardian_entrusted",
            "care_type",
            "income_sources",
            "reliefs",
        ],
        sensitive={
            "full_name": Kind.NAME,
            "alias": Kind.NAME,
            "hukou_place": Kind.ADDRESS,
            "residence": Kind.ADDRESS,
            "notes": Kind.TEXT,
        },
        secret={"id_number": Kind.ID_NUMBER, "illness": Kind.TEXT},
    )

    objects = ScopedManager.from_queryset(ChildFileQuerySet)()  # type: ignore[misc]
    history = LedgerHistory()

    class Meta(CaseModel.Meta):
        verbose_name = _("child file")
        verbose_name_plural = _("child files")
        ordering = ["-opened_on", "-file_number"]
        indexes = [
            models.Index(fields=["territory_code", "status"], name="child_file_scope_status"),
            models.Index(fields=["born_on"], name="child_file_born_on"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["id_number_index"],
                name="child_file_id_number_once",
                violation_error_message=_("There is already a file with this ID number."),
            ),
            models.CheckConstraint(
                name="child_file_closed_has_date_and_reason",
                condition=(
                    Q(status=FileStatus.CLOSED, closed_on__isnull=False) & ~Q(exit_reason="")
                )
                | (~Q(status=FileStatus.CLOSED) & Q(closed_on__isnull=True, exit_reason="")),
                violation_error_message=_("A closed file needs a closing date and a reason."),
            ),
            models.CheckConstraint(
                name="child_file_closed_after_it_opened",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                violation_error_message=_("The closing date lies before the opening date."),
            ),
            models.CheckConstraint(
                name="child_file_one_ground_at_a_time",
                condition=Q(both_parents_away__isnull=True)
                | Q(both_parents_away=False)
                | Q(one_away_other_incapable__isnull=True)
                | Q(one_away_other_incapable=False),
                violation_error_message=_(
                    "Either both parents are away, or one is away and the other incapable."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.file_number

    def territory_code_source(self) -> str:
        return self.village.code

    @property
    def is_closed(self) -> bool:
        return self.status == FileStatus.CLOSED

    @property
    def is_on_register(self) -> bool:
        return self.status in ON_REGISTER

    @property
    def age(self) -> int:
        """Completed years of life today."""
        return age_on(self.born_on, timezone.localdate())

    def clean(self) -> None:
        """Judge the entries that depend on each other.

        Raises:
            ValidationError: Keyed by the field at fault.
        """
        super().clean()
        self.id_number = normalise_id_number(self.id_number)
        errors: dict[str, Any] = {**cross_check(self.id_number, born_on=self.born_on, sex=self.sex)}
        if self.village_id and self.village.level != self.village.Level.VILLAGE:
            errors["village"] = _("Choose a village, not a town or the district.")
        if self.health != HealthStatus.DISABLED and (self.disability_kind or self.disability_grade):
            errors["health"] = _("A kind or grade of disability is given: choose “Disabled”.")
        if self.health != HealthStatus.ILL and self.illness:
            errors["illness"] = _("A kind of illness is given only where the child is ill.")
        if self.both_parents_away and self.one_away_other_incapable:
            errors["one_away_other_incapable"] = _(
                "Either both parents are away, or one is away and the other incapable."
            )
        if (self.incapable_parent or self.incapacity_reason) and not self.one_away_other_incapable:
            errors["incapable_parent"] = _(
                "Leave this empty unless one parent is away and the other incapable."
            )
        if self.one_away_other_incapable and not self.incapable_parent:
            errors["incapable_parent"] = _("Say which parent is without guardianship capacity.")
        if errors:
            raise ValidationError(errors)


class PartOfFile(CaseModel):
    """A row that belongs to one child file and lies where the file lies."""

    class Meta(CaseModel.Meta):
        abstract = True

    child_file: ChildFile

    def territory_code_source(self) -> str:
        return self.child_file.territory_code_source()


class FamilySituation(PartOfFile):
    """What was known of household and parents from a day to a day.

    The file carries the answers of today; these rows carry each answer with its days, so
    that eligibility can be told for any date.  Services write them, nobody else.
    """

    child_file = ParentalKey(
        ChildFile,
        on_delete=models.CASCADE,
        related_name="situations",
        verbose_name=_("child file"),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    rural_household = models.BooleanField(_("rural household"))
    both_parents_away = models.BooleanField(_("both parents away at the same time"), null=True)
    one_away_other_incapable = models.BooleanField(
        _("one parent away, the other without guardianship capacity"), null=True
    )
    incapable_parent = models.CharField(
        _("parent without guardianship capacity"), max_length=6, choices=Parent, blank=True
    )
    incapacity_reason = models.CharField(
        _("reason of the incapacity"), max_length=17, choices=IncapacityReason, blank=True
    )

    field_classes = FieldClasses(
        office=["child_file"],
        personal=[
            "starts_on",
            "ends_on",
            "rural_household",
            "both_parents_away",
            "one_away_other_incapable",
            "incapable_parent",
            "incapacity_reason",
        ],
    )

    history = LedgerHistory()

    FACTS = (
        "rural_household",
        "both_parents_away",
        "one_away_other_incapable",
        "incapable_parent",
        "incapacity_reason",
    )

    class Meta(PartOfFile.Meta):
        verbose_name = _("family situation")
        verbose_name_plural = _("family situations")
        ordering = ["starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["child_file"],
                condition=Q(ends_on__isnull=True),
                name="family_situation_one_open_per_file",
            ),
            models.CheckConstraint(
                name="family_situation_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child_file.file_number} {self.starts_on:%Y-%m-%d}"

    def covers(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class Kin(PartOfFile):
    """A relative of the child.

    The form writes a dash for a dead relative; here the box "deceased" is ticked, and
    what only the living have stays empty.
    """

    child_file = ParentalKey(
        ChildFile, on_delete=models.CASCADE, related_name="kin", verbose_name=_("child file")
    )
    relation = models.CharField(_("relation to the child"), max_length=20, choices=KinRelation)
    full_name = EncryptedCharField(pgettext_lazy("person", "name"), max_length=50, blank=True)
    deceased = models.BooleanField(_("deceased"), default=False)
    born_on = models.DateField(_("date of birth"), null=True, blank=True)
    work_province = models.CharField(_("works in (province)"), max_length=30, blank=True)
    work_city = models.CharField(_("works in (city)"), max_length=50, blank=True)
    employer = EncryptedCharField(_("employer"), max_length=100, blank=True)
    phone = EncryptedCharField(
        _("telephone"), max_length=20, blank=True, validators=[validate_phone]
    )
    phone_index = BlindIndexField(source="phone", normalise=normalise_phone, db_index=True)
    id_number = EncryptedCharField(
        _("ID number"), max_length=18, blank=True, validators=[validate_id_number]
    )
    id_number_index = BlindIndexField(
        source="id_number", normalise=normalise_id_number, db_index=True
    )
    capacity = models.CharField(
        _("guardianship capacity"), max_length=9, choices=Capacity, blank=True
    )
    reachability = models.CharField(
        _("can be reached"), max_length=13, choices=Reachability, blank=True
    )
    last_reached_on = models.DateField(_("last reached on"), null=True, blank=True)

    field_classes = FieldClasses(
        office=["child_file"],
        personal=[
            "relation",
            "deceased",
            "born_on",
            "work_province",
            "work_city",
            "capacity",
            "reachability",
            "last_reached_on",
        ],
        sensitive={"full_name": Kind.NAME, "phone": Kind.PHONE, "employer": Kind.TEXT},
        secret={"id_number": Kind.ID_NUMBER},
    )

    history = LedgerHistory()

    class Meta(PartOfFile.Meta):
        verbose_name = _("relative")
        verbose_name_plural = _("relatives")
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["child_file", "relation"],
                condition=~Q(relation=KinRelation.OTHER),
                name="kin_once_per_relation",
                violation_error_message=_("This relative is already in the file."),
            ),
            models.CheckConstraint(
                name="kin_deceased_works_nowhere",
                condition=Q(deceased=False)
                | Q(work_province="", work_city="", reachability="", capacity=""),
                violation_error_message=_(
                    "A deceased relative has no place of work, capacity or telephone."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child_file.file_number} {self.relation}"

    def clean(self) -> None:
        """Judge the entries that depend on each other.

        Raises:
            ValidationError: Keyed by the field at fault.
        """
        super().clean()
        self.id_number = normalise_id_number(self.id_number)
        self.phone = normalise_phone(self.phone)
        errors: dict[str, Any] = {**cross_check(self.id_number, born_on=self.born_on)}
        if self.deceased and (self.phone or self.work_province or self.work_city or self.employer):
            errors["deceased"] = _(
                "A deceased relative has no place of work, capacity or telephone."
            )
        if not self.deceased and not self.full_name:
            errors["full_name"] = _("Enter the name, or tick “deceased”.")
        if errors:
            raise ValidationError(errors)


class CustodySpell(PartOfFile):
    """Who looked after the child, from a day to a day.

    A change of carer ends one spell and starts the next; what was true is not written
    over.  Both days count.
    """

    child_file = ParentalKey(
        ChildFile,
        on_delete=models.CASCADE,
        related_name="custody_spells",
        verbose_name=_("child file"),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    care_mode = models.CharField(_("form of care"), max_length=15, choices=CareMode, blank=True)
    carer_kind = models.CharField(_("kind of carer"), max_length=21, choices=CarerKind)
    legal_nature = models.CharField(
        _("legal footing"), max_length=13, choices=LegalNature, blank=True
    )
    carer_name = EncryptedCharField(_("name of the carer"), max_length=50, blank=True)
    carer_relation = models.CharField(
        _("relation of the carer to the child"), max_length=30, blank=True
    )
    carer_phone = EncryptedCharField(
        _("telephone of the carer"), max_length=20, blank=True, validators=[validate_phone]
    )
    carer_id_number = EncryptedCharField(
        _("ID number of the carer"), max_length=18, blank=True, validators=[validate_id_number]
    )
    carer_id_number_index = BlindIndexField(
        source="carer_id_number", normalise=normalise_id_number, db_index=True
    )
    carer_address = EncryptedCharField(_("address of the carer"), max_length=200, blank=True)
    basis = models.CharField(_("document it rests on"), max_length=100, blank=True)

    field_classes = FieldClasses(
        office=["child_file", "basis"],
        personal=[
            "starts_on",
            "ends_on",
            "care_mode",
            "carer_kind",
            "legal_nature",
            "carer_relation",
        ],
        sensitive={
            "carer_name": Kind.NAME,
            "carer_phone": Kind.PHONE,
            "carer_address": Kind.ADDRESS,
        },
        secret={"carer_id_number": Kind.ID_NUMBER},
    )

    history = LedgerHistory()

    class Meta(PartOfFile.Meta):
        verbose_name = _("custody spell")
        verbose_name_plural = _("custody spells")
        ordering = ["-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["child_file"],
                condition=Q(ends_on__isnull=True),
                name="custody_spell_one_open_per_file",
                violation_error_message=_("Give the earlier spell its last day first."),
            ),
            models.UniqueConstraint(
                fields=["child_file", "starts_on"],
                name="custody_spell_one_start_per_day",
                violation_error_message=_("Another spell starts on the same day."),
            ),
            models.CheckConstraint(
                name="custody_spell_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("The last day lies before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.child_file.file_number} {self.starts_on:%Y-%m-%d}"

    def covers(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def clean(self) -> None:
        """Judge the entries that depend on each other.

        Raises:
            ValidationError: Keyed by the field at fault.
        """
        super().clean()
        self.carer_id_number = normalise_id_number(self.carer_id_number)
        self.carer_phone = normalise_phone(self.carer_phone)
        errors: dict[str, Any] = {}
        if self.carer_kind == CarerKind.NOBODY and self.carer_name:
            errors["carer_kind"] = _("A carer is named: choose what kind of carer.")
        if self.carer_kind not in ("", CarerKind.NOBODY, CarerKind.PARENTS) and not self.carer_name:
            errors["carer_name"] = _("Enter the name of the carer.")
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            errors["ends_on"] = _("The last day lies before the first.")
        if errors:
            raise ValidationError(errors)
