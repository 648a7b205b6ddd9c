"""Volunteers: applications taken over once, vetting, yearly checks, suspension."""

from datetime import date
from itertools import product

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from caseadmin.volunteers.enums import CheckConclusion, Team, VolunteerStatus
from caseadmin.volunteers.models import BackgroundCheck, Volunteer
from caseadmin.volunteers.services import (
    annul_check,
    approve_application,
    come_back,
    delete_volunteer,
    leave,
    record_check,
    record_vetting,
    register_volunteer,
    reject_application,
    resume_volunteer,
    suspend_volunteer,
    update_volunteer,
    withdraw_application,
)
from caseadmin.volunteers.transitions import TRANSITIONS
from core.accounts.selectors import system_account
from core.states import require_transition
from publicity.intake.enums import ApplicationStatus
from publicity.intake.models import VolunteerApplication
from tests.factories.core import UserFactory
from tests.factories.intake import VolunteerApplicationFactory
from tests.factories.volunteers import BackgroundCheckFactory, VolunteerFactory, make_ready

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def fixed_today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)


@pytest.fixture
def coordinator(district):
    return UserFactory(role="volunteer_coordinator", serves=district.district)


def errors_of(caught):
    return sorted(caught.value.message_dict)


# Applications


def test_an_approved_application_becomes_a_volunteer_to_be_vetted(district, coordinator, as_user):
    application = VolunteerApplicationFactory(village=district.village, skills=["reading"])

    with as_user(coordinator):
        volunteer = approve_application(application=application, actor=coordinator)

        stored = VolunteerApplication.objects.get()
    assert (
        volunteer.volunteer_number,
        volunteer.status,
        volunteer.full_name,
        volunteer.phone,
        volunteer.skills,
        volunteer.territory_code,
        volunteer.application_id,
    ) == (
        "V990101-2026-00001",
        "applied",
        application.full_name,
        application.phone,
        ["reading"],
        "990101001001",
        application.pk,
    )
    assert (stored.status, application.status) == ("approved", "approved")


def test_an_approval_stands_in_both_histories_under_one_change(district, coordinator, as_user):
    application = VolunteerApplicationFactory(village=district.village)

    with as_user(coordinator):
        volunteer = approve_application(application=application, actor=coordinator)
        rows = [volunteer.history.get(), application.history.first()]

    assert [row.history_user for row in rows] == [coordinator] * 2
    assert rows[0].change_set == rows[1].change_set


def test_somebody_known_by_telephone_is_completed_not_entered_twice(district, coordinator, as_user):
    known = VolunteerFactory(
        village=district.village, id_number="", born_on=None, skills=["sports"]
    )
    application = VolunteerApplicationFactory(
        village=district.village,
        full_name=known.full_name,
        phone=known.phone,
        skills=["reading", "sports"],
    )

    with as_user(coordinator):
        volunteer = approve_application(application=application, actor=coordinator)

        assert [v.pk for v in Volunteer.objects.all()] == [known.pk]
    assert (volunteer.skills, volunteer.born_on) == (["reading", "sports"], application.born_on)


def test_somebody_who_had_left_begins_anew(district, coordinator, as_user):
    known = VolunteerFactory(village=district.village, ready=True)
    application = VolunteerApplicationFactory(
        village=district.village,
        full_name=known.full_name,
        phone=known.phone,
        born_on=known.born_on,
    )

    with as_user(coordinator):
        leave(volunteer=known, reason="搬走", actor=coordinator)
        volunteer = approve_application(application=application, actor=coordinator)

    assert (volunteer.status, volunteer.left_on, volunteer.trained_on) == ("applied", None, None)


def test_the_same_telephone_under_another_name_is_left_to_a_person(
    district, coordinator, as_user, everything
):
    known = VolunteerFactory(village=district.village)
    application = VolunteerApplicationFactory(village=district.village, phone=known.phone)

    with as_user(coordinator), pytest.raises(ValidationError) as caught:
        approve_application(application=application, actor=coordinator)

    assert errors_of(caught) == ["phone"]
    assert VolunteerApplication.objects.get().status == "submitted"


def test_telephone_and_id_number_of_two_people_are_left_to_a_person(district, coordinator, as_user):
    first, second = VolunteerFactory.create_batch(2, village=district.village)
    application = VolunteerApplicationFactory(
        village=district.village,
        full_name=first.full_name,
        phone=first.phone,
        id_number=second.id_number,
    )

    with as_user(coordinator), pytest.raises(ValidationError) as caught:
        approve_application(application=application, actor=coordinator)

    assert errors_of(caught) == ["phone"]


