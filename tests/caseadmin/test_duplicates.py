"""Likely duplicates of a child, merging two files, and taking the merge back."""

from datetime import date

import pytest
from django.urls import reverse

from caseadmin.children.models import ChildFile, Kin
from caseadmin.ledgers import ledgers
from caseadmin.ledgers.likeness import (
    likely_duplicates,
    one_character_apart,
    slip_of_the_pen,
    sounds_alike,
)
from caseadmin.pairings.models import Pairing
from core.access.scope import scoped_to, unscoped
from core.audit.models import CaseLogEntry
from tests.factories.children import ChildFileFactory, KinFactory, invented_id_number
from tests.factories.core import UserFactory
from tests.factories.pairings import PairingFactory

pytestmark = pytest.mark.django_db

FILES = ledgers.get("child-files")
BORN = date(2016, 5, 20)


@pytest.fixture
def clerk(client, district):
    user = UserFactory(role="town_clerk", serves=district.town)
    client.force_login(user)
    return user


@pytest.fixture
def child(district):
    return ChildFileFactory(
        village=district.village, full_name="王晨曦", sex="male", born_on=BORN, id_number=""
    )


def found(user, child):
    with scoped_to(user):
        return {one.record.full_name: one.points for one in likely_duplicates(FILES, child)}


@pytest.mark.parametrize(
    ("values", "points"),
    [
        pytest.param({"full_name": "王晨曦"}, 80, id="name-and-birth"),
        pytest.param({"full_name": "王辰熙"}, 65, id="sound-and-birth"),
        pytest.param(
            {"full_name": "王晨曦", "born_on": date(2016, 5, 2)}, None, id="name-and-slip"
        ),
        pytest.param({"full_name": "李静"}, None, id="birth-only"),
        pytest.param({"full_name": "王晨曦", "born_on": date(2012, 1, 9)}, None, id="namesake"),
    ],
)
def test_evidence_is_weighed(clerk, child, district, values, points):
    other = {"village": district.sibling, "born_on": BORN, "id_number": "", **values}
    ChildFileFactory(**other)

    assert list(found(clerk, child).values()) == ([points] if points else [])


def test_a_shared_telephone_tells_more_than_a_birthday(clerk, child, district):
    other = ChildFileFactory(
        village=district.sibling, full_name="王小曦", born_on=BORN, id_number=""
    )
    KinFactory(child_file=child, phone="19900000007")
    KinFactory(child_file=other, phone="19900000007")

    assert found(clerk, child) == {"王小曦": 85}


def test_twins_with_numbers_of_their_own_are_two_children(clerk, district):
    twins = [
        ChildFileFactory(
            village=district.village,
            full_name=name,
            born_on=BORN,
            sex="male",
            id_number=invented_id_number(BORN, order),
        )
        for name, order in (("王晨曦", 11), ("王晨光", 13))
    ]
    for twin in twins:
        KinFactory(child_file=twin, phone="19900000007")

    assert found(clerk, twins[0]) == {}


def test_files_of_another_town_are_not_told_of(clerk, child, district):
    ChildFileFactory(village=district.foreign, full_name="王晨曦", born_on=BORN, id_number="")

    assert found(clerk, child) == {}


@pytest.mark.parametrize("count", [1, 30])
def test_the_search_for_duplicates_takes_few_queries(
    clerk, child, district, count, django_assert_max_num_queries
):
    ChildFileFactory.create_batch(
        count, village=district.sibling, full_name="王晨曦", born_on=BORN, id_number=""
    )

    with scoped_to(clerk), django_assert_max_num_queries(12):
        assert len(likely_duplicates(FILES, child)) == min(count, 10)


def test_small_differences():
    assert sounds_alike("王晨", "王辰")
    assert not sounds_alike("王晨", "王静")
    assert one_character_apart("王晨曦", "王辰曦")
    assert not one_character_apart("王晨", "王辰")
    assert slip_of_the_pen(date(2016, 5, 6), date(2016, 6, 5))
    assert slip_of_the_pen(date(2016, 5, 20), date(2016, 5, 21))
    assert not slip_of_the_pen(date(2016, 5, 20), date(2017, 6, 20))


# On the screens


def new_file(**values):
    data = {
        "full_name": "王晨曦",
        "sex": "male",
        "born_on": "2016-05-20",
        "rural_household": "on",
        "kin-count": "0",
        "custody_spells-count": "0",
    }
    return data | values


def test_a_likely_duplicate_is_shown_before_a_new_file_is_written(client, clerk, child, district):
    data = new_file(village=str(district.sibling.pk))
    url = reverse("child_files:add")

    asked = client.post(url, data)
    with unscoped("test"):
        written = ChildFile.objects.count()
    page = asked.content.decode()
    answer = client.post(url, data | {"another_person": "1"})

    assert (asked.status_code, written) == (409, 1)
    assert (child.file_number in page, 'value="王晨曦"' in page) == (True, True)
    assert answer.status_code == 302
    with unscoped("test"):
        assert ChildFile.objects.count() == 2


