"""A place is picked town first; the page of a large area does not carry all its villages."""

import re

import pytest
from django.urls import reverse

from caseadmin.ledgers import ledgers
from caseadmin.ledgers.forms import fields
from tests.ledgers.conftest import clerk_of, lend
from tests.ledgers.test_pages import form_data

LOANS = ledgers.get("tool-loans")


@pytest.fixture
def officer(client, district):
    person = clerk_of(district.district, role="district_officer", name="何区员")
    client.force_login(person)
    return person


@pytest.fixture
def large(monkeypatch):
    monkeypatch.setattr(fields, "MOST_PLACES", 3)


def villages(page):
    """The names of villages the element offers."""
    box = re.search(r'<select name="village".*?</select>', page.content.decode(), re.S).group(0)
    names = re.findall(r"<option[^>]*>\s*(.*?)\s*</option>", box, re.S)
    return [name for name in names if name in ("柳树沟村", "上柳树沟村", "白杨村")]


def test_a_small_area_is_on_the_page_whole(client, officer, district):
    names = ["柳树沟村", "上柳树沟村", "白杨村", "柳树沟村"]

    assert villages(client.get(LOANS.url("add"))) == names


def test_of_a_large_area_only_the_towns_and_the_chosen_villages(client, officer, district, large):
    case = lend(officer, district.foreign)

    empty = client.get(LOANS.url("add"))
    stored = client.get(LOANS.url("edit", case.pk))

    assert (villages(empty), villages(stored)) == ([], ["白杨村", "柳树沟村"])
    assert "显示柳河镇的村居" in stored.content.decode()


def test_without_a_script_a_town_sent_back_brings_its_villages(client, officer, district, large):
    case = lend(officer, district.foreign)

    answer = client.post(LOANS.url("edit", case.pk), form_data(case, village="town:柳河镇"))
    listed = client.get(LOANS.url("index"), {"village": "town:柳河镇"})

    assert (answer.status_code, villages(answer)) == (422, ["柳树沟村", "上柳树沟村"])
    assert (listed.context["items_count"], "上柳树沟村" in listed.content.decode()) == (1, True)


def test_the_second_step_offers_what_lies_in_the_area(client, officer, district):
    address = reverse("ledger_places")

    mine = client.get(address, {"town": "石桥镇", "by": "prefix"}).json()["places"]
    by_key = client.get(address, {"town": "石桥镇", "by": "pk"}).json()["places"]
    nothing = [client.get(address, query).json()["places"] for query in ({}, {"town": "\0"})]
    client.force_login(clerk_of(district.town))
    theirs = client.get(address, {"town": "石桥镇"}).json()["places"]

    assert mine == [["990101002001", "白杨村"], ["990101002002", "柳树沟村"]]
    assert [key for key, _name in by_key] == [
        str(district.foreign.pk),
        str(district.foreign_sibling.pk),
    ]
    assert (nothing, theirs) == ([[], []], [])


def test_a_clerk_of_one_town_picks_among_its_villages_only(client, district, large):
    client.force_login(clerk_of(district.town))

    assert villages(client.get(LOANS.url("add"))) == ["柳树沟村", "上柳树沟村"]
