"""Many records at once: the number first, one change set, refusals told, undone as one."""

import pytest
from django.urls import reverse

from caseadmin.ledgers import ledgers
from caseadmin.ledgers.bulk import services
from caseadmin.ledgers.bulk.models import BulkRun
from caseadmin.ledgers.listing.models import SavedView
from caseadmin.ledgers.listing.pages import LedgerPaginator
from core.access.scope import unscoped
from core.jobs.models import Job
from tests.ledgers.conftest import clerk_of, lend
from tests.ledgers.sampleapp.models import Case

LOANS = ledgers.get("tool-loans")
INDEX = LOANS.url("index")
BULK = LOANS.url("bulk", "risk")


@pytest.fixture
def cases(clerk, district):
    return [lend(clerk, district.village, f"L-{n}", items=()) for n in range(3)]


def stored():
    with unscoped("test"):
        return dict(Case.objects.order_by("number").values_list("number", "risk"))


def ask(client, number, *, query="", **data):
    body = {"which": "all", "risk": "high", "reason": "雨季", "confirmed": number, **data}
    return client.post(BULK + query, body)


def test_the_number_comes_first_and_nothing_is_written_before_it_is_confirmed(
    signed_in, cases, stranger, district
):
    lend(stranger, district.foreign, "F-1", items=())

    answer = signed_in.post(BULK, {"which": "all"})

    assert (answer.status_code, answer.context["number"]) == (200, 3)
    assert [entry["number"] for entry in answer.context["preview"]] == sorted(
        (str(case) for case in cases), reverse=True
    )
    assert set(stored().values()) == {"low"}


def test_all_that_match_are_changed_in_one_change_set_with_history(
    signed_in, clerk, cases, stranger, district
):
    foreign = lend(stranger, district.foreign, "F-1", items=())

    answer = ask(signed_in, 3)

    run = BulkRun.objects.get()
    assert answer.url == LOANS.url("bulk_run", run.pk)
    assert (run.state, run.changed, run.refused) == ("done", 3, 0)
    assert stored() == {"F-1": "low", "L-0": "high", "L-1": "high", "L-2": "high"}
    with unscoped("test"):
        steps = list(Case.history.filter(change_set=run.change_set))
        assert {(s.history_user_id, s.history_change_reason, s.source) for s in steps} == {
            (clerk.pk, "雨季", "bulk")
        }
        assert (len(steps), foreign.history.count()) == (3, 1)


def test_only_the_ticked_ones_within_the_filter_are_meant(signed_in, cases):
    with unscoped("test"):
        Case.objects.filter(pk=cases[0].pk).update(risk="high")
    rows = [str(case.pk) for case in cases[:2]]

    answer = ask(signed_in, 1, query="?risk=low", which="chosen", row=rows)

    assert answer.status_code == 302
    assert stored() == {"L-0": "high", "L-1": "high", "L-2": "low"}


def test_nothing_ticked_means_nothing(signed_in, cases):
    answer = ask(signed_in, 3, which="chosen")

    assert (answer.url, BulkRun.objects.count()) == (INDEX, 0)
    assert set(stored().values()) == {"low"}


def test_a_refused_record_is_told_with_its_number_and_the_others_are_done(signed_in, cases):
    with unscoped("test"):
        Case.objects.filter(pk=cases[1].pk).update(returned=True)

    page = signed_in.get(ask(signed_in, 3).url)

    assert page.context["refusals"] == [["L-1", "已归还。"]]
    assert stored() == {"L-0": "high", "L-1": "low", "L-2": "high"}


def test_a_list_that_has_changed_meanwhile_is_shown_again(signed_in, cases):
    answer = ask(signed_in, 2)

    assert (answer.status_code, answer.context["number"]) == (409, 3)
    assert set(stored().values()) == {"low"}


def test_a_reason_is_asked_for(signed_in, cases):
    answer = ask(signed_in, 3, reason="")

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["reason"])
    assert set(stored().values()) == {"low"}


def test_a_run_is_undone_where_nobody_has_changed_the_record_since(signed_in, clerk, cases):
    address = ask(signed_in, 3).url
    with unscoped("test"):
        touched = Case.objects.get(number="L-1")
    touched.notes = "后来"
    LOANS.save(touched, actor=clerk)

    answer = signed_in.post(address, {"reason": "弄错了"}, follow=True)

    run = BulkRun.objects.get()
    assert (run.state, run.kept) == ("undone", 1)
    assert stored() == {"L-0": "low", "L-1": "high", "L-2": "low"}
    assert answer.context["may_undo"] is False
    with unscoped("test"):
        last = Case.objects.get(number="L-0").history.first()
    assert (last.source, last.history_change_reason) == ("restore", "弄错了")


