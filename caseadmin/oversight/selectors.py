"""What stands out in the log, with the rule that needs children's names."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from caseadmin.children.models import ChildFile
from core.accounts.models import User
from core.audit.models import CaseLogEntry
from core.audit.outliers import LOOKED, Finding, outliers
from core.audit.selectors import between

FEWEST_SAME_NAME = 3
TIMES_SHARE = 3

KINDS = {
    "many": _("More than three times as many records as usual"),
    "hours": _("Records looked at out of office hours"),
    "requests": _("Many requests or emergency openings outside the caseload"),
    "surname": _("Children of the same family name as the reader"),
}


@dataclass(frozen=True)
class ShownFinding:
    """A finding as the page and the command show it."""

    day: date
    who: str
    username: str
    kind: Any
    count: int
    usual: int


def same_surname(first: date, last: date) -> list[Finding]:
    """Return days on which somebody read conspicuously many children of their own surname.

    Names are opened in memory, compared by their first character and forgotten; only
    numbers come out.  A common surname is no finding: its share must be three times that
    among all files that were looked at.
    """
    entries = CaseLogEntry.objects.filter(
        between(first, last),
        content_type=ContentType.objects.get_for_model(ChildFile),
        action__in=LOOKED,
    )
    seen: dict[tuple[UUID, date], set[str]] = defaultdict(set)
    for user_id, timestamp, object_id in entries.values_list("user_id", "timestamp", "object_id"):
        seen[user_id, timezone.localdate(timestamp)].add(object_id)
    keys = {key for found in seen.values() for key in found}
    surnames = {
        str(file.pk): file.full_name[:1]
        for file in ChildFile._base_manager.filter(pk__in=keys).only("pk", "full_name").iterator()
    }
    total = Counter(surnames.values())
    people = User.objects.in_bulk({user_id for user_id, _day in seen if user_id})
    findings = []
    for (user_id, day), found in seen.items():
        person = people.get(user_id)
        name = person.name[:1] if person else ""
        count = sum(surnames.get(key) == name for key in found) if name else 0
        share = total[name] / len(surnames) if surnames else 0
        if count >= FEWEST_SAME_NAME and count / len(found) > TIMES_SHARE * share:
            findings.append(Finding(user_id, day, "surname", count, round(share * 100)))
    return findings


def shown_findings(first: date, last: date) -> list[ShownFinding]:
    """Return everything that stands out between two days, newest first."""
    found = [*outliers(first, last), *same_surname(first, last)]
    found.sort(key=lambda one: (one.day, str(one.user_id), one.kind), reverse=True)
    people = User.objects.in_bulk({one.user_id for one in found})
    return [
        ShownFinding(
            day=one.day,
            who=people[one.user_id].get_full_name() if one.user_id in people else "",
            username=people[one.user_id].username if one.user_id in people else "",
            kind=KINDS[one.kind],
            count=one.count,
            usual=one.usual,
        )
        for one in found
    ]
