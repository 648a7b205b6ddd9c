"""Actions on consents, requests, blocks and holds."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from caseadmin.pairings.enums import ConsentMethod, PairingStatus
from caseadmin.pairings.models import Pairing
from caseadmin.pairings.services import withdraw_guardian_consent
from core.access.guards import reached, require_reach
from core.access.scope import unscoped
from core.audit.services import record as log
from core.calendar import working_day_after
from core.history.context import required_change
from core.identity import normalise_id_number
from core.numbering import next_number
from core.phones import normalise_phone
from core.privacy.models import ANSWER_WORKING_DAYS, Basis
from core.privacy.selectors import purpose_in_force
from core.states import require_transition
from core.writing import has_changes, judge_entries, keep_stored, require_reason, writing

from .enums import IdentityProof, RefusalGround, Relation, RequestKind, RequestStatus
from .models import (
    AboutSomebody,
    ConsentRecord,
    ContactBlock,
    LegalHold,
    RightsNumberSeries,
    SubjectRequest,
)
from .signals import request_blocked
from .transitions import TRANSITIONS

if TYPE_CHECKING:
    from core.accounts.models import User

VOLUNTEERING = "volunteering"
"""Code of the purpose an applicant consents to."""

PAIRING = "pairing"
"""Code of the purpose without which no volunteer is paired with a child."""

KEPT = (
    "number",
    "status",
    "due_on",
    "identity_proof",
    "identified_on",
    "answer",
    "refusal_ground",
    "prepared_by_id",
    "released_by_id",
    "closed_on",
    "withdrawn_on",
    "lifted_on",
)
"""What an edit never changes: only transitions do."""


def give_number(row: Any, code: str, year: int) -> None:
    """Number a new row, such as ``Q990101-2026-00001``.

    Raises:
        TransactionManagementError: No transaction is open.
    """
    row.number = next_number(RightsNumberSeries, f"{row.letter}{code[:6]}-{year}")


def save_entry(
    *, row: AboutSomebody, actor: "User", reason: str = "", source: str | None = None
) -> Any:
    """Write a new or corrected consent, block or hold.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: Keyed by the field at fault.
    """
    with writing(actor, reason, source):
        stored = (
            None if row._state.adding else reached(type(row)._base_manager.all(), actor, row.pk)
        )
        if stored is not None:
            keep_stored(row, stored, [name for name in KEPT if hasattr(stored, name)])
            # Another person is another row.
            keep_stored(row, stored, ["child_file_id", "volunteer_id"])
        if isinstance(row, ConsentRecord) and row.purpose_id and not row.text_version:
            row.text_version = row.purpose.version
        judge_entries(row)
        code = row.territory_code_source()
        require_reach(actor, code)
        if stored is None:
            _refuse_second_consent(row)
            give_number(row, code, timezone.localdate().year)
        elif not has_changes(row, stored):
            return row
        row.save()
    return row


def _refuse_second_consent(row: AboutSomebody) -> None:
    if not isinstance(row, ConsentRecord) or row.child_file_id is None:
        return
    same = ConsentRecord._base_manager.filter(
        child_file_id=row.child_file_id, purpose_id=row.purpose_id, withdrawn_on__isnull=True
    )
    if same.exists():
        raise ValidationError({"purpose": _("There is already a record for this purpose.")})


def withdraw_consent(
    *, consent: ConsentRecord, actor: "User", reason: str = "", withdrawn_on: date | None = None
) -> ConsentRecord:
    """Record that a consent was taken back, as easily as it was given.

    What rests on it stops with it: pairings of the child are suspended at once and are not
    taken up again before the guardian consents anew.

    Legal source: 个人信息保护法 art. 15 (what was done before stays lawful).

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: It rests on a duty or an emergency, was withdrawn before, or the day
            lies before the consent or in the future.
    """
    with writing(actor, reason):
        stored = _locked(consent, actor)
        day = withdrawn_on or timezone.localdate()
        if stored.basis != Basis.CONSENT:
            raise ValidationError(
                _("This does not rest on a consent. Record a request that use is restricted.")
            )
        if stored.withdrawn_on is not None:
            raise ValidationError(_("This consent was withdrawn before."))
        if day > timezone.localdate() or (stored.given_on and day < stored.given_on):
            raise ValidationError({"withdrawn_on": _("Enter a day from the consent to today.")})
        stored.withdrawn_on = day
        stored.save()
        if stored.purpose.code == PAIRING and stored.child_file_id is not None:
            _stop_pairings(stored, day, actor)
    return stored


def _stop_pairings(consent: ConsentRecord, day: date, actor: "User") -> None:
    reason = _("Consent %(number)s was withdrawn.") % {"number": consent.number}
    resting = Pairing._base_manager.exclude(status=PairingStatus.ENDED).filter(
        child_file_id=consent.child_file_id,
        guardian_consent_on__isnull=False,
        guardian_consent_withdrawn_on__isnull=True,
    )
    for pairing in resting.order_by("pairing_number"):
        given_on = pairing.guardian_consent_on or day
        withdraw_guardian_consent(
            pairing=pairing, actor=actor, reason=reason, withdrawn_on=max(day, given_on)
        )


def record_consent_of_application(*, application: Any) -> ConsentRecord | None:
    """Keep the consent given with an application, in the change set that is open.

    Returns:
        The record; ``None`` where no purpose called ``volunteering`` is in force, as before
        ``load_reference`` ran.  The application itself names the version in any case.
    """
    given_on = timezone.localdate(application.consent_at)
    purpose = purpose_in_force(VOLUNTEERING, given_on)
    if purpose is None:
        return None
    consent = ConsentRecord(
        application=application,
        purpose=purpose,
        basis=Basis.CONSENT,
        text_version=application.consent_version,
        given_by=application.full_name,
        relation=Relation.SELF,
        method=ConsentMethod.MESSAGE,
        given_on=given_on,
    )
    with transaction.atomic():
        judge_entries(consent)
        give_number(consent, application.territory_code, given_on.year)
        consent.save()
    return consent


def lift(*, row: ContactBlock | LegalHold, actor: "User", reason: str) -> Any:
    """End a block or a hold.  A block is lifted by somebody else than who set it.

    Raises:
        PermissionDenied: The actor does not serve the place, or set the block.
        ValidationError: There is no reason, or it was lifted before.
    """
    require_reason(reason)
    with writing(actor, reason):
        stored = _locked(row, actor)
        if stored.lifted_on is not None:
            raise ValidationError(_("It was lifted before."))
        if isinstance(stored, ContactBlock) and stored.created_by_id == actor.pk:
            raise PermissionDenied(_("Somebody else than who set the block lifts it."))
        stored.lifted_on = timezone.localdate()
        stored.save()
    return stored


def blocks_met(subject_request: SubjectRequest) -> list[ContactBlock]:
    """Return the blocks in force that name the requester.

    They are told by ID number, telephone or name, whatever relation they claim; a name alone
    is enough, because a wrong alarm harms less than a wrong answer.
    """
    if subject_request.child_file_id is None:
        return []
    name = _plain_name(subject_request.requester_name)
    phone = normalise_phone(subject_request.requester_phone)
    id_number = normalise_id_number(subject_request.requester_id_number)
    with unscoped("who must learn nothing of a child"):
        blocks = ContactBlock._base_manager.filter(
            child_file_id=subject_request.child_file_id, lifted_on__isnull=True
        )
        return [
            block
            for block in blocks
            if (id_number and block.id_number == id_number)
            or (phone and block.phone == phone)
            or (name and _plain_name(block.full_name) == name)
        ]


def _plain_name(name: str) -> str:
    return "".join(char for char in name if char not in " ·•　\t").casefold()


def receive_request(
    *,
    subject_request: SubjectRequest,
    actor: "User",
    reason: str = "",
    source: str | None = None,
) -> SubjectRequest:
    """Take a request in, number it and set its day.

    Where the requester is somebody who must learn nothing of the child the request is stopped
    at once, and the district is alarmed.  What the requester is told stays the same.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: Keyed by the field at fault.
    """
    with writing(actor, reason, source):
        if subject_request.received_on is None:
            subject_request.received_on = timezone.localdate()
        judge_entries(subject_request)
        code = subject_request.territory_code_source()
        require_reach(actor, code)
        subject_request.status = RequestStatus.RECEIVED
        subject_request.due_on = working_day_after(subject_request.received_on, ANSWER_WORKING_DAYS)
        give_number(subject_request, code, subject_request.received_on.year)
        subject_request.save()
        _stop_if_blocked(subject_request, actor)
    return subject_request


def correct_request(
    *,
    subject_request: SubjectRequest,
    actor: "User",
    reason: str = "",
    source: str | None = None,
) -> SubjectRequest:
    """Correct what was typed of an open request.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: Keyed by the field at fault; or the request is closed.
    """
    with writing(actor, reason, source):
        stored = _locked(subject_request, actor)
        if not stored.is_open:
            raise ValidationError(_("This request is closed. A new one may be recorded."))
        names = [name for name in KEPT if hasattr(stored, name)]
        keep_stored(
            subject_request, stored, [*names, "child_file_id", "volunteer_id", "received_on"]
        )
        judge_entries(subject_request)
        if has_changes(subject_request, stored):
            subject_request.version = stored.version
            subject_request.save()
            _stop_if_blocked(subject_request, actor)
    return subject_request


def check_identity(
    *, subject_request: SubjectRequest, actor: "User", proof: str, id_number: str, reason: str = ""
) -> SubjectRequest:
    """Record how the requester showed who they are.

    ``proof`` is one of ``IdentityProof``, ``id_number`` as it stands on the card.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: Keyed by the field at fault; a person who asks about themselves shows
            another number than the file holds.
    """
    with writing(actor, reason):
        stored = _locked(subject_request, actor)
        if proof not in IdentityProof.values:
            raise ValidationError({"proof": _("Choose how identity was shown.")})
        if stored.requester_relation == Relation.AGENT and proof != IdentityProof.MANDATE_SEEN:
            raise ValidationError({"proof": _("An agent shows a written mandate.")})
        stored.requester_id_number = normalise_id_number(id_number)
        if not stored.requester_id_number:
            raise ValidationError({"id_number": _("Enter the ID number on the card.")})
        known = getattr(stored.subject, "id_number", "")
        if stored.requester_relation == Relation.SELF and known not in (
            "",
            stored.requester_id_number,
        ):
            raise ValidationError({"id_number": _("The file holds another ID number.")})
        judge_entries(stored)
        stored.identity_proof = proof
        stored.identified_on = timezone.localdate()
        _move(stored, RequestStatus.IDENTIFIED)
        _stop_if_blocked(stored, actor)
    return stored


def prepare_answer(
    *,
    subject_request: SubjectRequest,
    actor: "User",
    answer: str,
    refusal_ground: str = "",
    reason: str = "",
) -> SubjectRequest:
    """Write the answer, or the refusal with its ground.  A second person releases it.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: Keyed ``answer`` where it says nothing: a refusal is in writing and
            gives reasons (未成年人网络保护条例 art. 34).
    """
    with writing(actor, reason):
        stored = _locked(subject_request, actor)
        if not answer.strip():
            raise ValidationError({"answer": _("Write the answer, or why it is refused.")})
        if refusal_ground and refusal_ground not in RefusalGround.values:
            raise ValidationError({"refusal_ground": _("Choose the ground of the refusal.")})
        stored.answer = answer.strip()
        stored.refusal_ground = refusal_ground
        stored.prepared_by = actor
        _move(stored, RequestStatus.PREPARED)
        _stop_if_blocked(stored, actor)
    return stored


def send_back(*, subject_request: SubjectRequest, actor: "User", reason: str) -> SubjectRequest:
    """Return a prepared answer to whoever wrote it.  A reason is required."""
    require_reason(reason)
    with writing(actor, reason):
        stored = _locked(subject_request, actor)
        stored.prepared_by = None
        _move(stored, RequestStatus.IDENTIFIED)
    return stored


def release_answer(
    *, subject_request: SubjectRequest, actor: "User", reason: str = ""
) -> SubjectRequest:
    """Let the answer go: the second pair of eyes.

    Granting a deletion erases the record, with everything that belongs to it.

    Raises:
        PermissionDenied: The actor prepared the answer, or does not serve the place.
        ValidationError: The requester must learn nothing, or a hold keeps the record.
    """
    from .erasure import erase_subject  # circular import: an erasure closes its request

    with writing(actor, reason):
        stored = _locked(subject_request, actor)
        if stored.prepared_by_id == actor.pk:
            raise PermissionDenied(_("A second person releases the answer."))
        stored.released_by = actor
        stored.closed_on = timezone.localdate()
        refused = bool(stored.refusal_ground)
        if not refused and blocks_met(stored):
            raise ValidationError(_("The requester must learn nothing of this child."))
        _move(stored, RequestStatus.REFUSED if refused else RequestStatus.ANSWERED)
        if stored.kind == RequestKind.DELETE and not refused:
            erase_subject(subject=stored.subject, actor=actor, request=stored)
            stored.refresh_from_db()
    return stored


def refuse_unproven(
    *, subject_request: SubjectRequest, actor: "User", reason: str
) -> SubjectRequest:
    """Refuse a requester who did not show who they are.  Discloses nothing, so one is enough."""
    require_reason(reason)
    with writing(actor, reason):
        stored = _locked(subject_request, actor)
        stored.answer = reason.strip()
        stored.refusal_ground = RefusalGround.UNPROVEN
        stored.closed_on = timezone.localdate()
        _move(stored, RequestStatus.REFUSED)
    return stored


def withdraw_request(
    *, subject_request: SubjectRequest, actor: "User", reason: str = ""
) -> SubjectRequest:
    """Record that the requester takes the request back."""
    with writing(actor, reason):
        stored = _locked(subject_request, actor)
        stored.closed_on = timezone.localdate()
        _move(stored, RequestStatus.WITHDRAWN)
    return stored


def block_request(*, subject_request: SubjectRequest, actor: "User", reason: str) -> SubjectRequest:
    """Stop a request by hand, for the child's safety."""
    require_reason(reason)
    with writing(actor, reason):
        stored = _locked(subject_request, actor)
        _block(stored, actor)
    return stored


