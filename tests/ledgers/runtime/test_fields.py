"""Fields an administrator adds, through every surface of the sample ledger."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from caseadmin.ledgers import ledgers
from caseadmin.ledgers.runtime.services import REINDEX, current_version, save_version
from caseadmin.ledgers.runtime.store import definitions_of
from core.access.register import FieldClass, class_of
from core.access.scope import scoped_to, unscoped
from core.jobs.models import Job
from core.jobs.services import run_now
from tests.ledgers.conftest import lend
from tests.ledgers.runtime.conftest import EXAMPLES, SLUG, define, document, field, option
from tests.ledgers.sampleapp.models import Case

LOANS = ledgers.get(SLUG)
VALUES = {
    "height": 120,
    "deposit": Decimal("350.5"),
    "colour": "red",
    "extras": ["oil"],
    "due_on": date(2026, 12, 1),
    "insured": True,
    "remark": "借给合作社使用",
    "guarantor": "赵思远",
    "guarantor_phone": "19900000002",
}


def lend_with(clerk, village, number="L-1", **values):
    case = lend(clerk, village, number=number)
    with scoped_to(clerk):
        case.put_extra(values)
        LOANS.save(case, actor=clerk, reason="x")
    return case


def posted(case, **changed):
    return {
        "version": str(case.version),
        "number": case.number,
        "full_name": case.full_name,
        "phone": case.phone,
        "village": str(case.village_id),
        "risk": case.risk,
        "lent_on": "",
        "keeper": "",
        "notes": "",
        "items-count": "0",
        **changed,
    }


def test_values_are_kept_typed_and_sensitive_ones_sealed_in_row_and_history(
    clerk, district, defined
):
    case = lend_with(clerk, district.village, **VALUES)

    with unscoped("test"):
        again = Case.objects.get(pk=case.pk)
        assert again.extra_values() == VALUES
        for table in ("sampleapp_case", "sampleapp_historicalcase"):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT extra, extra_sealed FROM {table}")
                stored = str(cursor.fetchall())
            assert ("赵思远" in stored, "\\u8d75" in stored, "19900000002" in stored) == (
                False,
                False,
                False,
            )
        assert again.extra == {
            "height": 120,
            "deposit": 350.5,
            "colour": "red",
            "extras": ["oil"],
            "due_on": "2026-12-01",
            "insured": True,
            "remark": "借给合作社使用",
            "guarantor?": True,
            "guarantor_phone?": True,
        }


def test_a_save_without_a_word_about_added_fields_loses_nothing(clerk, district, defined):
    case = lend_with(clerk, district.village, **VALUES)

    with scoped_to(clerk):
        loaded = Case.objects.get(pk=case.pk)
        loaded.notes = "x"
        LOANS.save(loaded, actor=clerk)

    with unscoped("test"):
        assert Case.objects.get(pk=case.pk).extra_values() == VALUES


def test_the_form_offers_checks_and_keeps(signed_in, clerk, district, defined):
    case = lend_with(clerk, district.village, height=120, remark="旧")
    page = signed_in.get(LOANS.url("edit", case.pk)).content.decode()
    assert ("补充信息" in page, 'name="x_height"' in page, "身高" in page) == (True, True, True)

    refused = signed_in.post(
        LOANS.url("edit", case.pk), posted(case, x_height="300", x_remark="新")
    )
    assert (refused.status_code, 'value="300"' in refused.content.decode()) == (422, True)

    saved = signed_in.post(
        LOANS.url("edit", case.pk),
        posted(case, x_height="130", x_remark="新", x_extras=["bag", "oil"], x_due_on="2026-12-02"),
    )
    assert saved.status_code == 302
    with unscoped("test"):
        assert Case.objects.get(pk=case.pk).extra_values() == {
            "height": 130,
            "remark": "新",
            "extras": ["bag", "oil"],
            "due_on": date(2026, 12, 2),
        }


def test_what_a_person_may_not_see_is_not_overwritten(client, district, clerk, defined):
    from tests.ledgers.conftest import clerk_of

    case = lend_with(clerk, district.village, **VALUES)
    reader = clerk_of(district.town, "view", "add", "change", "view_history")
    client.force_login(reader)

    page = client.get(LOANS.url("edit", case.pk)).content.decode()
    client.post(LOANS.url("edit", case.pk), posted(case, x_height="99"))

    assert ("19900000002" in page, "199****0002" in page) == (False, True)
    with unscoped("test"):
        again = Case.objects.get(pk=case.pk)
        assert (again.x_guarantor_phone, again.x_height) == ("19900000002", 99)


def test_view_and_history_speak_in_words_and_mask(signed_in, clerk, district, admin, defined):
    case = lend_with(clerk, district.village, **VALUES)
    page = signed_in.get(LOANS.url("view", case.pk)).content.decode()
    assert [word in page for word in ("红色", "机油", "2026年12月1日", "350.5", "199****0002")] == [
        True
    ] * 5
    assert ("19900000002" in page, "赵思远" in page) == (False, True)

    renamed = [
        {**f, "label": {"zh": "身长", "en": ""}} if f["key"] == "height" else f for f in EXAMPLES
    ]
    define(admin, *renamed)
    with scoped_to(clerk):
        loaded = Case.objects.get(pk=case.pk)
        loaded.put_extra({"height": 140})
        LOANS.save(loaded, actor=clerk)

    told = signed_in.get(LOANS.url("history", case.pk)).content.decode()
    # Each change carries the name the field had when it was made.
    assert ("身长" in told, "身高" in told, "19900000002" in told, "extra" in told) == (
        True,
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("x_height_min=100", ["L-2"]),
        ("x_height_max=100", ["L-1"]),
        ("x_deposit_min=350.4&x_deposit_max=350.6", ["L-2"]),
        ("x_colour=red", ["L-2"]),
        ("x_colour=red&x_colour=blue", ["L-1", "L-2"]),
        ("x_extras=oil", ["L-2"]),
        ("x_due_on_from=2026-11-01", ["L-2"]),
        ("x_due_on_to=2026-11-01", ["L-1"]),
        ("x_insured=true", ["L-2"]),
        ("x_insured=false", ["L-1"]),
        ("x_height_min=abc", ["L-1", "L-2"]),
        ("x_remark=x", ["L-1", "L-2"]),
        ("ordering=extra__height", ["L-1", "L-2"]),
        ("ordering=-extra__height", ["L-2", "L-1"]),
        ("ordering=extra_sealed", ["L-1", "L-2"]),
    ],
)
def test_the_list_filters_and_sorts(signed_in, clerk, district, defined, query, found):
    lend_with(
        clerk,
        district.village,
        height=90,
        deposit=Decimal("9"),
        colour="blue",
        extras=["bag"],
        due_on=date(2026, 10, 1),
        insured=False,
    )
    lend_with(clerk, district.sibling, number="L-2", **VALUES)
    if "ordering" not in query:
        query += "&ordering=number"

    answer = signed_in.get(LOANS.url("index") + "?" + query)

    assert answer.status_code == 200
    numbers = [row.number for row in answer.context["object_list"]]
    assert (sorted(numbers) if "sealed" in query else numbers) == found


def test_the_list_costs_no_further_query(
    signed_in, clerk, district, defined, django_assert_num_queries
):
    lend_with(clerk, district.village, **VALUES)
    signed_in.get(LOANS.url("index"))

    with django_assert_num_queries(7):
        page = signed_in.get(LOANS.url("index")).content.decode()
    assert ("身高" in page, "红色" in page) == (True, True)


@pytest.mark.parametrize("words", ["合作社", "赵思远", "zhaosiyuan"])
def test_search_finds_by_added_fields(signed_in, clerk, district, defined, words):
    lend_with(clerk, district.village, **VALUES)
    lend(clerk, district.village, number="L-2")

    answer = signed_in.post(LOANS.url("index"), {"q": words})

    assert [row.number for row in answer.context["object_list"]] == ["L-1"]


def test_old_records_stay_saveable_when_a_field_becomes_required(signed_in, clerk, district, admin):
    old = lend(clerk, district.village)
    define(
        admin,
        field("height", "integer", "身高", required_from="2026-01-01"),
        field("size", "text", "尺码"),
    )

    untouched = signed_in.post(LOANS.url("edit", old.pk), posted(old, notes="只改备注"))
    old.refresh_from_db()
    touched = signed_in.post(LOANS.url("edit", old.pk), posted(old, x_size="大"))
    new = signed_in.post(LOANS.url("add"), posted(old, number="L-9"))
    todo = signed_in.get(LOANS.url("index") + "?incomplete=yes")

    assert [untouched.status_code, touched.status_code, new.status_code] == [302, 422, 422]
    assert [row.number for row in todo.context["object_list"]] == ["L-1"]
    filled = signed_in.post(LOANS.url("add"), posted(old, number="L-9", x_height="90", version=""))
    todo = signed_in.get(LOANS.url("index") + "?incomplete=yes")
    assert (filled.status_code, todo.context["items_count"]) == (302, 1)


def test_rules_across_fields_are_told_at_the_field(signed_in, clerk, district, admin):
    define(
        admin,
        field("came_on", "date", "入住"),
        field("left_on", "date", "离开"),
        rules=[("left_on >= came_on", "离开日期不能早于入住日期。")],
    )
    case = lend(clerk, district.village)

    answer = signed_in.post(
        LOANS.url("edit", case.pk), posted(case, x_came_on="2026-05-02", x_left_on="2026-05-01")
    )

    assert answer.status_code == 422
    assert answer.context["form"].errors["x_left_on"] == ["离开日期不能早于入住日期。"]


def test_retired_fields_leave_the_form_and_keep_what_they_hold(
    signed_in, clerk, district, admin, defined
):
    case = lend_with(clerk, district.village, **VALUES)
    define(admin, *({**f, "state": "retired"} if f["key"] == "remark" else f for f in EXAMPLES))

    page = signed_in.get(LOANS.url("edit", case.pk)).content.decode()
    signed_in.post(LOANS.url("edit", case.pk), posted(case, x_height="99"))

    assert 'name="x_remark"' not in page
    with unscoped("test"):
        again = Case.objects.get(pk=case.pk)
        assert (again.x_remark, again.x_height) == ("借给合作社使用", 99)
    assert "补充说明" in signed_in.get(LOANS.url("history", case.pk)).content.decode()


def test_a_conflict_shows_added_fields(signed_in, clerk, district, defined):
    case = lend_with(clerk, district.village, height=100)
    stale = posted(case, x_height="101")
    with scoped_to(clerk):
        other = Case.objects.get(pk=case.pk)
        other.put_extra({"height": 150})
        LOANS.save(other, actor=clerk)

    answer = signed_in.post(LOANS.url("edit", case.pk), stale)

    assert answer.status_code == 409
    clash = [d for d in answer.context["conflict"].differences if d.clash]
    assert [(d.label, d.before, d.theirs, d.mine) for d in clash] == [("身高", "100", "150", "101")]


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"kind": "decimal"}, True),
        ({"kind": "text"}, False),  # the range of a number does not fit a text
        ({"kind": "text", "minimum": None, "maximum": None, "filterable": False}, True),
        ({"kind": "date", "minimum": None, "maximum": None}, False),
        ({"sensitivity": 1}, True),
        ({"sensitivity": 3, "listed": False, "filterable": False}, False),
        ({"state": "draft"}, False),
        ({"state": "retired"}, True),
        ({"key": "size"}, False),
    ],
)
def test_only_safe_changes_are_taken(admin, defined, change, allowed):
    changed = [{**f, **change} if f["key"] == "height" else f for f in EXAMPLES]

    try:
        define(admin, *changed)
        taken = True
    except ValidationError:
        taken = False

    assert taken is allowed


def test_a_whole_number_is_read_on_as_decimal_and_text(clerk, district, admin, defined):
    case = lend_with(clerk, district.village, height=120)
    height = {**EXAMPLES[0], "minimum": None, "maximum": None, "filterable": False}

    define(admin, {**height, "kind": "decimal"}, *EXAMPLES[1:])
    with scoped_to(clerk):
        as_decimal = Case.objects.get(pk=case.pk).x_height
        define(admin, {**height, "kind": "text"}, *EXAMPLES[1:])
        as_text = Case.objects.get(pk=case.pk).x_height

    assert (as_decimal, as_text) == (Decimal(120), "120")


def test_nobody_defines_without_the_right_and_the_slower_is_told(admin, clerk, defined):
    with pytest.raises(PermissionDenied):
        save_version(slug=SLUG, content=document(), actor=clerk, base=1)
    with pytest.raises(ValidationError):
        save_version(slug=SLUG, content=document(*EXAMPLES), actor=admin, base=0)
    assert current_version(SLUG).number == 1


def test_added_fields_join_the_register_of_fields(defined):
    assert class_of(Case, "x_guarantor_phone").level == FieldClass.SENSITIVE
    assert class_of(Case, "x_height").level == FieldClass.PERSONAL
    assert definitions_of(SLUG).number == 1


def test_options_are_retired_and_stay_where_they_are(signed_in, clerk, district, admin, defined):
    case = lend_with(clerk, district.village, colour="red")
    colour = next(f for f in EXAMPLES if f["key"] == "colour")
    options = [{**option("red", "红色"), "active": False}, option("blue", "蓝色")]
    define(admin, *({**f, "options": options} if f is colour else f for f in EXAMPLES))

    kept = signed_in.post(LOANS.url("edit", case.pk), posted(case, x_colour="red", x_height="99"))
    new = signed_in.post(LOANS.url("add"), posted(case, number="L-3", x_colour="red", version=""))

    assert [kept.status_code, new.status_code] == [302, 422]
    with pytest.raises(ValidationError):
        define(admin, *({**f, "options": options[1:]} if f is colour else f for f in EXAMPLES))


def test_the_stored_document_is_plain_json(defined):
    assert json.loads(json.dumps(defined.content))["fields"][0]["key"] == "height"


def test_a_field_that_becomes_searchable_is_found_in_old_records(signed_in, clerk, district, admin):
    define(admin, field("remark", "text", "说明"))
    lend_with(clerk, district.village, remark="借给合作社使用")
    address = LOANS.url("index")
    before = signed_in.post(address, {"q": "合作社"}).context["items_count"]

    define(admin, field("remark", "text", "说明", searchable=True))
    run_now(Job.objects.get(kind=REINDEX).pk)

    assert (before, signed_in.post(address, {"q": "合作社"}).context["items_count"]) == (0, 1)