@pytest.mark.parametrize("decide", [reject_application, withdraw_application])
def test_declining_and_withdrawing_need_a_reason_and_enter_nobody(
    district, coordinator, as_user, decide
):
    application = VolunteerApplicationFactory(village=district.village)

    with as_user(coordinator):
        with pytest.raises(ValidationError) as caught:
            decide(application=application, actor=coordinator, reason="")
        decide(application=application, actor=coordinator, reason="面谈未到")

        assert list(Volunteer.objects.all()) == []
        assert application.history.first().history_change_reason == "面谈未到"
    assert errors_of(caught) == ["reason"]


@pytest.mark.parametrize(
    "status",
    [ApplicationStatus.APPROVED, ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN],
)
def test_a_decided_application_stays_decided(district, coordinator, as_user, status):
    application = VolunteerApplicationFactory(village=district.village, status=status)

    with as_user(coordinator), pytest.raises(ValidationError) as caught:
        approve_application(application=application, actor=coordinator)

    assert errors_of(caught) == ["status"]


def test_nobody_approves_an_application_of_another_town(district, as_user, everything):
    elsewhere = UserFactory(role="volunteer_coordinator", serves=district.other_town)
    application = VolunteerApplicationFactory(village=district.village)

    with as_user(elsewhere), pytest.raises(PermissionDenied):
        approve_application(application=application, actor=elsewhere)

    assert VolunteerApplication.objects.get().status == "submitted"


# The register


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"phone": ""}, "phone", id="no-telephone"),
        pytest.param({"phone": "12345"}, "phone", id="bad-telephone"),
        pytest.param({"born_on": date(2010, 1, 1), "id_number": ""}, "born_on", id="a-minor"),
        pytest.param({"born_on": date(2027, 1, 1), "id_number": ""}, "born_on", id="not-born"),
        pytest.param({"elder_kind": "teacher"}, "elder_kind", id="elder-of-another-team"),
        pytest.param({"max_children": 0}, "max_children", id="no-capacity"),
        pytest.param({"trained_on": date(2026, 6, 16)}, "trained_on", id="trained-tomorrow"),
        pytest.param({"skills": ["flying"]}, "skills", id="unknown-skill"),
    ],
)
def test_registering_names_the_field_at_fault(district, coordinator, as_user, values, field):
    volunteer = Volunteer(
        **{
            "village": district.village,
            "full_name": "周志远",
            "phone": "19900005001",
            "team": Team.WORKERS,
            **values,
        }
    )

    with as_user(coordinator), pytest.raises(ValidationError) as caught:
        register_volunteer(volunteer=volunteer, actor=coordinator)

    assert errors_of(caught) == [field]


def test_young_pioneers_may_be_minors(district, everything):
    volunteer = VolunteerFactory(
        village=district.village, team=Team.YOUNG_PIONEERS, born_on=date(2014, 1, 1), id_number=""
    )

    assert volunteer.status == VolunteerStatus.APPLIED


@pytest.mark.parametrize("name", ["phone", "id_number"])
def test_a_second_entry_is_refused_and_names_only_what_the_actor_sees(district, as_user, name):
    here = VolunteerFactory(village=district.village)
    there = VolunteerFactory(village=district.foreign)
    clerk = UserFactory(role="volunteer_coordinator", serves=district.town)
    said = []

    for other in (here, there):
        values = {
            "village": district.sibling,
            "full_name": "周志远",
            "phone": "19900009999",
            "team": Team.WORKERS,
            name: getattr(other, name),
        }
        with as_user(clerk), pytest.raises(ValidationError) as caught:
            register_volunteer(volunteer=Volunteer(**values), actor=clerk)
        said.append((errors_of(caught), other.volunteer_number in str(caught.value)))

    assert said == [([name], True), ([name], False)]


def test_an_update_keeps_status_and_writes_one_row(district, coordinator, as_user):
    VolunteerFactory(village=district.village)

    with as_user(coordinator):
        volunteer = Volunteer.objects.get()
        volunteer.status = VolunteerStatus.SERVING
        volunteer.employer = "示例公司"
        update_volunteer(volunteer=volunteer, actor=coordinator)
        update_volunteer(volunteer=Volunteer.objects.get(), actor=coordinator)

        rows = [(r.history_type, r.status) for r in volunteer.history.all()]
    assert rows == [("~", "applied"), ("+", "applied")]


