"""Actions on pairings.  Forms, imports and commands all come through here."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from caseadmin.children.models import ChildFile
from caseadmin.volunteers.enums import VolunteerStatus
from caseadmin.volunteers.models import PAIRABLE, Volunteer
from caseadmin.volunteers.services import mark_ready, mark_serving
from core.access.guards import reached
from core.access.scope import unscoped
from core.numbering import next_number
from core.states import require_transition
from core.writing import (
    has_changes,
    judge_entries,
    keep_stored,
    require_reason,
    take_over,
    writing,
)

from .enums import EndReason, PairingKind, PairingStatus
from .models import HOLDING, RUNNING, Pairing, PairingNumberSeries
from .transitions import TRANSITIONS

if TYPE_CHECKING:
    from core.accounts.models import User

KEPT = (
    "pairing_number",
    "status",
    "confirmed_on",
    "ended_on",
    "end_reason",
    "guardian_consent_withdrawn_on",
    "child_consent_withdrawn_on",
)
"""What an edit never changes: only transitions do."""

FIXED = ("child_file_id", "volunteer_id", "kind", "started_on")
"""What makes a pairing this pairing: another child or volunteer is another pairing."""


def start_pairing(
    *,
    child_file: ChildFile,
    volunteer: Volunteer,
    kind: str,
    started_on: date,
    guardian_consent_on: date | None,
    guardian_consent_by: str,
    guardian_consent_method: str,
    child_consent_on: date | None,
    child_consent_method: str,
    actor: "User",
    goals: str = "",
    call_every_days: int = 30,
    meet_every_days: int = 90,
    reason: str = "",
    source: str | None = None,
) -> Pairing:
    """Pair a volunteer with a child: the trial begins.

    File and volunteer are locked first, so that neither can be closed, suspended or
    paired elsewhere while the conditions are judged.

    Args:
        child_file: The child's file, on the register.
        volunteer: The volunteer, vetted.
        kind: One of ``PairingKind``; a child has one pairing of a kind at a time.
        started_on: From the day the file was opened to today.
        guardian_consent_on: When the guardian agreed, not after the start.
        guardian_consent_by: Who agreed, for the guardians.
        guardian_consent_method: One of ``ConsentMethod``.
        child_consent_on: When the child's own wish was learned, not after the start.
        child_consent_method: One of ``WishMethod``.
        actor: Who pairs them. They must serve the child's village and the volunteer's
            place.
        goals: What the pairing is for.  Kept out of logs.
        call_every_days: Longest silence between calls.
        meet_every_days: Longest time between meetings.
        reason: Why, for the history.
        source: Through which door; see ``core.history.context.SOURCES``.

    Returns:
        The pairing, on trial.

    Raises:
        PermissionDenied: The actor does not serve one of the two places.
        ValidationError: Keyed by every field at fault: a file that is not on the
            register; a volunteer not vetted, without a valid record check on the day of
            the start, or with no place left; a missing or later consent; a second
            pairing of the kind.

    Legal source: 未成年人保护法 art. 62 (record check, every year), arts. 19 and 22 (the
    child is heard).  No clause asks for the guardian's consent to a pairing; it is the
    district's rule.
    """
    pairing = Pairing(
        child_file=child_file,
        volunteer=volunteer,
        kind=kind,
        started_on=started_on,
        volunteer_agreed_on=started_on,
        guardian_consent_on=guardian_consent_on,
        guardian_consent_by=guardian_consent_by,
        guardian_consent_method=guardian_consent_method,
        child_consent_on=child_consent_on,
        child_consent_method=child_consent_method,
        goals=goals,
        call_every_days=call_every_days,
        meet_every_days=meet_every_days,
    )
    with writing(actor, reason, source):
        _lock_both(pairing, actor)
        _require_conditions(pairing)
        pairing.status = PairingStatus.TRIAL
        _number(pairing)
        pairing.save()
        mark_serving(volunteer=_paired(pairing), actor=actor)
    return pairing


def note_need(
    *, child_file: ChildFile, kind: str, actor: "User", goals: str = "", reason: str = ""
) -> Pairing:
    """Note that a child would be helped by a volunteer of a kind.

    Raises:
        PermissionDenied: The actor does not serve the village.
        ValidationError: The file is not on the register, or the kind is unknown.
    """
    pairing = Pairing(child_file=child_file, kind=kind, goals=goals)
    with writing(actor, reason):
        _lock_both(pairing, actor)
        _raise_if(_faults_of_child(pairing))
        pairing.status = PairingStatus.NEEDED
        judge_entries(pairing)
        _number(pairing)
        pairing.save()
    return pairing


def propose(*, pairing: Pairing, volunteer: Volunteer, actor: "User", reason: str = "") -> Pairing:
    """Propose a volunteer for a need.

    Raises:
        PermissionDenied: The actor does not serve one of the two places.
        ValidationError: The volunteer may not be paired today; keyed ``volunteer``.
    """
    with writing(actor, reason):
        stored = _locked(pairing, actor)
        require_transition(TRANSITIONS, stored.status, PairingStatus.PROPOSED)
        stored.volunteer = volunteer
        _lock_both(stored, actor)
        _raise_if(_faults_of_volunteer(stored, timezone.localdate()))
        stored.status = PairingStatus.PROPOSED
        stored.save()
    return take_over(pairing, stored)


def decline(*, pairing: Pairing, actor: "User", reason: str) -> Pairing:
    """Take a proposal back; the need stays.  A reason is required."""
    require_reason(reason)
    with writing(actor, reason):
        stored = _locked(pairing, actor)
        require_transition(TRANSITIONS, stored.status, PairingStatus.NEEDED)
        stored.status = PairingStatus.NEEDED
        stored.volunteer = None
        stored.save()
    return take_over(pairing, stored)


def record_agreement(
    *, pairing: Pairing, actor: "User", agreed_on: date | None = None, reason: str = ""
) -> Pairing:
    """Record that volunteer and family are both willing.

    Raises:
        PermissionDenied: The actor does not serve the village.
        ValidationError: The pairing is no proposal, or the day lies in the future.
    """
    with writing(actor, reason):
        stored = _locked(pairing, actor)
        if stored.status == PairingStatus.CONSENTED:
            raise ValidationError({"status": _("Both agreements are already recorded.")})
        require_transition(TRANSITIONS, stored.status, PairingStatus.AGREED)
        stored.status = PairingStatus.AGREED
        stored.volunteer_agreed_on = agreed_on or timezone.localdate()
        judge_entries(stored)
        stored.save()
    return take_over(pairing, stored)


def record_consents(
    *,
    pairing: Pairing,
    guardian_consent_on: date,
    guardian_consent_by: str,
    guardian_consent_method: str,
    child_consent_on: date,
    child_consent_method: str,
    actor: "User",
    reason: str = "",
) -> Pairing:
    """Record the guardian's consent and the child's wish.

    On a suspended pairing this renews what was withdrawn; ``resume`` takes it up again.

    Raises:
        PermissionDenied: The actor does not serve the village.
        ValidationError: Keyed by field; or the pairing is in no state for it.
    """
    with writing(actor, reason):
        stored = _locked(pairing, actor)
        if stored.status != PairingStatus.SUSPENDED:
            require_transition(TRANSITIONS, stored.status, PairingStatus.CONSENTED)
            stored.status = PairingStatus.CONSENTED
        stored.guardian_consent_on = guardian_consent_on
        stored.guardian_consent_by = guardian_consent_by
        stored.guardian_consent_method = guardian_consent_method
        stored.child_consent_on = child_consent_on
        stored.child_consent_method = child_consent_method
        stored.guardian_consent_withdrawn_on = None
        stored.child_consent_withdrawn_on = None
        _raise_if(_faults_of_consents(stored, timezone.localdate()))
        judge_entries(stored)
        stored.save()
    return take_over(pairing, stored)


def begin_trial(*, pairing: Pairing, started_on: date, actor: "User", reason: str = "") -> Pairing:
    """Let a prepared pairing begin, under the conditions of ``start_pairing``."""
    with writing(actor, reason):
        stored = _locked(pairing, actor)
        if stored.status != PairingStatus.CONSENTED:
            require_transition(TRANSITIONS, stored.status, PairingStatus.CONSENTED)
        stored.started_on = started_on
        _lock_both(stored, actor)
        _require_conditions(stored)
        stored.status = PairingStatus.TRIAL
        stored.save()
        mark_serving(volunteer=_paired(stored), actor=actor)
    return take_over(pairing, stored)


def confirm(
    *, pairing: Pairing, actor: "User", confirmed_on: date | None = None, reason: str = ""
) -> Pairing:
    """End the trial well.

    Raises:
        PermissionDenied: The actor does not serve the village.
        ValidationError: Not on trial, or a condition no longer holds.
    """
    day = confirmed_on or timezone.localdate()
    with writing(actor, reason):
        stored = _locked(pairing, actor)
        require_transition(TRANSITIONS, stored.status, PairingStatus.ACTIVE)
        _lock_both(stored, actor)
        _raise_if(
            _faults_of_child(stored)
            | _faults_of_volunteer(stored, day)
            | _faults_of_consents(stored, day)
        )
        if not (stored.started_on and stored.started_on <= day <= timezone.localdate()):
            raise ValidationError({"confirmed_on": _("Choose a day from the start to today.")})
        stored.status = PairingStatus.ACTIVE
        stored.confirmed_on = day
        stored.save()
    return take_over(pairing, stored)


def suspend(*, pairing: Pairing, actor: "User", reason: str) -> Pairing:
    """Suspend a running pairing at once.  A reason is required."""
    require_reason(reason)
    with writing(actor, reason):
        stored = _locked(pairing, actor)
        _suspend(stored)
    return take_over(pairing, stored)


def resume(*, pairing: Pairing, actor: "User", reason: str) -> Pairing:
    """Take a suspended pairing up again, on trial, under the conditions of a start.

    Raises:
        PermissionDenied: The actor does not serve one of the two places.
        ValidationError: A consent was withdrawn and not given anew, the record check
            lapsed, the volunteer is suspended, or the file is closed.
    """
    require_reason(reason)
    today = timezone.localdate()
    with writing(actor, reason):
        stored = _locked(pairing, actor)
        require_transition(TRANSITIONS, stored.status, PairingStatus.TRIAL)
        if stored.status != PairingStatus.SUSPENDED:
            raise ValidationError({"status": _("Only a suspended pairing is taken up again.")})
        _lock_both(stored, actor)
        _raise_if(
            _faults_of_child(stored)
            | _faults_of_volunteer(stored, today)
            | _faults_of_consents(stored, today)
        )
        # The pairing starts anew: consents given since must not come after the start.
        stored.started_on = today
        stored.confirmed_on = None
        stored.status = PairingStatus.TRIAL
        stored.save()
        mark_serving(volunteer=_paired(stored), actor=actor)
    return take_over(pairing, stored)


def withdraw_guardian_consent(
    *, pairing: Pairing, actor: "User", reason: str, withdrawn_on: date | None = None
) -> Pairing:
    """Record that a guardian took the consent back.  A running pairing stops at once.

    Legal source: 个人信息保护法 art. 15 (consent can be withdrawn).
    """
    return _withdraw(pairing, "guardian", actor, reason, withdrawn_on)


def withdraw_child_wish(
    *, pairing: Pairing, actor: "User", reason: str, withdrawn_on: date | None = None
) -> Pairing:
    """Record that the child no longer wishes it.  A running pairing stops at once.

    Legal source: 未成年人保护法 art. 4 (the child's own opinion is heard).
    """
    return _withdraw(pairing, "child", actor, reason, withdrawn_on)


def end_pairing(
    *,
    pairing: Pairing,
    end_reason: str,
    actor: "User",
    ended_on: date | None = None,
    handover: str = "",
    reason: str = "",
) -> Pairing:
    """End a pairing for good.

    A volunteer without another pairing is ready again.

    Raises:
        PermissionDenied: The actor does not serve the village.
        ValidationError: Keyed ``end_reason``, ``ended_on`` or ``status``.
    """
    if end_reason not in EndReason.values:
        raise ValidationError({"end_reason": _("Choose why the pairing ends.")})
    with writing(actor, reason or str(EndReason(end_reason).label)):
        stored = _locked(pairing, actor)
        if handover:
            stored.handover = handover
        _end(stored, end_reason, ended_on or timezone.localdate(), actor)
    return take_over(pairing, stored)


def update_pairing(
    *, pairing: Pairing, actor: "User", reason: str = "", source: str | None = None
) -> Pairing:
    """Write changed goals, rhythm and particulars of the consents.

    State and the days of withdrawal and end stay as they are, whatever the instance
    says.  Where nothing changed nothing is written.

    Raises:
        PermissionDenied: The actor does not serve the village.
        ValidationError: Keyed by the field at fault: another child, volunteer, kind or
            start, or a consent after the start; or the pairing has ended.
    """
    with writing(actor, reason, source):
        stored = _locked(pairing, actor)
        if stored.status == PairingStatus.ENDED:
            raise ValidationError(_("This pairing has ended and is no longer changed."))
        keep_stored(pairing, stored, KEPT)
        _raise_if(
            {
                name.removesuffix("_id"): _("This stays. End the pairing and start another.")
                for name in FIXED
                if getattr(pairing, name) != getattr(stored, name)
            }
        )
        if pairing.status in HOLDING and pairing.started_on is not None:
            _raise_if(_faults_of_consent_days(pairing, pairing.started_on))
        judge_entries(pairing)
        if has_changes(pairing, stored):
            pairing.version = stored.version
            pairing.save()
    return pairing


def delete_pairing(
    *, pairing: Pairing, actor: "User", reason: str, source: str | None = None
) -> None:
    """Delete a need or a proposal that came to nothing.  A reason is required.

    Raises:
        PermissionDenied: The actor does not serve the village.
        ValidationError: No reason, or somebody had agreed already: end it instead.
    """
    require_reason(reason)
    with writing(actor, reason, source):
        stored = _locked(pairing, actor)
        if stored.status not in (PairingStatus.NEEDED, PairingStatus.PROPOSED):
            raise ValidationError(_("This pairing is not deleted. End it with a reason."))
        stored.delete()


# Called by the receivers when something a pairing rests on changes


def end_pairings_of_file(*, child_file: ChildFile, actor: "User") -> None:
    """End what is open for a child whose file was closed."""
    with writing(actor):
        for stored in _open_pairings(child_file_id=child_file.pk):
            day = max(child_file.closed_on or timezone.localdate(), stored.started_on or date.min)
            _end(stored, EndReason.FILE_CLOSED, day, actor)


def stop_pairings_of_volunteer(*, volunteer: Volunteer, on: date, actor: "User") -> None:
    """Suspend the running pairings of a suspended volunteer; end all of one who left."""
    # Also those of children in other towns, whose pairings the actor does not see.
    with writing(actor), unscoped("a volunteer stops wherever the children live"):
        for stored in _open_pairings(volunteer_id=volunteer.pk):
            if volunteer.status == VolunteerStatus.LEFT:
                day = max(on, stored.started_on or date.min)
                _end(stored, EndReason.VOLUNTEER_LEFT, day, actor)
            elif stored.status in RUNNING:
                _suspend(stored)


def move_pairings_of_file(*, child_file: ChildFile, actor: "User") -> None:
    """Let pairings follow a file to another village."""
    with writing(actor):
        for stored in Pairing._base_manager.filter(child_file_id=child_file.pk):
            stored.child_file = child_file
            if stored.territory_code != child_file.territory_code:
                stored.save()


def _open_pairings(**rows: Any) -> list[Pairing]:
    return list(
        Pairing._base_manager.select_for_update(of=("self",))
        .select_related("child_file", "volunteer__village")
        .filter(**rows)
        .exclude(status=PairingStatus.ENDED)
    )


# The conditions


def _require_conditions(pairing: Pairing) -> None:
    """Judge everything a start needs, and name every fault at once."""
    day = pairing.started_on
    if day is None:
        raise ValidationError({"started_on": _("Enter the day the pairing starts.")})
    faults: dict[str, str] = {}
    opened_on = pairing.child_file.opened_on
    if not opened_on <= day <= timezone.localdate():
        faults["started_on"] = _(
            "Enter a day from %(opened)s, when the file was opened, to today."
        ) % {"opened": opened_on.isoformat()}
    if pairing.kind not in PairingKind.values:
        faults["kind"] = _("Choose the kind of pairing.")
    faults |= _faults_of_child(pairing)
    faults |= _faults_of_volunteer(pairing, day)
    faults |= _faults_of_consents(pairing, day)
    _raise_if(faults)
    judge_entries(pairing)


def _faults_of_child(pairing: Pairing) -> dict[str, str]:
    child_file = pairing.child_file
    if child_file.is_closed:
        return {"child_file": _("This file is closed.")}
    if not child_file.is_on_register:
        return {"child_file": _("This file is not yet on the register of the town.")}
    same_kind = Pairing._base_manager.filter(
        child_file_id=child_file.pk, kind=pairing.kind, status__in=HOLDING
    ).exclude(pk=pairing.pk)
    if same_kind.exists():
        return {"kind": _("The child already has a pairing of this kind. End that one first.")}
    return {}


def _faults_of_volunteer(pairing: Pairing, day: date) -> dict[str, str]:
    volunteer = pairing.volunteer
    if volunteer is None:
        return {"volunteer": _("Choose a volunteer.")}
    if volunteer.status not in PAIRABLE:
        return {
            "volunteer": _(
                "This volunteer is “%(status)s” and cannot be paired. Needed: identity, record "
                "check, interview and training."
            )
            % {"status": VolunteerStatus(volunteer.status).label}
        }
    check = volunteer.latest_check(day)
    if check is None:
        return {"volunteer": _("This volunteer has no record check before the day of the start.")}
    if not check.is_good_on(day):
        if check.valid_until < day:
            return {
                "volunteer": _(
                    "The record check of this volunteer ran out on %(day)s. Have a new one made."
                )
                % {"day": check.valid_until.isoformat()}
            }
        return {"volunteer": _("The record check of this volunteer is not clear.")}
    if not volunteer.is_cleared(timezone.localdate()):
        return {"volunteer": _("The record check of this volunteer is not valid today.")}
    held = Pairing._base_manager.filter(volunteer_id=volunteer.pk, status__in=HOLDING)
    others = held.exclude(pk=pairing.pk).exclude(child_file_id=pairing.child_file_id)
    with unscoped("how many children a volunteer has, wherever they live"):
        count = others.values("child_file_id").distinct().count()
    if count >= volunteer.max_children:
        return {
            "volunteer": ngettext(
                "This volunteer already has %(count)d child, as many as agreed.",
                "This volunteer already has %(count)d children, as many as agreed.",
                count,
            )
            % {"count": count}
        }
    return {}


def _faults_of_consents(pairing: Pairing, day: date) -> dict[str, str]:
    faults: dict[str, str] = {}
    if pairing.guardian_consent_on is None or pairing.guardian_consent_withdrawn_on is not None:
        faults["guardian_consent_on"] = _("The guardian has not consented. Ask before the start.")
    else:
        if not pairing.guardian_consent_by.strip():
            faults["guardian_consent_by"] = _("Enter who consented.")
        if not pairing.guardian_consent_method:
            faults["guardian_consent_method"] = _("Choose how the consent was given.")
    if pairing.child_consent_on is None or pairing.child_consent_withdrawn_on is not None:
        faults["child_consent_on"] = _("The child was not asked, or does not wish it.")
    elif not pairing.child_consent_method:
        faults["child_consent_method"] = _("Choose how the child's wish was learned.")
    return _faults_of_consent_days(pairing, day) | faults


def _faults_of_consent_days(pairing: Pairing, day: date) -> dict[str, str]:
    faults: dict[str, str] = {}
    if pairing.guardian_consent_on is None or pairing.guardian_consent_on > day:
        faults["guardian_consent_on"] = _("The consent must not come after the start.")
    if pairing.child_consent_on is None or pairing.child_consent_on > day:
        faults["child_consent_on"] = _("The child must be asked before the start.")
    return faults


def _raise_if(faults: dict[str, str]) -> None:
    if faults:
        raise ValidationError(dict(faults))


# The steps


def _suspend(stored: Pairing) -> None:
    require_transition(TRANSITIONS, stored.status, PairingStatus.SUSPENDED)
    stored.status = PairingStatus.SUSPENDED
    stored.save()


def _end(stored: Pairing, end_reason: str, day: date, actor: "User") -> None:
    require_transition(TRANSITIONS, stored.status, PairingStatus.ENDED)
    if day > timezone.localdate() or (stored.started_on and day < stored.started_on):
        raise ValidationError({"ended_on": _("Choose a day from the start to today.")})
    stored.status = PairingStatus.ENDED
    stored.ended_on = day
    stored.end_reason = end_reason
    stored.save()
    with unscoped("whether a volunteer, who may live elsewhere, has another child somewhere"):
        volunteer = Volunteer._base_manager.filter(pk=stored.volunteer_id).first()
        if volunteer is None or volunteer.status != VolunteerStatus.SERVING:
            return
        holding = Pairing._base_manager.filter(volunteer_id=volunteer.pk, status__in=HOLDING)
        serving = holding.exists()
    if not serving:
        mark_ready(volunteer=volunteer, actor=actor)


def _withdraw(
    pairing: Pairing, who: str, actor: "User", reason: str, withdrawn_on: date | None
) -> Pairing:
    require_reason(reason)
    day = withdrawn_on or timezone.localdate()
    with writing(actor, reason):
        stored = _locked(pairing, actor)
        given_on = getattr(stored, f"{who}_consent_on")
        if given_on is None or getattr(stored, f"{who}_consent_withdrawn_on") is not None:
            raise ValidationError({f"{who}_consent_on": _("There is no agreement to withdraw.")})
        if not given_on <= day <= timezone.localdate():
            raise ValidationError(
                {
                    f"{who}_consent_withdrawn_on": _(
                        "Choose a day from the day it was given to today."
                    )
                }
            )
        if stored.status == PairingStatus.ENDED:
            raise ValidationError(_("This pairing has ended and is no longer changed."))
        setattr(stored, f"{who}_consent_withdrawn_on", day)
        if stored.status in RUNNING:
            stored.status = PairingStatus.SUSPENDED
        elif stored.status == PairingStatus.CONSENTED:
            stored.status = PairingStatus.AGREED
        stored.save()
    return take_over(pairing, stored)


def _lock_both(pairing: Pairing, actor: "User") -> None:
    """Lock file and volunteer, fresh from the database, and judge the actor's reach."""
    files = ChildFile._base_manager.select_for_update(of=("self",)).select_related("village")
    pairing.child_file = reached(files, actor, pairing.child_file_id)
    if pairing.volunteer_id is None:
        return
    volunteers = Volunteer._base_manager.select_for_update(of=("self",)).select_related("village")
    pairing.volunteer = reached(volunteers, actor, pairing.volunteer_id)


def _locked(pairing: Pairing, actor: "User") -> Pairing:
    rows = Pairing._base_manager.select_for_update(of=("self",)).select_related(
        "child_file__village", "volunteer__village"
    )
    return reached(rows, actor, pairing.pk)


def _paired(pairing: Pairing) -> Volunteer:
    if pairing.volunteer is None:
        raise PermissionDenied(_("Choose a volunteer."))
    return pairing.volunteer


def _number(pairing: Pairing) -> None:
    district = pairing.child_file.territory_code[:6]
    day = pairing.started_on or timezone.localdate()
    pairing.pairing_number = next_number(PairingNumberSeries, f"P{district}-{day.year}")
