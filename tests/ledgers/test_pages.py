"""The pages of a ledger, tried on one that has nothing to do with children."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone, translation

from caseadmin.ledgers import ledgers
from core.access.scope import scoped_to, unscoped
from core.audit.models import CaseLogEntry, StatedReason
from tests.ledgers.conftest import clerk_of, lend
from tests.ledgers.sampleapp.models import Case, Item, Keeper

LOANS = ledgers.get("tool-loans")


def stored(case):
    with unscoped("test"):
        return Case.objects.get(pk=case.pk)


def items_of(case):
    with unscoped("test"):
        return list(Item.objects.filter(case=case))


def form_data(case, **changes):
    """What the browser would send back from the untouched edit page."""
    case = stored(case)
    data = {
        "version": case.version,
        "number": case.number,
        "full_name": case.full_name,
        "phone": case.phone,
        "village": str(case.village_id),
        "risk": case.risk,
        "lent_on": case.lent_on.isoformat() if case.lent_on else "",
        "uses": case.uses,
        "keeper": "",
        "notes": case.notes,
        "reason": "",
    }
    items = items_of(case)
    data["items-count"] = len(items)
    for index, item in enumerate(items):
        data |= {
            f"items-{index}-id": str(item.pk),
            f"items-{index}-version": item.version,
            f"items-{index}-name": item.name,
            f"items-{index}-count": item.count,
            f"items-{index}-serial": item.serial,
        }
    return data | changes


def history_of(case):
    with unscoped("test"):
        return list(Case.history.filter(id=case.pk).order_by("history_id"))


# The list


def test_the_list_shows_rows_in_scope_only(signed_in, case, stranger, district):
    lend(stranger, district.foreign, number="X-9", full_name="外镇人")

    page = signed_in.get(LOANS.url("index")).content.decode()

    assert ("L-1" in page, "X-9" in page, "外镇人" in page) == (True, False, False)


def test_words_are_searched_by_post_and_stay_out_of_addresses(signed_in, clerk, district):
    for index in range(25):
        lend(clerk, district.village, number=f"L-{index}", full_name="王小田", items=())
    lend(clerk, district.village, number="L-99", full_name="赵思丽", items=())

    response = signed_in.post(LOANS.url("index"), {"q": "小田"})
    page = response.content.decode()

    assert response.context["items_count"] == 25
    assert page.count("赵思丽") == 0
    assert [
        link for link in re.findall(r'(?:href|action|formaction)="([^"]*)"', page) if "q=" in link
    ] == []
    assert re.findall(r'formaction="[^"]*[?&]p=2', page) != []


def test_words_in_the_address_are_not_looked_at(signed_in, case, clerk, district):
    lend(clerk, district.village, number="L-2", full_name="赵思丽")

    response = signed_in.get(LOANS.url("index"), {"q": "小田"})

    assert response.context["items_count"] == 2


def test_second_page_of_a_search_is_asked_for_by_post(signed_in, clerk, district):
    for index in range(25):
        lend(clerk, district.village, number=f"L-{index}", items=())

    response = signed_in.post(LOANS.url("index") + "?p=2", {"q": "小田"})

    assert len(response.context["object_list"]) == 5


def test_filters_narrow_and_show_pills(signed_in, case, clerk, district):
    lend(clerk, district.sibling, number="L-2", risk="high", returned=True, uses=["farm"])

    for query, numbers in {
        "risk=high": ["L-2"],
        f"village={district.village.prefix}": ["L-1"],
        f"village={district.town.prefix}&ordering=number": ["L-1", "L-2"],
        "returned=true": ["L-2"],
        "uses=farm": ["L-2"],
        "uses=home": [],
    }.items():
        response = signed_in.get(LOANS.url("index") + "?" + query)
        assert [row.number for row in response.context["object_list"]] == numbers, query
        assert len(response.context["view"].active_filters) == 1, query


def test_a_village_outside_the_area_cannot_be_filtered_by(signed_in, case, district):
    response = signed_in.get(LOANS.url("index"), {"village": district.foreign.prefix})

    assert (response.context["items_count"], "白杨村" in response.content.decode()) == (1, False)


@pytest.mark.parametrize(
    "query",
    [
        "risk=nonsense",
        "village=%27%3B--",
        "lent_on_from=31.2.2026",
        "p=abc",
        "p=99999999999999999999",
        "ordering=phone",
        "ordering=-village__parent__parent__name",
        "full_name__startswith=王",
        "id=%00",
        "returned=vielleicht",
        "export=csv",
        "_w_filter_fragment=1",
    ],
)
def test_nonsense_in_the_address_is_left_out(signed_in, case, query):
    for name in ("index", "index_results"):
        response = signed_in.get(LOANS.url(name) + "?" + query)
        assert (response.status_code, response.context["items_count"]) == (200, 1), query


def test_a_readable_filter_counts_beside_an_unreadable_one(signed_in, case, clerk, district):
    lend(clerk, district.village, number="L-2", risk="high")

    response = signed_in.get(LOANS.url("index") + "?risk=high&lent_on_from=never")

    assert [row.number for row in response.context["object_list"]] == ["L-2"]


def test_sensitive_values_are_masked_in_the_list(signed_in, case):
    page = signed_in.get(LOANS.url("index")).content.decode()

    assert ("199****0001" in page, "19900000001" in page) == (True, False)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_any_number_of_rows(
    signed_in, clerk, district, rows, django_assert_num_queries
):
    for index in range(rows):
        lend(clerk, district.village, number=f"L-{index}")
    signed_in.get(LOANS.url("index"))

    with django_assert_num_queries(7):
        signed_in.get(LOANS.url("index"))


def test_export_replays_the_list(rf, case, clerk, district):
    lend(clerk, district.sibling, number="L-2", full_name="赵思丽", risk="high")
    lend(clerk, district.sibling, number="L-3", full_name="赵思远", risk="low")
    request = rf.post("/?risk=high", {"q": "赵思"})
    request.user = clerk

    with scoped_to(clerk):
        rows = [row.number for row in LOANS.filtered_queryset(request)]

    assert rows == ["L-2"]


# The record


def logged(case):
    with unscoped("test"):
        entries = CaseLogEntry.objects.filter(object_id=str(case.pk)).order_by("id")
        return [(entry.action, entry.data.get("fields")) for entry in entries]


def test_the_record_masks_and_shows_for_a_reason_only(signed_in, case):
    masked = signed_in.get(LOANS.url("view", case.pk)).content.decode()
    asked = signed_in.post(LOANS.url("view", case.pk), {"reveal": "*"})
    unsaid = signed_in.post(LOANS.url("view", case.pk), {"reveal": "*", "reason": " "})
    revealed = signed_in.post(LOANS.url("view", case.pk), {"reveal": "*", "reason": "核对电话"})

    answers = (asked, unsaid, revealed)
    assert [a.status_code for a in answers] == [200, 422, 200]
    pages = [masked, *(answer.content.decode() for answer in answers)]
    assert [("19900000001" in p, "SN-77881" in p) for p in pages] == [(False, False)] * 3 + [
        (True, True)
    ]
    assert ["no-store" in answer["Cache-Control"] for answer in answers] == [True] * 3
    assert logged(case)[-1] == ("tonghu.reveal", ["items.serial", "phone"])
    with unscoped("test"):
        reasons = [stated.text for stated in StatedReason.objects.all()]
    assert reasons == ["核对电话"]


def test_one_value_alone_is_shown(signed_in, case):
    address = LOANS.url("view", case.pk)
    one = {"reveal": f"sampleapp.case.phone:{case.pk}", "reason": "回访"}
    page = signed_in.post(address, one).content.decode()
    others = [
        signed_in.post(address, {"reveal": name, "reason": "x"}).status_code
        for name in ("sampleapp.case.number", "children.childfile.id_number", "nothing", "")
    ]

    assert ("19900000001" in page, "SN-77881" in page) == (True, False)
    assert logged(case)[-1] == ("tonghu.reveal", ["phone"])
    assert others == [302] * 4
    assert "19900000001" not in signed_in.get(address).content.decode()


def test_whoever_may_not_reveal_sees_masks_only(client, case, district):
    reader = clerk_of(district.town, "view", "change", "view_history", role="auditor")
    client.force_login(reader)

    answers = [client.get(LOANS.url(name, case.pk)) for name in ("view", "edit", "history")]
    refused = client.post(LOANS.url("view", case.pk), {"reveal": "*", "reason": "x"})

    assert [
        ("19900000001" in a.content.decode(), "199****0001" in a.content.decode()) for a in answers
    ] == [(False, True)] * 3
    assert refused.status_code == 302


def test_a_value_the_person_does_not_see_is_replaced_cleared_or_kept(signed_in, case):
    page = signed_in.get(LOANS.url("edit", case.pk)).content.decode()
    kept, outcomes = form_data(case, phone="", **{"items-0-serial": ""}), []

    for number, change in enumerate(
        [{}, {"phone": "19900000077"}, {"phone": "19900000077"}, {"clear-phone": "on"}]
    ):
        data = kept | change | {"full_name": f"王小{number}"}
        signed_in.post(LOANS.url("edit", case.pk), data | {"version": stored(case).version})
        outcomes.append((stored(case).full_name, stored(case).phone))

    assert ("19900000001" in page, "199****0001" in page) == (False, True)
    assert outcomes == [
        ("王小0", "19900000001"),
        ("王小1", "19900000077"),
        ("王小2", "19900000077"),
        ("王小3", ""),
    ]
    assert items_of(case)[0].serial == "SN-77881"


def test_what_the_form_does_not_offer_is_not_taken(client, case, district):
    client.force_login(clerk_of(district.town, "view", "change", role="auditor"))
    before = Case._base_manager.values().get(pk=case.pk)
    data = form_data(case, full_name="改了", phone="19900000099", notes="改了", risk="high")
    data |= {"items-0-serial": "SN-1", "items-0-remove": "1", "items-count": "2"}
    data |= {"items-1-name": "新的", "items-1-count": "1", "territory_code": "990101002001"}

    client.post(LOANS.url("edit", case.pk), data)

    assert Case._base_manager.values().get(pk=case.pk) == before
    assert [(item.name, item.serial) for item in items_of(case)] == [("锄头", "SN-77881")]


@pytest.mark.parametrize("rows", [1, 3])
def test_record_form_and_history_cost_the_same_for_any_number_of_child_rows(
    signed_in, clerk, district, rows, django_assert_max_num_queries
):
    case = lend(clerk, district.village, items=("锄头",) * rows)
    for name, most in {"view": 20, "edit": 20, "history": 15, "delete": 15}.items():
        signed_in.get(LOANS.url(name, case.pk))
        with django_assert_max_num_queries(most):
            assert signed_in.get(LOANS.url(name, case.pk)).status_code == 200


# Create, edit


def test_creating_writes_the_record_its_rows_and_their_history(signed_in, clerk, district):
    signed_in.post(
        LOANS.url("add"),
        {
            "number": "L-7",
            "full_name": "李大山",
            "village": str(district.sibling.pk),
            "risk": "low",
            "items-count": "2",
            "items-0-name": "锄头",
            "items-0-count": "1",
            "items-1-name": "",
            "items-1-count": "1",
            "reason": "",
        },
    )

    with unscoped("test"):
        case = Case.objects.get(number="L-7")
        rows = [*Case.history.filter(id=case.pk), *Item.history.filter(case_id=case.pk)]
    assert (case.full_name, case.territory_code) == ("李大山", district.sibling.code)
    assert [item.name for item in items_of(case)] == ["锄头"]
    assert [(row.history_type, row.actor_name, row.source) for row in rows] == [
        ("+", "周文书", "form")
    ] * 2
    assert len({row.change_set for row in rows}) == 1


def test_a_village_outside_the_area_is_refused(signed_in, case, district):
    response = signed_in.post(
        LOANS.url("edit", case.pk), form_data(case, village=str(district.foreign.pk))
    )

    assert (response.status_code, stored(case).territory_code) == (422, district.village.code)


def test_errors_are_listed_with_links_and_nothing_typed_is_lost(signed_in, case):
    response = signed_in.post(
        LOANS.url("edit", case.pk),
        form_data(
            case,
            full_name="",
            lent_on="2026-02-31",
            notes="写了很久的备注",
            **{"items-0-count": "x"},
        ),
    )
    page = response.content.decode()

    assert response.status_code == 422
    assert [anchor for anchor, _label, _message in response.context["errors"]] == [
        "id_full_name",
        "id_lent_on",
        "id_items-0-count",
    ]
    assert page.count("写了很久的备注") == 1
    assert stored(case).version == case.version


@pytest.mark.parametrize("step", ["clean", "save"])
def test_what_is_said_of_a_field_the_form_does_not_have_is_said_of_the_form(
    signed_in, case, monkeypatch, step
):
    def refuse(*args, **kwargs):
        raise ValidationError({"created_at": ["先写明时间。"], "number": ["编号不对。"]})

    monkeypatch.setattr(Case if step == "clean" else LOANS, step, refuse)

    answer = signed_in.post(LOANS.url("edit", case.pk), form_data(case, notes="新的话"))

    told = [(anchor, message) for anchor, _label, message in answer.context["errors"]]
    assert (answer.status_code, told) == (422, [("", "先写明时间。"), ("id_number", "编号不对。")])
    assert ("先写明时间。" in answer.content.decode(), stored(case).notes) == (True, case.notes)


def test_a_save_without_a_change_writes_nothing(signed_in, case):
    before = history_of(case)

    response = signed_in.post(LOANS.url("edit", case.pk), form_data(case), follow=True)

    assert [str(message).strip() for message in response.context["messages"]] != []
    assert (history_of(case), stored(case).version) == (before, case.version)


def test_a_change_leaves_one_entry_with_actor_and_reason(signed_in, case):
    signed_in.post(LOANS.url("edit", case.pk), form_data(case, risk="high", reason="入户后判断"))

    last = history_of(case)[-1]
    assert (last.history_type, last.actor_name, last.history_change_reason, last.risk) == (
        "~",
        "周文书",
        "入户后判断",
        "high",
    )


def test_a_declared_field_is_not_changed_without_a_reason(signed_in, case):
    response = signed_in.post(LOANS.url("edit", case.pk), form_data(case, risk="high"))

    assert (response.status_code, stored(case).risk) == (422, "low")
    assert [anchor for anchor, _label, _message in response.context["errors"]] == ["id_reason"]


def test_unchanged_child_rows_get_no_history(signed_in, clerk, district):
    case = lend(clerk, district.village, items=("锄头", "镰刀"))

    signed_in.post(LOANS.url("edit", case.pk), form_data(case, **{"items-1-name": "大镰刀"}))

    with unscoped("test"):
        rows = Item.history.filter(case_id=case.pk, history_type="~")
        assert [row.name for row in rows] == ["大镰刀"]


def test_a_child_row_is_removed_by_its_box(signed_in, clerk, district):
    case = lend(clerk, district.village, items=("锄头", "镰刀"))

    signed_in.post(LOANS.url("edit", case.pk), form_data(case, **{"items-0-remove": "1"}))

    assert [item.name for item in items_of(case)] == ["镰刀"]


def test_a_row_is_added_without_a_script(signed_in, case):
    response = signed_in.post(
        LOANS.url("edit", case.pk), form_data(case, notes="还没保存", **{"add-row": "items"})
    )

    assert (response.status_code, response.context["record_form"].tables[0].count) == (200, 2)
    assert ("还没保存" in response.content.decode(), stored(case).notes) == (True, "")


def test_a_child_row_of_another_record_cannot_be_taken_over(signed_in, clerk, district, case):
    other = lend(clerk, district.village, number="L-2", items=("别人的锄头",))
    foreign = items_of(other)[0]

    signed_in.post(
        LOANS.url("edit", case.pk),
        form_data(case, **{"items-0-id": str(foreign.pk), "items-0-name": "抢来的"}),
    )

    assert [item.name for item in items_of(other)] == ["别人的锄头"]


def test_moving_the_record_takes_its_rows_along(signed_in, case, district):
    signed_in.post(LOANS.url("edit", case.pk), form_data(case, village=str(district.sibling.pk)))

    assert {row.territory_code for row in [stored(case), *items_of(case)]} == {
        district.sibling.code
    }


def test_a_number_taken_elsewhere_is_refused_without_saying_where(
    signed_in, case, stranger, district
):
    lend(stranger, district.foreign, number="X-9", full_name="外镇人")

    response = signed_in.post(LOANS.url("edit", case.pk), form_data(case, number="X-9"))

    page = response.content.decode()
    assert (response.status_code, "外镇人" in page, "白杨村" in page) == (422, False, False)
    assert stored(case).number == "L-1"


@pytest.mark.parametrize("few", [2, 500])
def test_few_matches_and_many_come_in_the_same_order(signed_in, clerk, district, monkeypatch, few):
    monkeypatch.setattr("caseadmin.ledgers.listing.pages.FEW", few)
    monkeypatch.setattr(LOANS, "per_page", 2)
    for number in range(5):
        lend(clerk, district.village, f"L-{number}", risk="high" if number % 4 else "low")

    def numbers(query):
        return [row.number for row in signed_in.get(LOANS.url("index") + query).context["page_obj"]]

    pages = [numbers(f"?risk=high&ordering=-number&p={page}") for page in (1, 2)]
    none = signed_in.get(LOANS.url("index") + "?risk=high&returned=true").context

    assert pages == [["L-3", "L-2"], ["L-1"]]
    assert (none["items_count"], list(none["page_obj"])) == (0, [])


# Two people at once


def test_a_newer_version_is_shown_and_not_overwritten(signed_in, case, clerk, district):
    data = form_data(case, full_name="我的名字", notes="我的备注")
    colleague = clerk_of(district.town, name="郑同事")
    with scoped_to(colleague):
        theirs = stored_for(colleague, case)
        theirs.full_name, theirs.risk = "同事的名字", "high"
        LOANS.save(theirs, actor=colleague, reason="电话核实")

    response = signed_in.post(LOANS.url("edit", case.pk), data)

    assert response.status_code == 409
    conflict = response.context["conflict"]
    assert [
        (d.label, d.before, d.theirs, d.mine, d.clash, d.taken) for d in conflict.differences
    ] == [
        ("借用人", "王小田", "同事的名字", "我的名字", True, False),
        ("风险", "低", "高", "低", False, True),
        ("备注", "", "", "我的备注", False, False),
    ]
    page = response.content.decode()
    assert ("郑同事" in page, "电话核实" in page) == (True, True)
    form = response.context["form"]
    assert (form["full_name"].value(), form["risk"].value(), form["notes"].value()) == (
        "我的名字",
        "high",
        "我的备注",
    )
    assert stored(case).full_name == "同事的名字"


def test_a_page_on_which_nothing_was_typed_takes_nothing_back(signed_in, case, district):
    data = form_data(case)
    colleague = clerk_of(district.town, name="郑同事")
    with scoped_to(colleague):
        theirs = stored_for(colleague, case)
        theirs.full_name = "同事的名字"
        LOANS.save(theirs, actor=colleague)

    response = signed_in.post(LOANS.url("edit", case.pk), data)

    assert (response.status_code, stored(case).full_name) == (302, "同事的名字")


def test_the_tick_saves_over_the_version_that_was_seen_and_no_other(signed_in, case, district):
    data = form_data(case, full_name="我的名字")
    colleague = clerk_of(district.town, name="郑同事")
    with scoped_to(colleague):
        theirs = stored_for(colleague, case)
        theirs.notes = "第二版"
        LOANS.save(theirs, actor=colleague)
    seen = stored(case).version
    with scoped_to(colleague):
        theirs.notes = "第三版"
        LOANS.save(theirs, actor=colleague)

    late = signed_in.post(
        LOANS.url("edit", case.pk), data | {"overwrite": "1", "seen_version": seen}
    )
    done = signed_in.post(
        LOANS.url("edit", case.pk),
        data | {"notes": "第三版", "overwrite": "1", "seen_version": stored(case).version},
    )

    assert (late.status_code, done.status_code) == (409, 302)
    now = stored(case)
    assert (now.full_name, now.notes) == ("我的名字", "第三版")


def test_a_child_row_changed_meanwhile_is_a_conflict(signed_in, case, district):
    data = form_data(case, **{"items-0-name": "我的锄头"})
    colleague = clerk_of(district.town, name="郑同事")
    with scoped_to(colleague):
        item = Item.objects.get(case=case)
        item.name = "同事的锄头"
        item.save()

    response = signed_in.post(LOANS.url("edit", case.pk), data)

    assert (response.status_code, items_of(case)[0].name) == (409, "同事的锄头")
    page = response.content.decode()
    assert ("同事的锄头" in page, "我的锄头" in page) == (True, True)


def stored_for(user, case):
    return Case.objects.get(pk=case.pk)


# History, delete, actions, choosing


def test_the_timeline_tells_one_action_in_words(signed_in, case, clerk):
    signed_in.post(
        LOANS.url("edit", case.pk),
        form_data(
            case,
            risk="high",
            returned="on",
            phone="19900000002",
            reason="核实",
            **{"items-0-count": "3"},
        ),
    )

    entries = signed_in.get(LOANS.url("history", case.pk)).context["timeline"].entries

    told = [(s.title, [(c.label, c.old, c.new) for c in s.changes]) for s in entries[0].subjects]
    with translation.override("en"):
        assert told == [
            (
                "",
                [
                    ("电话", "199****0001", "199****0002"),
                    ("风险", "低", "高"),
                    ("已归还", *yes_no()),
                ],
            ),
            ("工具 · 锄头 · 3", [("数量", "1", "3")]),
        ]
    assert (entries[0].actor, entries[0].reason, entries[0].source, entries[0].is_current) == (
        "周文书",
        "核实",
        "form",
        True,
    )


def yes_no():
    with translation.override("zh-hans"):
        from caseadmin.ledgers.presentation import plain

        return plain(False), plain(True)


def test_times_are_local(signed_in, case):
    page = signed_in.get(LOANS.url("history", case.pk)).content.decode()

    local = timezone.localtime(history_of(case)[0].history_date)
    assert f"{local:%H:%M}" in page


def test_deleting_needs_a_reason_and_keeps_the_history(signed_in, case):
    page = signed_in.get(LOANS.url("delete", case.pk))
    refused = signed_in.post(LOANS.url("delete", case.pk), {"reason": "  "})
    done = signed_in.post(LOANS.url("delete", case.pk), {"reason": "重复建档"})

    assert [(row["label"], row["count"]) for row in page.context["goes_too"]] == [("工具", 1)]
    assert (refused.status_code, done.status_code) == (422, 302)
    with unscoped("test"):
        last = [
            Case.history.filter(id=case.pk).latest(),
            Item.history.filter(case_id=case.pk).latest(),
        ]
        assert Case.objects.filter(pk=case.pk).exists() is False
    assert [(r.history_type, r.actor_name, r.history_change_reason) for r in last] == [
        ("-", "周文书", "重复建档")
    ] * 2
    assert len({r.change_set for r in last}) == 1


def test_what_prevents_a_deletion_is_named_in_scope_and_counted_elsewhere(
    client, stranger, clerk, district
):
    officer = clerk_of(district.district)
    with scoped_to(officer):
        keeper = Keeper(number="K-1", full_name="孙保管", town=district.town)
        keeper.save()
    lend(clerk, district.village, number="L-1", keeper=keeper)
    lend(stranger, district.foreign, number="X-9", keeper=keeper)
    client.force_login(clerk)

    response = client.post(ledgers.get("keepers").url("delete", keeper.pk), {"reason": "离职"})

    prevents = response.context["prevents"]
    assert ([row["number"] for row in prevents["named"]], prevents["elsewhere"]) == (["L-1"], 1)
    assert "X-9" not in response.content.decode()


def test_an_action_asks_for_its_reason_and_is_gone_once_done(signed_in, case):
    address = LOANS.url("do", case.pk, "give-back")

    asked = signed_in.post(address, {"reason": ""})
    done = signed_in.post(address, {"reason": "已还仓库"})
    again = signed_in.post(address, {"reason": "再来一次"}, follow=True)

    assert (asked.status_code, done.status_code, stored(case).returned) == (422, 302, True)
    assert "再来一次" not in str([row.history_change_reason for row in history_of(case)])
    assert again.status_code == 200


def test_the_chooser_finds_in_scope_and_tells_namesakes_apart(signed_in, clerk, stranger, district):
    with scoped_to(clerk):
        Keeper(number="K-1", full_name="孙保管", town=district.town).save()
        Keeper(number="K-2", full_name="孙保管", town=district.village).save()
    with scoped_to(stranger):
        Keeper(number="K-9", full_name="孙保管", town=district.other_town).save()
    choose = ledgers.get("keepers").url("choose")

    found = signed_in.post(choose, {"q": "孙保"}).json()
    nothing = signed_in.post(choose, {"q": ""}).json()

    assert [row["number"] for row in found["records"]] == ["K-1", "K-2"]
    assert len({row["details"] for row in found["records"]}) == 2
    assert (nothing["records"], signed_in.get(choose).status_code) == ([], 405)


def test_a_record_is_chosen_by_number_within_the_area(signed_in, case, stranger, clerk, district):
    with scoped_to(clerk):
        keeper = Keeper(number="K-1", full_name="孙保管", town=district.town)
        keeper.save()
    with scoped_to(stranger):
        foreign = Keeper(number="K-9", full_name="外镇保管", town=district.other_town)
        foreign.save()

    for value in ("K-9", str(foreign.pk), "孙保管"):
        response = signed_in.post(LOANS.url("edit", case.pk), form_data(case, keeper=value))
        assert (response.status_code, "外镇保管" in response.content.decode()) == (422, False)
    signed_in.post(LOANS.url("edit", case.pk), form_data(case, keeper="K-1"))

    assert stored(case).keeper_id == keeper.pk


def test_a_related_record_comes_with_the_address_in_scope_only(
    signed_in, stranger, clerk, district
):
    with scoped_to(clerk):
        keeper = Keeper(number="K-1", full_name="孙保管", town=district.town)
        keeper.save()
    with scoped_to(stranger):
        foreign = Keeper(number="K-9", full_name="外镇保管", town=district.other_town)
        foreign.save()

    pages = [
        signed_in.get(LOANS.url("add"), {"keeper": value}).content.decode()
        for value in (str(keeper.pk), str(foreign.pk), "nonsense")
    ]

    assert [re.findall(r'name="keeper" value="([^"]*)"', page) for page in pages] == [
        ["K-1"],
        [],
        [],
    ]


def test_every_form_of_the_pages_carries_its_token(clerk, case):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk)

    for name, keys in {
        "index": (),
        "view": (case.pk,),
        "edit": (case.pk,),
        "delete": (case.pk,),
    }.items():
        page = strict.get(LOANS.url(name, *keys)).content.decode()
        posts = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL | re.IGNORECASE)
        # Wagtail's script asks who else is there, with the token in a header.
        posts = [form for form in posts if "w-editing-sessions" not in form]
        assert [form[:200] for form in posts if "csrfmiddlewaretoken" not in form] == [], name
        assert posts != [], name
