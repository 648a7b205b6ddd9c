"""The way in, walked: every address of the product, by strangers and by half signed-in people.

Prints how many addresses were tried; a route that somebody adds is tried the day it is added.
"""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from core.accounts.factors import role_needs_factor
from core.accounts.middleware import is_public
from core.accounts.models import Role
from tests.core.test_signin import code_of, sign_in, with_app
from tests.factories.core import PASSWORD, UserFactory, role_called

pytestmark = pytest.mark.django_db

ROLES = [
    row["code"]
    for row in json.loads((settings.ROOT / "fixtures" / "roles.json").read_text(encoding="utf-8"))
]
A_UUID = "00000000-0000-4000-8000-000000000000"
# Open to everybody, and meant to be. Whoever adds a line says why in the review.
PUBLIC = {
    "^language/",
    "_util/authenticate_with_password/<int:page_view_restriction_id>/<int:page_id>/",
    "_util/login/",
    "admin/login/",
    "application/receipt/",
    "application/status/",
    "healthz",
    "language/",
    "policy-report",
    "privacy/",
    "robots.txt",
    "search/",
    "sitemap.xml",
    "staff/login/",
    "staff/login/code/",
    "staff/logout/",
    "staff/password/<uidb64>/<token>/",
    r"^((?:[\w\-]+/)*)$",
}
# What somebody may open on the way to the second factor; nothing of the product is there.
WAY_IN = re.compile(
    r"^/(staff/(factors/|factors/app/|factors/keys/add/|confirm/|login/.*|logout/|password/a/a/)|admin/(login|logout)/)$"
)


