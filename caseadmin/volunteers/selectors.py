"""Questions about volunteers."""

from datetime import date, timedelta

from .models import VolunteerQuerySet

# A proposal of the domain study; no law fixes it.
CHECK_NOTICE = timedelta(days=30)


def check_ends_soon(volunteers: VolunteerQuerySet, day: date) -> VolunteerQuerySet:
    """Keep those who may be paired today, but whose record check ends within the notice."""
    rows: VolunteerQuerySet = volunteers.pairable_on(day).filter(
        latest_valid_until__lte=day + CHECK_NOTICE
    )
    return rows
