"""Who is a left-behind child on a day: by dated facts and by the calendar."""

from datetime import date

import pytest

from caseadmin.children.enums import ExitReason, IncapacityReason, Parent
from caseadmin.children.models import ChildFile
from caseadmin.children.selectors import (
    REASONS,
    eligibility,
    turning_sixteen_between,
    whole_files,
)
from caseadmin.children.services import close_file, update_file
from core.access.scope import unscoped
from core.accounts.selectors import system_account
from tests.factories.children import ChildFileFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

AWAY_SINCE = date(2025, 3, 1)


@pytest.fixture(autouse=True)
def fixed_today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: date(2026, 6, 15))


@pytest.mark.parametrize(
    ("born_on", "day", "eligible", "reason"),
    [
        pytest.param(date(2010, 6, 15), date(2026, 6, 14), True, "both_away", id="day-before-16"),
        pytest.param(date(2010, 6, 15), date(2026, 6, 15), False, "sixteen", id="16th-birthday"),
        pytest.param(date(2012, 2, 29), date(2028, 2, 28), True, "both_away", id="leap-eve-of-16"),
        pytest.param(date(2012, 2, 29), date(2028, 2, 29), False, "sixteen", id="leap-16th"),
        pytest.param(date(2016, 2, 29), date(2025, 3, 1), True, "both_away", id="first-day-away"),
        pytest.param(date(2016, 2, 29), date(2025, 2, 28), False, "no_facts", id="before-facts"),
        pytest.param(date(2016, 2, 29), date(2016, 2, 28), False, "not_born", id="not-born"),
    ],
)
def test_eligibility_at_the_edges_of_age_and_facts(born_on, day, eligible, reason):
    child_file = ChildFileFactory(born_on=born_on, situation_since=AWAY_SINCE)

    answer = eligibility(child_file, day)

    assert (answer.eligible, answer.reason_code) == (eligible, reason)
    assert ChildFile.objects.eligible_on(day).filter(pk=child_file.pk).exists() is eligible


@pytest.mark.parametrize(
    ("facts", "eligible", "reason"),
    [
        pytest.param({}, True, "both_away", id="both-away"),
        pytest.param(
            {
                "both_parents_away": False,
                "one_away_other_incapable": True,
                "incapable_parent": Parent.MOTHER,
                "incapacity_reason": IncapacityReason.SERIOUS_ILLNESS,
            },
            True,
            "one_away_other_incapable",
            id="one-away-other-incapable",
        ),
        pytest.param({"rural_household": False}, False, "not_rural", id="not-rural"),
        pytest.param({"both_parents_away": False}, False, "parents_present", id="parents-there"),
        pytest.param(
            {"both_parents_away": False, "one_away_other_incapable": None},
            False,
            "unanswered",
            id="half-answered",
        ),
        pytest.param(
            {"both_parents_away": None, "one_away_other_incapable": None},
            False,
            "no_facts",
            id="not-answered",
        ),
    ],
)
def test_eligibility_says_which_fact_decides(facts, eligible, reason):
    child_file = ChildFileFactory(**facts)

    answer = eligibility(child_file, date(2026, 1, 1))

    assert (answer.eligible, answer.reason_code) == (eligible, reason)
    assert str(answer.reason) == str(REASONS[reason])
    found = ChildFile.objects.eligible_on(date(2026, 1, 1)).filter(pk=child_file.pk)
    assert found.exists() is eligible


@pytest.mark.parametrize(
    ("born_on", "day", "never_alone"),
    [
        pytest.param(date(2018, 6, 15), date(2026, 6, 14), True, id="day-before-8"),
        pytest.param(date(2018, 6, 15), date(2026, 6, 15), False, id="8th-birthday"),
        pytest.param(date(2016, 2, 29), date(2024, 2, 28), True, id="leap-eve-of-8"),
        pytest.param(date(2016, 2, 29), date(2024, 2, 29), False, id="leap-8th"),
        pytest.param(date(2018, 6, 15), date(2018, 6, 14), False, id="not-born"),
    ],
)
def test_under_eight_is_never_left_alone(born_on, day, never_alone):
    assert eligibility(ChildFileFactory(born_on=born_on), day).never_alone is never_alone


@pytest.mark.parametrize(
    ("born_on", "ages_out_on"),
    [
        (date(2010, 6, 15), date(2026, 6, 15)),
        (date(2012, 2, 29), date(2028, 2, 29)),
    ],
)
def test_the_age_out_date_is_the_sixteenth_birthday(born_on, ages_out_on):
    assert eligibility(ChildFileFactory(born_on=born_on)).ages_out_on == ages_out_on


def test_earlier_days_keep_their_answer_when_the_facts_change():
    child_file = ChildFileFactory()
    child_file.both_parents_away = False
    child_file.situation_since = date(2026, 2, 1)
    update_file(child_file=child_file, actor=system_account())

    answers = [
        eligibility(child_file, day).reason_code
        for day in (date(2026, 1, 31), date(2026, 2, 1), date(2026, 6, 15))
    ]

    assert answers == ["both_away", "parents_present", "parents_present"]


@pytest.mark.parametrize(
    ("exit_reason", "after"),
    [
        pytest.param(ExitReason.PARENTS_RETURNED, "parents_present", id="parents-returned"),
        pytest.param(ExitReason.JOINED_PARENTS, "parents_present", id="joined-parents"),
        pytest.param(ExitReason.HOUSEHOLD_CHANGED, "not_rural", id="household"),
        pytest.param(ExitReason.DIED, "deceased", id="died"),
        pytest.param(ExitReason.MOVED_AWAY, "no_facts", id="moved-away"),
    ],
)
def test_closing_tells_what_holds_from_then_on(exit_reason, after):
    child_file = ChildFileFactory()
    close_file(
        child_file=child_file,
        exit_reason=exit_reason,
        closed_on=date(2026, 5, 1),
        actor=system_account(),
    )

    answers = [
        eligibility(child_file, day).reason_code for day in (date(2026, 4, 30), date(2026, 5, 2))
    ]

    assert answers == ["both_away", after]


@pytest.mark.parametrize("item_count", [1, 3])
def test_judging_many_files_takes_a_fixed_number_of_queries(django_assert_num_queries, item_count):
    ChildFileFactory.create_batch(item_count)

    with django_assert_num_queries(4):
        answers = [
            eligibility(child_file, date(2026, 1, 1)).eligible
            for child_file in whole_files(ChildFile.objects.all())
        ]

    assert answers == [True] * item_count


def test_files_about_to_age_out_are_found():
    soon = ChildFileFactory(born_on=date(2010, 7, 1))
    ChildFileFactory(born_on=date(2010, 8, 1))
    ChildFileFactory(born_on=date(2010, 6, 14))

    with unscoped("test"):
        found = turning_sixteen_between(date(2026, 6, 15), date(2026, 7, 1))

    assert list(found) == [soon]
