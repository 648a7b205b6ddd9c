"""Every screen that somebody can reach speaks Chinese: each role's, and the portal's.

Starting from the menu, each role follows every link once per kind of address, so a screen is
looked at from the day something links to it. What scripts write is looked at in
``tests/browser``.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from lxml import html
from wagtail.models import Page

from caseadmin.desk.reference import prepare_wagtail
from tests.browser.inspection import ALLOWED_WORDS
from tests.factories.children import ChildFileFactory, CustodySpellFactory, KinFactory
from tests.factories.core import UserFactory, role_called
from tests.factories.intake import VolunteerApplicationFactory
from tests.factories.pairings import PairingFactory
from tests.factories.portal import ArticlePageFactory, NewsPageFactory, RecruitmentPageFactory

pytestmark = pytest.mark.once

# The beginning of a key is part of a number, not a word.
KEY_BEGINNING = re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b")
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*[A-Za-z]")
# One address of each kind is enough: keys, running numbers and values of a query are left out.
KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/)|(?<==)[^&]*")
NOT_READ = (
    "//code | //kbd | //samp | //pre | //script | //style | //noscript | //template"
    " | //*[@hidden or @translate='no' or starts-with(@lang, 'en')]"
)
SPOKEN = ("title", "placeholder", "aria-label", "alt")
# Bulk actions need rows in the query; signing out and resetting a password are not screens.
LEFT_OUT = ("/admin/bulk/", "/admin/logout/", "/admin/password_reset/", "/en/")
# Data, not words of the product: this server, the accounts that automatic work runs under, and
# what the other language calls itself.
# Numbers of approvals and of requests begin with AP and AR.
NAMES = {"testserver", "system", "portal", "English", "AP", "AR"}
# More than any role has: the walk ends by itself, and says so if it ever does not.
MOST_SCREENS = 250

ROLES = [
    row["code"]
    for row in json.loads((settings.ROOT / "fixtures" / "roles.json").read_text(encoding="utf-8"))
]


def kind_of(address: str) -> str:
    return KEY.sub("#", address)


def read(text: str) -> Any:
    return html.document_fromstring(text)


def menu(page: Any) -> Iterator[tuple[str, str]]:
    """Yield label and address of what Wagtail's script builds the side bar from."""
    rest = [json.loads(found) for found in page.xpath("//*[@id='wagtail-sidebar-props']/text()")]
    while rest:
        part = rest.pop()
        if isinstance(part, dict):
            if isinstance(part.get("label"), str):
                yield part["label"], str(part.get("url") or "")
            rest += part.values()
        elif isinstance(part, list):
            rest += part


def texts(page: Any) -> Iterator[str]:
    yield from (label for label, _address in menu(page))
    for element in page.xpath(NOT_READ):
        element.drop_tree()
    yield from filter(None, map(str.strip, page.xpath("//text()")))
    for name in SPOKEN:
        yield from page.xpath(f"//@{name}")
    yield from page.xpath("//input[@type='submit' or @type='button']/@value")


def english(page: Any) -> set[str]:
    return {
        f"{word} in “{text[:60]}”"
        for text in texts(page)
        for word in WORD.findall(KEY_BEGINNING.sub(" ", text))
        if word not in ALLOWED_WORDS | NAMES
    }


def walk(client: Client, start: str, within: str) -> tuple[list[str], dict[str, set[str]]]:
    """Follow links from ``start``; return the addresses seen, and the English on each."""
    seen, ahead = {kind_of(start)}, deque([start])
    visited: list[str] = []
    faults: dict[str, set[str]] = {}
    while ahead:
        address = ahead.popleft()
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        if not answer["Content-Type"].startswith("text/html"):
            continue
        visited.append(address)
        assert len(visited) <= MOST_SCREENS, visited
        page = read(answer.content.decode())
        links = [address for _label, address in menu(page)]
        links += page.xpath("//a/@href")
        if found := english(page):
            faults[address] = found
        for link in links:
            target = urldefrag(urljoin(address, link)).url
            if urlsplit(target).netloc or not target.startswith(within):
                continue
            if not target.startswith(LEFT_OUT) and kind_of(target) not in seen:
                seen.add(kind_of(target))
                ahead.append(target)
    return visited, faults


@pytest.fixture
def world(district: Any) -> Any:
    """One row of everything, so that no screen is empty."""
    child_file = ChildFileFactory(village=district.village)
    KinFactory(child_file=child_file)
    CustodySpellFactory(child_file=child_file)
    PairingFactory(child_file=child_file)
    VolunteerApplicationFactory(village=district.village)
    ArticlePageFactory()
    NewsPageFactory()
    RecruitmentPageFactory()
    Page.objects.filter(slug="home").delete()  # Wagtail's own welcome
    role_called("editor")
    prepare_wagtail()
    return district


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_staff_screens_are_in_chinese(role: str, world: Any, client: Client):
    client.force_login(UserFactory(username="1001", role=role, serves=world.district))

    visited, faults = walk(client, "/admin/", within="/admin/")

    assert len(visited) > 1
    assert faults == {}


def test_portal_pages_are_in_chinese(world: Any, client: Client):
    visited, faults = walk(client, "/", within="/")

    assert len(visited) > 5
    assert faults == {}


@pytest.mark.parametrize(
    "address", ["/admin/login/", "/no-such-page/", "/search/?q=nothing-like-it"]
)
def test_other_answers_are_in_chinese(address: str, world: Any, client: Client):
    page = read(client.get(address, follow=True).content.decode())

    assert page.xpath("//h1")
    assert {fault for fault in english(page) if "nothing-like-it" not in fault} == set()
