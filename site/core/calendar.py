"""Days by the calendar: ages and anniversaries as the law counts them, and when a day begins."""

from calendar import isleap
from datetime import date, datetime, time, timedelta

from django.utils import timezone


def start_of(day: date) -> datetime:
    """Return the first moment of a day in local time."""
    return timezone.make_aware(datetime.combine(day, time.min))


def anniversary(day: date, years: int) -> date:
    """Return the same day of the year, ``years`` later.

    29 February falls on 28 February in a common year: where the month of expiry has no
    corresponding day, its last day counts.

    Legal source: 民法典 art. 202.
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def age_on(born_on: date, day: date) -> int:
    """Return the completed years of life on a day; a birthday completes one.

    Negative before birth. Criminal law counts a year as completed only on the day after
    the birthday; this function is not for that use.
    """
    years = day.year - born_on.year
    return years if day >= anniversary(born_on, years) else years - 1


def latest_birth_reaching(years: int, day: date) -> date:
    """Return the last birth date that has completed ``years`` by a day.

    ``born_on <= latest_birth_reaching(n, day)`` says the same in a query as
    ``age_on(born_on, day) >= n`` says of one person.
    """
    latest = anniversary(day, -years)
    leap_day = date(latest.year, 2, 29) if isleap(latest.year) else latest
    return leap_day if anniversary(leap_day, years) == day else latest


def working_day_after(day: date, count: int) -> date:
    """Return the ``count``-th working day after a day; the day itself does not count.

    Monday to Friday are working days here.  Public holidays are left out of the count of no
    deadline: they would only lengthen what an office may take, so this is the stricter reading.

    Raises:
        ValueError: ``count`` is not positive.
    """
    if count < 1:
        raise ValueError("count working days from one on")
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def months_after(day: date, months: int) -> date:
    """Return the same day ``months`` later, or the last day of a shorter month.

    Legal source: 民法典 art. 202.
    """
    years, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(day.year + years, month + 1, last)
        except ValueError:
            continue
    raise ValueError(f"no such month after {day}")
