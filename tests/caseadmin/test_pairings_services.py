"""Pairings: every condition of a start, withdrawal, suspension, end."""

from datetime import date
from itertools import product

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from caseadmin.children.enums import ExitReason, FileStatus
from caseadmin.children.services import close_file, update_file
from caseadmin.pairings.enums import EndReason, PairingStatus
from caseadmin.pairings.models import Pairing
from caseadmin.pairings.services import (
    begin_trial,
    confirm,
    decline,
    delete_pairing,
    end_pairing,
    note_need,
    propose,
    record_agreement,
    record_consents,
    resume,
    start_pairing,
    suspend,
    update_pairing,
    withdraw_child_wish,
    withdraw_guardian_consent,
)
from caseadmin.pairings.transitions import TRANSITIONS
from caseadmin.volunteers.enums import CheckConclusion
from caseadmin.volunteers.models import Volunteer
from caseadmin.volunteers.services import annul_check, leave, resume_volunteer, suspend_volunteer
from core.accounts.selectors import system_account
from core.states import require_transition
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory
from tests.factories.pairings import PairingFactory
from tests.factories.volunteers import BackgroundCheckFactory, VolunteerFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def fixed_today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)


def errors_of(caught):
    return sorted(caught.value.message_dict)


def given(**values):
    """What a complete start is called with."""
    return {
        "kind": "caring_mother",
        "started_on": TODAY,
        "guardian_consent_on": date(2026, 6, 10),
        "guardian_consent_by": "赵福来",
        "guardian_consent_method": "signed_paper",
        "child_consent_on": date(2026, 6, 12),
        "child_consent_method": "talk",
        **values,
    }


def test_a_start_with_everything_in_place(district, as_user):
    coordinator = UserFactory(role="volunteer_coordinator", serves=district.town)
    child_file = ChildFileFactory(village=district.village)
    volunteer = VolunteerFactory(village=district.sibling, ready=True)

    with as_user(coordinator):
        pairing = start_pairing(
            child_file=child_file, volunteer=volunteer, actor=coordinator, **given()
        )

        rows = [(r.history_type, r.history_user) for r in pairing.history.all()]
        status = Volunteer.objects.get().status
    assert (pairing.pairing_number, pairing.status, pairing.territory_code, status) == (
        "P990101-2026-00001",
        "trial",
        "990101001001",
        "serving",
    )
    assert rows == [("+", coordinator)]


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        pytest.param({"started_on": None}, ["started_on"], id="no-start"),
        pytest.param({"started_on": date(2026, 6, 16)}, ["started_on"], id="start-in-the-future"),
        pytest.param(
            {
                "started_on": date(2025, 2, 28),
                "guardian_consent_on": date(2025, 2, 1),
                "child_consent_on": date(2025, 2, 1),
            },
            ["started_on", "volunteer"],
            id="start-before-the-file",
        ),
        pytest.param({"kind": "cousin"}, ["kind"], id="unknown-kind"),
        pytest.param(
            {"guardian_consent_on": None}, ["guardian_consent_on"], id="no-guardian-consent"
        ),
        pytest.param(
            {"guardian_consent_on": date(2026, 6, 16)}, ["guardian_consent_on"], id="consent-later"
        ),
        pytest.param({"guardian_consent_by": " "}, ["guardian_consent_by"], id="nobody-consented"),
        pytest.param(
            {"guardian_consent_method": ""}, ["guardian_consent_method"], id="consented-how"
        ),
        pytest.param({"child_consent_on": None}, ["child_consent_on"], id="child-not-asked"),
        pytest.param(
            {"child_consent_on": date(2026, 6, 16)}, ["child_consent_on"], id="child-asked-later"
        ),
        pytest.param({"child_consent_method": ""}, ["child_consent_method"], id="wish-learned-how"),
        pytest.param(
            {"guardian_consent_on": None, "child_consent_on": None},
            ["child_consent_on", "guardian_consent_on"],
            id="all-faults-at-once",
        ),
    ],
)
def test_a_start_names_every_entry_at_fault(everything, values, fields):
    child_file = ChildFileFactory()
    volunteer = VolunteerFactory(ready=True)

    with pytest.raises(ValidationError) as caught:
        start_pairing(
            child_file=child_file,
            volunteer=volunteer,
            actor=system_account(),
            **given(**values),
        )

    assert errors_of(caught) == fields
    assert list(Pairing.objects.all()) == []
    assert Volunteer.objects.get().status == "ready"


