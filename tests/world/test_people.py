"""The invented people: the same every time, plausible, and nobody real."""

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.conf import settings

from caseadmin.desk.demo.world import (
    APPLICATIONS,
    BOYS,
    CHILDREN,
    PAIRINGS,
    VOLUNTEERS,
    World,
    build_world,
    places,
)
from core.calendar import age_on
from core.identity import parse_id_number

DAY = date(2026, 11, 1)
FIXTURES = settings.ROOT / "fixtures"


def read(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def make_world(day: date = DAY, seed: str = "binhe") -> World:
    return build_world(
        day=day,
        territories=read("territories.json"),
        lists=read("demo/people.json"),
        seed=seed,
    )


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


def test_world_same_arguments_give_the_same_people(world: World) -> None:
    assert make_world().digest() == world.digest()


def test_world_another_seed_gives_other_people(world: World) -> None:
    assert make_world(seed="other").digest() != world.digest()


def test_world_keys_do_not_depend_on_the_day(world: World) -> None:
    later = make_world(day=date(2027, 3, 5))

    assert [row["id"] for row in later.children] == [row["id"] for row in world.children]
    assert [row["full_name"] for row in later.children] == [
        row["full_name"] for row in world.children
    ]


def test_world_counts(world: World) -> None:
    counts = [
        len(rows) for rows in (world.children, world.volunteers, world.pairings, world.applications)
    ]

    assert counts == [CHILDREN, VOLUNTEERS, PAIRINGS, APPLICATIONS]


def test_children_follow_the_published_shares(world: World) -> None:
    bands = Counter(
        "0-5" if age <= 5 else "6-13" if age <= 13 else "14-15"
        for age in (age_on(row["born_on"], DAY) for row in world.children)
    )
    carers = Counter(row["care_type"] for row in world.children)
    boys = sum(row["sex"] == "male" for row in world.children)

    assert bands == {"0-5": 130, "6-13": 404, "14-15": 66}
    assert (carers["nobody"], carers["parent_incapable"]) == (24, 20)
    assert abs(boys - BOYS) < 20


def test_children_are_all_under_sixteen(world: World) -> None:
    assert max(age_on(row["born_on"], DAY) for row in world.children) == 15


def test_id_numbers_are_valid_belong_to_their_holder_and_to_no_region(world: World) -> None:
    holders = [*world.children, *world.volunteers]
    numbers = [row["id_number"] for row in holders if row["id_number"]]
    numbers += [row["id_number"] for row in world.kin if row.get("id_number")]
    numbers += [row["id_number"] for row in world.applications if row["id_number"]]

    assert {number[:6] for number in numbers} == {"990101"}
    assert len(numbers) > 1500
    for number in numbers:
        parse_id_number(number, today=DAY)
    for row in holders:
        if row["id_number"]:
            identity = parse_id_number(row["id_number"], today=DAY)
            assert (identity.born_on, str(identity.sex)) == (row["born_on"], row["sex"])


def test_id_numbers_of_children_are_unique(world: World) -> None:
    numbers = [row["id_number"] for row in world.children if row["id_number"]]

    assert len(set(numbers)) == len(numbers)


def test_telephones_are_of_the_invented_range(world: World) -> None:
    phones = [row["phone"] for row in [*world.volunteers, *world.applications]]
    phones += [row["phone"] for row in world.kin if row.get("phone")]
    phones += [row["carer_phone"] for row in world.custody_spells if row.get("carer_phone")]

    assert {(phone[:7], len(phone)) for phone in phones} == {("1990000", 11)}


def test_names_have_namesakes_middle_dots_and_rare_characters(world: World) -> None:
    names = Counter(row["full_name"] for row in world.children)

    assert names["张伟"] >= 3
    assert any("·" in name for name in names)
    assert any(ord(character) > 0xFFFF for name in names for character in name)
    assert {"王雨", "王雨晴", "王小雨", "尉迟长乐"} <= set(names)


def test_child_has_the_surname_of_the_father(world: World) -> None:
    fathers = {r["child_file"]: r["full_name"] for r in world.kin if r["relation"] == "father"}
    double = next(row for row in world.children if row["full_name"] == "尉迟长乐")

    assert fathers[double["id"]].startswith("尉迟")


def test_pairings_name_each_child_once_and_nobody_without_guardian(world: World) -> None:
    paired = [row["child_file"] for row in world.pairings]
    care = {row["id"]: row["care_type"] for row in world.children}

    assert len(set(paired)) == PAIRINGS
    assert "nobody" not in {care[key] for key in paired}


def test_checks_some_are_valid_and_some_have_lapsed(world: World) -> None:
    latest: dict[Any, date] = {}
    for row in world.checks:
        known = latest.get(row["volunteer"], date.min)
        latest[row["volunteer"]] = max(known, row["valid_until"])
    standing = Counter(valid_until >= DAY for valid_until in latest.values())

    assert standing == {True: 62, False: 12}


def test_territories_one_district_eight_towns_and_codes_of_fixed_width() -> None:
    rows = read("territories.json")
    levels = Counter(row["level"] for row in rows)

    assert (levels["district"], levels["town"]) == (1, 8)
    assert 100 <= levels["village"] <= 115
    assert {(row["code"][:6], len(row["code"])) for row in rows} == {("990101", 12)}
    assert len({row["code"] for row in rows}) == len(rows)


def test_territories_have_names_inside_names_and_namesakes() -> None:
    names = [place.name for place in places(read("territories.json"))]
    repeated = {name for name, count in Counter(names).items() if count > 1}

    assert {"柳树沟村", "上柳树沟村", "下柳树沟村"} <= set(names)
    assert {"柳树沟村", "王家庄村", "新立村", "东风村"} <= repeated
