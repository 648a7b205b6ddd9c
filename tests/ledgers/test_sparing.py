"""What a ledger's pages ask along with something else, or keep, stays true."""

import pytest
from django.contrib.auth.models import Permission

from caseadmin.ledgers import chrome, ledgers
from core.access.scope import scoped_to
from core.history.context import change_set
from tests.ledgers.conftest import lend
from tests.ledgers.sampleapp.models import Case, Item

pytestmark = pytest.mark.django_db

LOANS = ledgers.get("tool-loans")


def test_the_menu_that_is_kept_loses_what_a_person_may_no_longer_open(signed_in, clerk, case):
    address, keepers = LOANS.url("view", case.pk), "/admin/keepers/"
    first = signed_in.get(address).content.decode()
    kept = signed_in.get(address).content.decode()
    clerk.user_permissions.remove(Permission.objects.get(codename="view_keeper"))
    clerk.user_permissions.remove(Permission.objects.get(codename="change_keeper"))
    clerk.user_permissions.remove(Permission.objects.get(codename="add_keeper"))
    clerk.user_permissions.remove(Permission.objects.get(codename="delete_keeper"))
    after = signed_in.get(address).content.decode()

    assert [keepers in page for page in (first, kept, after)] == [True, True, False]


def test_the_menu_is_kept_for_a_while_only(signed_in, case, monkeypatch):
    address = LOANS.url("view", case.pk)
    monkeypatch.setattr(chrome, "KEPT_SECONDS", 60)
    drawn = []
    stock = chrome.stock_menu
    monkeypatch.setattr(chrome, "stock_menu", lambda context: drawn.append(1) or stock(context))
    now = [1000.0]
    monkeypatch.setattr(chrome.time, "monotonic", lambda: now[0])
    for seconds in (0, 30, 31):
        now[0] += seconds
        signed_in.get(address)

    assert len(drawn) == 2


def test_what_everybody_uses_is_not_crowded_out(monkeypatch):
    monkeypatch.setattr(chrome, "_kept", type(chrome._kept)())
    monkeypatch.setattr(chrome, "MOST_KEPT", 3)
    chrome._keep("words", "config")
    for number in range(5):
        assert chrome._find("config") == "words"
        chrome._keep("a menu", "menu", number)

    kept = [chrome._find("menu", number) for number in range(5)]
    assert kept == [None, None, None, "a menu", "a menu"]


def test_a_row_that_is_gone_still_stands_among_the_latest_changes(signed_in, clerk, case):
    with scoped_to(clerk), change_set(actor=clerk, reason="verliehen"):
        Item.objects.get(case=case).delete()

    page = signed_in.get(LOANS.url("view", case.pk)).content.decode()

    assert ("锄头" in page, "verliehen" in page) == (True, True)


def test_a_unique_value_is_still_asked_for_where_it_was_changed(signed_in, clerk, case, district):
    lend(clerk, district.village, number="L-2")
    sent = {
        "number": "L-2", "full_name": case.full_name, "village": str(case.village_id),
        "risk": "low", "version": case.version,
    }  # fmt: skip

    answer = signed_in.post(LOANS.url("edit", case.pk), sent)

    assert (answer.status_code, Case._base_manager.filter(number="L-2").count()) == (422, 1)
