"""Ages and anniversaries, 29 February included."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import age_on, anniversary, latest_birth_reaching

days = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31))
years = st.integers(min_value=1, max_value=18)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        pytest.param(date(2010, 6, 15), 16, date(2026, 6, 15), id="plain"),
        pytest.param(date(2008, 2, 29), 16, date(2024, 2, 29), id="leap-to-leap"),
        pytest.param(date(2008, 2, 29), 14, date(2022, 2, 28), id="leap-to-common"),
        pytest.param(date(2084, 2, 29), 16, date(2100, 2, 28), id="century-is-common"),
        pytest.param(date(2024, 2, 29), 1, date(2025, 2, 28), id="one-year"),
    ],
)
def test_anniversary(day, count, expected):
    assert anniversary(day, count) == expected


@pytest.mark.parametrize(
    ("born_on", "day", "age"),
    [
        pytest.param(date(2010, 6, 15), date(2026, 6, 14), 15, id="day-before"),
        pytest.param(date(2010, 6, 15), date(2026, 6, 15), 16, id="birthday"),
        pytest.param(date(2008, 2, 29), date(2022, 2, 27), 13, id="leap-day-before"),
        pytest.param(date(2008, 2, 29), date(2022, 2, 28), 14, id="leap-birthday-in-common-year"),
        pytest.param(date(2010, 6, 15), date(2010, 6, 15), 0, id="born-today"),
        pytest.param(date(2010, 6, 15), date(2010, 6, 14), -1, id="not-born"),
    ],
)
def test_age_on(born_on, day, age):
    assert age_on(born_on, day) == age


@given(days, years, st.integers(min_value=-3, max_value=3))
def test_the_query_says_the_same_as_the_age(born_on, count, offset):
    day = anniversary(born_on, count) + timedelta(days=offset)

    assert (born_on <= latest_birth_reaching(count, day)) == (age_on(born_on, day) >= count)
