"""Opening, changing, moving, closing and reopening child files."""

import contextlib
from datetime import date
from itertools import product

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from caseadmin.children.enums import CarerKind, ExitReason, FileStatus, KinRelation, Sex
from caseadmin.children.models import ChildFile, CustodySpell, FamilySituation, Kin
from caseadmin.children.selectors import custody_on
from caseadmin.children.services import (
    accept_file,
    begin_draft,
    change_custody,
    close_file,
    confirm_file,
    delete_file,
    find_not_eligible,
    keep_on_register,
    open_file,
    reopen_file,
    return_file,
    start_review,
    start_verification,
    submit_file,
    update_file,
)
from caseadmin.children.transitions import TRANSITIONS
from caseadmin.ledgers import ChildRows
from core.access.scope import unscoped
from core.accounts.selectors import system_account
from core.history.context import change_set
from core.states import require_transition
from tests.factories.children import (
    ChildFileFactory,
    CustodySpellFactory,
    KinFactory,
    invented_id_number,
)
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
BORN = date(2016, 5, 20)


@pytest.fixture(autouse=True)
def fixed_today(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)


@pytest.fixture
def clerk(district):
    return UserFactory(role="town_clerk", serves=district.town)


@pytest.fixture
def worker(district):
    return UserFactory(role="village_worker", serves=district.village)


def unsaved(village, **values):
    return ChildFile(
        **{"village": village, "full_name": "赵安宁", "sex": Sex.FEMALE, "born_on": BORN, **values}
    )


def errors_of(caught):
    return sorted(caught.value.message_dict)


def test_a_town_opens_files_on_the_register_with_running_numbers(district, clerk, as_user):
    with as_user(clerk):
        files = [open_file(child_file=unsaved(district.village), actor=clerk) for _ in range(2)]

    assert [(f.file_number, f.status, f.territory_code) for f in files] == [
        ("990101-2026-00001", "registered", "990101001001"),
        ("990101-2026-00002", "registered", "990101001001"),
    ]


def test_a_village_opens_a_draft(district, worker, as_user):
    with as_user(worker):
        child_file = open_file(child_file=unsaved(district.village), actor=worker)

    assert child_file.status == FileStatus.DRAFT


def test_a_village_cannot_register_on_its_own(district, worker, as_user):
    with as_user(worker), pytest.raises(PermissionDenied):
        open_file(child_file=unsaved(district.village), status=FileStatus.REGISTERED, actor=worker)


def test_nobody_opens_a_file_of_a_foreign_village(district, clerk, as_user, everything):
    with as_user(clerk), pytest.raises(PermissionDenied):
        open_file(child_file=unsaved(district.foreign), actor=clerk)

    assert list(ChildFile.objects.all()) == []


def test_a_file_and_its_parts_are_written_with_one_history_row_each(district, clerk, as_user):
    children = {
        "kin": [Kin(relation=KinRelation.FATHER, full_name="赵建国")],
        "custody_spells": [
            CustodySpell(
                starts_on=BORN, carer_kind=CarerKind.PATERNAL_GRANDPARENTS, carer_name="赵福来"
            )
        ],
    }

    with as_user(clerk):
        child_file = open_file(
            child_file=unsaved(district.village, both_parents_away=True),
            children=children,
            actor=clerk,
            reason="入户登记",
        )
        rows = [
            (row.history_type, row.history_user, row.history_change_reason, row.source)
            for part in (
                child_file,
                *child_file.kin.all(),
                *child_file.custody_spells.all(),
                *child_file.situations.all(),
            )
            for row in part.history.all()
        ]
        sets = {row.change_set for row in child_file.history.all()} | {
            row.change_set for row in child_file.kin.get().history.all()
        }

    assert rows == [("+", clerk, "入户登记", "form")] * 4
    assert len(sets) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"full_name": ""}, "full_name", id="no-name"),
        pytest.param({"sex": ""}, "sex", id="no-sex"),
        pytest.param({"born_on": None}, "born_on", id="no-birth-date"),
        pytest.param({"id_number": "123"}, "id_number", id="bad-id-number"),
        pytest.param(
            {"id_number": invented_id_number(date(2015, 1, 1), 2)}, "born_on", id="id-other-day"
        ),
        pytest.param({"id_number": invented_id_number(BORN, 1)}, "sex", id="id-other-sex"),
        pytest.param({"disability_kind": "sight"}, "health", id="disability-of-the-healthy"),
        pytest.param({"illness": "示例病"}, "illness", id="illness-of-the-healthy"),
        pytest.param(
            {
                "both_parents_away": True,
                "one_away_other_incapable": True,
                "incapable_parent": "father",
            },
            "one_away_other_incapable",
            id="both-grounds",
        ),
        pytest.param({"one_away_other_incapable": True}, "incapable_parent", id="which-parent"),
        pytest.param(
            {"incapable_parent": "father"}, "incapable_parent", id="parent-without-ground"
        ),
        pytest.param(
            {"both_parents_away": True, "situation_since": date(2026, 6, 16)},
            "situation_since",
            id="situation-in-the-future",
        ),
        pytest.param({"income_sources": ["gold"]}, "income_sources", id="unknown-income"),
        pytest.param({"ethnic_group": "57"}, "ethnic_group", id="unknown-group"),
    ],
)
def test_opening_names_the_field_at_fault_and_writes_nothing(
    district, clerk, as_user, everything, values, field
):
    with as_user(clerk), pytest.raises(ValidationError) as caught:
        open_file(child_file=unsaved(district.village, **values), actor=clerk)

    assert errors_of(caught) == [field]
    assert list(ChildFile.objects.all()) == []


