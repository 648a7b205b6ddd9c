"""A ledger without code keeps what every ledger keeps."""

import uuid

import pytest
from django.core.exceptions import ValidationError

from caseadmin.ledgers import ledgers
from caseadmin.ledgers.checks import check_ledger
from caseadmin.ledgers.importing.plan import RawRow, make_plan
from caseadmin.ledgers.importing.writing import Write, write_records
from caseadmin.ledgers.runtime import store
from caseadmin.ledgers.runtime.models import RuntimeRecord
from caseadmin.ledgers.runtime.services import (
    as_document,
    current_version,
    preview,
    read_document,
    roll_back,
    save_version,
)
from caseadmin.ledgers.runtime.urls import defined_urls
from core.access.scope import scoped_to, unscoped
from core.audit.models import CaseLogEntry
from tests.factories.core import UserFactory, approve
from tests.ledgers.runtime.conftest import define, document, field, option

HOMES = "care-homes"
ALL = ["view", "add", "change", "delete", "import", "export", "view_history"]
FIELDS = (
    field("title", "text", "名称", listed=True, searchable=True, required_from="2026-01-01"),
    field("beds", "integer", "床位", listed=True, filterable=True, minimum=1),
    field(
        "level",
        "choice",
        "等级",
        options=[option("a", "甲级"), option("b", "乙级")],
        filterable=True,
    ),
    field("head", "name", "负责人", sensitivity=3, searchable=True),
    field("head_phone", "phone", "负责人电话", sensitivity=3),
)


def ledger_entry(label="养护机构", state="active", prefix="YH", **grants):
    return {
        "label": {"zh": label, "en": "Care homes"},
        "one": {"zh": "机构", "en": "care home"},
        "icon": "home",
        "group": {"zh": "机构", "en": ""},
        "prefix": prefix,
        "state": state,
        "grants": grants or {"town_clerk": ALL, "school": ["view"]},
    }


@pytest.fixture
def homes(admin):
    define(admin, *FIELDS, slug=HOMES, ledger=ledger_entry())
    return ledgers.get(HOMES)


@pytest.fixture
def clerk(district):
    return UserFactory(role="town_clerk", serves=district.town, name="周文书")


@pytest.fixture
def signed_in(client, clerk):
    client.force_login(clerk)
    return client


def answers(place, **changed):
    return {
        "number": "",
        "territory": str(place.pk),
        "x_title": "柳河护养院",
        "x_beds": "30",
        "x_level": "a",
        "x_head": "赵思远",
        "x_head_phone": "19900000003",
        **changed,
    }


def make(client, homes, place, **changed):
    answer = client.post(homes.url("add"), answers(place, **changed))
    assert answer.status_code == 302, answer.context["form"].errors
    with unscoped("test"):
        return homes.model._base_manager.latest("created_at")


def test_a_record_lives_its_whole_life(signed_in, homes, district):
    record = make(signed_in, homes, district.village)
    assert (record.number[:3], record.number[-6:]) == ("YH-", "-00001")

    page = signed_in.get(homes.url("index")).content.decode()
    assert [word in page for word in (record.number, "柳河护养院", "养护机构", "床位")] == [
        True
    ] * 4
    view = signed_in.get(homes.url("view", record.pk)).content.decode()
    assert [word in view for word in ("甲级", "赵思远", "199****0003", "19900000003")] == [
        *(True, True, True, False)  # names are read, telephone numbers revealed for a reason
    ]
    asked = {"reveal": "*", "reason": "核对电话"}
    shown = signed_in.post(homes.url("view", record.pk), asked).content.decode()
    assert "19900000003" in shown

    changed = {**answers(district.village, x_beds="31"), "version": record.version}
    assert (
        signed_in.post(
            homes.url("edit", record.pk), {**changed, "number": record.number}
        ).status_code
        == 302
    )
    history = signed_in.get(homes.url("history", record.pk)).content.decode()
    assert [word in history for word in ("床位", "30", "31", "19900000003")] == [
        *(True, True, True, False)
    ]
    gone = signed_in.post(homes.url("delete", record.pk), {"reason": "撤销"})
    with unscoped("test"):
        assert gone.status_code == 302
        assert homes.model._base_manager.count() == 0
        assert RuntimeRecord.history.filter(id=record.pk, history_type="-").count() == 1


