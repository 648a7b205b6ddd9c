"""Earlier versions, two of them side by side, the list of an earlier day, what was deleted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from caseadmin.ledgers import ledgers
from core.access.scope import scoped_to, unscoped
from core.audit.models import CaseLogEntry
from core.history.context import change_set
from tests.ledgers.conftest import ALL, clerk_of, lend
from tests.ledgers.sampleapp.models import Case, Item

LOANS = ledgers.get("tool-loans")


@pytest.fixture
def clerk(district):
    return clerk_of(district.town, *ALL, "restore", name="周文书")


def change(clerk, case, reason="", **values):
    """Save the record with other values and return the action's number."""
    with scoped_to(clerk), change_set(actor=clerk, reason=reason):
        row = Case.objects.get(pk=case.pk)
        for name, value in values.items():
            setattr(row, name, value)
        LOANS.save(row, actor=clerk, reason=reason)
    return last_change(case)


def last_change(case):
    with unscoped("test"):
        return Case.history.filter(id=case.pk).latest("history_date", "history_id").change_set


def first_change(case):
    with unscoped("test"):
        return Case.history.filter(id=case.pk).earliest("history_date", "history_id").change_set


def delete(clerk, case, reason="重复登记"):
    with scoped_to(clerk):
        LOANS.delete(Case.objects.get(pk=case.pk), actor=clerk, reason=reason)


def text(response):
    assert response.status_code == 200
    return response.content.decode()


# One record


def test_an_earlier_version_shows_the_values_of_then(signed_in, clerk, case):
    first = first_change(case)
    change(clerk, case, notes="后来写的话")

    page = text(signed_in.get(f"{LOANS.url('past', case.pk)}?change={first}"))

    assert ("后来写的话" in page, "L-1" in page, "锄头" in page) == (False, True, True)