@pytest.mark.parametrize("level", ["town", "district"])
def test_a_file_belongs_to_a_village_and_to_nothing_larger(district, as_user, level):
    officer = UserFactory(role="district_officer", serves=district.district)

    with as_user(officer), pytest.raises(ValidationError) as caught:
        open_file(child_file=unsaved(getattr(district, level)), actor=officer)

    assert errors_of(caught) == ["village"]


def test_a_second_file_with_the_same_id_number_is_refused_by_its_number(district, clerk, as_user):
    number = invented_id_number(BORN, 2)
    first = ChildFileFactory(
        village=district.sibling, id_number=number, sex=Sex.FEMALE, born_on=BORN
    )

    with as_user(clerk), pytest.raises(ValidationError) as caught:
        open_file(child_file=unsaved(district.village, id_number=number), actor=clerk)

    assert first.file_number in caught.value.message_dict["id_number"][0]


def test_a_second_file_outside_the_area_is_refused_without_naming_it(district, clerk, as_user):
    number = invented_id_number(BORN, 2)
    foreign = ChildFileFactory(
        village=district.foreign, id_number=number, sex=Sex.FEMALE, born_on=BORN
    )

    with as_user(clerk), pytest.raises(ValidationError) as caught:
        open_file(child_file=unsaved(district.village, id_number=number), actor=clerk)

    assert errors_of(caught) == ["id_number"]
    assert foreign.file_number not in str(caught.value)


def test_the_table_itself_refuses_a_second_id_number(district, everything):
    first, second = ChildFileFactory.create_batch(2, village=district.village)

    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        change_set(actor=system_account(), source="command"),
    ):
        ChildFile._base_manager.filter(pk=second.pk).update(id_number_index=first.id_number_index)


def test_an_update_without_a_change_writes_nothing(district, clerk, as_user):
    child_file = ChildFileFactory(village=district.village)

    with as_user(clerk):
        update_file(child_file=ChildFile.objects.get(), actor=clerk)

        assert (ChildFile.objects.get().version, child_file.history.count()) == (1, 1)


def test_an_update_leaves_one_history_row_of_its_actor(district, clerk, as_user):
    ChildFileFactory(village=district.village)

    with as_user(clerk):
        changed = ChildFile.objects.get()
        changed.school_name = "柳河镇中心小学"
        update_file(child_file=changed, actor=clerk, reason="升学")

        rows = [(r.history_type, r.history_user) for r in changed.history.all()]
    assert rows == [("~", clerk), ("+", system_account())]


def test_an_edit_changes_no_status(district, clerk, as_user):
    ChildFileFactory(village=district.village)

    with as_user(clerk):
        changed = ChildFile.objects.get()
        changed.status = FileStatus.CLOSED
        changed.file_number = "990101-2026-99999"
        update_file(child_file=changed, actor=clerk)

        stored = ChildFile.objects.get()
    assert (stored.status, stored.file_number) == ("registered", "990101-2025-00001")


