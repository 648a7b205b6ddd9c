"""What the desk counts: the user's ledgers, and what waits for somebody."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from caseadmin.ledgers.filters import matching
from caseadmin.ledgers.registry import ledgers
from caseadmin.ledgers.sight import Sight
from caseadmin.pairings.enums import PairingStatus
from caseadmin.rights.enums import RequestStatus
from caseadmin.rights.models import OPEN
from caseadmin.rights.retention import CONFIRM, due_count
from core.access.opening import APPROVE
from core.accounts.models import Post
from core.approvals.models import AccessRequest, Approval
from publicity.intake.enums import ApplicationStatus

from .watches import WATCHES

if TYPE_CHECKING:
    from core.accounts.models import User

# The filters of a list's address, each with its values.
Query = Mapping[str, Sequence[str]]
YES = ("yes",)
GIVE_POSTS = "accounts.change_post"
# Time to recertify before anybody stands before a closed record.
APPROVAL_NOTICE = timedelta(days=60)


@dataclass(frozen=True)
class Number:
    """One number of the desk and the list behind it."""

    label: Any
    count: int
    url: str
    icon: str


@dataclass(frozen=True)
class Duty:
    """Something that waits: the rows a ledger's list shows under some filters.

    Args:
        label: What waits, in words.
        slug: The ledger whose list holds it.
        permission: Who is asked to act, as a right on that ledger's model.
        query: Called with today's date; the filters under which the list shows it.
    """

    label: Any
    slug: str
    permission: str
    query: Callable[[date], Query]


DUTIES = (
    Duty(
        _("Emergency openings to review today"),
        "access-requests",
        APPROVE,
        lambda day: {"status": [AccessRequest.Status.OPENED.value]},
    ),
    Duty(
        _("Emergency openings nobody has reviewed yet"),
        "access-requests",
        "audit.view_looks",
        lambda day: {"status": [AccessRequest.Status.OPENED.value]},
    ),
    Duty(
        _("Requests for access to decide"),
        "access-requests",
        APPROVE,
        lambda day: {"status": [AccessRequest.Status.WAITING.value]},
    ),
    Duty(
        _("Standing approvals that end within 60 days"),
        "approvals",
        APPROVE,
        lambda day: {
            "kind": [Approval.Kind.STANDING.value],
            "ends_at_from": [day.isoformat()],
            "ends_at_to": [(day + APPROVAL_NOTICE).isoformat()],
        },
    ),
    Duty(
        _("Requests stopped for a child's safety"),
        "subject-requests",
        "rights.release_subjectrequest",
        lambda day: {"status": [RequestStatus.BLOCKED.value]},
    ),
    Duty(
        _("Requests of persons whose answer is late"),
        "subject-requests",
        "change",
        lambda day: {
            "status": [status.value for status in OPEN],
            "due_on_to": [(day - timedelta(days=1)).isoformat()],
        },
    ),
    Duty(
        _("Volunteer applications to review"),
        "volunteer-applications",
        "change",
        lambda day: {"status": [ApplicationStatus.SUBMITTED.value]},
    ),
    Duty(
        _("Children under 16 with no carer on file"),
        "child-files",
        "change",
        lambda day: {"without_carer": YES},
    ),
    Duty(
        _("Children who turn 16 within 90 days"),
        "child-files",
        "change",
        lambda day: {"sixteen_soon": YES},
    ),
    Duty(
        _("Volunteers whose record check ends within 30 days"),
        "volunteers",
        "change",
        lambda day: {"check_ends_soon": YES},
    ),
    Duty(
        _("Pairings that are suspended"),
        "pairings",
        "change",
        lambda day: {"status": [PairingStatus.SUSPENDED.value]},
    ),
)


def counts_of(querysets: Sequence[QuerySet[Any]]) -> list[int]:
    """Return how many rows each queryset holds, in one query."""
    parts = [
        rows.order_by()
        .annotate(turn=Value(turn))
        .values("turn")
        .annotate(how_many=Count("pk"))
        .values_list("turn", "how_many")
        for turn, rows in enumerate(querysets)
    ]
    found = dict(parts[0].union(*parts[1:], all=True)) if parts else {}
    return [found.get(turn, 0) for turn in range(len(parts))]


def numbers_of(user: "User") -> Iterator[Number]:
    """Yield the size of each ledger a person may open, within their territories.

    One query for all of them.
    """
    each = list(ledgers.open_to(user))
    counts = counts_of([ledger.model._default_manager.all() for ledger in each])
    for ledger, count in zip(each, counts, strict=True):
        yield Number(
            label=ledger.label,
            count=count,
            url=ledger.url("index"),
            icon=ledger.icon,
        )


def duties_of(user: "User", day: date | None = None) -> Iterator[Number]:
    """Yield what waits for a person, leaving out what is done.  One query for each.

    What they may not filter by is left out too: the list behind it would show more.
    """
    on, sight = day or timezone.localdate(), Sight()
    told: set[str] = set()
    for duty in DUTIES:
        ledger = ledgers.get(duty.slug)
        if not (ledger.allows(user, "view") and ledger.allows(user, duty.permission)):
            continue
        query = duty.query(on)
        rows = matching(ledger, query, sight)
        count = rows.count() if rows is not None else 0
        if count:
            url = f"{ledger.url('index')}?{urlencode(query, doseq=True)}"
            if url in told:
                # Who reviews it has been asked to; who only watches is told of it.
                continue
            told.add(url)
            yield Number(label=duty.label, count=count, url=url, icon=ledger.icon)
    if user.has_perm(GIVE_POSTS):
        count = Post.objects.to_confirm(on).count()
        if count:
            yield Number(_("Posts to confirm"), count, reverse("oversight:posts"), "key")
    if user.has_perm(CONFIRM):
        count = due_count(user, on)
        if count:
            yield Number(_("Records due for disposal"), count, reverse("rights_disposal"), "bin")
    for watch in WATCHES:
        if watch.open_to(user):
            with watch.reach():
                count = watch.rows(user, on).count()
            if count:
                yield Number(watch.label, count, watch.url, watch.icon)
