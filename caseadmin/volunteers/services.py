"""Actions on volunteers.  Forms, imports and commands all come through here."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access.guards import reached, require_reach
from core.access.scope import unscoped
from core.identity import normalise_id_number
from core.numbering import next_number
from core.phones import normalise_phone
from core.states import require_transition
from core.writing import (
    has_changes,
    judge_entries,
    keep_stored,
    require_reason,
    rows_removed,
    take_over,
    writing,
)
from publicity.intake.enums import ApplicationStatus
from publicity.intake.models import VolunteerApplication

from .enums import VolunteerStatus
from .models import PAIRABLE, BackgroundCheck, Volunteer, VolunteerNumberSeries
from .signals import volunteer_stopped
from .transitions import TRANSITIONS

if TYPE_CHECKING:
    from core.accounts.models import User

Children = Mapping[str, Sequence[Any]]

KEPT = ("volunteer_number", "status", "left_on", "application_id")
"""What an edit never changes: only transitions do."""


# Applications from the portal


def approve_application(
    *, application: VolunteerApplication, actor: "User", reason: str = ""
) -> Volunteer:
    """Take an applicant into the register of volunteers.

    Somebody already known by telephone or ID number is not entered twice: skills and
    times are added to what is there, empty entries are filled, and a volunteer who had
    left begins anew.

    Args:
        application: The application, waiting for review.
        actor: Who approves it. They must serve its village or town.
        reason: Further words for the history.

    Returns:
        The new or the completed volunteer, still to be vetted.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: The application was already decided, or the same telephone or
            ID number belongs to a volunteer with another name.

    Legal source: 志愿服务条例 arts. 7 and 12.
    """
    with writing(actor, reason):
        stored = _decide(application, ApplicationStatus.APPROVED, actor)
        known = _known_volunteer(stored)
        volunteer = _complete(known, stored, actor) if known is not None else _enter(stored, actor)
    application.status = stored.status
    return volunteer


def reject_application(*, application: VolunteerApplication, actor: "User", reason: str) -> None:
    """Decline an application.  A reason is required; it is kept in the history.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: No reason, or the application was already decided.
    """
    require_reason(reason)
    with writing(actor, reason):
        _decide(application, ApplicationStatus.REJECTED, actor)
    application.status = ApplicationStatus.REJECTED


def withdraw_application(*, application: VolunteerApplication, actor: "User", reason: str) -> None:
    """Record that the applicant took the application back.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: No reason, or the application was already decided.
    """
    require_reason(reason)
    with writing(actor, reason):
        _decide(application, ApplicationStatus.WITHDRAWN, actor)
    application.status = ApplicationStatus.WITHDRAWN


def _decide(
    application: VolunteerApplication, status: ApplicationStatus, actor: "User"
) -> VolunteerApplication:
    stored: VolunteerApplication | None = (
        VolunteerApplication._base_manager.select_for_update(of=("self",))
        .select_related("village")
        .filter(pk=application.pk)
        .first()
    )
    require_reach(actor, stored.territory_code if stored else "")
    assert stored is not None
    if stored.status != ApplicationStatus.SUBMITTED:
        raise ValidationError(
            {
                "status": _("This application was already decided: %(status)s.")
                % {"status": ApplicationStatus(stored.status).label}
            }
        )
    stored.status = status
    stored.save()
    return stored


def _known_volunteer(application: VolunteerApplication) -> Volunteer | None:
    """Return the volunteer with the applicant's telephone or ID number.

    Raises:
        ValidationError: The two belong to different volunteers, or the person behind
            them seems to be somebody else.
    """
    by_phone = _holder("phone", application.phone)
    by_number = _holder("id_number", application.id_number)
    known = by_number or by_phone
    if known is None:
        return None
    if by_phone is not None and by_number is not None and by_phone.pk != by_number.pk:
        raise ValidationError(
            {"phone": _("Telephone and ID number belong to two different volunteers. Ask first.")}
        )
    same_name = known.full_name.strip() == application.full_name.strip()
    other_number = bool(
        known.id_number and application.id_number and known.id_number != application.id_number
    )
    if not same_name or other_number:
        raise ValidationError(
            {
                "phone": _(
                    "A volunteer is registered with this telephone or ID number under other "
                    "details. Ask the applicant, and correct one of the two."
                )
            }
        )
    return known


def _holder(name: str, value: str) -> Volunteer | None:
    index: Any = Volunteer._meta.get_field(f"{name}_index")
    digest = index.digest(value)
    if digest is None:
        return None
    with unscoped("whether an applicant is a volunteer already, somewhere"):
        return (
            Volunteer._base_manager.select_for_update(of=("self",))
            .select_related("village")
            .filter(**{index.name: digest})
            .first()
        )


def _enter(application: VolunteerApplication, actor: "User") -> Volunteer:
    volunteer = Volunteer(
        full_name=application.full_name,
        phone=application.phone,
        id_number=application.id_number,
        born_on=application.born_on,
        team=application.team,
        party_member=application.team == "party_members",
        skills=list(application.skills),
        available_times=list(application.available_times),
        village=application.village,
        notes=application.motivation,
        application=application,
    )
    return register_volunteer(volunteer=volunteer, actor=actor)


def _complete(known: Volunteer, application: VolunteerApplication, actor: "User") -> Volunteer:
    require_reach(actor, known.territory_code)
    known.id_number = known.id_number or application.id_number
    known.born_on = known.born_on or application.born_on
    known.phone = application.phone
    known.skills = _joined(known.skills, application.skills)
    known.available_times = _joined(known.available_times, application.available_times)
    known.application = application
    if known.status == VolunteerStatus.LEFT:
        _begin_anew(known)
    judge_entries(known)
    known.save()
    return known


def _joined(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return [*first, *(code for code in second if code not in first)]


# The register of volunteers


def register_volunteer(
    *,
    volunteer: Volunteer,
    actor: "User",
    children: Children | None = None,
    reason: str = "",
    source: str | None = None,
) -> Volunteer:
    """Enter a volunteer and give them their number.

    Args:
        volunteer: The filled-in, unsaved volunteer.
        actor: Who enters it. They must serve the village or town.
        children: New record checks, under ``checks``.
        reason: Why, for the history.
        source: Through which door; see ``core.history.context.SOURCES``.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: Keyed by the field at fault.
    """
    if volunteer.village_id is None:
        raise ValidationError({"village": _("Choose the village or town served.")})
    code = volunteer.village.code
    require_reach(actor, code)
    with writing(actor, reason, source):
        _refuse_second_entry(volunteer)
        volunteer.status = VolunteerStatus.APPLIED
        volunteer.left_on = None
        judge_entries(volunteer)
        year = timezone.localdate().year
        volunteer.volunteer_number = next_number(VolunteerNumberSeries, f"V{code[:6]}-{year}")
        volunteer.save()
        _add_checks(volunteer, children)
        _advance(volunteer)
    return volunteer


def update_volunteer(
    *,
    volunteer: Volunteer,
    actor: "User",
    children: Children | None = None,
    reason: str = "",
    source: str | None = None,
) -> Volunteer:
    """Write a changed volunteer and new record checks.

    Number and status stay as they are, whatever the instance says; days of vetting that
    are now filled in move the volunteer on.  Where nothing changed nothing is written.

    Raises:
        PermissionDenied: The actor does not serve the place of before or of now.
        ValidationError: Keyed by the field at fault; also where a record check that
            exists would be changed or removed.
    """
    with writing(actor, reason, source):
        stored = _locked(volunteer, actor)
        if volunteer.village_id is None:
            raise ValidationError({"village": _("Choose the village or town served.")})
        require_reach(actor, volunteer.village.code)
        keep_stored(volunteer, stored, KEPT)
        _refuse_second_entry(volunteer)
        judge_entries(volunteer)
        if has_changes(volunteer, stored):
            volunteer.version = stored.version
            volunteer.save()
        if volunteer.village_id != stored.village_id:
            for check in BackgroundCheck._base_manager.filter(volunteer=volunteer):
                check.volunteer = volunteer
                check.save(update_fields=BackgroundCheck.FOLLOWS_VOLUNTEER)
        _add_checks(volunteer, children)
        _advance(volunteer)
    return volunteer


def record_check(
    *,
    volunteer: Volunteer,
    queried_unit: str,
    queried_on: date,
    conclusion: str,
    actor: "User",
    valid_until: date | None = None,
    document_number: str = "",
) -> BackgroundCheck:
    """Record a criminal record query.

    Anything but "no record found" suspends a volunteer who was ready or serving.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: Keyed by field: a day in the future, more than a year of
            validity, an unknown conclusion.

    Legal source: 未成年人保护法 arts. 62 and 98.
    """
    with writing(actor):
        stored = _locked(volunteer, actor)
        check = BackgroundCheck(
            volunteer=stored,
            queried_unit=queried_unit,
            queried_on=queried_on,
            conclusion=conclusion,
            # Empty becomes one year after the query when the entries are judged.
            valid_until=valid_until,  # type: ignore[misc]
            document_number=document_number,
        )
        _add_checks(stored, {"checks": [check]})
        _advance(stored)
        if stored.status in PAIRABLE and not stored.is_cleared():
            _stop(stored, VolunteerStatus.SUSPENDED, timezone.localdate(), actor)
    take_over(volunteer, stored)
    return check


def annul_check(*, check: BackgroundCheck, reason: str, actor: "User") -> BackgroundCheck:
    """Declare a record check void, from today on.  It stays readable.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: No reason, or it was annulled before.
    """
    require_reason(reason)
    with writing(actor, reason):
        stored = reached(BackgroundCheck._base_manager.select_for_update(), actor, check.pk)
        if stored.annulled_on is not None:
            raise ValidationError(_("This check was annulled before."))
        stored.volunteer = _locked(stored.volunteer, actor)
        stored.annulled_on = timezone.localdate()
        stored.annulled_reason = reason[:200]
        stored.save(update_fields=BackgroundCheck.ANNULMENT)
        volunteer = Volunteer._base_manager.select_related("village").get(pk=stored.volunteer_id)
        if volunteer.status in PAIRABLE and not volunteer.is_cleared():
            _stop(volunteer, VolunteerStatus.SUSPENDED, timezone.localdate(), actor)
    return stored


def record_vetting(
    *,
    volunteer: Volunteer,
    actor: "User",
    identity_checked_on: date | None = None,
    interviewed_on: date | None = None,
    trained_on: date | None = None,
    reason: str = "",
) -> Volunteer:
    """Record the steps of vetting that were taken, and move the volunteer on.

    The volunteer goes as far as the facts reach without a gap: identity, record check,
    interview, training, ready.  A day left out keeps what was recorded before.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: Keyed by field: a day in the future.
    """
    with writing(actor, reason):
        stored = _locked(volunteer, actor)
        stored.identity_checked_on = identity_checked_on or stored.identity_checked_on
        stored.interviewed_on = interviewed_on or stored.interviewed_on
        stored.trained_on = trained_on or stored.trained_on
        judge_entries(stored)
        if not _advance(stored):
            stored.save()
    return take_over(volunteer, stored)


def suspend_volunteer(
    *, volunteer: Volunteer, reason: str, actor: "User", on: date | None = None
) -> Volunteer:
    """Suspend a volunteer at once, with every running pairing.  A reason is required.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: No reason, or the volunteer is neither ready nor serving.
    """
    require_reason(reason)
    with writing(actor, reason):
        stored = _locked(volunteer, actor)
        _stop(stored, VolunteerStatus.SUSPENDED, on or timezone.localdate(), actor)
    return take_over(volunteer, stored)


def resume_volunteer(*, volunteer: Volunteer, reason: str, actor: "User") -> Volunteer:
    """End a suspension.  Pairings stay suspended until each is taken up again.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: No reason, no valid record check, or not suspended.
    """
    require_reason(reason)
    with writing(actor, reason):
        stored = _locked(volunteer, actor)
        require_transition(TRANSITIONS, stored.status, VolunteerStatus.READY)
        if stored.status != VolunteerStatus.SUSPENDED:
            raise ValidationError({"status": _("This volunteer is not suspended.")})
        if not stored.is_cleared():
            raise ValidationError({"checks": _("This volunteer needs a new record check.")})
        stored.status = VolunteerStatus.READY
        stored.save()
    return take_over(volunteer, stored)


def leave(*, volunteer: Volunteer, reason: str, actor: "User", on: date | None = None) -> Volunteer:
    """Record that a volunteer stops; running pairings end the same day.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: No reason, a day in the future, or the volunteer had left.
    """
    require_reason(reason)
    day = on or timezone.localdate()
    if day > timezone.localdate():
        raise ValidationError({"left_on": _("This day lies in the future.")})
    with writing(actor, reason):
        stored = _locked(volunteer, actor)
        _stop(stored, VolunteerStatus.LEFT, day, actor)
    return take_over(volunteer, stored)


def come_back(*, volunteer: Volunteer, reason: str, actor: "User") -> Volunteer:
    """Take back somebody who had left; vetting begins anew.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: No reason, or the volunteer had not left.
    """
    require_reason(reason)
    with writing(actor, reason):
        stored = _locked(volunteer, actor)
        _begin_anew(stored)
        stored.save()
    return take_over(volunteer, stored)


def delete_volunteer(
    *, volunteer: Volunteer, actor: "User", reason: str, source: str | None = None
) -> None:
    """Delete an entry made by mistake, before anything was checked.  A reason is required.

    Raises:
        PermissionDenied: The actor does not serve the place.
        ValidationError: No reason, or the volunteer was checked: record leaving instead.
    """
    require_reason(reason)
    with writing(actor, reason, source):
        stored = _locked(volunteer, actor)
        if stored.status != VolunteerStatus.APPLIED or stored.checks.exists():
            raise ValidationError(
                _("Only an entry nobody has checked is deleted. Record that the volunteer left.")
            )
        stored.delete()


def mark_serving(*, volunteer: Volunteer, actor: "User") -> Volunteer:
    """Note that a pairing began."""
    return _between_ready_and_serving(volunteer, VolunteerStatus.SERVING, actor)


def mark_ready(*, volunteer: Volunteer, actor: "User") -> Volunteer:
    """Note that the last pairing ended."""
    return _between_ready_and_serving(volunteer, VolunteerStatus.READY, actor)


def _between_ready_and_serving(
    volunteer: Volunteer, status: VolunteerStatus, actor: "User"
) -> Volunteer:
    # Whoever ends a pairing serves the child; the volunteer may live in another town.
    with writing(actor), unscoped("a volunteer's pairing began or ended"):
        rows = Volunteer._base_manager.select_for_update(of=("self",)).select_related("village")
        stored: Volunteer = rows.get(pk=volunteer.pk)
        if stored.status != status:
            require_transition(TRANSITIONS, stored.status, status)
            stored.status = status
            stored.save()
    return take_over(volunteer, stored)


def _locked(volunteer: Volunteer, actor: "User") -> Volunteer:
    """Lock the stored row and make sure the actor serves its place."""
    rows = Volunteer._base_manager.select_for_update(of=("self",)).select_related("village")
    return reached(rows, actor, volunteer.pk)


def _refuse_second_entry(volunteer: Volunteer) -> None:
    """Refuse a telephone or ID number that another volunteer has, wherever they serve.

    Raises:
        ValidationError: Keyed by field. Names the other only to somebody who sees them.
    """
    values = {
        "phone": normalise_phone(volunteer.phone),
        "id_number": normalise_id_number(volunteer.id_number),
    }
    for name, value in values.items():
        index: Any = Volunteer._meta.get_field(f"{name}_index")
        digest = index.digest(value)
        if digest is None:
            continue
        others = Volunteer._base_manager.filter(**{index.name: digest}).exclude(pk=volunteer.pk)
        with unscoped("whether a volunteer is registered somewhere"):
            taken = others.exists()
        if not taken:
            continue
        seen = Volunteer.objects.filter(**{index.name: digest}).exclude(pk=volunteer.pk).first()
        if seen is not None:
            message = _("Volunteer %(number)s already has this entry.") % {
                "number": seen.volunteer_number
            }
        else:
            message = _("This cannot be used. Check it; if it is right, ask the district office.")
        raise ValidationError({name: ValidationError(message, code=f"{name}_taken")})


def _add_checks(volunteer: Volunteer, children: Children | None) -> None:
    rows = (children or {}).get("checks", ())
    if rows_removed(rows):
        raise ValidationError(_("A record check is never deleted. Annul it with a reason."))
    for check in rows:
        check.volunteer = volunteer
        judge_entries(check)
        check.save()


def _advance(volunteer: Volunteer) -> bool:
    """Move a volunteer in vetting on as far as the facts reach, and save.

    Returns:
        Whether a step was taken.
    """
    steps: tuple[tuple[VolunteerStatus, VolunteerStatus, Any], ...] = (
        (
            VolunteerStatus.APPLIED,
            VolunteerStatus.IDENTITY_CHECKED,
            lambda: volunteer.identity_checked_on is not None,
        ),
        (
            VolunteerStatus.IDENTITY_CHECKED,
            VolunteerStatus.RECORD_CHECKED,
            volunteer.is_cleared,
        ),
        (
            VolunteerStatus.RECORD_CHECKED,
            VolunteerStatus.INTERVIEWED,
            lambda: volunteer.interviewed_on is not None,
        ),
        (
            VolunteerStatus.INTERVIEWED,
            VolunteerStatus.TRAINED,
            lambda: volunteer.trained_on is not None,
        ),
        (VolunteerStatus.TRAINED, VolunteerStatus.READY, volunteer.is_cleared),
    )
    before = volunteer.status
    for from_status, to_status, fulfilled in steps:
        if volunteer.status == from_status and fulfilled():
            require_transition(TRANSITIONS, volunteer.status, to_status)
            volunteer.status = to_status
    if volunteer.status == before:
        return False
    volunteer.save()
    return True


def _begin_anew(volunteer: Volunteer) -> None:
    require_transition(TRANSITIONS, volunteer.status, VolunteerStatus.APPLIED)
    volunteer.status = VolunteerStatus.APPLIED
    volunteer.left_on = None
    volunteer.identity_checked_on = None
    volunteer.interviewed_on = None
    volunteer.trained_on = None


def _stop(volunteer: Volunteer, status: VolunteerStatus, day: date, actor: "User") -> None:
    require_transition(TRANSITIONS, volunteer.status, status)
    volunteer.status = status
    volunteer.left_on = day if status == VolunteerStatus.LEFT else None
    volunteer.save()
    volunteer_stopped.send(Volunteer, volunteer=volunteer, actor=actor, on=day)
