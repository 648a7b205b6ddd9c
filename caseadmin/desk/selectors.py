"""What the desk counts: the user's ledgers, and what waits for somebody."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from caseadmin.children.models import ChildFile, CustodySpell
from caseadmin.children.selectors import turning_sixteen_between
from caseadmin.ledgers.registry import ledgers
from caseadmin.pairings.enums import PairingStatus
from caseadmin.pairings.models import Pairing
from caseadmin.rights.enums import RequestStatus
from caseadmin.rights.models import OPEN, SubjectRequest
from caseadmin.volunteers.models import Volunteer
from publicity.intake.enums import ApplicationStatus
from publicity.intake.models import VolunteerApplication

if TYPE_CHECKING:
    from core.accounts.models import User

# 90 days before the sixteenth birthday and 30 before a record check ends: proposals of
# the domain study, no law fixes them.
AGE_NOTICE = timedelta(days=90)
CHECK_NOTICE = timedelta(days=30)


@dataclass(frozen=True)
class Number:
    """One number of the desk and the list behind it."""

    label: Any
    count: int
    url: str
    icon: str


@dataclass(frozen=True)
class Duty:
    """Something that waits.

    Args:
        label: What waits, in words.
        slug: The ledger whose list holds it.
        permission: Who is asked to act, as a right on that ledger's model.
        rows: Called with today's date; scoped by its model's manager.
        filters: The query string under which the list shows them, where one exists.
    """

    label: Any
    slug: str
    permission: str
    rows: Callable[[date], QuerySet[Any]]
    filters: Callable[[date], dict[str, str]] | None = None


def _without_carer(day: date) -> QuerySet[ChildFile]:
    caring = CustodySpell._base_manager.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=day), child_file=OuterRef("pk"), starts_on__lte=day
    )
    files = ChildFile.objects.on_register().under_age_limit(day)
    rows: QuerySet[ChildFile] = files.exclude(Exists(caring))
    return rows


def _check_ends_soon(day: date) -> QuerySet[Volunteer]:
    rows: QuerySet[Volunteer] = Volunteer.objects.pairable_on(day).filter(
        latest_valid_until__lte=day + CHECK_NOTICE
    )
    return rows


DUTIES = (
    Duty(
        _("Requests stopped for a child's safety"),
        "subject-requests",
        "rights.release_subjectrequest",
        lambda day: SubjectRequest.objects.filter(status=RequestStatus.BLOCKED),
        lambda day: {"status": RequestStatus.BLOCKED},
    ),
    Duty(
        _("Requests of persons whose answer is late"),
        "subject-requests",
        "change",
        lambda day: SubjectRequest.objects.filter(status__in=OPEN, due_on__lt=day),
    ),
    Duty(
        _("Volunteer applications to review"),
        "volunteer-applications",
        "change",
        lambda day: VolunteerApplication.objects.filter(status=ApplicationStatus.SUBMITTED),
        lambda day: {"status": ApplicationStatus.SUBMITTED},
    ),
    Duty(_("Children under 16 with no carer on file"), "child-files", "change", _without_carer),
    Duty(
        _("Children who turn 16 within 90 days"),
        "child-files",
        "change",
        lambda day: turning_sixteen_between(day, day + AGE_NOTICE),
    ),
    Duty(
        _("Volunteers whose record check ends within 30 days"),
        "volunteers",
        "change",
        _check_ends_soon,
    ),
    Duty(
        _("Pairings that are suspended"),
        "pairings",
        "change",
        lambda day: Pairing.objects.filter(status=PairingStatus.SUSPENDED),
        lambda day: {"status": PairingStatus.SUSPENDED},
    ),
)


def numbers_of(user: "User") -> Iterator[Number]:
    """Yield the size of each ledger a person may open, within their territories.

    One query for each ledger.
    """
    for ledger in ledgers.open_to(user):
        yield Number(
            label=ledger.label,
            count=ledger.model._default_manager.count(),
            url=ledger.url("index"),
            icon=ledger.icon,
        )


def duties_of(user: "User", day: date | None = None) -> Iterator[Number]:
    """Yield what waits for a person, leaving out what is done.  One query for each."""
    on = day or timezone.localdate()
    for duty in DUTIES:
        ledger = ledgers.get(duty.slug)
        if not ledger.allows(user, duty.permission):
            continue
        count = duty.rows(on).count()
        if count:
            address = ledger.url("index")
            query = f"?{urlencode(duty.filters(on))}" if duty.filters else ""
            yield Number(label=duty.label, count=count, url=address + query, icon=ledger.icon)
