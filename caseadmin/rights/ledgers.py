"""The ledgers of consents, requests, blocks, holds and erasures."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from caseadmin.ledgers import Badge, Ledger, LedgerAction, Section, ledger, ledger_group
from caseadmin.ledgers.exporting.writer import FileFormat, file_response
from core.privacy.models import Basis

from . import services
from .enums import RequestStatus
from .forms import AnswerForm, IdentityForm, WithdrawConsentForm
from .models import ConsentRecord, ContactBlock, Erasure, LegalHold, SubjectRequest
from .whole_file import hand_out, may_hand_out

if TYPE_CHECKING:
    from core.accounts.models import User

ledger_group("rights", _("Rights of persons"), icon="lock", order=150)

STATUS_TONES = {
    RequestStatus.RECEIVED: "info",
    RequestStatus.PREPARED: "warning",
    RequestStatus.ANSWERED: "positive",
    RequestStatus.BLOCKED: "critical",
    RequestStatus.REFUSED: "neutral",
    RequestStatus.WITHDRAWN: "neutral",
}


def _is(*states: RequestStatus) -> Any:
    def available(instance: SubjectRequest) -> bool:
        return instance.status in states

    return available


def _step(service: Any) -> Any:
    def handler(instance: SubjectRequest, *, actor: "User", reason: str = "", **said: Any) -> None:
        service(subject_request=instance, actor=actor, reason=reason, **said)

    return handler


def _copy(instance: SubjectRequest, *, actor: "User", **said: Any) -> Any:
    pieces = hand_out(subject_request=instance, actor=actor)
    return file_response(pieces, file_format=FileFormat.XLSX, name="own-file")


def _withdraw(instance: ConsentRecord, *, actor: "User", reason: str = "", **said: Any) -> None:
    services.withdraw_consent(consent=instance, actor=actor, reason=reason, **said)


def _lift(instance: Any, *, actor: "User", reason: str = "") -> None:
    services.lift(row=instance, actor=actor, reason=reason)


def _lifting(label: Any) -> LedgerAction:
    """Return the action that ends a block or a hold, for a reason."""
    return LedgerAction(
        name="lift",
        label=label,
        handler=_lift,
        available=lambda row: row.lifted_on is None,
        reason_required=True,
        icon="lock-open",
        tone="danger",
    )


class _Entries(Ledger):
    """Rows that are written, corrected and never deleted."""

    can_delete = False

    @classmethod
    def service_for(cls, instance: Any) -> "Callable[..., Any]":
        """Return the service that writes a row."""
        return partial(services.save_entry, row=instance)

    @classmethod
    def save(
        cls,
        instance: Any,
        *,
        children: Mapping[str, list[Any]] | None = None,
        actor: "User",
        reason: str = "",
        source: str = "form",
    ) -> Any:
        return cls.service_for(instance)(actor=actor, reason=reason, source=source)


@ledger
class ConsentLedger(_Entries):
    """Who agreed to what."""

    model = ConsentRecord
    slug = "consents"
    group = "rights"
    icon = "check"
    order = 10
    key = "number"
    columns = [
        "number",
        "purpose",
        "given_by",
        "relation",
        Badge("basis", tones={Basis.CONSENT: "positive", Basis.EMERGENCY: "warning"}),
        "given_on",
        "withdrawn_on",
    ]
    filters = ["purpose", "basis", "relation", "given_on", "withdrawn_on"]
    sections = [
        Section(_("Who and what"), ["number", "child_file", "volunteer", "purpose", "basis"]),
        Section(
            _("Consent or notice"),
            ["given_by", "relation", "method", "given_on", "text_version", "withdrawn_on"],
            help=_("For a child under 14 a parent or another guardian consents."),
        ),
        Section(
            _("Told later"),
            ["told_later_reason", "told_later_review_on"],
            help=_("Only where the ground is a duty by law or an emergency."),
        ),
    ]
    actions = [
        LedgerAction(
            name="withdraw",
            label=_("Withdraw the consent"),
            handler=_withdraw,
            form=WithdrawConsentForm,
            available=lambda row: row.basis == Basis.CONSENT and row.withdrawn_on is None,
            icon="cross",
            tone="danger",
        ),
    ]


@ledger
class SubjectRequestLedger(_Entries):
    """What persons ask about their own information."""

    model = SubjectRequest
    slug = "subject-requests"
    group = "rights"
    icon = "mail"
    order = 20
    key = "number"
    columns = [
        "number",
        "kind",
        "requester_name",
        "requester_relation",
        "received_on",
        "due_on",
        Badge("status", tones=STATUS_TONES),
    ]
    filters = ["status", "kind", "due_on", "refusal_ground"]
    sections = [
        Section(
            _("Request"),
            ["number", "status", "kind", "child_file", "volunteer", "received_on", "due_on"],
        ),
        Section(
            _("Who asks"),
            [
                "requester_name",
                "requester_relation",
                "requester_phone",
                "requester_id_number",
                "identity_proof",
                "identified_on",
                "details",
            ],
        ),
        Section(
            _("Answer"),
            ["answer", "refusal_ground", "prepared_by", "released_by", "closed_on"],
            help=_("Until the answer, everybody is told the same: when it will come in writing."),
        ),
    ]
    actions = [
        LedgerAction(
            name="identity",
            label=_("Identity was shown"),
            handler=_step(services.check_identity),
            form=IdentityForm,
            available=_is(RequestStatus.RECEIVED),
            icon="user",
            tone="primary",
        ),
        LedgerAction(
            name="unproven",
            label=_("Identity was not shown"),
            handler=_step(services.refuse_unproven),
            available=_is(RequestStatus.RECEIVED),
            reason_required=True,
            icon="cross",
        ),
        LedgerAction(
            name="answer",
            label=_("Write the answer"),
            handler=_step(services.prepare_answer),
            form=AnswerForm,
            available=_is(RequestStatus.IDENTIFIED),
            icon="edit",
            tone="primary",
        ),
        LedgerAction(
            name="release",
            label=_("Release the answer"),
            permission="rights.release_subjectrequest",
            handler=_step(services.release_answer),
            available=_is(RequestStatus.PREPARED),
            confirm=_("A granted deletion erases the record and cannot be undone."),
            proof=True,
            icon="check",
            tone="primary",
        ),
        LedgerAction(
            name="send-back",
            label=_("Send back"),
            permission="rights.release_subjectrequest",
            handler=_step(services.send_back),
            available=_is(RequestStatus.PREPARED),
            reason_required=True,
            icon="rotate",
        ),
        LedgerAction(
            name="copy",
            label=_("Hand out the copy"),
            permission="export",
            handler=_copy,
            available=may_hand_out,
            confirm=_("The workbook holds everything kept on this person. Hand it to nobody else."),
            proof=True,
            icon="download",
        ),
        LedgerAction(
            name="block",
            label=_("Stop for the child's safety"),
            handler=_step(services.block_request),
            available=_is(RequestStatus.RECEIVED, RequestStatus.IDENTIFIED, RequestStatus.PREPARED),
            reason_required=True,
            icon="warning",
            tone="danger",
        ),
        LedgerAction(
            name="resume",
            label=pgettext_lazy("request", "Take up again"),
            permission="rights.release_subjectrequest",
            handler=_step(services.resume_request),
            available=_is(RequestStatus.BLOCKED),
            reason_required=True,
            icon="lock-open",
        ),
        LedgerAction(
            name="refuse-blocked",
            label=_("Refuse without saying why"),
            permission="rights.release_subjectrequest",
            handler=_step(services.refuse_blocked),
            available=_is(RequestStatus.BLOCKED),
            reason_required=True,
            icon="cross",
        ),
        LedgerAction(
            name="withdraw",
            label=_("Withdrawn by the requester"),
            handler=_step(services.withdraw_request),
            available=_is(RequestStatus.RECEIVED, RequestStatus.IDENTIFIED, RequestStatus.PREPARED),
            icon="cross",
        ),
    ]

    @classmethod
    def service_for(cls, instance: Any) -> "Callable[..., Any]":
        take = services.receive_request if instance._state.adding else services.correct_request
        return partial(take, subject_request=instance)


@ledger
class ContactBlockLedger(_Entries):
    """Who learns nothing of a child."""

    model = ContactBlock
    slug = "contact-blocks"
    group = "rights"
    icon = "view"
    order = 30
    key = "number"
    columns = ["number", "child_file", "full_name", "ground", "starts_on", "lifted_on"]
    filters = ["ground", "starts_on", "lifted_on"]
    sections = [
        Section(_("Person"), ["number", "child_file", "full_name", "phone", "id_number"]),
        Section(_("Ground"), ["ground", "explanation", "starts_on", "lifted_on"]),
    ]
    actions = [_lifting(_("Lift the block"))]


@ledger
class LegalHoldLedger(_Entries):
    """What must not be deleted for now."""

    model = LegalHold
    slug = "legal-holds"
    group = "rights"
    icon = "lock"
    order = 40
    key = "number"
    columns = ["number", "child_file", "volunteer", "ground", "reference", "starts_on", "lifted_on"]
    filters = ["ground", "starts_on", "lifted_on"]
    sections = [
        Section(_("Hold"), ["number", "child_file", "volunteer", "ground", "reference"]),
        Section(_("From when"), ["starts_on", "lifted_on", "explanation"]),
    ]
    actions = [_lifting(_("Lift the hold"))]


@ledger
class ErasureLedger(Ledger):
    """What was erased: the certificate of disposal."""

    model = Erasure
    slug = "erasures"
    group = "rights"
    icon = "bin"
    order = 50
    key = "number"
    columns = ["number", "record_number", "subject", "ground", "erased_on", "decided_by"]
    filters = ["ground", "erased_on"]
    sections = [
        Section(
            _("Erasure"),
            [
                "number",
                "record_number",
                "subject",
                "ground",
                "rule",
                "request_number",
                "erased_on",
                "counts",
                "decided_by",
                "released_by",
            ],
        ),
    ]
    can_add = False
    can_edit = False
    can_delete = False