@pytest.mark.parametrize(
    "checked_on",
    [
        pytest.param(date(2025, 6, 14), id="ran-out-yesterday"),
        pytest.param(date(2024, 1, 1), id="ran-out-long-ago"),
    ],
)
def test_a_lapsed_check_refuses_a_start(everything, checked_on):
    volunteer = VolunteerFactory(ready=True, checked_on=TODAY)
    check = volunteer.checks.get()
    check.__class__._base_manager.update(
        queried_on=checked_on, valid_until=checked_on.replace(year=checked_on.year + 1)
    )

    with pytest.raises(ValidationError) as caught:
        start_pairing(
            child_file=ChildFileFactory(), volunteer=volunteer, actor=system_account(), **given()
        )

    assert errors_of(caught) == ["volunteer"]


def test_a_check_on_its_last_day_is_good_enough(everything):
    volunteer = VolunteerFactory(ready=True, checked_on=date(2025, 6, 15))

    pairing = start_pairing(
        child_file=ChildFileFactory(), volunteer=volunteer, actor=system_account(), **given()
    )

    assert pairing.status == PairingStatus.TRIAL


def test_a_check_made_after_the_start_does_not_count(everything):
    volunteer = VolunteerFactory(ready=True, checked_on=date(2026, 6, 14))

    with pytest.raises(ValidationError) as caught:
        start_pairing(
            child_file=ChildFileFactory(),
            volunteer=volunteer,
            actor=system_account(),
            **given(started_on=date(2026, 6, 13)),
        )

    assert errors_of(caught) == ["volunteer"]


@pytest.mark.parametrize("conclusion", [CheckConclusion.RECORD_FOUND, CheckConclusion.UNCLEAR])
def test_a_check_that_is_not_clear_refuses_a_start(everything, conclusion):
    volunteer = VolunteerFactory(ready=True)
    BackgroundCheckFactory(volunteer=volunteer, conclusion=conclusion)

    with pytest.raises(ValidationError) as caught:
        start_pairing(
            child_file=ChildFileFactory(), volunteer=volunteer, actor=system_account(), **given()
        )

    assert errors_of(caught) == ["volunteer"]


def test_an_annulled_check_refuses_a_start(everything):
    volunteer = VolunteerFactory(ready=True)
    annul_check(check=volunteer.checks.get(), reason="查错人", actor=system_account())

    with pytest.raises(ValidationError) as caught:
        start_pairing(
            child_file=ChildFileFactory(), volunteer=volunteer, actor=system_account(), **given()
        )

    assert errors_of(caught) == ["volunteer"]


def test_a_volunteer_who_was_not_vetted_is_refused(everything):
    with pytest.raises(ValidationError) as caught:
        start_pairing(
            child_file=ChildFileFactory(),
            volunteer=VolunteerFactory(),
            actor=system_account(),
            **given(),
        )

    assert errors_of(caught) == ["volunteer"]


@pytest.mark.parametrize("status", [FileStatus.LEAD, FileStatus.DRAFT])
def test_a_file_not_on_the_register_is_refused(everything, status):
    with pytest.raises(ValidationError) as caught:
        start_pairing(
            child_file=ChildFileFactory(status=status),
            volunteer=VolunteerFactory(ready=True),
            actor=system_account(),
            **given(),
        )

    assert errors_of(caught) == ["child_file"]


