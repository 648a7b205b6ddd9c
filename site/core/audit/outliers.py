"""Days on which somebody looked at more, or at other times, than they and others do.

A hint for a talk, never a proof.  Numbers come from the log alone; the thresholds are the
operator's, no clause names them.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from uuid import UUID

from django.utils import timezone

from .models import CaseLogEntry
from .selectors import between

LOOKED = ("tonghu.view", "tonghu.reveal", "tonghu.print")
WITHOUT_CASELOAD = ("tonghu.ask", "tonghu.break_glass")
USUAL_DAYS = 60
TIMES_USUAL = 3
FEWEST_RECORDS = 10
FEWEST_OUT_OF_HOURS = 5
FEWEST_REQUESTS = 3
FIRST_HOUR, LAST_HOUR = 7, 20


@dataclass(frozen=True)
class Finding:
    """One person on one day.

    Attributes:
        kind: ``many``, ``hours``, ``requests`` or ``surname``.
        count: Records looked at in this way.
        usual: What is usual, in records a day; for ``surname`` the share of the name in percent.
    """

    user_id: UUID
    day: date
    kind: str
    count: int
    usual: int


def is_out_of_hours(hour: int, weekday: int) -> bool:
    """Return whether an hour of a day (Monday is 0) lies outside office life."""
    return weekday >= 5 or not FIRST_HOUR <= hour < LAST_HOUR


def outliers(first: date, last: date) -> list[Finding]:
    """Return what stands out between two days, both counted, by day and person.

    Three passes' worth of rules over one pass of the log; the caller sees to the scope.
    """
    records: dict[UUID, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    late: dict[tuple[UUID, date], set[str]] = defaultdict(set)
    asked: Counter[tuple[UUID, date]] = Counter()
    entries = CaseLogEntry.objects.filter(
        between(first - timedelta(days=USUAL_DAYS), last),
        action__in=(*LOOKED, *WITHOUT_CASELOAD),
        user__isnull=False,
    ).exclude(object_id="")
    rows = entries.order_by().values_list("user_id", "timestamp", "object_id", "action")
    for user_id, timestamp, object_id, action in rows.iterator(chunk_size=5000):
        moment = timezone.localtime(timestamp)
        day = moment.date()
        if action in WITHOUT_CASELOAD:
            asked[user_id, day] += 1
            continue
        records[user_id][day].add(object_id)
        if is_out_of_hours(moment.hour, moment.weekday()):
            late[user_id, day].add(object_id)

    found = []
    for user_id, days in records.items():
        for day, seen in days.items():
            if not first <= day <= last:
                continue
            usual = usual_count(days, day)
            if len(seen) >= FEWEST_RECORDS and usual and len(seen) > TIMES_USUAL * usual:
                found.append(Finding(user_id, day, "many", len(seen), usual))
            if len(late[user_id, day]) >= FEWEST_OUT_OF_HOURS:
                found.append(Finding(user_id, day, "hours", len(late[user_id, day]), usual))
    for (user_id, day), count in asked.items():
        if first <= day <= last and count >= FEWEST_REQUESTS:
            found.append(Finding(user_id, day, "requests", count, 0))
    return sorted(found, key=lambda one: (one.day, str(one.user_id), one.kind), reverse=True)


def usual_count(days: dict[date, set[str]], day: date) -> int:
    """Return the median of a person's other days with any look, 0 where there are none."""
    counts = [
        len(seen)
        for other, seen in days.items()
        if other != day and day - timedelta(days=USUAL_DAYS) <= other
    ]
    return round(median(counts)) if counts else 0
