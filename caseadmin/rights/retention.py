"""What is due to go today: retention rules applied to rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from caseadmin.children.enums import FileStatus
from caseadmin.children.models import ChildFile
from caseadmin.volunteers.enums import VolunteerStatus
from caseadmin.volunteers.models import Volunteer
from core.access.scope import unscoped
from core.calendar import anniversary, months_after
from core.history.context import change_set
from core.privacy.models import RetentionRule
from core.privacy.selectors import rules_in_force
from publicity.intake.enums import ApplicationStatus
from publicity.intake.models import VolunteerApplication

from .erasure import erase_subject, reasons_to_keep, scrub_request
from .models import OPEN, SubjectRequest

if TYPE_CHECKING:
    from core.accounts.models import User

ADULT_AGE = 18
# Months differ by three days at most; each row is judged exactly afterwards.
SLACK = timedelta(days=4)


@dataclass(frozen=True)
class Kept:
    """One kind of record with a retention period.

    Attributes:
        begins: The day the count begins for a row.
        candidates: Called with a day: rows whose count may have begun by then.
        dispose: Called with the row, the actor and the rule's code.
        reasons: Why a row must be kept all the same.
    """

    begins: Callable[[Any], date]
    candidates: Callable[[date], Any]
    dispose: Callable[[Any, "User", str], Any]
    reasons: Callable[[Any], list[str]]


@dataclass
class Outcome:
    """What a rule met: rows due, rows held back, rows disposed of."""

    due: int = 0
    held: int = 0
    gone: int = 0


def _erase(row: Any, actor: "User", rule: str) -> None:
    erase_subject(subject=row, actor=actor, rule=rule)


def _scrub(row: Any, actor: "User", rule: str) -> None:
    with change_set(actor=actor, reason=f"retention: {rule}", source="command"):
        scrub_request(row)


KEPT: dict[str, Kept] = {
    "child_file": Kept(
        begins=lambda row: max(row.closed_on, anniversary(row.born_on, ADULT_AGE)),
        candidates=lambda day: ChildFile._base_manager.filter(
            status=FileStatus.CLOSED, closed_on__lte=day
        ),
        dispose=_erase,
        reasons=reasons_to_keep,
    ),
    "volunteer": Kept(
        begins=lambda row: row.left_on,
        candidates=lambda day: Volunteer._base_manager.filter(
            status=VolunteerStatus.LEFT, left_on__lte=day
        ),
        dispose=_erase,
        reasons=reasons_to_keep,
    ),
    "application": Kept(
        begins=lambda row: timezone.localdate(row.updated_at),
        candidates=lambda day: VolunteerApplication._base_manager.filter(
            status__in=[ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN],
            updated_at__date__lte=day,
        ),
        dispose=_erase,
        reasons=reasons_to_keep,
    ),
    "subject_request": Kept(
        begins=lambda row: row.closed_on,
        candidates=lambda day: SubjectRequest._base_manager.filter(closed_on__lte=day).exclude(
            status__in=OPEN
        ),
        dispose=_scrub,
        reasons=lambda row: [],
    ),
}


def due_rows(rule: RetentionRule, day: date) -> Iterator[Any]:
    """Yield the rows whose period has ended by a day; call it unscoped."""
    kept = KEPT[rule.subject]
    latest = months_after(day, -rule.keep_months) + SLACK
    for row in list(kept.candidates(latest)):
        if rule.subject == "subject_request" and not row.requester_name:
            continue  # its persons are out already
        if months_after(kept.begins(row), rule.keep_months) <= day:
            yield row


def apply_retention(
    *, actor: "User", day: date | None = None, dry_run: bool = False
) -> dict[str, Outcome]:
    """Dispose of what is due, each row in a transaction of its own.

    Args:
        actor: Who answers for it; the system's account in the nightly command.
        day: Today by default; rules of that day apply.
        dry_run: Only count.

    Returns:
        For each rule what it met.  A row that must be kept counts as held.

    Legal source: 个人信息保护法 arts. 19 and 47.
    """
    on = day or timezone.localdate()
    outcomes: dict[str, Outcome] = {}
    with unscoped("nightly retention"):
        for rule in rules_in_force(on):
            outcome = outcomes.setdefault(rule.code, Outcome())
            kept = KEPT.get(rule.subject)
            if kept is None:
                continue  # other apps keep their own rows, as the audit log does
            for row in due_rows(rule, on):
                outcome.due += 1
                if kept.reasons(row):
                    outcome.held += 1
                    continue
                if dry_run:
                    continue
                try:
                    kept.dispose(row, actor, rule.code)
                except ValidationError:
                    # Somebody set a hold between the look and the deed.
                    outcome.held += 1
                else:
                    outcome.gone += 1
    return outcomes
