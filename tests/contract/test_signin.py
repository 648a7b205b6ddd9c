"""The way in, walked: every address of the product, by strangers and by half signed-in people.

Prints how many addresses were tried; a route that somebody adds is tried the day it is added.
"""

import re
import sys
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import get_resolver, reverse

from core.accounts.middleware import is_public
from tests.factories.core import PASSWORD, UserFactory
from tests.probe.way_in import (
    GET,
    WAY_IN,
    WAYS,
    Tried,
    by_decision,
    closed_addresses,
    code_of,
    example_of,
    half_signed_in,
    over_http,
    roles_that_need_a_factor,
    routes,
    sign_in,
    staff_addresses,
    with_app,
)

pytestmark = pytest.mark.django_db

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


def test_a_password_alone_opens_no_address_of_the_staff_site(district, settings, capsys):
    """One role over HTTP, every role by the decision of the middleware.

    ``benchmarks/way_in.py`` sends all of them over HTTP.
    """
    settings.SECOND_FACTOR_REQUIRED = True
    addresses, needing = closed_addresses(), roles_that_need_a_factor()
    http, decided = Tried(), Tried()
    for number, role in enumerate(needing):
        client, person = half_signed_in(role, district.district, number=number)
        whole = role == "district_officer"
        over_http(http, role, client, addresses if whole else addresses[:1], [GET])
        by_decision(decided, role, client, person, addresses, WAYS if whole else [GET])

    with capsys.disabled():
        sys.stdout.write(
            f"\n{http.count} requests and {decided.count} decisions with a password alone:"
            f" {len(needing)} roles, {len(addresses)} addresses,"
            f" {len(http.reached + decided.reached)} reached\n"
        )
    assert (len(needing) >= 10, len(addresses) > 150) == (True, True)
    assert http.count == len(addresses) + len(needing) - 1
    assert decided.count == len(addresses) * (len(needing) + len(WAYS) - 1)
    assert http.reached + decided.reached == []


@pytest.mark.parametrize("proven", [False, True])
def test_the_decision_is_the_one_a_request_meets(district, settings, proven):
    """Where a request comes through, the decision says so too, address by address."""
    settings.SECOND_FACTOR_REQUIRED = True
    client, person = half_signed_in("system_admin", district.district, number=0)
    if proven:
        secret, client = with_app(person), Client(raise_request_exception=False)
        sign_in(client, person.username)
        client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    addresses = ["/admin/", "/admin/child-files/", "/admin/users/", "/admin/account/"]
    http, decided = Tried(), Tried()

    over_http(http, "system_admin", client, addresses, [GET])
    by_decision(decided, "system_admin", client, person, addresses, [GET])

    opened = [address for _role, _way, address, _outcome in decided.reached]
    assert opened == (addresses if proven else [])
    # The list of children is shut to this role by another rule, which leads to the desk.
    assert [address for _role, _way, address, _outcome in http.reached] == opened


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
