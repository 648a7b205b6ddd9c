"""What is due to go today: retention rules applied to rows.

A rule proposes, an officer decides: nothing that tells of a person is erased by a clock alone
(workflow W24: list of what is due, review, disposal, certificate).
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from caseadmin.children.enums import FileStatus
from caseadmin.children.models import ChildFile
from caseadmin.volunteers.enums import VolunteerStatus
from caseadmin.volunteers.models import Volunteer
from core.access.guards import scope_for
from core.access.opening import without_sealed
from core.access.scope import in_scope, unscoped
from core.accounts.models import SignInAttempt
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
CONFIRM = "rights.release_subjectrequest"
"""The right to let records go: that of whoever releases an answer."""
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


@dataclass(frozen=True)
class Due:
    """One row whose period has ended.

    Attributes:
        rule: The rule it is due by.
        row: The row.
        since: The day it became due.
        reasons: Why it must be kept all the same; empty where it may go.
    """

    rule: RetentionRule
    row: Any
    since: date
    reasons: list[str]

    @property
    def key(self) -> str:
        """Names row and rule in a form."""
        return f"{self.rule.code}:{self.row.pk}"


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


SWEPT: dict[str, Callable[[date], Any]] = {
    "sign_in_attempt": lambda latest: SignInAttempt.objects.filter(at__date__lte=latest),
}
"""Records of machines, which nobody looks through before they go: rows up to a day."""


def due_rows(rule: RetentionRule, day: date) -> Iterator[Due]:
    """Yield the rows whose period has ended by a day; in whatever scope it is called.

    What is sealed is not there, but for who is named for it.
    """
    for row, since in _ended(rule, day):
        yield Due(rule, row, since, KEPT[rule.subject].reasons(row))


def _ended(rule: RetentionRule, day: date) -> Iterator[tuple[Any, date]]:
    """Yield these rows with the day on which their period ended."""
    kept = KEPT[rule.subject]
    latest = months_after(day, -rule.keep_months) + SLACK
    for row in list(without_sealed(kept.candidates(latest))):
        if rule.subject == "subject_request" and not row.requester_name:
            continue  # its persons are out already
        since = months_after(kept.begins(row), rule.keep_months)
        if since <= day:
            yield row, since


def due_count(user: "User", day: date) -> int:
    """Return how many rows are due in the territory somebody serves: the length of their list.

    A query for each rule; what keeps a row back is not asked.
    """
    reach = scope_for(user)
    return sum(
        reach.covers(row.territory_code)
        for rule in rules_in_force(day)
        if rule.subject in KEPT
        for row, _since in _ended(rule, day)
    )


def due_list(user: "User", day: date | None = None) -> list[Due]:
    """Return what is due in the territory somebody serves, the longest due first."""
    on = day or timezone.localdate()
    found: list[Due] = []
    # Inside the scope: the walls of the database hold as on every page.
    for rule in rules_in_force(on):
        if rule.subject in KEPT:
            found += due_rows(rule, on)
    reach = scope_for(user)
    served = [due for due in found if reach.covers(due.row.territory_code)]
    return sorted(served, key=lambda due: (due.since, due.key))


def apply_retention(
    *,
    actor: "User",
    day: date | None = None,
    dry_run: bool = False,
    only: Collection[str] | None = None,
) -> dict[str, Outcome]:
    """Dispose of what is due in the actor's territory, each row in a transaction of its own.

    Args:
        actor: The officer who confirms, holder of ``CONFIRM``.
        day: Today by default; rules of that day apply.
        dry_run: Only count, everywhere; then anybody may ask.
        only: Keys (``Due.key``) that were confirmed; by default all that is due.

    Returns:
        For each rule what it met.  A row that must be kept counts as held.

    Raises:
        PermissionDenied: The actor may not let records go.

    Legal source: 个人信息保护法 arts. 19 and 47; 档案法 art. 31 (what is disposed of is
    judged first).
    """
    on = day or timezone.localdate()
    if not dry_run and (actor.is_system or not actor.has_perm(CONFIRM)):
        raise PermissionDenied(_("You may not confirm that records are disposed of."))
    reach = scope_for(actor)
    if not dry_run:
        # What they find on the page, and nothing else: a seal holds here too.
        with in_scope(reach):
            own = {due.key for due in due_list(actor, on)}
        only = own if only is None else own & set(only)
    outcomes: dict[str, Outcome] = {}
    with unscoped("retention"):
        for rule in rules_in_force(on):
            kept = KEPT.get(rule.subject)
            if kept is None:
                continue  # swept, or kept by another app, as the audit log is
            outcome = outcomes.setdefault(rule.code, Outcome())
            for due in due_rows(rule, on):
                if only is not None and due.key not in only:
                    continue
                if not dry_run and not reach.covers(due.row.territory_code):
                    continue
                outcome.due += 1
                if due.reasons:
                    outcome.held += 1
                    continue
                if dry_run:
                    continue
                try:
                    kept.dispose(due.row, actor, rule.code)
                except ValidationError:
                    # Somebody set a hold between the look and the deed.
                    outcome.held += 1
                else:
                    outcome.gone += 1
    return outcomes


def sweep(*, day: date | None = None, dry_run: bool = False) -> dict[str, int]:
    """Delete records of machines whose period has ended; return how many, by rule.

    Never early: where a month is shorter a row stays up to three days longer.
    """
    on = day or timezone.localdate()
    counts = {}
    for rule in rules_in_force(on):
        if rule.subject in SWEPT:
            rows = SWEPT[rule.subject](months_after(on, -rule.keep_months))
            counts[rule.code] = rows.count() if dry_run else rows._raw_delete(rows.db)
    return counts