def test_a_closed_file_is_refused(everything):
    child_file = ChildFileFactory()
    close_file(child_file=child_file, exit_reason=ExitReason.MOVED_AWAY, actor=system_account())

    with pytest.raises(ValidationError) as caught:
        start_pairing(
            child_file=child_file,
            volunteer=VolunteerFactory(ready=True),
            actor=system_account(),
            **given(),
        )

    assert errors_of(caught) == ["child_file"]


def test_a_child_has_one_pairing_of_a_kind_at_a_time(everything):
    first = PairingFactory()
    again = {"child_file": first.child_file, "actor": system_account()}

    with pytest.raises(ValidationError) as caught:
        start_pairing(volunteer=VolunteerFactory(ready=True), **again, **given())
    other_kind = start_pairing(
        volunteer=VolunteerFactory(ready=True), **again, **given(kind="party_member")
    )
    end_pairing(pairing=first, end_reason=EndReason.REPLACED, actor=system_account())
    after_the_end = start_pairing(volunteer=VolunteerFactory(ready=True), **again, **given())

    assert errors_of(caught) == ["kind"]
    assert [other_kind.status, after_the_end.status] == ["trial", "trial"]


def test_the_table_itself_refuses_a_second_pairing_of_the_kind(everything):
    first = PairingFactory()
    second = PairingFactory(child_file=first.child_file, kind="party_member")

    with pytest.raises(IntegrityError), transaction.atomic():
        Pairing._base_manager.filter(pk=second.pk).update(kind=first.kind)


def test_the_table_itself_refuses_to_run_without_consent(everything):
    pairing = PairingFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Pairing._base_manager.filter(pk=pairing.pk).update(guardian_consent_on=None)


def test_a_volunteer_takes_no_more_children_than_agreed(everything):
    volunteer = VolunteerFactory(ready=True, max_children=1)
    first = PairingFactory(volunteer=volunteer)

    same_child = start_pairing(
        child_file=first.child_file,
        volunteer=volunteer,
        actor=system_account(),
        **given(kind="person"),
    )
    with pytest.raises(ValidationError) as caught:
        start_pairing(
            child_file=ChildFileFactory(), volunteer=volunteer, actor=system_account(), **given()
        )

    assert same_child.status == "trial"
    assert errors_of(caught) == ["volunteer"]


@pytest.mark.parametrize("which", ["child", "volunteer"])
def test_both_must_lie_in_the_actors_area(district, as_user, everything, which):
    coordinator = UserFactory(role="volunteer_coordinator", serves=district.town)
    child_village = district.foreign if which == "child" else district.village
    own_village = district.foreign if which == "volunteer" else district.village
    child_file = ChildFileFactory(village=child_village)
    volunteer = VolunteerFactory(village=own_village, ready=True)

    with as_user(coordinator), pytest.raises(PermissionDenied):
        start_pairing(child_file=child_file, volunteer=volunteer, actor=coordinator, **given())

    assert list(Pairing.objects.all()) == []


# The long way


def test_the_long_way_from_need_to_confirmation(everything):
    actor = system_account()
    told = []

    pairing = note_need(child_file=ChildFileFactory(), kind="caring_mother", actor=actor)
    told.append(pairing.status)
    propose(pairing=pairing, volunteer=VolunteerFactory(ready=True), actor=actor)
    told.append(pairing.status)
    decline(pairing=pairing, reason="时间不合适", actor=actor)
    told.append((pairing.status, pairing.volunteer_id))
    propose(pairing=pairing, volunteer=VolunteerFactory(ready=True), actor=actor)
    record_agreement(pairing=pairing, actor=actor)
    told.append(pairing.status)
    values = given()
    for name in ("kind", "started_on"):
        values.pop(name)
    record_consents(pairing=pairing, actor=actor, **values)
    told.append(pairing.status)
    begin_trial(pairing=pairing, started_on=TODAY, actor=actor)
    told.append(pairing.status)
    confirm(pairing=pairing, actor=actor)
    told.append((pairing.status, pairing.confirmed_on))

    assert told == [
        "needed",
        "proposed",
        ("needed", None),
        "agreed",
        "consented",
        "trial",
        ("active", TODAY),
    ]