def resume_request(
    *, subject_request: SubjectRequest, actor: "User", reason: str
) -> SubjectRequest:
    """Take up a stopped request again, once no block names the requester any more.

    Raises:
        ValidationError: A block still names them, or no reason is given.
    """
    require_reason(reason)
    with writing(actor, reason):
        stored = _locked(subject_request, actor)
        if blocks_met(stored):
            raise ValidationError(_("A block still names the requester. It is lifted first."))
        if stored.identified_on is None:
            raise ValidationError(_("Check the requester's identity first."))
        stored.prepared_by = None
        _move(stored, RequestStatus.IDENTIFIED)
    return stored


def refuse_blocked(
    *, subject_request: SubjectRequest, actor: "User", reason: str
) -> SubjectRequest:
    """Refuse a stopped request, in words that do not say why.

    Legal source: 个人信息保护法 art. 50; the ground kept is the child's best interest
    (未成年人保护法 art. 4).
    """
    require_reason(reason)
    with writing(actor, reason):
        stored = _locked(subject_request, actor)
        stored.answer = neutral_refusal()
        stored.refusal_ground = RefusalGround.CHILD_INTEREST
        stored.closed_on = timezone.localdate()
        _move(stored, RequestStatus.REFUSED)
    return stored


def neutral_reply(subject_request: SubjectRequest) -> str:
    """Return what a requester is told while a request is open: the same for everybody."""
    return _("Your request %(number)s was received. You will have a written answer by %(day)s.") % {
        "number": subject_request.number,
        "day": subject_request.due_on.isoformat(),
    }


def neutral_refusal() -> str:
    """Return a refusal that tells nothing of a suspicion."""
    return _(
        "After examination the information asked for cannot be provided. You may ask the "
        "district's civil affairs office to look at this again, or go to court."
    )


def _stop_if_blocked(subject_request: SubjectRequest, actor: "User") -> None:
    if subject_request.status != RequestStatus.BLOCKED and blocks_met(subject_request):
        _block(subject_request, actor)


def _block(subject_request: SubjectRequest, actor: "User") -> None:
    _move(subject_request, RequestStatus.BLOCKED)
    log("tonghu.alarm", actor=actor, instance=subject_request)
    request_blocked.send(SubjectRequest, subject_request=subject_request, actor=actor)


def _move(subject_request: SubjectRequest, status: RequestStatus) -> None:
    require_transition(TRANSITIONS, subject_request.status, status)
    subject_request.status = status
    subject_request.save()


def _locked(row: Any, actor: "User") -> Any:
    required_change()
    return reached(type(row)._base_manager.select_for_update(), actor, row.pk)