def test_nobody_changes_a_foreign_file(district, clerk, as_user):
    foreign = ChildFileFactory(village=district.foreign)
    foreign.school_name = "x"

    with as_user(clerk), pytest.raises(PermissionDenied):
        update_file(child_file=foreign, actor=clerk)


def test_nobody_moves_a_file_out_of_reach(district, clerk, as_user):
    child_file = ChildFileFactory(village=district.village)
    child_file.village = district.foreign

    with as_user(clerk), pytest.raises(PermissionDenied):
        update_file(child_file=child_file, actor=clerk)


def test_a_file_that_moves_takes_its_parts_along(district, as_user, everything):
    officer = UserFactory(role="district_officer", serves=district.district)
    child_file = ChildFileFactory(village=district.village)
    KinFactory(child_file=child_file)
    CustodySpellFactory(child_file=child_file)
    child_file.village = district.foreign

    update_file(child_file=child_file, actor=officer, reason="搬家")

    assert {
        row.territory_code
        for model in (ChildFile, Kin, CustodySpell, FamilySituation)
        for row in model.objects.all()
    } == {"990101002001"}


# The family situation


def situations(child_file):
    return [(s.starts_on, s.ends_on, s.both_parents_away) for s in child_file.situations.all()]


def test_changed_answers_begin_a_new_situation(everything):
    child_file = ChildFileFactory(situation_since=date(2025, 3, 1))
    child_file.both_parents_away = False
    child_file.situation_since = date(2026, 2, 1)

    update_file(child_file=child_file, actor=system_account())

    assert situations(child_file) == [
        (date(2025, 3, 1), date(2026, 1, 31), True),
        (date(2026, 2, 1), None, False),
    ]


def test_changed_answers_without_a_day_hold_from_today(everything):
    child_file = ChildFileFactory(situation_since=date(2025, 3, 1))
    child_file.both_parents_away = False

    update_file(child_file=child_file, actor=system_account())

    assert situations(child_file)[1] == (TODAY, None, False)
    assert child_file.situation_since == TODAY


def test_other_answers_since_the_same_day_are_a_correction(everything):
    child_file = ChildFileFactory(situation_since=TODAY)
    child_file.both_parents_away = False

    update_file(child_file=child_file, actor=system_account())

    assert situations(child_file) == [(TODAY, None, False)]
    assert child_file.situations.get().history.count() == 2


def test_an_earlier_day_alone_corrects_the_start(everything):
    child_file = ChildFileFactory(situation_since=date(2025, 3, 1))
    child_file.situation_since = date(2025, 1, 1)

    update_file(child_file=child_file, actor=system_account())

    assert situations(child_file) == [(date(2025, 1, 1), None, True)]


def test_a_start_inside_an_earlier_situation_is_refused(everything):
    child_file = ChildFileFactory(situation_since=date(2025, 3, 1))
    child_file.both_parents_away = False
    child_file.situation_since = date(2026, 2, 1)
    update_file(child_file=child_file, actor=system_account())
    child_file.situation_since = date(2025, 12, 1)

    with pytest.raises(ValidationError) as caught:
        update_file(child_file=child_file, actor=system_account())

    assert errors_of(caught) == ["situation_since"]


# Relatives and custody


def test_a_second_father_is_refused(everything):
    child_file = ChildFileFactory()
    KinFactory(child_file=child_file)

    with pytest.raises(ValidationError) as caught:
        update_file(
            child_file=child_file,
            children={"kin": [Kin(relation=KinRelation.FATHER, full_name="赵建军")]},
            actor=system_account(),
        )

    assert errors_of(caught) == ["relation"]


def test_a_deceased_relative_needs_no_name_and_has_no_telephone(everything):
    child_file = ChildFileFactory()
    update_file(
        child_file=child_file,
        children={"kin": [Kin(relation=KinRelation.MATERNAL_GRANDFATHER, deceased=True)]},
        actor=system_account(),
    )

    with pytest.raises(ValidationError) as caught:
        update_file(
            child_file=child_file,
            children={
                "kin": [Kin(relation=KinRelation.FATHER, deceased=True, phone="19900000001")]
            },
            actor=system_account(),
        )

    assert errors_of(caught) == ["deceased"]
    assert [k.deceased for k in child_file.kin.all()] == [True]