def test_a_trial_does_not_begin_without_consents(everything):
    actor = system_account()
    pairing = note_need(child_file=ChildFileFactory(), kind="caring_mother", actor=actor)
    propose(pairing=pairing, volunteer=VolunteerFactory(ready=True), actor=actor)
    record_agreement(pairing=pairing, actor=actor)

    with pytest.raises(ValidationError):
        begin_trial(pairing=pairing, started_on=TODAY, actor=actor)

    assert Pairing.objects.get().status == PairingStatus.AGREED


# Withdrawal, suspension, end


@pytest.mark.parametrize(
    ("withdraw", "field"),
    [
        (withdraw_guardian_consent, "guardian_consent_withdrawn_on"),
        (withdraw_child_wish, "child_consent_withdrawn_on"),
    ],
)
def test_a_withdrawn_agreement_stops_a_pairing_at_once(everything, withdraw, field):
    pairing = PairingFactory()

    withdraw(pairing=pairing, reason="不愿继续", actor=system_account())

    assert (pairing.status, getattr(pairing, field), pairing.may_meet()) == (
        "suspended",
        TODAY,
        False,
    )
    with pytest.raises(ValidationError):
        resume(pairing=pairing, reason="再试", actor=system_account())
    with pytest.raises(ValidationError):
        withdraw(pairing=pairing, reason="再次", actor=system_account())


def test_given_anew_both_agreements_let_a_pairing_go_on(everything):
    pairing = PairingFactory()
    withdraw_guardian_consent(pairing=pairing, reason="误会", actor=system_account())
    values = given()
    for name in ("kind", "started_on"):
        values.pop(name)

    record_consents(pairing=pairing, actor=system_account(), **values)
    before = pairing.status
    resume(pairing=pairing, reason="重新同意", actor=system_account())

    assert (before, pairing.status, pairing.started_on) == ("suspended", "trial", TODAY)


def test_a_lapsed_check_stops_a_pairing_on_reading(everything, monkeypatch):
    volunteer = VolunteerFactory(ready=True, checked_on=date(2026, 6, 1))
    pairing = PairingFactory(volunteer=volunteer)

    days = [date(2027, 6, 1), date(2027, 6, 2)]

    assert [pairing.may_meet(day) for day in days] == [True, False]
    assert [pairing.standing(day) for day in days] == ["trial", "suspended"]


def test_a_suspended_volunteer_takes_the_pairings_along(everything):
    pairing = PairingFactory()

    suspend_volunteer(volunteer=pairing.volunteer, reason="投诉", actor=system_account())
    stopped = Pairing.objects.get().status
    with pytest.raises(ValidationError):
        resume(pairing=pairing, reason="再试", actor=system_account())
    resume_volunteer(volunteer=pairing.volunteer, reason="查无实据", actor=system_account())
    resume(pairing=pairing, reason="恢复", actor=system_account())

    assert (stopped, pairing.status) == ("suspended", "trial")


def test_a_volunteer_who_leaves_ends_the_pairings(everything):
    pairing = PairingFactory()

    leave(volunteer=pairing.volunteer, reason="搬走", actor=system_account())

    stored = Pairing.objects.get()
    assert (stored.status, stored.ended_on, stored.end_reason) == (
        "ended",
        TODAY,
        "volunteer_left",
    )


def test_closing_the_file_ends_the_pairings_and_frees_the_volunteer(everything):
    pairing = PairingFactory()

    close_file(
        child_file=pairing.child_file, exit_reason=ExitReason.MOVED_AWAY, actor=system_account()
    )

    stored = Pairing.objects.get()
    assert (stored.status, stored.end_reason, Volunteer.objects.get().status) == (
        "ended",
        "file_closed",
        "ready",
    )


