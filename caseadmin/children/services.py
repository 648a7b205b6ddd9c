"""Actions on child files.  Forms, imports and commands all come through here."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access.guards import require_reach, serves_town_or_district
from core.access.scope import unscoped
from core.calendar import age_on
from core.identity import normalise_id_number
from core.numbering import next_number
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

from .enums import CarerKind, ExitReason, FileStatus, KinRelation
from .models import (
    AGE_LIMIT,
    ChildFile,
    CustodySpell,
    FamilySituation,
    FileNumberSeries,
    Kin,
)
from .signals import child_file_closed, child_file_moved
from .transitions import DELETABLE, FIRST_STATES, TRANSITIONS

if TYPE_CHECKING:
    from core.accounts.models import User

Children = Mapping[str, Sequence[Any]]
"""Rows to write by relation (``kin``, ``custody_spells``).

A list may carry ``removed``, the rows to take away; rows not mentioned stay.
"""

KEPT = ("file_number", "status", "opened_on", "closed_on", "exit_reason")
"""What an edit never changes: only transitions do."""


def open_file(
    *,
    child_file: ChildFile,
    actor: "User",
    children: Children | None = None,
    status: FileStatus | None = None,
    opened_on: date | None = None,
    reason: str = "",
    source: str | None = None,
) -> ChildFile:
    """Open the file of a child and give it its number.

    Args:
        child_file: The filled-in, unsaved file.
        actor: Who opens it. They must serve the village.
        children: Relatives and custody spells to write with it.
        status: Where its life begins. By default a file entered by the town or the
            district is on the register at once, one entered by a village is a draft.
        opened_on: Today by default; never later.
        reason: Why, for the history.
        source: Through which door; see ``core.history.context.SOURCES``.

    Returns:
        The saved file, with one history row for it and one for each part.

    Raises:
        PermissionDenied: The actor does not serve the village, or asks for a state only
            the town may give.
        ValidationError: Keyed by the field at fault.
    """
    if child_file.village_id is None:
        raise ValidationError({"village": _("Choose the village the child lives in.")})
    code = child_file.village.code
    require_reach(actor, code)
    of_town = serves_town_or_district(actor, code)
    first_status = status or (FileStatus.REGISTERED if of_town else FileStatus.DRAFT)
    if first_status not in FIRST_STATES:
        raise ValidationError({"status": _("A file cannot begin in this state.")})
    if first_status == FileStatus.REGISTERED and not of_town:
        raise PermissionDenied(_("Only the town puts a file on the register."))
    today = timezone.localdate()
    child_file.opened_on = opened_on or today
    child_file.status = first_status
    if child_file.opened_on > today:
        raise ValidationError({"opened_on": _("The opening date lies in the future.")})
    ended_on = child_file.village.valid_to
    if ended_on is not None and ended_on <= child_file.opened_on:
        raise ValidationError({"village": _("This village no longer exists. Choose another.")})

    with writing(actor, reason, source):
        _refuse_second_file(child_file)
        since = situation_day(child_file, child_file.opened_on)
        if child_file.situation_since is None and has_answers(child_file):
            child_file.situation_since = since
        judge_entries(child_file)
        child_file.file_number = next_number(
            FileNumberSeries, f"{code[:6]}-{child_file.opened_on.year}"
        )
        child_file.save()
        _record_situation(child_file, since)
        _write_children(child_file, children or {}, reason)
    return child_file


def update_file(
    *,
    child_file: ChildFile,
    actor: "User",
    children: Children | None = None,
    reason: str = "",
    source: str | None = None,
    carer_changed_on: date | None = None,
) -> ChildFile:
    """Write a changed file and the changed rows that belong to it.

    Number, status and dates of opening and closing stay as they are, whatever the
    instance says.  Changed answers about parents and household end the family situation
    of before and begin a new one.  A file that moves takes its parts along.  Where
    nothing changed nothing is written.

    Args:
        child_file: The changed file.
        actor: Who changes it. They must serve its village, and the new one if it moves.
        children: Changed relatives and custody spells; rows not mentioned stay.
        reason: Why. Needed to correct or remove a custody spell.
        source: Through which door; see ``core.history.context.SOURCES``.
        carer_changed_on: Where given, another carer in a spell's place is a change of
            carer: that spell ends the day before, and a new one begins on this day.

    Raises:
        PermissionDenied: The actor does not serve the village of before or of now.
        ValidationError: Keyed by the field at fault; or the file is closed.
    """
    with writing(actor, reason, source):
        stored = _locked(child_file, actor)
        if stored.is_closed:
            raise ValidationError(_("This file is closed. Reopen it first."))
        if child_file.village_id is None:
            raise ValidationError({"village": _("Choose the village the child lives in.")})
        require_reach(actor, child_file.village.code)
        keep_stored(child_file, stored, KEPT)
        _refuse_second_file(child_file)
        current = _open_situation(child_file)
        changes_facts = facts_of(child_file) != facts_of(stored)
        since = child_file.situation_since
        if since is None or (changes_facts and since == stored.situation_since):
            since = stored.situation_since if not changes_facts else None
            if changes_facts or has_answers(child_file):
                since = since or situation_day(child_file, timezone.localdate(), stored)
            child_file.situation_since = since
        judge_entries(child_file)
        moved = child_file.village_id != stored.village_id
        if has_changes(child_file, stored):
            child_file.version = stored.version
            child_file.save()
        if since is not None:
            _change_situation(child_file, current, since)
        _write_children(child_file, children or {}, reason, carer_changed_on)
        if moved:
            _move_parts(child_file)
            child_file_moved.send(ChildFile, child_file=child_file, actor=actor)
    return child_file


def start_verification(*, child_file: ChildFile, actor: "User", reason: str = "") -> ChildFile:
    """Begin to find out whether a hint holds, or look again at a child that did not qualify."""
    return _transition(child_file, FileStatus.VERIFYING, actor, reason)


def find_not_eligible(*, child_file: ChildFile, actor: "User", reason: str) -> ChildFile:
    """Record that the child does not qualify.  A reason is required."""
    require_reason(reason)
    return _transition(child_file, FileStatus.NOT_ELIGIBLE, actor, reason)


def begin_draft(*, child_file: ChildFile, actor: "User", reason: str = "") -> ChildFile:
    """Begin, or take up again, the draft of a file."""
    return _transition(child_file, FileStatus.DRAFT, actor, reason)


def confirm_file(*, child_file: ChildFile, actor: "User", reason: str = "") -> ChildFile:
    """Record that a parent or the entrusted carer confirmed what the file says."""
    return _transition(child_file, FileStatus.CONFIRMED, actor, reason)


def submit_file(*, child_file: ChildFile, actor: "User", reason: str = "") -> ChildFile:
    """Hand the file from the village to the town."""
    return _transition(child_file, FileStatus.SUBMITTED, actor, reason)


def accept_file(*, child_file: ChildFile, actor: "User", reason: str = "") -> ChildFile:
    """Put a submitted file on the register.

    Raises:
        PermissionDenied: The actor serves neither the town nor the district.
        ValidationError: The actor submitted the file themselves.
    """
    _require_town(actor, child_file)
    submission = child_file.history.filter(status=FileStatus.SUBMITTED).first()
    if submission is not None and submission.history_user_id == actor.pk:
        raise ValidationError({"status": _("Somebody else must accept what you submitted.")})
    return _transition(
        child_file, FileStatus.REGISTERED, actor, reason, only_from=FileStatus.SUBMITTED
    )


def return_file(*, child_file: ChildFile, actor: "User", reason: str) -> ChildFile:
    """Send a submitted file back to the village.  A reason is required."""
    require_reason(reason)
    _require_town(actor, child_file)
    return _transition(child_file, FileStatus.RETURNED, actor, reason)


def start_review(*, child_file: ChildFile, actor: "User", reason: str = "") -> ChildFile:
    """Look at the facts of a registered file again."""
    return _transition(child_file, FileStatus.UNDER_REVIEW, actor, reason)


def keep_on_register(*, child_file: ChildFile, actor: "User", reason: str = "") -> ChildFile:
    """End a review: the child still qualifies.

    Raises:
        PermissionDenied: The actor serves neither the town nor the district.
        ValidationError: The file is not under review.
    """
    _require_town(actor, child_file)
    return _transition(
        child_file, FileStatus.REGISTERED, actor, reason, only_from=FileStatus.UNDER_REVIEW
    )


def close_file(
    *,
    child_file: ChildFile,
    exit_reason: str,
    actor: "User",
    closed_on: date | None = None,
    reason: str = "",
) -> ChildFile:
    """Close a file.  Its open spells end the same day; nothing is deleted.

    Args:
        child_file: The file.
        exit_reason: One of ``ExitReason``.
        actor: Who closes it.
        closed_on: The last day, today by default.
        reason: Further words for the history.

    Raises:
        PermissionDenied: The actor does not serve the village.
        ValidationError: Keyed ``exit_reason``, ``closed_on`` or ``status``.
    """
    if exit_reason not in ExitReason.values:
        raise ValidationError({"exit_reason": _("Choose why the file is closed.")})
    day = closed_on or timezone.localdate()
    with writing(actor, reason or str(ExitReason(exit_reason).label), None):
        stored = _locked(child_file, actor)
        require_transition(TRANSITIONS, stored.status, FileStatus.CLOSED)
        _check_closing_day(stored, day)
        if exit_reason == ExitReason.TURNED_SIXTEEN and age_on(stored.born_on, day) < AGE_LIMIT:
            raise ValidationError({"exit_reason": _("The child is not yet 16 on this day.")})
        stored.status = FileStatus.CLOSED
        stored.closed_on = day
        stored.exit_reason = exit_reason
        _end_facts(stored, exit_reason, day)
        judge_entries(stored)
        stored.save()
        for spell in CustodySpell._base_manager.filter(child_file=stored, ends_on__isnull=True):
            spell.child_file = stored
            spell.ends_on = day
            spell.save()
        child_file_closed.send(ChildFile, child_file=stored, actor=actor)
    return take_over(child_file, stored)


def reopen_file(*, child_file: ChildFile, actor: "User", reason: str) -> ChildFile:
    """Open a closed file again, for review.  A reason is required.

    A child that comes back keeps its one file and its number.

    Raises:
        PermissionDenied: The actor serves neither the town nor the district.
        ValidationError: No reason was given, or the file is not closed.
    """
    require_reason(reason)
    _require_town(actor, child_file)
    with writing(actor, reason):
        stored = _locked(child_file, actor)
        require_transition(TRANSITIONS, stored.status, FileStatus.UNDER_REVIEW)
        stored.status = FileStatus.UNDER_REVIEW
        stored.closed_on = None
        stored.exit_reason = ""
        stored.save()
    return take_over(child_file, stored)


def delete_file(
    *, child_file: ChildFile, actor: "User", reason: str, source: str | None = None
) -> None:
    """Delete a file that never reached the register, with its parts.  A reason is required.

    The history keeps what it said.  A file that was on the register is closed instead.

    Raises:
        PermissionDenied: The actor does not serve the village.
        ValidationError: No reason, or the file was confirmed or registered.
    """
    require_reason(reason)
    with writing(actor, reason, source):
        stored = _locked(child_file, actor)
        if stored.status not in DELETABLE:
            raise ValidationError(
                _("Only a draft is deleted. Close this file with the reason “entered by mistake”.")
            )
        stored.delete()


def change_custody(
    *, child_file: ChildFile, spell: CustodySpell, actor: "User", reason: str = ""
) -> CustodySpell:
    """Begin a new custody spell and end the one before it on the day before.

    Args:
        child_file: The file, open.
        spell: The filled-in, unsaved spell.
        actor: Who records it.
        reason: Why, for the history.

    Raises:
        PermissionDenied: The actor does not serve the village.
        ValidationError: Keyed by the field at fault, such as a start that does not come
            after the start of the open spell.
    """
    with writing(actor, reason):
        stored = _locked(child_file, actor)
        if stored.is_closed:
            raise ValidationError(_("This file is closed. Reopen it first."))
        before = CustodySpell._base_manager.filter(child_file=stored, ends_on__isnull=True).first()
        if before is not None and spell.starts_on is not None:
            if spell.starts_on <= before.starts_on:
                raise ValidationError(
                    {
                        "starts_on": _("The new spell must start after %(day)s.")
                        % {"day": before.starts_on.isoformat()}
                    }
                )
            before.child_file = stored
            before.ends_on = spell.starts_on - timedelta(days=1)
            before.save()
        _write_spells(stored, [spell], [], reason)
    return spell


def _locked(child_file: ChildFile, actor: "User") -> ChildFile:
    """Lock the stored row and make sure the actor serves its village."""
    stored = (
        ChildFile._base_manager.select_for_update(of=("self",))
        .select_related("village")
        .filter(pk=child_file.pk)
        .first()
    )
    require_reach(actor, stored.territory_code if stored else "")
    assert stored is not None
    return stored


def _transition(
    child_file: ChildFile,
    after: FileStatus,
    actor: "User",
    reason: str,
    *,
    only_from: FileStatus | None = None,
) -> ChildFile:
    with writing(actor, reason):
        stored = _locked(child_file, actor)
        if only_from is not None and stored.status != only_from:
            raise ValidationError(
                {
                    "status": _("This is only possible for a file that is “%(state)s”.")
                    % {"state": only_from.label}
                }
            )
        require_transition(TRANSITIONS, stored.status, after)
        stored.status = after
        stored.save()
    return take_over(child_file, stored)


def _require_town(actor: "User", child_file: ChildFile) -> None:
    require_reach(actor, child_file.territory_code)
    if not serves_town_or_district(actor, child_file.territory_code):
        raise PermissionDenied(_("Only the town or the district decides this."))


def _refuse_second_file(child_file: ChildFile) -> None:
    """Refuse an ID number that another file has, wherever that file lies.

    Raises:
        ValidationError: Keyed ``id_number``. Names the other file only to somebody who
            may see it.
    """
    number = normalise_id_number(child_file.id_number)
    if not number:
        return
    digest = ChildFile._meta.get_field("id_number_index").digest(number)
    others = {"id_number_index": digest}
    with unscoped("whether an ID number has a file somewhere"):
        taken = ChildFile._base_manager.filter(**others).exclude(pk=child_file.pk).exists()
    if not taken:
        return
    seen = ChildFile.objects.filter(**others).exclude(pk=child_file.pk).first()
    if seen is not None:
        message = _("File %(number)s already has this ID number.") % {"number": seen.file_number}
    else:
        message = _(
            "This ID number cannot be used. Check it; if it is right, ask the district office."
        )
    raise ValidationError({"id_number": ValidationError(message, code="id_number_taken")})


# Family situation


def facts_of(source: ChildFile | FamilySituation) -> tuple[Any, ...]:
    """Return what eligibility rests on, as a file or a dated row says it."""
    return tuple(getattr(source, name) for name in FamilySituation.FACTS)


def has_answers(child_file: ChildFile) -> bool:
    """Return whether the file says anything about the parents being away."""
    return (
        child_file.both_parents_away is not None or child_file.one_away_other_incapable is not None
    )


def situation_day(child_file: ChildFile, otherwise: date, stored: ChildFile | None = None) -> date:
    """Return the first day of new answers: as stated, else the day of the form."""
    stated = child_file.situation_since if stored is None else None
    fresh_form = stored is None or child_file.filled_on != stored.filled_on
    day = stated or (child_file.filled_on if fresh_form else None) or otherwise
    if day > timezone.localdate():
        field = "situation_since" if stated else "filled_on"
        raise ValidationError({field: _("This day lies in the future.")})
    return day


def _open_situation(child_file: ChildFile) -> FamilySituation | None:
    return FamilySituation._base_manager.filter(
        child_file_id=child_file.pk, ends_on__isnull=True
    ).first()


def _record_situation(child_file: ChildFile, since: date) -> None:
    if not has_answers(child_file):
        return
    situation = FamilySituation(child_file=child_file, starts_on=since)
    for name, value in zip(FamilySituation.FACTS, facts_of(child_file), strict=True):
        setattr(situation, name, value)
    situation.save()


def _change_situation(child_file: ChildFile, current: FamilySituation | None, since: date) -> None:
    """Bring the dated rows in line with the answers on the file."""
    if since > timezone.localdate():
        raise ValidationError({"situation_since": _("This day lies in the future.")})
    if current is None:
        _refuse_overlap_with_ended(child_file, since)
        _record_situation(child_file, since)
        return
    same_facts = facts_of(current) == facts_of(child_file)
    if same_facts and current.starts_on == since:
        return
    if since > current.starts_on and not same_facts:
        current.ends_on = since - timedelta(days=1)
        current.child_file = child_file
        current.save()
        _record_situation(child_file, since)
        return
    # The same answers since another day, or other answers since no later day: the open
    # row was wrong and is put right; its history keeps what it said.
    _refuse_overlap_with_ended(child_file, since)
    current.starts_on = since
    current.child_file = child_file
    for name, value in zip(FamilySituation.FACTS, facts_of(child_file), strict=True):
        setattr(current, name, value)
    current.save()


def _refuse_overlap_with_ended(child_file: ChildFile, since: date) -> None:
    earlier = (
        FamilySituation._base_manager.filter(child_file_id=child_file.pk, ends_on__gte=since)
        .order_by("-ends_on")
        .first()
    )
    if earlier is not None and earlier.ends_on is not None:
        raise ValidationError(
            {
                "situation_since": _("Earlier answers hold until %(day)s. Choose a later day.")
                % {"day": earlier.ends_on.isoformat()}
            }
        )


def _end_facts(stored: ChildFile, exit_reason: str, day: date) -> None:
    """Let the facts follow from the reason of closing, or stop knowing them."""
    current = _open_situation(stored)
    if exit_reason in (ExitReason.PARENTS_RETURNED, ExitReason.JOINED_PARENTS):
        stored.both_parents_away = False
        stored.one_away_other_incapable = False
        stored.incapable_parent = ""
        stored.incapacity_reason = ""
    elif exit_reason == ExitReason.HOUSEHOLD_CHANGED:
        stored.rural_household = False
    elif current is not None:
        current.ends_on = day
        current.child_file = stored
        current.save()
        return
    if current is not None:
        stored.situation_since = day
        _change_situation(stored, current, day)


def _check_closing_day(stored: ChildFile, day: date) -> None:
    if day > timezone.localdate():
        raise ValidationError({"closed_on": _("The closing date lies in the future.")})
    begun = [stored.opened_on]
    for part in (FamilySituation, CustodySpell):
        begun += part._base_manager.filter(
            child_file_id=stored.pk, ends_on__isnull=True
        ).values_list("starts_on", flat=True)
    if day < max(begun):
        raise ValidationError(
            {
                "closed_on": _("The file holds facts that begin on %(day)s. Choose a later day.")
                % {"day": max(begun).isoformat()}
            }
        )


# Parts of the file


def _write_children(
    child_file: ChildFile,
    children: Children,
    reason: str,
    carer_changed_on: date | None = None,
) -> None:
    unknown = set(children) - {"kin", "custody_spells"}
    if unknown:
        raise ValueError(f"not parts of a child file: {sorted(unknown)}")
    kin = children.get("kin", ())
    for relative in rows_removed(kin):
        relative.delete()
    if kin:
        _refuse_second_relative(child_file, kin)
    for relative in kin:
        relative.child_file = child_file
        judge_entries(relative)
        relative.save()
    spells = children.get("custody_spells", ())
    _write_spells(child_file, spells, rows_removed(spells), reason, carer_changed_on)


def _refuse_second_relative(child_file: ChildFile, kin: Sequence[Kin]) -> None:
    changed = {relative.pk for relative in kin}
    stored = Kin._base_manager.filter(child_file_id=child_file.pk).exclude(pk__in=changed)
    relations = [*stored.values_list("relation", flat=True), *(row.relation for row in kin)]
    for relation in KinRelation:
        if relation != KinRelation.OTHER and relations.count(relation) > 1:
            raise ValidationError(
                {
                    "relation": _("The file already has an entry for: %(relation)s.")
                    % {"relation": relation.label}
                }
            )


def _write_spells(
    child_file: ChildFile,
    spells: Sequence[CustodySpell],
    removed: Sequence[CustodySpell],
    reason: str,
    carer_changed_on: date | None = None,
) -> None:
    """Write spells: each with its days, none overlapping another, none overwritten.

    Raises:
        ValidationError: Keyed by the field of the spell at fault.
    """
    if not spells and not removed:
        return
    stored = {s.pk: s for s in CustodySpell._base_manager.filter(child_file_id=child_file.pk)}
    if removed and not reason.strip():
        raise ValidationError({"reason": _("Say why a custody spell is removed.")})
    for spell in removed:
        stored.pop(spell.pk, None)
        spell.delete()
    written = []
    for spell in spells:
        spell.child_file = child_file
        before = stored.pop(spell.pk, None)
        judge_entries(spell)
        if before is None or not _names_another_carer(spell, before):
            written.append(spell)
        elif carer_changed_on is not None and carer_changed_on > before.starts_on:
            written += _succeed(spell, before, carer_changed_on)
        elif reason.strip() or carer_changed_on is not None:
            written.append(spell)
        else:
            raise ValidationError(
                {
                    "carer_name": _(
                        "If the carer changed, give this spell its last day and add a new one. "
                        "If it was entered wrongly, say so as the reason."
                    )
                }
            )
    _refuse_overlaps([*stored.values(), *written])
    # The spell that ends is written before the one that begins, else two stand open.
    for spell in sorted(written, key=lambda s: (s.ends_on is None, s.starts_on)):
        spell.save()


def _names_another_carer(spell: CustodySpell, before: CustodySpell) -> bool:
    """Return whether the carer was replaced; filling in a blank is no replacement."""
    kind_changed = before.carer_kind not in (CarerKind.NOBODY, spell.carer_kind)
    return kind_changed or before.carer_name not in ("", spell.carer_name)


def _succeed(spell: CustodySpell, before: CustodySpell, day: date) -> list[CustodySpell]:
    """Return the stored spell with its last day, and what follows it as a new one."""
    following = CustodySpell()
    for field in CustodySpell._meta.concrete_fields:
        if field.editable and not field.primary_key:
            setattr(following, field.attname, getattr(spell, field.attname))
    following.child_file = spell.child_file
    following.starts_on = day
    following.ends_on = None
    before.child_file = spell.child_file
    before.ends_on = day - timedelta(days=1)
    return [before, following]


def _refuse_overlaps(spells: Sequence[CustodySpell]) -> None:
    ordered = sorted(spells, key=lambda spell: spell.starts_on)
    for earlier, later in pairwise(ordered):
        if earlier.ends_on is None:
            raise ValidationError(
                {
                    "ends_on": _("The spell from %(day)s on needs its last day first.")
                    % {"day": earlier.starts_on.isoformat()}
                }
            )
        if earlier.ends_on >= later.starts_on:
            raise ValidationError(
                {
                    "starts_on": _("Another spell lasts until %(day)s. Spells must not overlap.")
                    % {"day": earlier.ends_on.isoformat()}
                }
            )


def _move_parts(child_file: ChildFile) -> None:
    """Save the parts again: their territory follows the file's."""
    for part in (FamilySituation, Kin, CustodySpell):
        for row in part._base_manager.filter(child_file_id=child_file.pk):
            if row.territory_code != child_file.territory_code:
                row.child_file = child_file
                row.save()