def test_a_living_relative_needs_a_name(everything):
    with pytest.raises(ValidationError) as caught:
        update_file(
            child_file=ChildFileFactory(),
            children={"kin": [Kin(relation=KinRelation.FATHER)]},
            actor=system_account(),
        )

    assert errors_of(caught) == ["full_name"]


def new_spell(starts_on, ends_on=None, **values):
    return CustodySpell(
        **{
            "starts_on": starts_on,
            "ends_on": ends_on,
            "carer_kind": CarerKind.OTHER_ADULT,
            "carer_name": "王大力",
            **values,
        }
    )


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "field"),
    [
        pytest.param(date(2026, 1, 1), None, "ends_on", id="earlier-one-still-open"),
        pytest.param(date(2025, 1, 1), date(2025, 3, 1), "starts_on", id="shares-one-day"),
        pytest.param(date(2025, 1, 2), date(2025, 1, 1), "ends_on", id="ends-before-it-starts"),
    ],
)
def test_spells_that_do_not_fit_are_refused(everything, starts_on, ends_on, field):
    child_file = ChildFileFactory()
    CustodySpellFactory(child_file=child_file, starts_on=date(2025, 3, 1))

    with pytest.raises(ValidationError) as caught:
        update_file(
            child_file=child_file,
            children={"custody_spells": [new_spell(starts_on, ends_on)]},
            actor=system_account(),
        )

    assert errors_of(caught) == [field]
    assert child_file.custody_spells.count() == 1


def test_an_open_spell_of_before_may_be_ended_in_the_same_save(everything):
    child_file = ChildFileFactory()
    old = CustodySpellFactory(child_file=child_file, starts_on=date(2025, 3, 1))
    old.ends_on = date(2025, 12, 31)

    update_file(
        child_file=child_file,
        children={"custody_spells": [new_spell(date(2026, 1, 1)), old]},
        actor=system_account(),
    )

    assert [(s.starts_on, s.ends_on) for s in child_file.custody_spells.all()] == [
        (date(2026, 1, 1), None),
        (date(2025, 3, 1), date(2025, 12, 31)),
    ]


def test_another_carer_in_the_same_spell_is_refused_without_a_reason(everything):
    child_file = ChildFileFactory()
    spell = CustodySpellFactory(child_file=child_file)
    spell.carer_name = "王大力"

    with pytest.raises(ValidationError) as caught:
        update_file(
            child_file=child_file, children={"custody_spells": [spell]}, actor=system_account()
        )

    assert errors_of(caught) == ["carer_name"]
    update_file(
        child_file=child_file,
        children={"custody_spells": [spell]},
        actor=system_account(),
        reason="姓名录入有误",
    )
    assert [s.carer_name for s in child_file.custody_spells.all()] == ["王大力"]


def test_another_carer_in_a_sheet_follows_the_one_before(everything):
    child_file = ChildFileFactory()
    spell = CustodySpellFactory(child_file=child_file, starts_on=date(2025, 3, 1))
    spell.carer_name = "王大力"

    update_file(
        child_file=child_file,
        children={"custody_spells": [spell]},
        actor=system_account(),
        carer_changed_on=date(2026, 6, 1),
    )

    assert [(s.starts_on, s.ends_on, s.carer_name) for s in child_file.custody_spells.all()] == [
        (date(2026, 6, 1), None, "王大力"),
        (date(2025, 3, 1), date(2026, 5, 31), "赵福来"),
    ]


def test_a_spell_is_removed_only_with_a_reason(everything):
    child_file = ChildFileFactory()
    spell = CustodySpellFactory(child_file=child_file)

    with pytest.raises(ValidationError) as caught:
        update_file(
            child_file=child_file,
            children={"custody_spells": ChildRows(removed=[spell])},
            actor=system_account(),
        )

    assert errors_of(caught) == ["reason"]