def test_a_moment_before_the_record_was_made_says_so(signed_in, case):
    before = timezone.localtime(timezone.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")

    page = text(signed_in.get(f"{LOANS.url('past', case.pk)}?at={before}"))

    assert "该时点台账中还没有这条记录" in page


@pytest.mark.parametrize(
    "query",
    ["", "?at=", "?at=gestern", "?at=9999-99-99", "?at=0000-00-00", "?change=1", "?at=1e400"],
)
def test_a_version_that_cannot_be_read_is_not_there(signed_in, case, query):
    assert signed_in.get(LOANS.url("past", case.pk) + query).status_code == 404


def test_the_action_of_another_record_is_none_of_this_ones(signed_in, clerk, case, district):
    other = lend(clerk, district.sibling, number="L-2")

    response = signed_in.get(f"{LOANS.url('past', case.pk)}?change={first_change(other)}")

    assert response.status_code == 404


def test_an_earlier_version_is_masked_and_looking_is_logged(signed_in, case):
    page = text(signed_in.get(f"{LOANS.url('past', case.pk)}?change={first_change(case)}"))

    entry = CaseLogEntry.objects.get(action="tonghu.view")
    assert ("19900000001" in page, "SN-77881" in page) == (False, False)
    assert (entry.object_id, entry.data["page"]) == (str(case.pk), "past")


# Two versions


def test_comparing_skips_what_lies_between(signed_in, clerk, case):
    first = first_change(case)
    change(clerk, case, notes="一")
    change(clerk, case, notes="二", returned=True)
    with scoped_to(clerk), change_set(actor=clerk):
        Item.objects.get(case=case).delete()
        Item(case=Case.objects.get(pk=case.pk), name="镰刀").save()

    page = text(signed_in.get(f"{LOANS.url('compare', case.pk)}?from={first}"))

    assert [word in page for word in ("二", "镰刀", "锄头", "已归还")] == [True] * 4
    assert '<ins class="ledger-new">一</ins>' not in page


def test_the_older_version_stands_first_whichever_was_chosen_first(signed_in, clerk, case):
    first, second = first_change(case), change(clerk, case, notes="二")
    url = LOANS.url("compare", case.pk)

    there = signed_in.get(f"{url}?from={first}&to={second}").context
    back = signed_in.get(f"{url}?from={second}&to={first}").context

    assert there["subjects"] == back["subjects"]
    assert [(c.label, c.old, c.new) for c in there["subjects"][0].changes] == [("备注", "", "二")]


def test_a_version_compared_with_itself_says_the_same(signed_in, case):
    first = first_change(case)

    page = signed_in.get(f"{LOANS.url('compare', case.pk)}?from={first}&to={first}")

    assert (page.context["subjects"], "两个版本内容相同" in text(page)) == ([], True)


# The history, narrowed


def test_history_is_narrowed_to_a_person_and_to_days(signed_in, clerk, case, district):
    colleague = clerk_of(district.town, name="钱文书")
    change(colleague, case, notes="同事写的")
    url = LOANS.url("history", case.pk)
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()

    def actors(query):
        return [e.actor for e in signed_in.get(url + query).context["timeline"].entries]

    assert actors("") == ["钱文书", "周文书"]
    assert actors(f"?person={colleague.pk}") == ["钱文书"]
    assert actors(f"?since={tomorrow}") == []
    assert actors("?person=nobody&since=neulich") == ["钱文书", "周文书"]


# The list of an earlier day


def test_the_list_of_an_earlier_moment_has_the_rows_and_values_of_then(
    signed_in, clerk, case, district
):
    then = timezone.localtime(timezone.now()).isoformat().replace("+", "%2B")
    change(clerk, case, full_name="李改名")
    lend(clerk, district.village, number="L-2", full_name="赵后来")
    url = LOANS.url("as_of")

    past = text(signed_in.get(f"{url}?at={then}"))
    now = text(signed_in.get(url))

    assert [word in past for word in ("L-1", "L-2")] == [True, False]
    assert [word in now for word in ("L-1", "L-2")] == [True, True]


def test_a_deleted_record_stands_in_the_list_of_when_it_was_there(signed_in, clerk, case):
    then = timezone.localtime(timezone.now()).isoformat().replace("+", "%2B")
    delete(clerk, case)
    url = LOANS.url("as_of")

    assert "L-1" in text(signed_in.get(f"{url}?at={then}"))
    assert "L-1" not in text(signed_in.get(url))


def test_the_list_of_an_earlier_moment_takes_the_lists_filters(signed_in, clerk, district):
    lend(clerk, district.village, number="L-1", risk="high")
    lend(clerk, district.village, number="L-2", risk="low")

    page = text(signed_in.get(LOANS.url("as_of") + "?risk=high&risk=nonsense-too"))
    filtered = text(signed_in.get(LOANS.url("as_of") + "?risk=high"))

    assert [word in filtered for word in ("L-1", "L-2")] == [True, False]
    assert "L-1" in page


def test_nothing_of_another_area_is_told_of_the_past(client, stranger, clerk, case):
    client.force_login(stranger)
    delete_url = LOANS.url("deleted")
    first = first_change(case)

    answers = [
        client.get(f"{LOANS.url('past', case.pk)}?change={first}").status_code,
        client.get(f"{LOANS.url('compare', case.pk)}?from={first}").status_code,
    ]
    assert answers == [404, 404]
    assert "L-1" not in text(client.get(LOANS.url("as_of")))
    delete(clerk, case)
    stranger_with_right = clerk_of(stranger.posts.get().territory, *ALL, "restore")
    client.force_login(stranger_with_right)
    assert "L-1" not in text(client.get(delete_url))
    assert client.get(LOANS.url("restore", case.pk)).status_code == 404
    assert client.post(LOANS.url("restore", case.pk), {"reason": "想要"}).status_code == 404


def test_a_record_that_moved_away_is_not_told_of_as_still_here(signed_in, clerk, case, district):
    with unscoped("test"), change_set(actor=clerk):
        row = Case.objects.get(pk=case.pk)
        row.village = district.foreign
        row.save()

    assert "L-1" not in text(signed_in.get(LOANS.url("as_of")))


# Deleted records


def test_a_deleted_record_comes_back_with_its_rows_and_its_key(signed_in, clerk, case):
    delete(clerk, case)
    listed = text(signed_in.get(LOANS.url("deleted")))
    shown = text(signed_in.get(LOANS.url("restore", case.pk)))

    response = signed_in.post(LOANS.url("restore", case.pk), {"reason": "误删"})

    with unscoped("test"):
        back = Case.objects.get(pk=case.pk)
        rows = list(Case.history.filter(id=case.pk).order_by("history_id"))
    assert ("L-1" in listed, "重复登记" in listed, "锄头" in shown) == (True, True, True)
    assert response["Location"] == LOANS.url("view", case.pk)
    assert (back.full_name, back.phone, back.created_by) == ("王小田", "19900000001", clerk)
    with unscoped("test"):
        assert [(item.name, item.serial) for item in back.items.all()] == [("锄头", "SN-77881")]
    assert [(r.history_type, r.source, r.history_change_reason) for r in rows[1:]] == [
        ("-", "form", "重复登记"),
        ("+", "restore", "误删"),
    ]
    assert CaseLogEntry.objects.filter(action="tonghu.restore").count() == 1
    assert signed_in.get(LOANS.url("deleted")).context["rows"] == []


def test_coming_back_needs_a_reason(signed_in, clerk, case):
    delete(clerk, case)

    response = signed_in.post(LOANS.url("restore", case.pk), {"reason": "  "})

    assert response.status_code == 422
    with unscoped("test"):
        assert not Case.objects.filter(pk=case.pk).exists()


def test_a_number_used_again_keeps_the_deleted_record_away(signed_in, clerk, case, district):
    delete(clerk, case)
    lend(clerk, district.village, number="L-1", full_name="赵新人")

    response = signed_in.post(LOANS.url("restore", case.pk), {"reason": "误删"})

    assert response.status_code == 422
    with unscoped("test"):
        assert [c.full_name for c in Case.objects.filter(number="L-1")] == ["赵新人"]


def test_a_record_that_stands_is_not_among_the_deleted(signed_in, case):
    assert signed_in.get(LOANS.url("restore", case.pk)).status_code == 404


def test_without_the_right_nothing_comes_back(client, clerk, case, district):
    delete(clerk, case)
    client.force_login(clerk_of(district.town))

    codes = [client.get(LOANS.url("deleted")), client.post(LOANS.url("restore", case.pk))]

    assert [r.status_code for r in codes] == [302, 302]


# Queries


@pytest.mark.parametrize("count", [1, 20])
def test_the_list_of_an_earlier_moment_asks_few_queries(
    signed_in, clerk, district, count, django_assert_max_num_queries
):
    for index in range(count):
        lend(clerk, district.village, number=f"L-{index}")
    signed_in.get(LOANS.url("as_of"))

    with django_assert_max_num_queries(15):
        signed_in.get(LOANS.url("as_of"))