def test_a_stale_page_does_not_overwrite(signed_in, homes, district):
    record = make(signed_in, homes, district.village)
    page = {**answers(district.village), "number": record.number, "version": record.version}
    signed_in.post(homes.url("edit", record.pk), {**page, "x_beds": "40"})

    late = signed_in.post(homes.url("edit", record.pk), {**page, "x_beds": "50"})

    assert late.status_code == 409
    assert [(d.label, d.theirs, d.mine) for d in late.context["conflict"].differences] == [
        ("床位", "40", "50")
    ]


@pytest.mark.parametrize("words", ["护养院", "赵思远", "zhaosiyuan", "YH-"])
def test_it_is_found_by_search(signed_in, homes, district, words):
    record = make(signed_in, homes, district.village)
    make(signed_in, homes, district.village, x_title="石桥院", x_head="王小田", number="甲-1")

    found = signed_in.post(homes.url("index"), {"q": words}).context["object_list"]

    assert [row.number for row in found] == [record.number]


def test_filters_replay_in_the_export(signed_in, homes, district):
    make(signed_in, homes, district.village)
    make(signed_in, homes, district.village, x_title="石桥院", x_beds="5", x_level="b")

    listed = signed_in.get(homes.url("index") + "?x_beds_min=10&x_level=a")
    answer = signed_in.post(
        homes.url("export") + "?x_beds_min=10",
        {"download": "1", "columns": ["number", "x_title", "x_beds"], "file_format": "csv"},
    )

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert [row.x_title for row in listed.context["object_list"]] == ["柳河护养院"]
    assert ("柳河护养院" in text, "石桥院" in text) == (True, False)
    entry = CaseLogEntry.objects.filter(action="tonghu.export").get()
    assert (entry.label, entry.data["rows"]) == ("养护机构", 1)


def test_sheets_make_and_change_records(clerk, homes, district):
    paths = ["number", "territory", "x_title", "x_beds", "x_level"]
    cells = [["", "柳树沟村", f"机构{i}", str(i), "甲级"] for i in range(1, 51)]
    rows = [RawRow(i, 1, i + 1, row) for i, row in enumerate(cells, 1)]
    with scoped_to(clerk):
        plan = make_plan(homes, rows, dict(enumerate(paths)), user=clerk)
        assert plan.counts()["new"] == 50, plan.records[0].problems
        writes = [Write(record.instance, record.stored) for record in plan.writes()]
        write_records(homes, writes, actor=clerk, reason="", source="import")
        numbers = list(homes.queryset().order_by("number").values_list("number", flat=True))
        again = [RawRow(1, 1, 2, [numbers[0], "", "改名", "", ""])]
        second = make_plan(homes, again, dict(enumerate(paths)), user=clerk)

    assert (len(set(numbers)), numbers[-1][-5:]) == (50, "00050")
    assert [(r.action, list(r.changes)) for r in second.records] == [("changed", ["x_title"])]
    with unscoped("test"):
        assert RuntimeRecord.history.filter(ledger_slug=HOMES, source="import").count() == 50


