"""Questions about calls for volunteers.  Only live, public pages are ever returned."""

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from .models import RecruitmentIndexPage, RecruitmentPage


def calls_of(index: RecruitmentIndexPage) -> list[dict[str, Any]]:
    """Return the calls below a list with whether they are open, open ones first."""
    today = timezone.localdate()
    pages = RecruitmentPage.objects.child_of(index).live().public().defer_streamfields()
    calls = [{"page": page, "is_open": page.is_open(today)} for page in pages]
    return sorted(calls, key=lambda call: (not call["is_open"], -call["page"].opens_on.toordinal()))


def open_calls(count: int, on: date | None = None) -> list[RecruitmentPage]:
    """Return calls that take applications, those that end first leading."""
    day = on or timezone.localdate()
    pages = (
        RecruitmentPage.objects.live()
        .public()
        .defer_streamfields()
        .filter(Q(closes_on__isnull=True) | Q(closes_on__gte=day), opens_on__lte=day)
    )
    return sorted(pages, key=lambda page: page.closes_on or date.max)[:count]