def merged(client, keep, drop, **data):
    url = reverse("child_files:merge", args=[keep.pk, drop.pk])
    return client.post(url, {"reason": "户口簿核对为同一人"} | data)


@pytest.fixture
def officer(client, district):
    user = UserFactory(role="district_officer", serves=district.district)
    client.force_login(user)
    return user


def test_merging_moves_what_points_at_the_other_and_keeps_the_chosen_values(
    client, officer, child, district
):
    other = ChildFileFactory(
        village=district.sibling,
        full_name="王晨曦",
        born_on=BORN,
        sex="male",
        school_name="柳河小学",
        id_number=invented_id_number(BORN, 21),
    )
    father = KinFactory(child_file=other)
    pairing = PairingFactory(child_file=other)
    page = client.get(reverse("child_files:merge", args=[child.pk, other.pk]))

    response = merged(
        client, child, other, **{"take-school_name": "theirs", "take-id_number": "theirs"}
    )

    assert page.status_code == 200
    assert response.status_code == 302, response.context["form"].errors
    assert response["Location"] == reverse("child_files:history", args=[child.pk])
    with unscoped("test"):
        kept = ChildFile.objects.get()
        assert (kept.pk, kept.school_name, kept.village) == (child.pk, "柳河小学", district.village)
        assert kept.id_number == invented_id_number(BORN, 21)
        assert Kin.objects.get(pk=father.pk).child_file_id == child.pk
        assert Pairing.objects.get(pk=pairing.pk).child_file_id == child.pk
        change_sets = {row.change_set for row in ChildFile.history.filter(history_type="-")}
        assert change_sets == {ChildFile.history.filter(id=child.pk).latest().change_set}
    logged = CaseLogEntry.objects.filter(action="tonghu.merge").values_list("object_id", flat=True)
    assert sorted(logged) == sorted([str(child.pk), str(other.pk)])


def test_a_merge_can_be_taken_back(client, officer, child, district):
    other = ChildFileFactory(
        village=district.sibling,
        full_name="王晨曦",
        born_on=BORN,
        sex="male",
        id_number=invented_id_number(BORN, 21),
    )
    father = KinFactory(child_file=other)
    merged(client, child, other, **{"take-id_number": "theirs"})
    with unscoped("test"):
        change = ChildFile.history.filter(id=child.pk).latest().change_set

    url = f"{reverse('child_files:undo', args=[child.pk])}?change={change}"
    response = client.post(url, {"reason": "不是同一人"})

    assert response.status_code == 302
    with unscoped("test"):
        both = {row.pk: row for row in ChildFile.objects.all()}
        assert set(both) == {child.pk, other.pk}
        assert both[child.pk].id_number == ""
        assert both[other.pk].id_number == invented_id_number(BORN, 21)
        assert Kin.objects.get(pk=father.pk).child_file_id == other.pk


def test_what_was_changed_since_is_not_taken_back(client, officer, child, district):
    other = ChildFileFactory(
        village=district.sibling, full_name="王晨曦", born_on=BORN, id_number=""
    )
    merged(client, child, other)
    with unscoped("test"):
        change = ChildFile.history.filter(id=child.pk).latest().change_set
    with scoped_to(officer):
        row = ChildFile.objects.get(pk=child.pk)
        row.school_name = "后来改的"
        FILES.save(row, actor=officer, reason="转学")

    url = f"{reverse('child_files:undo', args=[child.pk])}?change={change}"
    response = client.post(url, {"reason": "不是同一人"})

    assert response.status_code == 409
    with unscoped("test"):
        assert [row.school_name for row in ChildFile.objects.all()] == ["后来改的"]


def test_merging_asks_for_a_reason_and_for_two_records(client, officer, child, district):
    other = ChildFileFactory(village=district.sibling, full_name="王晨曦", born_on=BORN)

    assert merged(client, child, other, reason="").status_code == 422
    assert merged(client, child, child).status_code == 404
    with unscoped("test"):
        assert ChildFile.objects.count() == 2


def test_a_file_of_another_town_cannot_be_merged(client, clerk, child, district):
    foreign = ChildFileFactory(village=district.foreign, full_name="王晨曦", born_on=BORN)

    assert merged(client, child, foreign).status_code == 404
    assert merged(client, foreign, child).status_code == 404


def test_the_page_of_likely_duplicates_tells_the_evidence(client, clerk, child, district):
    other = ChildFileFactory(
        village=district.sibling, full_name="王晨曦", born_on=BORN, id_number=""
    )

    page = client.get(reverse("child_files:duplicates", args=[child.pk])).content.decode()

    assert [word in page for word in (other.file_number, "姓名相同", "出生日期相同")] == [True] * 3