def test_every_address_refuses_strangers_and_other_places(client, signed_in, homes, district):
    record = make(signed_in, homes, district.village)
    other_town = UserFactory(role="town_clerk", serves=district.other_town)
    no_right = UserFactory(role="police", serves=district.town)
    names = [pattern.name for pattern in defined_urls()]
    needs_record = ("view", "edit", "delete", "history")

    client.logout()
    assert "login" in client.get(homes.url("index")).url
    client.force_login(other_town)
    codes = {client.get(homes.url(name, record.pk)).status_code for name in needs_record}
    codes |= {client.post(homes.url(name, record.pk), {}).status_code for name in needs_record}
    assert codes == {404}
    assert client.get(homes.url("index")).context["items_count"] == 0
    client.force_login(no_right)
    refused = {
        client.get(homes.url(name)).status_code
        for name in ("index", "index_results", "add", "export", "import", "choose")
    } | {client.get(homes.url(name, record.pk)).status_code for name in needs_record}
    assert refused <= {302, 405}
    assert set(names) >= {"index", "view", "add", "edit", "delete", "history", "import", "export"}


def test_a_role_does_what_its_row_says(client, signed_in, homes, district):
    record = make(signed_in, homes, district.village)
    teacher = UserFactory(role="school", serves=district.town)
    approve(teacher, district.town)
    client.force_login(teacher)

    may = {
        "index": client.get(homes.url("index")).status_code,
        "view": client.get(homes.url("view", record.pk)).status_code,
        "edit": client.get(homes.url("edit", record.pk)).status_code,
        "export": client.get(homes.url("export")).status_code,
    }

    assert may == {"index": 200, "view": 200, "edit": 302, "export": 302}


def test_two_ledgers_never_see_each_others_rows(signed_in, admin, homes, district):
    first = make(signed_in, homes, district.village)
    define(
        admin,
        field("title", "text", "名称", listed=True),
        slug="play-groups",
        ledger=ledger_entry("游戏小组", prefix="YH"),
    )
    groups = ledgers.get("play-groups")
    signed_in.post(
        groups.url("add"),
        {"number": "", "territory": str(district.village.pk), "x_title": "周末组"},
    )

    listed = [row.number for row in signed_in.get(groups.url("index")).context["object_list"]]
    assert listed == [first.number]  # the same number, of another series
    assert signed_in.get(groups.url("view", first.pk)).status_code == 404
    assert signed_in.get(homes.url("index")).context["items_count"] == 1


def test_a_repeated_number_is_told_and_breaks_nothing(signed_in, homes, district):
    make(signed_in, homes, district.village, number="甲-1")

    answer = signed_in.post(homes.url("add"), answers(district.village, number="甲-1"))

    assert answer.status_code == 422


@pytest.mark.parametrize("query", ["p=x", "ordering=password", "x_beds_min=(", "a=" + "x" * 2000])
def test_wild_parameters_do_no_harm(signed_in, homes, query):
    for name in ("index", "index_results", "add"):
        assert signed_in.get(homes.url(name) + "?" + query).status_code == 200


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_costs_the_same_for_any_number_of_rows(
    signed_in, clerk, homes, district, rows, django_assert_max_num_queries
):
    with scoped_to(clerk):
        for index in range(rows):
            record = homes.model(territory=district.village, number=f"N-{index}")
            record.put_extra({"title": f"机构{index}"})
            homes.save(record, actor=clerk)
    signed_in.get(homes.url("index"))

    with django_assert_max_num_queries(12):
        signed_in.get(homes.url("index"))
    with django_assert_max_num_queries(20):
        signed_in.get(homes.url("view", record.pk))


def test_only_ledgers_in_use_answer(signed_in, client, admin, homes, district):
    make(signed_in, homes, district.village)
    address = homes.url("index")
    menu = signed_in.get(address).content.decode()
    define(admin, *FIELDS, slug=HOMES, ledger=ledger_entry(state="retired"))

    assert "defined-care-homes" in menu
    assert signed_in.get(address).status_code == 404
    assert signed_in.get("/admin/l/nothing/").status_code == 404
    assert client.get("/admin/l/care-homes/").status_code == 404
    with pytest.raises(ValidationError):
        define(admin, *FIELDS, slug=HOMES, ledger=ledger_entry(state="draft"))


