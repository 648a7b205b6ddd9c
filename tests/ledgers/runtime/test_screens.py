"""The screens on which administrators define fields and ledgers."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from caseadmin.ledgers import ledgers
from caseadmin.ledgers.runtime.configuring import configuring_urls
from caseadmin.ledgers.runtime.services import as_document, current_version
from tests.factories.core import UserFactory
from tests.ledgers.conftest import lend
from tests.ledgers.runtime.conftest import EXAMPLES, SLUG, define, field

KEYS = {"field": "height", "group": "more", "rule": "r1"}


def address(name, *args):
    return reverse(f"definitions:{name}", args=args)


@pytest.fixture
def signed_admin(client, admin):
    client.force_login(admin)
    return client


def filled(**changed):
    return {
        "base": "0",
        "key": "shoe_size",
        "label_zh": "鞋码",
        "kind": "integer",
        "section": "more",
        "sensitivity": "2",
        "state": "active",
        "minimum": "10",
        "maximum": "50",
        "listed": "on",
        "filterable": "on",
        "exportable": "on",
        **changed,
    }


@pytest.mark.parametrize("role", ["district_officer", "town_clerk", "editor", "security_admin"])
def test_nobody_else_gets_in(client, district, defined, role):
    client.force_login(UserFactory(role=role, serves=district.district))
    for pattern in configuring_urls():
        values = {"slug": SLUG, "key": "height"}
        kwargs = {name: values[name] for name in pattern.pattern.converters}
        where = reverse(f"definitions:{pattern.name}", kwargs=kwargs)
        for answer in (client.get(where), client.post(where, {"step": "field-up"})):
            assert answer.status_code == 302, (pattern.name, answer.status_code)
    assert current_version(SLUG).number == 1


def test_an_administrator_sees_every_screen_and_no_record(signed_admin, admin, clerk, district):
    define(admin, *EXAMPLES, rules=[("height >= 1", "太矮")])
    lend(clerk, district.village)

    for pattern in configuring_urls():
        if pattern.name == "do":
            continue
        values = {"slug": SLUG, "key": KEYS.get(pattern.name, "")}
        kwargs = {name: values[name] for name in pattern.pattern.converters}
        answer = signed_admin.get(reverse(f"definitions:{pattern.name}", kwargs=kwargs))
        expected = 404 if pattern.name == "ledger" else 200
        assert answer.status_code == expected, pattern.name
    assert signed_admin.get(ledgers.get(SLUG).url("index")).status_code == 302


def test_a_field_is_added_moved_retired_and_told(signed_admin, client, clerk, district):
    added = signed_admin.post(address("add_field", SLUG), filled())
    assert added.status_code == 302
    other = filled(key="hat", label_zh="帽围", base="1")
    assert signed_admin.post(address("add_field", SLUG), other).status_code == 302

    for step, base in (("field-up", 2), ("field-retire", 3)):
        signed_admin.post(address("do", SLUG), {"step": step, "key": "hat", "base": base})

    page = signed_admin.get(address("set", SLUG)).content.decode()
    told = signed_admin.get(address("versions", SLUG)).content.decode()
    fields = current_version(SLUG).content["fields"]
    assert [(f["key"], f["state"]) for f in fields] == [("hat", "retired"), ("shoe_size", "active")]
    assert ("鞋码" in page, "停用" in page) == (True, True)
    assert ("新增字段“鞋码”（整数，启用）。" in told, "状态由“启用”改为“停用”" in told) == (
        True,
        True,
    )
    client.force_login(clerk)
    form = client.get(ledgers.get(SLUG).url("add")).content.decode()
    assert ("x_shoe_size" in form, "x_hat" in form) == (True, False)


def test_faults_are_told_and_nothing_typed_is_lost(signed_admin):
    answer = signed_admin.post(
        address("add_field", SLUG),
        filled(minimum="60", kind="phone", visible_when="gone = 1", key="Bad Key"),
    )
    again = signed_admin.post(address("add_field", SLUG), filled(minimum="60"))

    assert (answer.status_code, again.status_code) == (422, 422)
    assert 'value="Bad Key"' in answer.content.decode()
    assert "最小值大于最大值" in again.content.decode()
    assert current_version(SLUG) is None


def test_the_slower_of_two_is_told(signed_admin, defined):
    answer = signed_admin.post(address("add_field", SLUG), filled(base="0"))

    assert answer.status_code == 422
    assert "其间有他人修改" in answer.content.decode()


def test_choices_are_lines_and_a_line_taken_away_is_retired(signed_admin, defined):
    entry = next(f for f in EXAMPLES if f["key"] == "colour")
    form = {
        **filled(base="1", kind="choice", label_zh=entry["label"]["zh"], minimum="", maximum=""),
        "options": "red = 红色 = Red\ngreen＝绿色",
    }
    signed_admin.post(address("field", SLUG, "colour"), form)

    colour = next(f for f in current_version(SLUG).content["fields"] if f["key"] == "colour")
    assert [(o["code"], o.get("active", True)) for o in colour["options"]] == [
        ("red", True),
        ("green", True),
        ("blue", False),
    ]


def test_groups_and_rules_are_kept(signed_admin, defined):
    signed_admin.post(
        address("add_group", SLUG), {"base": "1", "key": "extra_care", "title_zh": "照护"}
    )
    rule = {
        "base": "2",
        "key": "tall",
        "rule": "height >= 50",
        "message_zh": "太矮",
        "active": "on",
    }
    signed_admin.post(address("add_rule", SLUG), rule)
    refused = signed_admin.post(
        address("add_rule", SLUG), {**rule, "base": "3", "key": "odd", "rule": "height >= x"}
    )
    taken = signed_admin.post(
        address("do", SLUG), {"step": "group-delete", "key": "more", "base": "3"}
    )

    content = current_version(SLUG).content
    assert (refused.status_code, taken.status_code) == (422, 302)
    assert [s["key"] for s in content["sections"]] == ["more", "extra_care"]
    assert [r["rule"] for r in content["rules"]] == ["height >= 50"]


def test_a_ledger_is_made_in_the_browser(signed_admin, client, district):
    made = signed_admin.post(
        address("new"),
        {
            "slug": "play-groups",
            "label_zh": "游戏小组",
            "one_zh": "小组",
            "icon": "group",
            "beginning": "yx",
            "state": "active",
            "role_town_clerk": ["view", "add"],
        },
    )
    added = signed_admin.post(
        address("add_field", "play-groups"),
        filled(
            base="1",
            key="title",
            label_zh="组名",
            kind="text",
            section="main",
            minimum="",
            maximum="",
            filterable="",
        ),
    )
    again = signed_admin.post(address("new"), {"slug": "play-groups"})

    assert (made.status_code, added.status_code, again.status_code) == (302, 302, 422)
    client.force_login(UserFactory(role="town_clerk", serves=district.town))
    page = client.get(ledgers.get("play-groups").url("add")).content.decode()
    assert ("组名" in page, "游戏小组" in page) == (True, True)


def test_a_file_is_looked_at_before_it_is_taken_in(signed_admin, admin, defined):
    document = json.loads(as_document(defined))
    document["content"]["fields"].append(field("rooms", "integer", "房间"))
    data = json.dumps(document).encode()

    shown = signed_admin.post(
        address("import", SLUG), {"document": SimpleUploadedFile("d.json", data)}
    )
    assert (shown.status_code, current_version(SLUG).number) == (200, 1)
    assert "新增字段“房间”（整数，启用）。" in shown.content.decode()
    taken = signed_admin.post(
        address("import", SLUG),
        {
            "confirmed": "1",
            "slug": SLUG,
            "base": "1",
            "content": shown.context["content"],
        },
    )
    assert (taken.status_code, current_version(SLUG).number) == (302, 2)
    broken = signed_admin.post(
        address("import", SLUG), {"document": SimpleUploadedFile("d.json", b"{}")}
    )
    wild = signed_admin.post(
        address("import", SLUG), {"confirmed": "1", "content": "[", "base": "x"}
    )
    assert (broken.status_code, wild.status_code) == (422, 404)


def test_an_earlier_version_is_put_back(signed_admin, admin, defined):
    define(admin, *EXAMPLES, field("rooms", "integer", "房间"))

    answer = signed_admin.post(address("versions", SLUG), {"number": "1", "base": "2"})
    for number in ("9", "x", ""):
        wild = signed_admin.post(address("versions", SLUG), {"number": number, "base": "3"})
        assert wild.status_code in (302, 404)

    assert (answer.status_code, current_version(SLUG).number) == (302, 3)
    exported = signed_admin.get(address("export", SLUG))
    assert json.loads(exported.content)["number"] == 3


def test_the_preview_shows_drafts(signed_admin, admin):
    define(
        admin,
        field("rooms", "integer", "房间", state="draft", visible_when="beds = 1"),
        field("beds", "integer", "床位"),
    )

    page = signed_admin.get(address("preview", SLUG)).content.decode()

    assert ("房间" in page, "data-ledger-shown-when" in page) == (True, True)