def test_a_volunteer_who_moves_takes_the_checks_along(district, coordinator, everything):
    volunteer = VolunteerFactory(village=district.village, ready=True)
    volunteer.village = district.foreign

    update_volunteer(volunteer=volunteer, actor=coordinator)

    assert [c.territory_code for c in BackgroundCheck.objects.all()] == ["990101002001"]


# Vetting


def test_vetting_goes_as_far_as_the_facts_reach_without_a_gap(everything):
    volunteer = VolunteerFactory()
    reached = []

    record_vetting(volunteer=volunteer, trained_on=TODAY, actor=system_account())
    reached.append(volunteer.status)
    record_vetting(volunteer=volunteer, identity_checked_on=TODAY, actor=system_account())
    reached.append(volunteer.status)
    BackgroundCheckFactory(volunteer=volunteer)
    reached.append(volunteer.status)
    record_vetting(volunteer=volunteer, interviewed_on=TODAY, actor=system_account())
    reached.append(volunteer.status)

    assert reached == ["applied", "identity_checked", "record_checked", "ready"]


@pytest.mark.parametrize("conclusion", [CheckConclusion.RECORD_FOUND, CheckConclusion.UNCLEAR])
def test_without_a_clear_check_nobody_becomes_ready(everything, conclusion):
    volunteer = VolunteerFactory()
    BackgroundCheckFactory(volunteer=volunteer, conclusion=conclusion)

    record_vetting(
        volunteer=volunteer,
        identity_checked_on=TODAY,
        interviewed_on=TODAY,
        trained_on=TODAY,
        actor=system_account(),
    )

    assert volunteer.status == "identity_checked"


# The yearly check


@pytest.mark.parametrize(
    ("queried_on", "day", "cleared"),
    [
        pytest.param(date(2025, 6, 15), date(2026, 6, 15), True, id="last-day"),
        pytest.param(date(2025, 6, 15), date(2026, 6, 16), False, id="day-after"),
        pytest.param(date(2025, 6, 15), date(2025, 6, 14), False, id="before-the-query"),
        pytest.param(date(2024, 2, 29), date(2025, 2, 28), True, id="leap-last-day"),
        pytest.param(date(2024, 2, 29), date(2025, 3, 1), False, id="leap-day-after"),
    ],
)
def test_a_check_is_good_for_a_year_by_the_calendar(everything, queried_on, day, cleared):
    volunteer = VolunteerFactory()
    BackgroundCheckFactory(volunteer=volunteer, queried_on=queried_on)

    assert volunteer.is_cleared(day) is cleared
    assert Volunteer.objects.cleared_on(day).exists() is cleared


def test_a_newer_finding_outweighs_an_older_clear_check(everything):
    volunteer = VolunteerFactory(ready=True, checked_on=date(2026, 6, 1))

    BackgroundCheckFactory(
        volunteer=volunteer, queried_on=TODAY, conclusion=CheckConclusion.RECORD_FOUND
    )

    assert [volunteer.is_cleared(day) for day in (date(2026, 6, 14), TODAY)] == [True, False]
    assert Volunteer.objects.get().status == VolunteerStatus.SUSPENDED


def test_a_lapsed_check_suspends_on_reading_without_any_job(everything, monkeypatch):
    volunteer = VolunteerFactory(ready=True, checked_on=date(2026, 6, 1))

    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: date(2027, 6, 2))

    assert (volunteer.status, volunteer.standing()) == ("ready", "suspended")
    assert list(Volunteer.objects.pairable_on(date(2027, 6, 2))) == []
    assert list(Volunteer.objects.pairable_on(date(2027, 6, 1))) == [volunteer]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"queried_on": date(2026, 6, 16)}, "queried_on", id="in-the-future"),
        pytest.param({"valid_until": date(2027, 6, 16)}, "valid_until", id="more-than-a-year"),
        pytest.param({"valid_until": date(2026, 6, 14)}, "valid_until", id="before-the-query"),
        pytest.param({"conclusion": "maybe"}, "conclusion", id="unknown-conclusion"),
        pytest.param({"queried_unit": ""}, "queried_unit", id="no-authority"),
    ],
)
def test_a_check_names_the_field_at_fault(everything, values, field):
    volunteer = VolunteerFactory()
    given = {
        "queried_unit": "示例派出所",
        "queried_on": TODAY,
        "conclusion": CheckConclusion.CLEAR,
        **values,
    }

    with pytest.raises(ValidationError) as caught:
        record_check(volunteer=volunteer, actor=system_account(), **given)

    assert errors_of(caught) == [field]