def test_changing_custody_ends_the_spell_before(everything):
    child_file = ChildFileFactory()
    CustodySpellFactory(child_file=child_file, starts_on=date(2025, 3, 1))

    change_custody(child_file=child_file, spell=new_spell(date(2026, 6, 1)), actor=system_account())

    carers = [
        custody_on(child_file, day).carer_name for day in (date(2026, 5, 31), date(2026, 6, 1))
    ]
    assert carers == ["赵福来", "王大力"]


def test_a_new_spell_must_start_after_the_open_one(everything):
    child_file = ChildFileFactory()
    CustodySpellFactory(child_file=child_file, starts_on=date(2025, 3, 1))

    with pytest.raises(ValidationError) as caught:
        change_custody(
            child_file=child_file, spell=new_spell(date(2025, 3, 1)), actor=system_account()
        )

    assert errors_of(caught) == ["starts_on"]


# The life of a file


@pytest.mark.parametrize(
    ("before", "after"), [(b, a) for b, a in product(FileStatus, FileStatus)], ids=lambda s: s.value
)
def test_every_step_is_either_in_the_table_or_refused(before, after):
    if after in TRANSITIONS[before]:
        require_transition(TRANSITIONS, before, after)
        return

    with pytest.raises(ValidationError) as caught:
        require_transition(TRANSITIONS, before, after)

    assert errors_of(caught) == ["status"]


STEPS = {
    start_verification: FileStatus.VERIFYING,
    find_not_eligible: FileStatus.NOT_ELIGIBLE,
    begin_draft: FileStatus.DRAFT,
    confirm_file: FileStatus.CONFIRMED,
    submit_file: FileStatus.SUBMITTED,
    return_file: FileStatus.RETURNED,
    start_review: FileStatus.UNDER_REVIEW,
}


@pytest.mark.parametrize("before", FileStatus)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_each_step_keeps_to_the_table(everything, step, before):
    child_file = in_state(before)
    allowed = STEPS[step] in TRANSITIONS[before] and not (
        step is start_review and before == FileStatus.CLOSED
    )

    try:
        step(child_file=child_file, actor=system_account(), reason="测试")
    except ValidationError:
        reached = False
    else:
        reached = True

    stored = ChildFile.objects.get()
    assert (reached, stored.status) == (allowed, STEPS[step] if allowed else before)


def in_state(status):
    """A file put into a state behind the services' back."""
    child_file = ChildFileFactory()
    values = {"status": status}
    if status == FileStatus.CLOSED:
        values |= {"closed_on": TODAY, "exit_reason": ExitReason.MOVED_AWAY}
    ChildFile._base_manager.filter(pk=child_file.pk).update(**values)
    child_file.refresh_from_db()
    return child_file


def test_the_whole_way_from_village_to_register(district, worker, clerk, as_user):
    with as_user(worker):
        child_file = open_file(child_file=unsaved(district.village), actor=worker)
        confirm_file(child_file=child_file, actor=worker)
        submit_file(child_file=child_file, actor=worker)
    with as_user(clerk):
        return_file(child_file=child_file, actor=clerk, reason="缺监护人电话")
    with as_user(worker):
        begin_draft(child_file=child_file, actor=worker)
        confirm_file(child_file=child_file, actor=worker)
        submit_file(child_file=child_file, actor=worker)
    with as_user(clerk):
        accept_file(child_file=child_file, actor=clerk)

        told = [(row.status, row.history_user) for row in child_file.history.all()]
    assert told == [
        ("registered", clerk),
        ("submitted", worker),
        ("confirmed", worker),
        ("draft", worker),
        ("returned", clerk),
        ("submitted", worker),
        ("confirmed", worker),
        ("draft", worker),
    ]


def test_a_village_does_not_accept_its_own_file(district, worker, as_user):
    with as_user(worker):
        child_file = open_file(child_file=unsaved(district.village), actor=worker)
        confirm_file(child_file=child_file, actor=worker)
        submit_file(child_file=child_file, actor=worker)

        with pytest.raises(PermissionDenied):
            accept_file(child_file=child_file, actor=worker)


def test_nobody_accepts_what_they_submitted(district, clerk, as_user):
    with as_user(clerk):
        child_file = open_file(
            child_file=unsaved(district.village), status=FileStatus.DRAFT, actor=clerk
        )
        confirm_file(child_file=child_file, actor=clerk)
        submit_file(child_file=child_file, actor=clerk)

        with pytest.raises(ValidationError) as caught:
            accept_file(child_file=child_file, actor=clerk)

    assert errors_of(caught) == ["status"]


