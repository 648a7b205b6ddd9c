"""The invented people of the district, made from a seed, before any database.

Shares follow what the civil affairs ministry published of the 2016 count (in whose care)
and of August 2018 (age and sex).  Illness and disability are somewhat more frequent than
there, so that a demonstration has something to show.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from core.calendar import age_on, anniversary

from .chance import Chance, key_of, phone
from .people import HAN, Name, Names

CHILDREN = 600
VOLUNTEERS = 80
PAIRINGS = 60
APPLICATIONS = 12

# Children by who looks after them: grandparents 89.3 %, other kin or friends 3.3 %, one
# parent away and the other incapable 3.4 %, nobody 4 %.
IN_CARE_OF = {"grandparents": 536, "others": 20, "incapable_parent": 20, "nobody": 24}
# 0 to 5 years 21.7 %, 6 to 13 years 67.4 %, 14 and 15 years 10.9 %; boys 54.5 %.
AGE_BANDS = (((0, 5), 130), ((6, 13), 404), ((14, 15), 66))
BOYS = 327
MINORITY_SHARE = 0.05
UPDATED_EVERY = 18

CHILD_PHONES = 100
VOLUNTEER_PHONES = 8000
APPLICANT_PHONES = 9000

Row = dict[str, Any]


@dataclass
class World:
    """Rows by kind, as field values; foreign keys stand as codes or keys of rows."""

    day: date
    children: list[Row] = field(default_factory=list)
    situations: list[Row] = field(default_factory=list)
    kin: list[Row] = field(default_factory=list)
    custody_spells: list[Row] = field(default_factory=list)
    updates: list[Row] = field(default_factory=list)
    volunteers: list[Row] = field(default_factory=list)
    checks: list[Row] = field(default_factory=list)
    pairings: list[Row] = field(default_factory=list)
    applications: list[Row] = field(default_factory=list)

    def digest(self) -> str:
        """Return a digest of everything: equal worlds have equal digests."""
        text = json.dumps(self.__dict__, default=str, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Place:
    """A standing village with the words addresses and schools are made of."""

    code: str
    name: str
    town_code: str
    town: str
    district: str

    def address(self, chance: Chance) -> str:
        group, house = chance.random.randint(1, 9), chance.random.randint(1, 120)
        return f"{self.district}{self.town}{self.name}{group}组{house}号"


def places(territories: list[Row]) -> list[Place]:
    """Return the villages that stand, from the rows of ``territories.json``."""
    names = {row["code"]: row["name"] for row in territories}
    return [
        Place(
            code=row["code"],
            name=row["name"],
            town_code=row["code"][:9] + "000",
            town=names[row["code"][:9] + "000"],
            district=names[row["code"][:6] + "000000"],
        )
        for row in territories
        if row["level"] == "village" and "merged_into" not in row
    ]


def build_world(*, day: date, territories: list[Row], lists: Row, seed: str = "binhe") -> World:
    """Invent everybody.

    Args:
        day: The day on which the files look current; all other days are counted from it.
        territories: The rows of ``fixtures/territories.json``.
        lists: ``fixtures/demo/people.json``.
        seed: Another seed gives another district.

    Returns:
        The same world for the same arguments, on every machine.
    """
    world = World(day)
    village_list = places(territories)
    _Children(world, Chance(f"{seed}:children"), lists, village_list).build()
    _Volunteers(world, Chance(f"{seed}:volunteers"), lists, village_list).build()
    return world


class _Children:
    """Makes the child files with everything that hangs on them."""

    def __init__(self, world: World, chance: Chance, lists: Row, villages: list[Place]) -> None:
        self.world = world
        self.day = world.day
        self.chance = chance
        self.lists = lists
        self.names = Names(Chance(f"{chance.seed}:names"), lists)
        self.villages = villages
        self.by_code = {place.code: place for place in villages}
        self.phones = CHILD_PHONES

    def build(self) -> None:
        care = self._shuffled([kind for kind, count in IN_CARE_OF.items() for _ in range(count)])
        ages = self._shuffled(
            [
                self.chance.random.randint(first, last)
                for (first, last), count in AGE_BANDS
                for _ in range(count)
            ]
        )
        sexes = self._shuffled(["male"] * BOYS + ["female"] * (CHILDREN - BOYS))
        fixed = list(self.lists["fixed"])
        for number in range(CHILDREN):
            given = fixed[number] if number < len(fixed) else None
            sex = given["sex"] if given else sexes[number]
            self._child(number, care[number], ages[number], sex, given)
        registered = [row for row in self.world.children if row["status"] == "registered"]
        self.chance.begin("updates")
        for child in registered[::UPDATED_EVERY]:
            self._update(child)

    def _update(self, child: Row) -> None:
        """Note what the town's clerk will have found at the last visit."""
        changes: list[Row] = [
            {"notes": self.chance.pick(self.lists["notes"]) + "已复核。"},
            {"care_type": "fair", "notes": "祖父母年纪渐长，照看力不从心，建议重点走访。"},
            {"residence": self.by_code[child["village"]].address(self.chance)},
            {"reliefs": ["temporary"], "notes": "已申请临时救助。"},
        ]
        self.world.updates.append(
            {
                "child_file": child["id"],
                "town_code": child["village"][:9] + "000",
                "changes": self.chance.pick(changes),
                "reason": self.chance.pick(["季度走访更新", "家长来电更正", "学校核对后更正"]),
            }
        )

    def _shuffled(self, items: list[Any]) -> list[Any]:
        self.chance.random.shuffle(items)
        return items

    def _phone(self) -> str:
        self.phones += 1
        return phone(self.phones)

    def _child(self, number: int, care: str, age: int, sex: str, given: Row | None) -> None:
        chance, day = self.chance, self.day
        # Who somebody is must not change with the day on which the files look current.
        chance.begin(number)
        self.names.chance.begin(number)
        place = self.by_code[given["village"]] if given else chance.pick(self.villages)
        if given:
            name = self.names.split(given["name"], given.get("ethnic", HAN))
        else:
            name = self.names.child(sex, minority_share=MINORITY_SHARE)
        born_on = anniversary(day, -age) - chance.days(1, 360)
        key = key_of("child", number)
        opened_on = max(born_on + timedelta(days=20), day - chance.days(5, 1000))
        since = max(born_on + timedelta(days=10), opened_on - chance.days(0, 400))
        child: Row = {
            "id": key,
            "village": place.code,
            "opened_on": opened_on,
            "filled_on": opened_on,
            "full_name": name.full,
            "alias": chance.pick(
                ["小名豆豆", "小名阿毛", "小名丫丫", "曾用名" + name.full[:1] + "小宝"]
            )
            if chance.chance(0.06)
            else "",
            "sex": sex,
            "ethnic_group": name.ethnic_group,
            "born_on": born_on,
            "id_number": "",
            "hukou_registered": True,
            "residence": place.address(chance),
            "rural_household": True,
            "reporting_unit": f"{place.town}{place.name}",
            "unit_head": self.names.adult("male"),
            "reviewed_by": self.names.adult("female"),
            "filled_by": self.names.adult("female"),
            "notes": chance.pick(self.lists["notes"]) if chance.chance(0.7) else "",
            "situation_since": since,
        }
        child["hukou_place"] = child["residence"]
        if chance.chance(0.02):
            child["hukou_registered"] = False
            child["hukou_place"] = ""
        else:
            child["id_number"] = chance.id_number(born_on, sex)
        child |= self._health()
        child |= self._school(place, age, born_on)
        child |= self._family_facts(care)
        child |= self._standing(opened_on, since)
        self.world.children.append(child)
        self._situations(child)
        carers = self._kin(child, name, place)
        self._custody(child, care, carers, place)

    def _health(self) -> Row:
        health = self.chance.weighted({"healthy": 0.978, "disabled": 0.014, "ill": 0.008})
        row: Row = {"health": health, "disability_kind": "", "disability_grade": "", "illness": ""}
        if health == "disabled":
            kinds = ["hearing", "limbs", "intellect", "speech", "sight"]
            row["disability_kind"] = self.chance.pick(kinds)
            row["disability_grade"] = self.chance.pick(["2", "3", "4"])
        elif health == "ill":
            row["illness"] = self.chance.pick(self.lists["illnesses"])
        return row

    def _school(self, place: Place, age: int, born_on: date) -> Row:
        """Place a child in school by its age on the last first of September."""
        chance = self.chance
        year = self.day.year if self.day.month >= 9 else self.day.year - 1
        level = age_on(born_on, date(year, 9, 1))
        boards_share = 0.0
        name = ""
        if level < 3 or (level < 6 and chance.chance(0.2)):
            status = "not_in_kindergarten"
        elif level < 6:
            status, name = "kindergarten", f"{place.town}中心幼儿园"
        elif level < 12:
            schools = [f"{place.town}中心小学", f"{place.town}第二小学", f"{place.name}小学"]
            status, name, boards_share = "primary", chance.pick(schools), 0.08
        elif level < 15:
            status, name, boards_share = "junior", f"{place.town}初级中学", 0.45
            if chance.chance(0.02):
                status, name, boards_share = "dropped_out", "", 0.0
        else:
            status = chance.weighted({"senior": 5, "vocational": 4, "not_in_school": 1})
            boards_share = 0.85
            name = {
                "senior": f"{place.district}第一高级中学",
                "vocational": f"{place.district}职业技术学校",
                "not_in_school": "",
            }[status]
        boards = bool(name) and chance.chance(boards_share)
        return {"school_status": status, "school_name": name, "boards_at_school": boards}

    def _family_facts(self, care: str) -> Row:
        chance = self.chance
        incapable = care == "incapable_parent"
        care_type = {
            "nobody": "nobody",
            "incapable_parent": "parent_incapable",
        }.get(care) or chance.weighted({"good": 55, "fair": 40, "carer_weak": 5})
        sources = ["wages", *chance.some(["farming", "government", "kin_and_friends"], 0, 2)]
        relief_share = 0.5 if incapable else 0.15
        kinds = ["subsistence", "temporary", "medical", "housing", "other"]
        return {
            "both_parents_away": not incapable,
            "one_away_other_incapable": incapable,
            "incapable_parent": chance.pick(["father", "mother"]) if incapable else "",
            "incapacity_reason": chance.pick(["serious_illness", "severe_disability"])
            if incapable
            else "",
            "other_guardian_entrusted": care in ("grandparents", "others"),
            "care_type": care_type,
            "income_sources": sources,
            "reliefs": chance.some(kinds, 1, 2) if chance.chance(relief_share) else [],
        }

    def _standing(self, opened_on: date, since: date) -> Row:
        """Choose where the file stands: most are on the register."""
        chance = self.chance
        status = chance.weighted(
            {"registered": 88, "under_review": 3, "submitted": 2, "draft": 2, "closed": 5}
        )
        row: Row = {"status": status, "closed_on": None, "exit_reason": ""}
        earliest = max(opened_on, since) + timedelta(days=30)
        if status == "closed" and earliest >= self.day:
            row["status"] = "registered"
        elif status == "closed":
            span = (self.day - earliest).days
            row["closed_on"] = earliest + chance.days(0, span)
            row["exit_reason"] = chance.weighted(
                {"parents_returned": 5, "joined_parents": 3, "moved_away": 1}
            )
        return row

    def _situations(self, child: Row) -> None:
        """Write the family situation, ended and followed up where the file is closed."""
        facts = (
            "rural_household",
            "both_parents_away",
            "one_away_other_incapable",
            "incapable_parent",
            "incapacity_reason",
        )
        closed_on, since = child["closed_on"], child["situation_since"]
        first = {name: child[name] for name in facts}
        returned = child["exit_reason"] in ("parents_returned", "joined_parents")
        row = {
            "id": key_of("situation", child["id"]),
            "child_file": child["id"],
            "starts_on": since,
            "ends_on": None,
            **first,
        }
        if closed_on is not None:
            # As the service that closes a file does it: a return home begins a new
            # situation that day; other reasons only end what was known.
            row["ends_on"] = closed_on - timedelta(days=1) if returned else closed_on
        self.world.situations.append(row)
        if not returned:
            return
        home = {
            "rural_household": True,
            "both_parents_away": False,
            "one_away_other_incapable": False,
            "incapable_parent": "",
            "incapacity_reason": "",
        }
        child |= home
        child["situation_since"] = closed_on
        self.world.situations.append(
            {
                "id": key_of("situation-home", child["id"]),
                "child_file": child["id"],
                "starts_on": closed_on,
                "ends_on": None,
                **home,
            }
        )

    def _kin(self, child: Row, name: Name, place: Place) -> dict[str, Row]:
        """Write parents and grandparents; return those who can look after a child."""
        chance = self.chance
        mother_of = self.names.surname()
        young = child["born_on"].year
        people = (
            ("father", "male", name.surname, False, 22, 38, 0.97),
            ("mother", "female", mother_of, False, 20, 35, 0.96),
            ("paternal_grandfather", "male", name.surname, True, 46, 58, 0.72),
            ("paternal_grandmother", "female", None, True, 44, 56, 0.84),
            ("maternal_grandfather", "male", mother_of, True, 46, 58, 0.74),
            ("maternal_grandmother", "female", None, True, 44, 56, 0.86),
        )
        carers: dict[str, Row] = {}
        for relation, sex, surname, old, fewest, most, alive_share in people:
            grandparent = relation.startswith(("paternal", "maternal"))
            born_on = date(young - chance.random.randint(fewest, most), 1, 1) + chance.days(0, 360)
            incapable = relation == child["incapable_parent"]
            alive = incapable or chance.chance(alive_share)
            row: Row = {
                "id": key_of("kin", f"{child['id']}:{relation}"),
                "child_file": child["id"],
                "relation": relation,
                "full_name": self.names.adult(sex, surname=surname or None, old=old),
                "deceased": not alive,
                "born_on": born_on,
            }
            if alive:
                row |= self._living(child, relation, born_on, sex, grandparent, incapable, place)
                if grandparent:
                    carers[relation] = row
            self.world.kin.append(row)
        return carers

    def _living(
        self,
        child: Row,
        relation: str,
        born_on: date,
        sex: str,
        grandparent: bool,
        incapable: bool,
        place: Place,
    ) -> Row:
        chance = self.chance
        if grandparent:
            return {
                "phone": self._phone() if chance.chance(0.8) else "",
                "id_number": chance.id_number(born_on, sex) if chance.chance(0.5) else "",
                "capacity": "capable" if chance.chance(0.93) else "",
            }
        home = incapable or child["exit_reason"] in ("parents_returned", "joined_parents")
        province, city = ("", "") if home else chance.pick(self.lists["work_places"])
        reach = chance.weighted({"reachable": 92, "hard_to_reach": 6, "lost": 2})
        return {
            "phone": self._phone(),
            "id_number": chance.id_number(born_on, sex) if chance.chance(0.8) else "",
            "work_province": province,
            "work_city": city,
            "employer": chance.pick(self.lists["employers"]) if city else "",
            "capacity": "incapable" if incapable else "capable",
            "reachability": reach,
            "last_reached_on": self.day - chance.days(1, 20 if reach == "reachable" else 120),
        }

    def _custody(self, child: Row, care: str, carers: dict[str, Row], place: Place) -> None:
        chance = self.chance
        start = child["situation_since"] if child["closed_on"] is None else child["opened_on"]
        spell = self._carer(child, care, carers) | {
            "id": key_of("spell", child["id"]),
            "child_file": child["id"],
            "starts_on": start,
            "ends_on": child["closed_on"],
            "carer_address": place.address(chance) if care == "others" else child["residence"],
        }
        if spell["carer_kind"] in ("nobody", "parents"):
            spell["carer_address"] = ""
        self.world.custody_spells.append(spell)
        if start > child["born_on"] + timedelta(days=400) and chance.chance(0.3):
            self.world.custody_spells.append(
                {
                    "id": key_of("spell-before", child["id"]),
                    "child_file": child["id"],
                    "starts_on": start - chance.days(200, 390),
                    "ends_on": start - timedelta(days=1),
                    "care_mode": "",
                    "carer_kind": "parents",
                    "legal_nature": "parental",
                }
            )

    def _carer(self, child: Row, care: str, carers: dict[str, Row]) -> Row:
        """Describe who looks after the child; a family without living grandparents asks kin."""
        chance = self.chance
        if care == "nobody":
            return {"care_mode": "", "carer_kind": "nobody", "legal_nature": ""}
        if care == "incapable_parent":
            return {"care_mode": "", "carer_kind": "parents", "legal_nature": "parental"}
        mode = "boarding_school" if child["boards_at_school"] else "family_care"
        basis = chance.pick(["委托照护协议", "委托照护协议", "委托照护协议", "口头约定，待补签"])
        entrusted: Row = {"care_mode": mode, "legal_nature": "entrusted", "basis": basis}
        if care == "grandparents" and carers:
            mothers_side = chance.chance(0.2)
            wanted = "maternal" if mothers_side else "paternal"
            side = [row for relation, row in carers.items() if relation.startswith(wanted)]
            grandparent = chance.pick(side or list(carers.values()))
            relation = grandparent["relation"]
            return entrusted | {
                "carer_kind": f"{relation.split('_')[0]}_grandparents",
                "carer_name": grandparent["full_name"],
                "carer_relation": {
                    "paternal_grandfather": "祖父",
                    "paternal_grandmother": "祖母",
                    "maternal_grandfather": "外祖父",
                    "maternal_grandmother": "外祖母",
                }[relation],
                "carer_phone": grandparent.get("phone") or self._phone(),
                "carer_id_number": grandparent.get("id_number", ""),
            }
        kin = care == "grandparents" or chance.chance(0.7)
        return entrusted | {
            "carer_kind": "other_kin" if kin else "other_adult",
            "carer_name": self.names.adult(chance.pick(["male", "female"])),
            "carer_relation": chance.pick(self.lists["other_kin" if kin else "other_adults"]),
            "carer_phone": self._phone(),
            "carer_id_number": "",
        }


