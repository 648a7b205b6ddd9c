"""Consents, requests of persons, holds, blocks, and what remains of an erased record."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from caseadmin.pairings.enums import ConsentMethod
from core.access.models import NumberedCaseModel, account_key, kind_of_record
from core.access.register import FieldClasses, Kind
from core.calendar import age_on
from core.crypto.fields import BlindIndexField, EncryptedCharField, EncryptedTextField
from core.history.records import LedgerHistory
from core.identity import normalise_id_number, validate_id_number
from core.numbering import NumberSeries
from core.phones import normalise_phone, validate_phone
from core.privacy.models import Basis, RetentionRule

from .enums import (
    GUARDIANS,
    BlockGround,
    ErasureGround,
    HoldGround,
    IdentityProof,
    RefusalGround,
    Relation,
    RequestKind,
    RequestStatus,
)

CONSENT_AGE = 14
"""Below this age a guardian consents (个人信息保护法 art. 31 para. 1)."""

OPEN = (
    RequestStatus.RECEIVED,
    RequestStatus.IDENTIFIED,
    RequestStatus.PREPARED,
    RequestStatus.BLOCKED,
)
"""States in which a request still waits for its answer."""


class RightsNumberSeries(NumberSeries):
    """Counts the numbers of consents, requests, holds, blocks and erasures."""

    class Meta(NumberSeries.Meta):
        verbose_name = _("series of numbers of rights")
        verbose_name_plural = _("series of numbers of rights")


class AboutSomebody(NumberedCaseModel):
    """A row about the child or the volunteer whose information it is.

    ``letter`` begins the row's number.
    """

    letter = ""
    territory_from: tuple[str, ...] = ("child_file", "volunteer")

    child_file = models.ForeignKey(
        "children.ChildFile",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("child file"),
    )
    volunteer = models.ForeignKey(
        "volunteers.Volunteer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("volunteer"),
    )

    field_classes = FieldClasses(office=["child_file", "volunteer"])

    class Meta(NumberedCaseModel.Meta):
        abstract = True

    @property
    def subject(self) -> Any:
        """The row the information is in, or ``None`` once it is erased."""
        return self.child_file or self.volunteer

    def territory_code_source(self) -> str:
        subject = self.subject
        return subject.territory_code if subject is not None else self.territory_code

    def clean(self) -> None:
        """Demand one person.

        Raises:
            ValidationError: Keyed ``child_file``.
        """
        super().clean()
        if self._state.adding and (self.child_file_id is None) == (self.volunteer_id is None):
            raise ValidationError({"child_file": _("Name one child file, or one volunteer.")})


class ConsentRecord(AboutSomebody):
    """Who agreed to what, in which wording, and whether it still stands.

    Where the ground is a duty by law or an emergency the row says when the person was told,
    or why not yet and when this is looked at again.

    Legal source: 个人信息保护法 arts. 14 and 15 (consent, withdrawal), 18 and 35 (telling
    later), 29 and 31 (separate consent; children under 14).
    """

    letter = "K"
    territory_from = ("child_file", "volunteer", "application")

    application = models.ForeignKey(
        "intake.VolunteerApplication",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("application"),
    )
    purpose = models.ForeignKey(
        "privacy.Purpose",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("purpose"),
    )
    basis = models.CharField(_("ground"), max_length=9, choices=Basis)
    text_version = models.CharField(_("version of the text"), max_length=20, blank=True)
    given_by = EncryptedCharField(_("who agreed or was told"), max_length=50)
    relation = models.CharField(_("relation"), max_length=8, choices=Relation)
    method = models.CharField(
        pgettext_lazy("consent", "how"), max_length=12, choices=ConsentMethod, blank=True
    )
    given_on = models.DateField(_("agreed or told on"), null=True, blank=True)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True, editable=False)
    told_later_reason = EncryptedTextField(_("why not told yet"), blank=True)
    told_later_review_on = models.DateField(_("to be looked at again on"), null=True, blank=True)

    field_classes = FieldClasses(
        office=["application", "purpose", "basis", "text_version"],
        personal=["relation", "method", "given_on", "withdrawn_on", "told_later_review_on"],
        sensitive={"given_by": Kind.NAME, "told_later_reason": Kind.TEXT},
    )

    history = LedgerHistory()

    class Meta(AboutSomebody.Meta):
        verbose_name = _("consent record")
        verbose_name_plural = _("consent records")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                name="consent_about_one_person",
                condition=Q(
                    child_file__isnull=False, volunteer__isnull=True, application__isnull=True
                )
                | Q(child_file__isnull=True, volunteer__isnull=False, application__isnull=True)
                | Q(child_file__isnull=True, volunteer__isnull=True, application__isnull=False),
                violation_error_message=_("Name one child file, or one volunteer."),
            ),
            models.CheckConstraint(
                name="consent_withdrawn_after_given",
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gte=F("given_on")),
                violation_error_message=_("The withdrawal lies before the consent."),
            ),
            models.UniqueConstraint(
                name="consent_one_open_per_child_and_purpose",
                fields=["child_file", "purpose"],
                condition=Q(withdrawn_on__isnull=True, child_file__isnull=False),
                violation_error_message=_("There is already a record for this purpose."),
            ),
        ]

    @property
    def subject(self) -> Any:
        return self.child_file or self.volunteer or self.application

    @property
    def stands(self) -> bool:
        """Whether the purpose may be pursued on this row."""
        return self.withdrawn_on is None and (
            self.basis != Basis.CONSENT or self.given_on is not None
        )

    def clean(self) -> None:
        """Judge who may consent, and that telling is never simply left out.

        Raises:
            ValidationError: Keyed by the field at fault.
        """
        if self.application_id is None:
            super().clean()
        errors: dict[str, Any] = {}
        today = timezone.localdate()
        if self.given_on is not None and self.given_on > today:
            errors["given_on"] = _("This day lies in the future.")
        if self.basis == Basis.CONSENT:
            if self.given_on is None:
                errors["given_on"] = _("Enter the day of the consent.")
            if not self.method:
                errors["method"] = _("Choose how the consent was given.")
            if self.child_file is not None:
                day = self.given_on or today
                if age_on(self.child_file.born_on, day) < CONSENT_AGE and (
                    self.relation not in GUARDIANS
                ):
                    errors["relation"] = _(
                        "For a child under 14 only a parent or another guardian consents."
                    )
        elif self.given_on is None and not (self.told_later_reason and self.told_later_review_on):
            errors["told_later_reason"] = _(
                "Say why the person is told later, and when this is looked at again."
            )
        if errors:
            raise ValidationError(errors)


class SubjectRequest(AboutSomebody):
    """What somebody asks about information on themselves or their child, and the answer.

    Legal source: 个人信息保护法 arts. 44 to 50; 未成年人网络保护条例 arts. 33 and 34 (easy
    ways, refusals in writing with reasons).
    """

    letter = "Q"
    survives_erasure = True
    # It stays where it was when the record it asks about is erased.
    territory_from = ()

    kind = models.CharField(_("what is asked"), max_length=8, choices=RequestKind)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=RequestStatus,
        default=RequestStatus.RECEIVED,
        editable=False,
    )
    requester_name = EncryptedCharField(_("name of the requester"), max_length=50, blank=True)
    requester_relation = models.CharField(_("relation"), max_length=8, choices=Relation)
    requester_phone = EncryptedCharField(
        _("telephone"), max_length=20, blank=True, validators=[validate_phone]
    )
    requester_phone_index = BlindIndexField(
        source="requester_phone", normalise=normalise_phone, db_index=True
    )
    requester_id_number = EncryptedCharField(
        _("ID number"), max_length=18, blank=True, validators=[validate_id_number]
    )
    requester_id_number_index = BlindIndexField(
        source="requester_id_number", normalise=normalise_id_number, db_index=True
    )
    details = EncryptedTextField(_("in the requester's words"), blank=True)
    received_on = models.DateField(_("received on"))
    due_on = models.DateField(_("answer due on"), editable=False)
    identity_proof = models.CharField(
        _("how identity was shown"),
        max_length=13,
        choices=IdentityProof,
        blank=True,
        editable=False,
    )
    identified_on = models.DateField(_("identity checked on"), null=True, editable=False)
    answer = EncryptedTextField(_("answer"), blank=True, editable=False)
    refusal_ground = models.CharField(
        _("ground of the refusal"),
        max_length=14,
        choices=RefusalGround,
        blank=True,
        editable=False,
    )
    prepared_by = account_key(_("answer prepared by"), null=True, editable=False)
    released_by = account_key(_("answer released by"), null=True, editable=False)
    closed_on = models.DateField(_("answered on"), null=True, editable=False)

    field_classes = FieldClasses(
        office=[
            "kind",
            "status",
            "received_on",
            "due_on",
            "identity_proof",
            "identified_on",
            "refusal_ground",
            "prepared_by",
            "released_by",
            "closed_on",
        ],
        personal=["requester_relation"],
        sensitive={
            "requester_name": Kind.NAME,
            "requester_phone": Kind.PHONE,
            "details": Kind.TEXT,
            "answer": Kind.TEXT,
        },
        secret={"requester_id_number": Kind.ID_NUMBER},
    )

    history = LedgerHistory()

    class Meta(AboutSomebody.Meta):
        permissions = [("release_subjectrequest", "Can release answers to persons")]
        verbose_name = _("request of a person")
        verbose_name_plural = _("requests of persons")
        ordering = ["-number"]
        indexes = [models.Index(name="subject_request_due", fields=["status", "due_on"])]
        constraints = [
            models.CheckConstraint(
                name="subject_request_released_by_another",
                condition=Q(released_by__isnull=True) | ~Q(released_by=F("prepared_by")),
                violation_error_message=_("A second person releases the answer."),
            ),
            models.CheckConstraint(
                name="subject_request_refusal_has_ground",
                condition=~Q(status=RequestStatus.REFUSED) | ~Q(refusal_ground=""),
                violation_error_message=_("A refusal needs its ground."),
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_overdue(self) -> bool:
        """Whether the answer is late today, whatever a nightly job has done."""
        return self.is_open and self.due_on < timezone.localdate()

    def clean(self) -> None:
        """Judge what was typed.

        Raises:
            ValidationError: Keyed by the field at fault.
        """
        super().clean()
        self.requester_phone = normalise_phone(self.requester_phone)
        self.requester_id_number = normalise_id_number(self.requester_id_number)
        errors: dict[str, Any] = {}
        if not self.requester_name:
            errors["requester_name"] = _("Enter who asks.")
        if self.received_on and self.received_on > timezone.localdate():
            errors["received_on"] = _("This day lies in the future.")
        if errors:
            raise ValidationError(errors)


class UntilLifted(AboutSomebody):
    """Something that stands from a day until somebody lifts it."""

    starts_on = models.DateField(_("from"))
    lifted_on = models.DateField(_("lifted on"), null=True, blank=True, editable=False)

    field_classes = FieldClasses(office=["starts_on", "lifted_on"])

    class Meta(AboutSomebody.Meta):
        abstract = True
        ordering = ["-number"]


class ContactBlock(UntilLifted):
    """Somebody who learns nothing of a child, a guardian too.

    Legal source: 反家庭暴力法 art. 23 (protection orders); 未成年人保护法 arts. 4 and 108 (the
    child's best interest, revoked guardianship).  Refusing information on suspicion rests on
    个人信息保护法 art. 50 (a refusal with its reason) and is the district's decision.
    """

    letter = "B"

    full_name = EncryptedCharField(pgettext_lazy("person", "name"), max_length=50)
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
    ground = models.CharField(_("ground"), max_length=16, choices=BlockGround)
    explanation = EncryptedTextField(_("explanation"))

    field_classes = FieldClasses(
        personal=["ground"],
        sensitive={
            "full_name": Kind.NAME,
            "phone": Kind.PHONE,
            "explanation": Kind.TEXT,
        },
        secret={"id_number": Kind.ID_NUMBER},
    )

    history = LedgerHistory()

    class Meta(UntilLifted.Meta):
        verbose_name = _("person who learns nothing")
        verbose_name_plural = _("persons who learn nothing")
        constraints = [
            models.CheckConstraint(
                name="contact_block_about_a_child",
                condition=Q(child_file__isnull=False, volunteer__isnull=True),
                violation_error_message=_("Name the child file."),
            )
        ]

    def clean(self) -> None:
        super().clean()
        self.phone = normalise_phone(self.phone)
        self.id_number = normalise_id_number(self.id_number)


class LegalHold(UntilLifted):
    """Nothing about this person is deleted while this stands.

    Legal source: 个人信息保护法 art. 47 para. 2 (deletion waits where a law asks for keeping).
    """

    letter = "H"

    ground = models.CharField(_("ground"), max_length=13, choices=HoldGround)
    reference = models.CharField(
        _("file number of the court or authority"), max_length=60, blank=True
    )
    explanation = EncryptedTextField(_("explanation"), blank=True)

    field_classes = FieldClasses(
        office=["reference", "ground"],
        sensitive={"explanation": Kind.TEXT},
    )

    history = LedgerHistory()

    class Meta(UntilLifted.Meta):
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")


def _counted(counts: dict[str, int]) -> str:
    said = {"files": _("files"), "imports": _("imports"), "log": _("log entries")}
    names = {label: said.get(label) or kind_of_record(label) for label in counts}
    return "、".join(f"{names[label]} {count}" for label, count in counts.items())


def _rule_called(code: str) -> str:
    rule = RetentionRule.objects.filter(code=code).order_by("-valid_from").first()
    return rule.label if rule is not None else code


class Erasure(NumberedCaseModel):
    """What remains of an erased record: that it was there, and what became of it.

    Holds no personal data: the record's number named a file that is gone.

    Legal source: 个人信息保护法 art. 47; 档案法 art. 31 (disposal is listed and kept).
    """

    # Names nobody: the record it tells of is gone.
    opened_by_approval = False

    letter = "E"
    survives_erasure = True
    # What it told of is gone.
    territory_from = ()
    in_words = {"subject": kind_of_record, "rule": _rule_called, "counts": _counted}

    subject = models.CharField(_("kind of record"), max_length=40, editable=False)
    record_number = models.CharField(_("number of the record"), max_length=20, editable=False)
    ground = models.CharField(_("ground"), max_length=9, choices=ErasureGround, editable=False)
    rule = models.CharField(_("retention rule"), max_length=40, blank=True, editable=False)
    request_number = models.CharField(_("request"), max_length=20, blank=True, editable=False)
    counts = models.JSONField(_("rows removed"), default=dict, editable=False)
    erased_on = models.DateField(_("erased on"), editable=False)
    decided_by = account_key(_("decided by"), editable=False)
    released_by = account_key(_("released by"), null=True, editable=False)

    field_classes = FieldClasses(
        office=[
            "subject",
            "record_number",
            "ground",
            "rule",
            "request_number",
            "counts",
            "erased_on",
            "decided_by",
            "released_by",
        ]
    )

    history = LedgerHistory()

    class Meta(NumberedCaseModel.Meta):
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-number"]

    def territory_code_source(self) -> str:
        """Return the code it was made with: the record it told of is gone."""
        return self.territory_code