def test_a_check_is_never_edited_nor_deleted(everything):
    check = BackgroundCheckFactory()
    check.conclusion = CheckConclusion.RECORD_FOUND

    with pytest.raises(ValidationError):
        check.save()
    with pytest.raises(ValidationError):
        check.delete()

    assert BackgroundCheck.objects.get().conclusion == CheckConclusion.CLEAR


def test_a_wrong_check_is_annulled_once_and_stays_readable(everything):
    volunteer = VolunteerFactory(ready=True)
    check = volunteer.checks.get()

    annul_check(check=check, reason="查错人", actor=system_account())

    stored = BackgroundCheck.objects.get()
    assert (stored.annulled_on, stored.annulled_reason, stored.conclusion) == (
        TODAY,
        "查错人",
        "clear",
    )
    assert Volunteer.objects.get().status == VolunteerStatus.SUSPENDED
    with pytest.raises(ValidationError):
        annul_check(check=check, reason="再次", actor=system_account())


# Suspension and leaving


def test_a_suspended_volunteer_resumes_only_with_a_valid_check(everything, monkeypatch):
    volunteer = VolunteerFactory(ready=True)
    suspend_volunteer(volunteer=volunteer, reason="投诉", actor=system_account())

    resume_volunteer(volunteer=volunteer, reason="查无实据", actor=system_account())
    assert volunteer.status == "ready"

    suspend_volunteer(volunteer=volunteer, reason="投诉", actor=system_account())
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: date(2028, 1, 1))
    with pytest.raises(ValidationError) as caught:
        resume_volunteer(volunteer=volunteer, reason="查无实据", actor=system_account())
    assert errors_of(caught) == ["checks"]


def test_leaving_and_coming_back_asks_for_vetting_anew(everything):
    volunteer = VolunteerFactory(ready=True)

    leave(volunteer=volunteer, reason="搬走", actor=system_account())
    left = (volunteer.status, volunteer.left_on)
    come_back(volunteer=volunteer, reason="返回", actor=system_account())

    assert left == ("left", TODAY)
    assert (volunteer.status, volunteer.left_on, volunteer.identity_checked_on) == (
        "applied",
        None,
        None,
    )
    make_ready(volunteer, TODAY)


@pytest.mark.parametrize(
    ("before", "after"), list(product(VolunteerStatus, VolunteerStatus)), ids=lambda s: s.value
)
def test_every_step_is_either_in_the_table_or_refused(before, after):
    if after in TRANSITIONS[before]:
        require_transition(TRANSITIONS, before, after)
        return

    with pytest.raises(ValidationError) as caught:
        require_transition(TRANSITIONS, before, after)

    assert errors_of(caught) == ["status"]


STEPS = {
    suspend_volunteer: {VolunteerStatus.READY, VolunteerStatus.SERVING},
    resume_volunteer: {VolunteerStatus.SUSPENDED},
    leave: set(VolunteerStatus) - {VolunteerStatus.LEFT},
    come_back: {VolunteerStatus.LEFT},
    delete_volunteer: set(),
}


@pytest.mark.parametrize("before", VolunteerStatus)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_each_step_keeps_to_the_table(everything, step, before):
    volunteer = VolunteerFactory(ready=True)
    left_on = TODAY if before == VolunteerStatus.LEFT else None
    Volunteer._base_manager.update(status=before, left_on=left_on)
    volunteer.refresh_from_db()

    try:
        step(volunteer=volunteer, reason="测试", actor=system_account())
    except ValidationError:
        reached = False
    else:
        reached = True

    assert reached is (before in STEPS[step])


def test_an_entry_nobody_checked_may_be_deleted(everything):
    volunteer = VolunteerFactory()

    delete_volunteer(volunteer=volunteer, reason="重复录入", actor=system_account())

    assert [h.history_type for h in Volunteer.history.all()] == ["-", "+"]
