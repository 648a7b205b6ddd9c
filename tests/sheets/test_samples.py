"""The sample sheets, through the real ledgers."""

import json
from pathlib import Path

import pytest

from caseadmin.children.models import ChildFile, CustodySpell, FamilySituation, Kin
from caseadmin.ledgers.importing.models import ImportRow
from caseadmin.ledgers.importing.services import confirm_batch
from caseadmin.ledgers.registry import ledgers
from core.access.scope import scoped_to, unscoped
from core.territories.models import Territory
from fixtures.sheets import build
from tests.factories.core import TerritoryFactory, UserFactory

from .conftest import problems

pytestmark = pytest.mark.django_db

SHEETS = Path(build.__file__).parent


@pytest.fixture
def clerk(district):
    """A clerk of the town the samples are about, with all its villages."""
    for code, name in build.VILLAGES.items():
        TerritoryFactory(code=code, name=name, level="village", parent=district.town)
    assert Territory.objects.get(code="990101001003").name == "下柳树沟村"
    return UserFactory(role="town_clerk", serves=district.town)


def sample(name):
    return (SHEETS / name).read_bytes()


def counts(batch):
    return {name: getattr(batch, name) for name in ("new", "changed", "unchanged", "wrong")}


def test_twelve_wrong_rows_of_five_hundred_are_told_apart(preview):
    batch = preview(sample("child-ledger-12-wrong-gb18030.csv"))

    assert counts(batch) == {"new": 488, "changed": 0, "unchanged": 0, "wrong": 12}
    assert problems(batch) == {
        9: [("full_name", "required")],
        50: [("sex", "choice")],
        91: [("born_on", "date")],
        132: [("id_number", "id_number_check_digit")],
        173: [("born_on", "id_number_disagrees")],
        214: [("village", "territory_unknown")],
        255: [("village", "territory_unknown")],
        296: [("id_number", "digits_lost")],
        337: [("both_parents_away", "yes_no")],
        378: [("file_number", "key_unknown")],
        419: [("id_number", "repeated_value")],
        460: [("id_number", "repeated_value")],
    }


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("child-ledger-good-gb18030.csv", 500),
        ("child-ledger-utf8.csv", 50),
        ("child-ledger-utf8-bom.csv", 50),
        ("child-ledger-flat.xlsx", 500),
        ("child-ledger-wrong-dimension.xlsx", 500),
    ],
)
def test_good_ledger_is_all_new(preview, name, rows):
    batch = preview(sample(name))

    assert problems(batch) == {}
    assert counts(batch) == {"new": rows, "changed": 0, "unchanged": 0, "wrong": 0}


def test_same_rows_in_every_format_come_to_the_same(preview):
    def staged(name):
        batch = preview(sample(name))
        mapping = batch.mapping
        rows = []
        for row in batch.rows.order_by("position")[:50]:
            cells = json.loads(row.payload)["cells"]
            rows.append(
                {p: cells[int(n)] for n, p in mapping.items() if any(cells[int(n) : int(n) + 1])}
            )
        return rows

    assert staged("child-ledger-flat.xlsx") == staged("child-ledger-good-gb18030.csv")


def test_every_fault_has_its_code(preview):
    batch = preview(sample("child-ledger-every-fault.xlsx"))

    found = {}
    for row in ImportRow._base_manager.filter(batch=batch):
        payload = json.loads(row.payload)
        found[payload["cells"][0]] = [p["code"] for p in payload.get("problems", [])]
    assert found == {
        "没有错误": [],
        "缺姓名": ["required"],
        "性别不是选项": ["choice"],
        "日期不存在": ["date"],
        "校验码错": ["id_number_check_digit"],
        "出生日期与身份证不符": ["id_number_disagrees"],
        "村不存在": ["territory_unknown"],
        "别的乡镇": ["territory_unknown"],
        "身份证变成了数字": ["digits_lost"],
        "公式没有结果": ["formula"],
        "是否写成大概": ["yes_no"],
        "档案号不存在": ["key_unknown"],
        "互相矛盾": ["rule"],
        "姓名太长": ["too_long"],
        "身份证长度不对": ["id_number_length"],
        "电话号码不对": ["phone"],
    }