def routes(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every route of the product and the view behind it."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def example_of(route: str) -> str:
    """Return an address that the route answers to."""
    address = re.sub(r"<uuid:\w+>", A_UUID, route)
    address = re.sub(r"<int:\w+>", "1", address)
    address = re.sub(r"<(?:\w+:)?\w+>", "a", address)
    address = re.sub(r"\(\?P(?:<\w+>)?\(?[^()]*\)?\)|\(\?P<\w+>.*?\)", "1", address)
    for piece, plain in (
        (r"^\^", ""),
        (r"\$$|\\Z$", ""),
        (r"\^", ""),
        (r"\(.*?\)[*+?]?", "1"),
        (r"\.\*", "x"),
        (r"\\", ""),
    ):
        address = re.sub(piece, plain, address)
    return f"/{address}"


def staff_addresses() -> list[str]:
    found = {
        example_of(route)
        for route, _view in routes(get_resolver().url_patterns)
        if route.startswith(("admin/", "documents/", "staff/"))
    }
    return sorted(found)


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


def test_no_view_is_open_to_strangers_unless_it_is_listed():
    open_ones = {
        route
        for route, view in routes(get_resolver().url_patterns)
        if is_public(example_of(route), view)
    }

    assert open_ones - PUBLIC == set()
    assert PUBLIC - {"^language/"} - open_ones == set()


def test_a_stranger_opens_no_address_of_the_staff_site(client, capsys):
    addresses = staff_addresses()

    reached = [
        (method, address, answer.status_code)
        for address in addresses
        for method in ("get", "post")
        if not WAY_IN.match(address)
        and (answer := getattr(client, method)(address)).status_code != 404
        and not (
            answer.status_code == 302 and answer.url.startswith((reverse("account_login"), address))
        )
    ]

    with capsys.disabled():
        sys.stdout.write(f"\n{2 * len(addresses)} requests of a stranger, {len(reached)} reached\n")
    assert len(addresses) > 150
    assert reached == []


def refused(answer: Any) -> bool:
    """Return whether somebody was led back to the way in, or turned away."""
    led_to = {reverse("mfa_index"), reverse("account_confirm")}
    return answer.status_code == 403 or (
        answer.status_code == 302 and answer.url.partition("?")[0] in led_to
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_password_alone_opens_no_address_of_the_staff_site(district, settings, capsys):
    settings.SECOND_FACTOR_REQUIRED = True
    role_called("town_clerk")
    needing = [role for role in ROLES if role_needs_factor(Role.objects.get(code=role))]
    addresses = [address for address in staff_addresses() if not WAY_IN.match(address)]
    reached, tried = [], 0
    for number, role in enumerate(needing):
        client = Client(raise_request_exception=False)
        person = UserFactory(role=role, serves=district.district)
        if number % 2:
            with_app(person)
            client.force_login(person)  # an app is there, and was not asked in this session
        else:
            sign_in(client, person.username, address=f"192.0.2.{number + 1}")
        ways: list[tuple[str, dict[str, str]]] = [("get", {})]
        if role == "district_officer":
            ways += [
                ("post", {}),
                ("head", {}),
                ("get", {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}),
                ("get", {"HTTP_ACCEPT": "application/json"}),
            ]
        for method, headers in ways:
            for address in addresses:
                tried += 1
                answer = getattr(client, method)(address, **headers)
                if not refused(answer):
                    reached.append((role, method, address, answer.status_code))

    with capsys.disabled():
        sys.stdout.write(
            f"\n{tried} requests with a password alone: {len(needing)} roles,"
            f" {len(addresses)} addresses, {len(reached)} reached\n"
        )
    assert (len(needing) >= 10, len(addresses) > 150) == (True, True)
    assert reached == []


def test_the_same_addresses_open_once_the_factor_was_used(district, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    officer = UserFactory(role="district_officer", serves=district.district)
    secret = with_app(officer)
    client = Client()
    sign_in(client, officer.username)
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    opened = [
        client.get(address).status_code
        for address in ("/admin/", "/admin/child-files/", "/admin/volunteers/", "/admin/account/")
    ]

    assert opened == [200] * 4


ELSEWHERE = [
    "https://evil.example.invalid/",
    "http://evil.example.invalid",
    "//evil.example.invalid",
    "///evil.example.invalid",
    "////evil.example.invalid",
    "/\\evil.example.invalid",
    "\\\\evil.example.invalid",
    "\\/evil.example.invalid",
    "/\\/evil.example.invalid",
    "/\t/evil.example.invalid",
    "/\n/evil.example.invalid",
    "/\r/evil.example.invalid",
    "\t//evil.example.invalid",
    " //evil.example.invalid",
    "\x00//evil.example.invalid",
    "http:evil.example.invalid",
    "http:/evil.example.invalid",
    "http:///evil.example.invalid",
    "https:evil.example.invalid",
    "HTTPS://EVIL.example.invalid",
    "hTTps:\\\\evil.example.invalid",
    "http://testserver@evil.example.invalid/",
    "http://testserver:80@evil.example.invalid/",
    "//testserver@evil.example.invalid/",
    "http://evil.example.invalid#testserver",
    "http://evil.example.invalid?testserver",
    "http://testserver.evil.example.invalid/",
    "http://evil.example.invalid/testserver",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<b>x</b>",
    "vbscript:msgbox(1)",
    "ftp://evil.example.invalid/",
    "file:///etc/passwd",
    "blob:https://evil.example.invalid/1",
    "evil.example.invalid",
    "//[::1]/",
    "http://[::1/",
    "//evil。example。invalid",
    "http://０x7f000001/",
    "?next=//evil.example.invalid",
    "http://testserver/admin/",
]


@pytest.mark.parametrize("door", ["sign-in", "stock", "signed in", "language", "confirm"])
def test_nobody_is_led_to_another_site(district, door):
    assert len(set(ELSEWHERE)) >= 40
    person = UserFactory(role="town_clerk", serves=district.town)
    elsewhere = []
    for number, payload in enumerate(ELSEWHERE):
        client = Client()
        if door in {"signed in", "confirm"}:
            client.force_login(person)
        if door == "sign-in":
            answer = client.post(
                reverse("account_login"),
                {"username": person.username, "password": PASSWORD, "next": payload},
                REMOTE_ADDR=f"192.0.2.{number + 1}",
            )
        elif door == "language":
            answer = client.post(reverse("set_language"), {"language": "en", "next": payload})
        elif door == "stock":
            answer = client.get("/admin/login/", {"next": payload})
            answer = client.get(answer.url)
            hidden = re.search(r'name="next" value="([^"]*)"', answer.content.decode())
            assert answer.status_code == 200
            # What is carried in the page is judged when it is used: see "sign-in".
            assert hidden is None or hidden.group(1)
            continue
        elif door == "signed in":
            answer = client.get(reverse("account_login"), {"next": payload})
        else:
            answer = client.get(reverse("account_confirm"), {"next": payload})
        place = answer.get("Location", "")
        ours = place.startswith("/") and not place.startswith(("//", "/\\"))
        # A relative address and one on this host are ours too; Django lets both pass.
        here = urlsplit(urljoin("http://testserver/language/", place)).netloc == "testserver"
        if answer.status_code not in {200, 204} and not (ours or (door == "language" and here)):
            elsewhere.append((payload, place))

    assert elsewhere == []