def test_another_process_follows_without_a_restart(signed_in, admin, homes, district):
    """What another process writes changes the token; the next request of ours reads anew."""
    make(signed_in, homes, district.village)
    loaded = store.current()
    define(
        admin,
        *FIELDS[:1],
        field("phone_line", "text", "热线", listed=True),
        *FIELDS[1:],
        slug=HOMES,
        ledger=ledger_entry(),
    )
    # As in a process that did not write itself: it still holds what it had loaded.
    store._memory.loaded = loaded

    page = signed_in.get(homes.url("index")).content.decode()

    assert "热线" in page


def test_the_class_of_the_ledger_passes_the_checks_of_code(homes):
    serious = [m.id for m in check_ledger(homes) if m.is_serious()]

    # Its key is unique in its ledger, not in the table; its rights are no rows of a table.
    assert serious == ["ledgers.E006", "ledgers.E012"]


def test_values_and_ids_of_nothing_are_not_found(signed_in, homes):
    for name in ("view", "edit", "delete", "history"):
        assert signed_in.get(homes.url(name, uuid.uuid4())).status_code == 404


# Versions


def test_a_version_goes_to_another_site_and_back(admin, homes):
    data = as_document(current_version(HOMES))
    named, content = read_document(data)
    content["ledger"]["label"] = {"zh": "照料机构", "en": ""}
    content["fields"] = [f for f in content["fields"] if f["key"] != "level"]
    content["fields"].append(field("rooms", "integer", "房间"))

    found = preview(named, content)

    assert found.changes == [
        "台账：名称由“养护机构 / Care homes”改为“照料机构”。",
        "新增字段“房间”（整数，启用）。",
        "字段“等级”：状态由“启用”改为“停用”。",
        "字段顺序有变。",
    ]
    assert current_version(HOMES).number == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"format": "other"}',
        b'{"format": "tonghu.definitions", "format_version": 1, "ledger": "../x", "content": {}}',
        b"[" * 100_000,
        b" " * 500_001,
    ],
)
def test_other_files_are_refused(data):
    with pytest.raises(ValidationError):
        read_document(data)


def test_a_file_never_makes_used_values_something_else(admin, homes):
    content = read_document(as_document(current_version(HOMES)))[1]
    for changed in (
        {"kind": "date", "minimum": None},
        {"sensitivity": 3, "listed": False, "filterable": False},
    ):
        wanted = {
            **content,
            "fields": [{**f, **changed} if f["key"] == "beds" else f for f in content["fields"]],
        }
        with pytest.raises(ValidationError, match="beds"):
            preview(HOMES, wanted)


def test_going_back_keeps_every_value(signed_in, admin, homes, district):
    define(admin, *FIELDS, field("rooms", "integer", "房间"), slug=HOMES, ledger=ledger_entry())
    record = make(signed_in, ledgers.get(HOMES), district.village, x_rooms="7")

    made = roll_back(slug=HOMES, number=1, base=2, actor=admin)

    assert (made.number, {f["key"]: f["state"] for f in made.content["fields"]}["rooms"]) == (
        3,
        "retired",
    )
    with unscoped("test"):
        assert ledgers.get(HOMES).model._base_manager.get(pk=record.pk).x_rooms == 7
    page = signed_in.get(ledgers.get(HOMES).url("add")).content.decode()
    assert ("x_rooms" in page, "x_title" in page) == (False, True)
    roll_back(slug=HOMES, number=2, base=3, actor=admin)
    assert "x_rooms" in signed_in.get(ledgers.get(HOMES).url("add")).content.decode()


def test_ledgers_of_code_are_not_redefined(admin):
    with pytest.raises(ValidationError):
        save_version(slug="keepers", content=document(), actor=admin, base=0)
    with pytest.raises(ValidationError):
        define(admin, slug="tool-loans", ledger=ledger_entry())