def test_printed_forms_are_read_as_they_are(preview, clerk):
    batch = preview(sample("registration-form-three.xlsx"))
    assert batch.form == "registration-form-2016"
    assert problems(batch) == {3: [("id_number", "id_number_check_digit")]}
    assert counts(batch) == {"new": 2, "changed": 0, "unchanged": 0, "wrong": 1}

    with scoped_to(clerk):
        confirm_batch(batch=batch, actor=clerk)

    with unscoped("test"):
        child = ChildFile.objects.get(born_on="2016-05-20")
        kin = {row.relation: row for row in Kin.objects.filter(child_file=child)}
        spell = CustodySpell.objects.get(child_file=child)
        situation = FamilySituation.objects.get(child_file=child)
        other = ChildFile.objects.get(born_on="2013-09-01")
        father = Kin.objects.get(child_file=other, relation="father")
    assert (child.full_name, child.sex, child.ethnic_group) == ("沈禾苗", "female", "06")
    assert (child.village.name, child.reporting_unit) == ("柳树沟村", "柳河镇柳树沟村村民委员会")
    health = (child.health, child.disability_kind, child.disability_grade)
    assert health == ("disabled", "limbs", "2")
    assert (child.hukou_registered, child.boards_at_school) == (True, False)
    assert (child.school_status, child.care_type) == ("primary", "fair")
    assert (child.both_parents_away, child.one_away_other_incapable) == (True, False)
    assert (child.income_sources, child.reliefs) == (["wages", "farming"], ["subsistence"])
    assert (child.unit_head, child.reviewed_by, child.filled_by) == ("王某", "李某", "赵某")
    assert child.residence == "滨禾区柳河镇柳树沟村3组12号"
    assert child.filled_on.isoformat() == "2026-03-12"
    assert kin["father"].full_name == "沈建军"
    assert (kin["father"].work_province, kin["father"].work_city) == ("广东省", "东莞市")
    assert kin["mother"].phone == "19900008002"
    assert kin["maternal_grandfather"].deceased is True
    assert kin["paternal_grandmother"].born_on.isoformat() == "1960-07-09"
    assert (spell.carer_name, spell.carer_kind) == ("沈德胜", "paternal_grandparents")
    assert situation.both_parents_away is True
    assert (other.incapable_parent, father.deceased) == ("father", True)


def test_the_same_form_again_changes_nothing(preview, clerk):
    content = sample("registration-form-one.xlsx")
    with scoped_to(clerk):
        confirm_batch(batch=preview(content), actor=clerk)

    again = preview(content)

    assert counts(again) == {"new": 0, "changed": 0, "unchanged": 1, "wrong": 0}


def test_text_that_looks_like_a_formula_is_stored_as_it_is(preview, clerk):
    batch = preview(sample("child-ledger-formulas.xlsx"))
    with scoped_to(clerk):
        confirm_batch(batch=batch, actor=clerk)

    with unscoped("test"):
        notes = {child.notes for child in ChildFile.objects.all()}
    assert notes == {"＝1+1", "@SUM(1)", "+86 199 0000 0001", "-2+3", "'=1+1", "=1"}


def test_volunteers_are_imported_too(preview, district):
    coordinator = UserFactory(role="volunteer_coordinator", serves=district.district)
    for code, name in build.VILLAGES.items():
        TerritoryFactory(code=code, name=name, level="village", parent=district.town)

    batch = preview(
        sample("volunteer-ledger.csv"), user=coordinator, ledger=ledgers.get("volunteers")
    )

    assert problems(batch) == {41: [("phone", "required")]}
    assert counts(batch) == {"new": 39, "changed": 0, "unchanged": 0, "wrong": 1}
