"""The way in, walked by people who gave a password and no second factor.

Two walks of the same addresses: over HTTP, and by the decision of the middleware alone, which
takes a hundredth of the time and is what the HTTP walk waits for.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from core.accounts import middleware
from core.accounts.factors import has_factor, role_needs_factor
from core.accounts.middleware import DefaultDenyMiddleware, SessionMiddleware
from core.accounts.models import Role, User
from tests.factories.core import PASSWORD, UserFactory, role_called

A_UUID = "00000000-0000-4000-8000-000000000000"
# What somebody may open on the way to the second factor; nothing of the product is there.
WAY_IN = re.compile(
    r"^/(staff/(factors/|factors/app/|factors/keys/add/|confirm/|login/.*|logout/|password/a/a/)|admin/(login|logout)/)$"
)
# How an address is asked for: method and headers.
GET: "Way" = ("get", {})
WAYS: "tuple[Way, ...]" = (
    GET,
    ("post", {}),
    ("head", {}),
    ("get", {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}),
    ("get", {"HTTP_ACCEPT": "application/json"}),
)
Way = tuple[str, dict[str, str]]


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
    """Return an address of every route of the staff site."""
    found = {
        example_of(route)
        for route, _view in routes(get_resolver().url_patterns)
        if route.startswith(("admin/", "documents/", "staff/"))
    }
    return sorted(found)


def closed_addresses() -> list[str]:
    """Return those a password alone must not open: all but the way in itself."""
    return [address for address in staff_addresses() if not WAY_IN.match(address)]


def roles_that_need_a_factor() -> list[str]:
    """Return the codes of the roles of the product that ask for a second factor."""
    path = settings.ROOT / "fixtures" / "roles.json"
    codes = [row["code"] for row in json.loads(path.read_text(encoding="utf-8"))]
    role_called("town_clerk")  # loads them all
    return [code for code in codes if role_needs_factor(Role.objects.get(code=code))]


def sign_in(
    client: Any, username: str, password: str = PASSWORD, address: str = "192.0.2.1", **more: str
) -> Any:
    """Give name and password on the page of the sign-in."""
    return client.post(
        reverse("account_login"),
        {"username": username, "password": password, **more},
        REMOTE_ADDR=address,
    )


def with_app(user: Any) -> str:
    """Give a person an app and return its secret."""
    secret: str = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def code_of(secret: str, steps: int = 0) -> str:
    """Return what the app shows now, or some steps of half a minute later."""
    counter = int(time.time()) // 30 + steps
    code: str = totp.format_hotp_value(totp.hotp_value(secret, counter))
    return code


def half_signed_in(role: str, territory: Any, *, number: int) -> tuple[Client, User]:
    """Return somebody whose role needs a second factor, in a session that has seen none.

    Every other one (by ``number``) has an app that was not asked; the others have none.
    """
    client = Client(raise_request_exception=False)
    person = UserFactory(role=role, serves=territory)
    if number % 2:
        with_app(person)
        client.force_login(person)
    else:
        sign_in(client, person.username, address=f"192.0.2.{number + 1}")
    return client, person


def is_refused(answer: Any) -> bool:
    """Return whether somebody was led back to the way in, or turned away."""
    led_to = {reverse("mfa_index"), reverse("account_confirm")}
    return answer.status_code == 403 or (
        answer.status_code == 302 and answer.url.partition("?")[0] in led_to
    )


@dataclass
class Tried:
    """How much was tried, and what opened that should not have."""

    count: int = 0
    reached: list[tuple[str, str, str, Any]] = field(default_factory=list)

    def note(self, role: str, way: Way, address: str, outcome: Any, *, refused: bool) -> None:
        """Count one try."""
        self.count += 1
        if not refused:
            self.reached.append((role, way[0], address, outcome))


def over_http(
    tried: Tried, role: str, client: Client, addresses: Iterable[str], ways: Iterable[Way]
) -> None:
    """Ask for every address, through the whole of the product."""
    for way in ways:
        method, headers = way
        for address in addresses:
            answer = getattr(client, method)(address, **headers)
            tried.note(role, way, address, answer.status_code, refused=is_refused(answer))


@lru_cache(maxsize=1024)
def resolved(address: str) -> Any:
    """Return the view an address leads to: the same for everybody."""
    return resolve(address)


def by_decision(
    tried: Tried,
    role: str,
    client: Client,
    person: User,
    addresses: Iterable[str],
    ways: Iterable[Way],
) -> None:
    """Ask the two middlewares that decide, about the view behind every address.

    Whether the factor is missing is decided for the session, by the first of them; what that
    means for a view by the second.
    """
    session, factory = client.session, RequestFactory()

    def asked(address: str, way: Way) -> Any:
        request: Any = getattr(factory, way[0])(address, **way[1])
        request.session, request.user = session, person
        return request

    first = asked("/admin/", GET)
    SessionMiddleware(lambda request: HttpResponse())(first)
    door = DefaultDenyMiddleware(lambda request: HttpResponse())
    known = has_factor(person)
    with pytest.MonkeyPatch.context() as patch:
        # The same question for each of some thousand addresses has the same answer.
        patch.setattr(middleware, "has_factor", lambda user: known)
        _decide(tried, role, door, asked, first.factor_missing, addresses, ways)


def _decide(
    tried: Tried,
    role: str,
    door: DefaultDenyMiddleware,
    asked: Callable[[str, Way], Any],
    factor_missing: bool,
    addresses: Iterable[str],
    ways: Iterable[Way],
) -> None:
    for way in ways:
        for address in addresses:
            request = asked(address, way)
            request.factor_missing = factor_missing
            request.resolver_match = match = resolved(address)
            try:
                answer: Any = door.process_view(request, match.func, match.args, match.kwargs)
            except PermissionDenied:
                tried.note(role, way, address, 403, refused=True)
            else:
                refused = answer is not None and is_refused(answer)
                tried.note(role, way, address, answer, refused=refused)