def test_closing_ends_the_spells_and_keeps_the_row(everything):
    child_file = ChildFileFactory()
    CustodySpellFactory(child_file=child_file)

    close_file(
        child_file=child_file,
        exit_reason=ExitReason.MOVED_AWAY,
        closed_on=date(2026, 6, 1),
        actor=system_account(),
    )

    assert (child_file.status, child_file.closed_on, child_file.exit_reason) == (
        "closed",
        date(2026, 6, 1),
        "moved_away",
    )
    assert [s.ends_on for s in child_file.custody_spells.all()] == [date(2026, 6, 1)]
    assert [s.ends_on for s in child_file.situations.all()] == [date(2026, 6, 1)]


@pytest.mark.parametrize(
    ("exit_reason", "closed_on", "field"),
    [
        pytest.param("", TODAY, "exit_reason", id="no-reason"),
        pytest.param("bored", TODAY, "exit_reason", id="unknown-reason"),
        pytest.param("turned_sixteen", TODAY, "exit_reason", id="not-yet-16"),
        pytest.param("moved_away", date(2026, 6, 16), "closed_on", id="in-the-future"),
        pytest.param("moved_away", date(2025, 2, 28), "closed_on", id="before-it-opened"),
    ],
)
def test_closing_names_the_field_at_fault(everything, exit_reason, closed_on, field):
    child_file = ChildFileFactory()

    with pytest.raises(ValidationError) as caught:
        close_file(
            child_file=child_file,
            exit_reason=exit_reason,
            closed_on=closed_on,
            actor=system_account(),
        )

    assert errors_of(caught) == [field]


def test_a_closed_file_takes_no_change(everything):
    child_file = in_state(FileStatus.CLOSED)
    child_file.school_name = "x"

    with pytest.raises(ValidationError):
        update_file(child_file=child_file, actor=system_account())


def test_a_child_that_comes_back_keeps_its_file(everything):
    child_file = ChildFileFactory()
    close_file(child_file=child_file, exit_reason=ExitReason.MOVED_AWAY, actor=system_account())

    reopen_file(child_file=child_file, reason="返回本区", actor=system_account())
    keep_on_register(child_file=child_file, actor=system_account())

    stored = ChildFile.objects.get()
    assert (stored.status, stored.closed_on, stored.exit_reason, stored.file_number) == (
        "registered",
        None,
        "",
        child_file.file_number,
    )


@pytest.mark.parametrize("step", [find_not_eligible, return_file, reopen_file, delete_file])
def test_steps_that_hurt_need_a_reason(everything, step):
    with pytest.raises(ValidationError) as caught:
        step(child_file=ChildFileFactory(), actor=system_account(), reason=" ")

    assert errors_of(caught) == ["reason"]


@pytest.mark.parametrize("status", FileStatus)
def test_only_what_nobody_vouched_for_is_deleted(everything, status):
    child_file = in_state(status)

    with contextlib.suppress(ValidationError):
        delete_file(child_file=child_file, actor=system_account(), reason="误建")

    assert ChildFile.objects.exists() is (
        status not in (FileStatus.LEAD, FileStatus.NOT_ELIGIBLE, FileStatus.DRAFT)
    )
    assert ChildFile.history.filter(history_type="-").count() == int(not ChildFile.objects.exists())


def test_a_clerk_sees_the_files_of_the_own_town_only(district, clerk, as_user):
    own = ChildFileFactory(village=district.village)
    ChildFileFactory(village=district.foreign)

    with as_user(clerk):
        assert list(ChildFile.objects.all()) == [own]
    assert list(ChildFile.objects.all()) == []
    with unscoped("test"):
        assert ChildFile.objects.count() == 2


def test_names_and_numbers_are_not_readable_in_the_table(django_db_blocker, everything):
    from django.db import connection

    child_file = ChildFileFactory(full_name="赵安宁", residence="柳树沟村一组")

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM children_childfile")
        row = " ".join(str(value) for value in cursor.fetchone())

    assert [child_file.full_name in row, child_file.id_number in row, "柳树沟" in row] == [
        False,
        False,
        False,
    ]