def test_pairings_follow_a_file_that_moves(district, everything):
    officer = UserFactory(role="district_officer", serves=district.district)
    pairing = PairingFactory(child_file__village=district.village)
    child_file = pairing.child_file
    child_file.village = district.foreign

    update_file(child_file=child_file, actor=officer, reason="搬家")

    assert Pairing.objects.get().territory_code == "990101002001"


def test_a_volunteer_with_another_child_stays_serving(everything):
    volunteer = VolunteerFactory(ready=True)
    first, second = (PairingFactory(volunteer=volunteer) for _ in range(2))

    end_pairing(pairing=first, end_reason=EndReason.GOALS_REACHED, actor=system_account())
    after_one = Volunteer.objects.get().status
    end_pairing(pairing=second, end_reason=EndReason.GOALS_REACHED, actor=system_account())

    assert (after_one, Volunteer.objects.get().status) == ("serving", "ready")


@pytest.mark.parametrize(
    ("end_reason", "ended_on", "field"),
    [
        pytest.param("", TODAY, "end_reason", id="no-reason"),
        pytest.param("other", date(2026, 6, 16), "ended_on", id="in-the-future"),
        pytest.param("other", date(2026, 6, 14), "ended_on", id="before-the-start"),
    ],
)
def test_an_end_names_the_field_at_fault(everything, end_reason, ended_on, field):
    pairing = PairingFactory()

    with pytest.raises(ValidationError) as caught:
        end_pairing(
            pairing=pairing, end_reason=end_reason, ended_on=ended_on, actor=system_account()
        )

    assert errors_of(caught) == [field]


@pytest.mark.parametrize("name", ["child_file", "volunteer", "kind", "started_on"])
def test_what_makes_a_pairing_is_not_edited(everything, name):
    pairing = PairingFactory()
    other = {
        "child_file": ChildFileFactory(),
        "volunteer": VolunteerFactory(ready=True),
        "kind": "person",
        "started_on": date(2026, 6, 14),
    }
    setattr(pairing, name, other[name])

    with pytest.raises(ValidationError) as caught:
        update_pairing(pairing=pairing, actor=system_account())

    assert name in errors_of(caught)


def test_goals_and_rhythm_are_edited_and_nothing_else_written(everything):
    pairing = PairingFactory()
    pairing.goals = "每周一次阅读"
    pairing.call_every_days = 14

    update_pairing(pairing=pairing, actor=system_account())
    update_pairing(pairing=Pairing.objects.get(), actor=system_account())

    assert [h.history_type for h in pairing.history.all()] == ["~", "+"]


@pytest.mark.parametrize(
    ("before", "after"), list(product(PairingStatus, PairingStatus)), ids=lambda s: s.value
)
def test_every_step_is_either_in_the_table_or_refused(before, after):
    if after in TRANSITIONS[before]:
        require_transition(TRANSITIONS, before, after)
        return

    with pytest.raises(ValidationError) as caught:
        require_transition(TRANSITIONS, before, after)

    assert errors_of(caught) == ["status"]


STEPS = {
    suspend: {PairingStatus.TRIAL, PairingStatus.ACTIVE},
    resume: {PairingStatus.SUSPENDED},
    decline: {PairingStatus.PROPOSED},
    record_agreement: {PairingStatus.PROPOSED},
    confirm: {PairingStatus.TRIAL},
    delete_pairing: {PairingStatus.NEEDED, PairingStatus.PROPOSED},
    withdraw_guardian_consent: set(PairingStatus) - {PairingStatus.ENDED},
}


@pytest.mark.parametrize("before", PairingStatus)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_each_step_keeps_to_the_table(everything, step, before):
    pairing = PairingFactory()
    values = {"status": before}
    if before == PairingStatus.ENDED:
        values |= {"ended_on": TODAY, "end_reason": EndReason.OTHER}
    Pairing._base_manager.update(**values)
    pairing.refresh_from_db()

    try:
        step(pairing=pairing, reason="测试", actor=system_account())
    except ValidationError:
        reached = False
    else:
        reached = True

    assert reached is (before in STEPS[step])