class _Volunteers:
    """Makes volunteers with their checks, pairings and open applications."""

    TEAMS = {
        "caring_mothers": 18,
        "women": 10,
        "workers": 8,
        "youth_league": 14,
        "five_elders": 12,
        "party_members": 8,
        "social_workers": 6,
        "other": 4,
    }
    KIND_OF_PAIRING = {
        "caring_mothers": "caring_mother",
        "party_members": "party_member",
        "five_elders": "five_elders",
        "social_workers": "social_worker",
    }
    SKILLS = (
        "tutoring",
        "counselling",
        "reading",
        "arts",
        "sports",
        "safety",
        "legal",
        "health",
        "family_guidance",
        "computing",
    )
    TIMES = (
        "weekday_day",
        "weekday_evening",
        "weekend",
        "winter_holiday",
        "summer_holiday",
        "public_holiday",
    )

    def __init__(self, world: World, chance: Chance, lists: Row, villages: list[Place]) -> None:
        self.world = world
        self.day = world.day
        self.chance = chance
        self.lists = lists
        self.names = Names(Chance(f"{chance.seed}:names"), lists)
        self.villages = villages

    def build(self) -> None:
        teams = [team for team, count in self.TEAMS.items() for _ in range(count)]
        self.chance.random.shuffle(teams)
        for number, team in enumerate(teams):
            self._volunteer(number, team)
        self.chance.begin("pairings")
        self._pairings()
        for number in range(APPLICATIONS):
            self._application(number)

    def _volunteer(self, number: int, team: str) -> None:
        chance, day = self.chance, self.day
        chance.begin(number)
        self.names.chance.begin(number)
        women_only = team in ("caring_mothers", "women")
        sex = "female" if women_only or chance.chance(0.5) else "male"
        youngest, oldest = {"youth_league": (19, 28), "five_elders": (58, 72)}.get(team, (25, 55))
        age = chance.random.randint(youngest, oldest)
        born_on = anniversary(day, -age) - chance.days(1, 360)
        place = chance.pick(self.villages)
        joined_on = day - chance.days(100, 1000)
        elder = chance.pick(["cadre", "soldier", "expert", "teacher", "model"])
        # The first sixty-two are ready or serving with a valid check, the next eight let
        # their check lapse, four left, the rest are still on their way in.
        if number < 62:
            status, check_age = "ready", chance.days(10, 330).days
        elif number < 70:
            status, check_age = "ready", chance.days(370, 500).days
        elif number < 74:
            status, check_age = "left", chance.days(370, 700).days
        else:
            status, check_age = chance.pick(["applied", "identity_checked"]), 0
        known = status not in ("applied",)
        done = status in ("ready", "left")
        key = key_of("volunteer", number)
        self.world.volunteers.append(
            {
                "id": key,
                "joined_on": joined_on,
                "status": status,
                "full_name": self.names.adult(sex, old=team == "five_elders"),
                "sex": sex,
                "born_on": born_on,
                "phone": phone(VOLUNTEER_PHONES + number),
                "id_number": chance.id_number(born_on, sex) if known else "",
                "village": place.town_code if chance.chance(0.4) else place.code,
                "address": place.address(chance),
                "employer": chance.pick(self.lists["volunteer_employers"]),
                "team": team,
                "elder_kind": elder if team == "five_elders" else "",
                "party_member": team == "party_members" or chance.chance(0.2),
                "skills": chance.some(self.SKILLS, 1, 3),
                "available_times": chance.some(self.TIMES, 1, 3),
                "max_children": 2,
                "identity_checked_on": joined_on + timedelta(days=5) if known else None,
                "interviewed_on": joined_on + timedelta(days=20) if done else None,
                "trained_on": joined_on + timedelta(days=40) if done else None,
                "left_on": day - timedelta(days=60) if status == "left" else None,
            }
        )
        if check_age:
            self._check(key, f"{number}", day - timedelta(days=check_age))
            # Some have been with us for longer: the check of the year before is kept.
            if chance.chance(0.4):
                self._check(key, f"{number}:before", day - timedelta(days=check_age + 350))

    def _check(self, volunteer: UUID, name: str, queried_on: date) -> None:
        self.world.checks.append(
            {
                "id": key_of("check", name),
                "volunteer": volunteer,
                "queried_on": queried_on,
                "queried_unit": "滨禾区公安分局",
                "conclusion": "clear",
                "valid_until": anniversary(queried_on, 1),
                "document_number": f"{queried_on.year}-{self.chance.random.randint(1, 999)}",
            }
        )

    def _pairings(self) -> None:
        """Pair volunteers with children of the same town, as near as may be."""
        chance = self.chance
        open_files = [
            child
            for child in self.world.children
            if child["status"] == "registered"
            and child["care_type"] != "nobody"
            and age_on(child["born_on"], self.day) >= 5
        ]
        ready = self.world.volunteers[:62]
        by_day = sorted(self.world.checks, key=lambda check: check["queried_on"])
        checked_on = {check["volunteer"]: check["queried_on"] for check in by_day}
        for number in range(PAIRINGS):
            volunteer = ready[number % len(ready)]
            girls_only = volunteer["team"] == "caring_mothers"
            near = [
                child
                for child in open_files
                if child["village"][:9] == volunteer["village"][:9]
                and (not girls_only or child["sex"] == "female")
            ] or open_files
            child = chance.pick(near)
            open_files.remove(child)
            first_day = max(
                checked_on[volunteer["id"]],
                child["opened_on"],
                volunteer["trained_on"],
            )
            span = max((self.day - first_day).days, 0)
            starts_on = first_day + chance.days(0, span)
            ended = number % 10 == 9 and starts_on < self.day - timedelta(days=30)
            volunteer["status"] = "ready" if ended else "serving"
            self.world.pairings.append(
                {
                    "id": key_of("pairing", number),
                    "child_file": child["id"],
                    "volunteer": volunteer["id"],
                    "kind": self.KIND_OF_PAIRING.get(volunteer["team"], "person"),
                    "starts_on": starts_on,
                    "ends_on": starts_on + timedelta(days=30) if ended else None,
                    "guardian_consent_on": starts_on - chance.days(0, 6)
                    if starts_on - timedelta(days=6) > first_day
                    else starts_on,
                    "child_consent_on": starts_on,
                    "goals": chance.pick(self.lists["goals"]),
                    "child_age": age_on(child["born_on"], starts_on),
                }
            )

    def _application(self, number: int) -> None:
        chance, day = self.chance, self.day
        chance.begin(f"application {number}")
        self.names.chance.begin(f"application {number}")
        sex = chance.pick(["male", "female"])
        born_on = anniversary(day, -chance.random.randint(19, 62)) - chance.days(1, 360)
        place = chance.pick(self.villages)
        self.world.applications.append(
            {
                "form_key": f"demo-application-{number:02d}",
                "full_name": self.names.adult(sex),
                "phone": phone(APPLICANT_PHONES + number),
                "id_number": chance.id_number(born_on, sex) if chance.chance(0.6) else "",
                "born_on": born_on,
                "team": chance.pick(["caring_mothers" if sex == "female" else "workers", "other"]),
                "village": place.town_code if number % 3 == 0 else place.code,
                "skills": chance.some(self.SKILLS, 1, 3),
                "available_times": chance.some(self.TIMES, 1, 3),
                "motivation": self.lists["motivations"][number % len(self.lists["motivations"])],
            }
        )