def test_what_a_service_did_says_that_it_cannot_be_undone(signed_in, cases):
    data = {"which": "all", "reason": "盘点", "confirmed": 3}
    page = signed_in.post(LOANS.url("bulk", "give-back"), data, follow=True)

    assert (page.context["run"].changed, page.context["may_undo"]) == (3, False)
    assert signed_in.post(page.request["PATH_INFO"], {"reason": "x"}).status_code == 302
    assert BulkRun.objects.get().state == "done"
    with unscoped("test"):
        assert Case.objects.filter(returned=True).count() == 3


def test_many_records_are_a_job_that_holds_no_words(
    signed_in, cases, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(services, "INLINE_ROWS", 2)

    with django_capture_on_commit_callbacks(execute=True):
        answer = ask(signed_in, 3, q="王小田")

    run = BulkRun.objects.get()
    assert (run.state, run.changed) == ("done", 3)
    assert Job.objects.get().params == {"run": str(run.pk)}
    assert signed_in.get(answer.url).context["run"].words == "王小田"


def test_a_run_is_nobody_elses(client, signed_in, cases, district):
    address = ask(signed_in, 3).url
    client.force_login(clerk_of(district.town))

    assert [client.get(address).status_code, client.post(address).status_code] == [404, 404]


def test_without_the_right_nothing_is_offered_and_nothing_done(client, cases, district):
    client.force_login(clerk_of(district.town, "view"))

    assert client.get(INDEX).context["bulk_actions"] == []
    assert ask(client, 3).status_code == 302
    assert BulkRun.objects.count() == 0


# Views and columns


def test_columns_are_a_persons_own(client, signed_in, cases, district):
    page = signed_in.post(LOANS.url("arrange"), {"columns": ["lent_on", "returned"]}, follow=True)
    assert [c.name for c in page.context["view"].columns] == [
        "chosen",
        "full_name",
        "lent_on",
        "returned",
    ]

    client.force_login(clerk_of(district.town))
    assert len(client.get(INDEX).context["view"].columns) == 1 + len(LOANS.list_columns())


def test_too_many_columns_are_refused(signed_in, cases):
    names = ["number", "village", "risk", "lent_on", "phone", "returned", "uses", "keeper"] * 2
    answer = signed_in.post(LOANS.url("arrange"), {"columns": names})

    assert answer.status_code == 422


def test_a_view_keeps_filters_order_and_columns_and_can_open_the_list(signed_in, cases):
    data = {"name": "高风险", "columns": ["risk"], "is_default": "1"}
    signed_in.post(LOANS.url("arrange") + "?risk=high&ordering=lent_on&p=3&q=x", data)

    view = SavedView.objects.get(name="高风险")
    opened = signed_in.get(INDEX)

    assert view.query == "risk=high&ordering=lent_on"
    assert opened.url == f"{INDEX}?risk=high&ordering=lent_on&view={view.pk}"
    page = signed_in.get(opened.url)
    assert [c.name for c in page.context["view"].columns] == ["chosen", "full_name", "risk"]
    assert (page.context["items_count"], page.context["ordering"]) == (0, "lent_on")


def test_a_shared_view_stays_within_the_sharers_area(client, signed_in, stranger, district):
    signed_in.post(LOANS.url("arrange"), {"name": "本镇", "is_shared": "1"})

    def offered(user):
        client.force_login(user)
        return [view["name"] for view in client.get(INDEX).context["views"]]

    assert offered(clerk_of(district.village)) == ["本镇"]
    assert offered(stranger) == []


def test_only_ones_own_view_is_deleted(client, signed_in, district):
    signed_in.post(LOANS.url("arrange"), {"name": "本镇", "is_shared": "1"})
    view = SavedView.objects.get()
    address = reverse("tool_loans:forget", args=[view.pk])
    client.force_login(clerk_of(district.town))

    assert (client.post(address).status_code, SavedView.objects.count()) == (404, 1)


# Large ledgers


def test_a_list_counts_no_further_than_it_says(signed_in, cases, monkeypatch):
    monkeypatch.setattr("caseadmin.ledgers.listing.pages.MOST_COUNTED", 2)

    page = signed_in.get(INDEX)

    paginator = page.context["paginator"]
    assert isinstance(paginator, LedgerPaginator)
    assert (paginator.count, paginator.is_capped) == (2, True)
    assert "2 条以上" in page.content.decode()
