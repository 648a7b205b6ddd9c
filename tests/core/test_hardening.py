"""Headers, caches and error pages, on every kind of answer."""

import re
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

import config.urls
from tests.factories.core import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TELLTALE = re.compile(
    r"Traceback|File \"|site-packages|\.py\b|Exception|Django|Wagtail|gunicorn|"
    r"/(?:home|srv|usr|work|root|tmp)/|SELECT |sqlite|psycopg|\b\d+\.\d+\.\d+\b",
    re.IGNORECASE,
)


@login_not_required
def explode(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("张小明 990101201501010011 in /srv/tonghu/secret.py")


urlpatterns = [path("explode/", explode), *config.urls.urlpatterns]
handler400 = config.urls.handler400


@pytest.fixture
def anybody(settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False, headers={"accept": "text/html"})


@pytest.fixture
def officer(settings, district):
    settings.ROOT_URLCONF = __name__
    someone = Client(raise_request_exception=False, headers={"accept": "text/html"})
    someone.force_login(UserFactory(role="district_officer", serves=district.district))
    return someone


def without_token(**more: Any) -> Client:
    return Client(
        enforce_csrf_checks=True,
        raise_request_exception=False,
        headers={"accept": "text/html"},
        **more,
    )


FIELDS = {f"f{number}": "x" for number in range(5001)}
PROVOKED = [
    ("no page", "get", "/no-such-page/", {}, 404),
    ("no page, English", "get", "/en/no-such-page/", {}, 404),
    ("no admin page", "get", "/admin/no-such-page/", {}, 302),
    ("dots", "get", "/../../etc/passwd", {}, 404),
    ("encoded dots", "get", "/%2e%2e/%2e%2e/etc/passwd", {}, 404),
    ("zero byte", "get", "/a%00b/", {}, 404),
    ("broken UTF-8", "get", "/%ff%fe/", {}, 404),
    ("long address", "get", "/" + "a" * 3000 + "/", {}, 404),
    ("template words", "get", "/{{7*7}}/", {}, 404),
    ("quote", "get", "/'or'1'='1/", {}, 404),
    ("script", "get", "/<script>alert(1)</script>/", {}, 404),
    ("environment file", "get", "/.env", {}, 404),
    ("repository", "get", "/.git/config", {}, 404),
    ("settings", "get", "/site/config/settings/base.py", {}, 404),
    ("map of a script", "get", "/static/hardening/start.js.map", {}, 404),
    ("media above", "get", "/media/../tonghu.sqlite3", {}, 404),
    ("no document", "get", "/documents/999999/x.pdf", {}, 302),
    ("wrong host", "get", "/", {"HTTP_HOST": "evil.example"}, 400),
    ("broken host", "get", "/", {"HTTP_HOST": "a b'<x>"}, 400),
    ("post without token", "post", "/language/", {}, 403),
    ("sign-in without token", "post", "/admin/login/", {}, 403),
    ("get of a post", "get", "/policy-report", {}, 405),
    ("put without token", "put", "/healthz", {}, 403),
    ("too many fields", "unchecked", "/language/", {"data": FIELDS}, 413),
    ("a view that fails", "get", "/explode/", {}, 500),
    ("a view that fails, English", "get", "/explode/?language=en", {}, 500),
    ("long search", "get", "/search/?q=" + "张" * 2000, {}, 200),
    ("search for nothing", "get", "/search/?q=%00%ff", {}, 200),
    ("page of a search", "get", "/search/?q=a&page=99999999999999999999", {}, 200),
    ("receipt", "get", "/application/status/?number=%27%22%3E", {}, 200),
    ("method nobody knows", "generic", "/policy-report", {}, 405),
]


@pytest.mark.parametrize(
    ("verb", "address", "more", "status"),
    [pytest.param(*rest, id=name) for name, *rest in PROVOKED],
)
def test_a_provoked_error_tells_nothing_of_the_inside(settings, verb, address, more, status):
    settings.ROOT_URLCONF = __name__
    someone = without_token()
    if verb == "generic":
        answer = someone.generic("PATCHWORK", address)
    elif verb == "unchecked":
        answer = Client(raise_request_exception=False).post(address, **more)
    else:
        answer = getattr(someone, verb)(address, **more)

    text = answer.content.decode()
    assert answer.status_code == status
    assert TELLTALE.findall(text) == []
    assert "Server" not in answer.headers
    assert "X-Powered-By" not in answer.headers
    if status >= 400:
        assert "张小明" not in text
        assert re.search(r'<p class="lead">[^<]{8,}</p>', text), "no sentence what to do"
        assert answer["Cache-Control"] == "private, no-store"
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert {name: answer[name] for name in HEADERS} == HEADERS


def test_enough_errors_are_provoked():
    assert len(PROVOKED) >= 30


@pytest.mark.parametrize("code", ["zh-hans", "en"])
@pytest.mark.parametrize("page", ["400", "403", "403_csrf", "404", "405", "413", "500"])
def test_an_error_page_speaks_the_readers_language(page, code):
    from django.template.loader import render_to_string
    from django.utils import translation

    with translation.override(code):
        text = render_to_string(f"{page}.html")

    advice = re.search(r'<p class="lead">([^<]+)</p>', text)
    assert advice is not None
    assert bool(re.search("[\u4e00-\u9fff]", advice[1])) is (code == "zh-hans")


def html_routes() -> list[str]:
    from django.urls import get_resolver

    def walk(patterns: Any, prefix: str = "") -> Any:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            else:
                yield route

    return sorted(
        {"/" + r for r in walk(get_resolver().url_patterns) if "<" not in r and "(" not in r}
    )


@pytest.mark.parametrize("who", ["anybody", "officer"])
def test_every_html_answer_carries_every_header(request, who):
    someone = request.getfixturevalue(who)

    html, faults = 0, []
    for route in html_routes():
        route = route.replace("^", "").replace("$", "").replace("\\Z", "")
        if "logout" in route or "explode" in route:
            continue
        answer = someone.get(route)
        if not answer.get("Content-Type", "").startswith("text/html"):
            continue
        html += 1
        policy = answer.get("Content-Security-Policy", "")
        ancestors = "'self'" if route.startswith("/admin/") else "'none'"
        right = {
            "script-src": "script-src 'self';" in f"{policy};",
            "style-src": "style-src 'self';" in f"{policy};",
            "object-src": "object-src 'none'" in policy,
            "base-uri": "base-uri 'none'" in policy,
            "unsafe": "unsafe" not in policy,
            "ancestors": "frame-ancestors 'none'" in policy
            or f"frame-ancestors {ancestors}" in policy,
            "frame": answer["X-Frame-Options"] in {"DENY", "SAMEORIGIN"},
            "permissions": "camera=()" in answer["Permissions-Policy"],
            "headers": {name: answer[name] for name in HEADERS} == HEADERS,
            "cache": not route.startswith("/admin/")
            or answer["Cache-Control"] == "private, no-store",
        }
        faults += [
            f"{route} ({answer.status_code}): {name}" for name, ok in right.items() if not ok
        ]

    assert html >= 20
    assert faults == []


def test_what_a_clerk_saw_reaches_nobody_after_her(settings, client, district, everything):
    from core.access.scope import scoped_to
    from tests.factories.children import ChildFileFactory

    clerk = UserFactory(role="town_clerk", serves=district.town)
    with scoped_to(clerk):
        child = ChildFileFactory(village=district.village, full_name="迦陵频")
    pages = ["/admin/child-files/", f"/admin/child-files/{child.pk}/", "/admin/", "/"]
    deceiving = [f"{page}x.css" for page in pages] + [f"{page}?x.js" for page in pages]

    client.force_login(clerk)
    with scoped_to(clerk):
        seen = [client.get(address) for address in pages + deceiving]
    shown = sum(child.file_number.encode() in answer.content for answer in seen)
    afterwards = [Client().get(address) for address in pages + deceiving]

    assert shown >= 2
    assert {answer["Cache-Control"] for answer in seen} == {"private, no-store"}
    canaries = ("迦陵频".encode(), child.file_number.encode())
    assert [a for a in afterwards for canary in canaries if canary in a.content] == []


def test_no_picture_of_staff_is_fetched_elsewhere(officer):
    UserFactory(username="with-mail", email="somebody@tonghu.example")

    for name in ("wagtailadmin_home", "wagtailadmin_account"):
        assert "gravatar" not in officer.get(reverse(name)).content.decode().lower()


def test_settings_keep_everything_on_this_server(settings):
    assert {
        "gravatar": settings.WAGTAIL_GRAVATAR_PROVIDER_URL,
        "update check": settings.WAGTAIL_ENABLE_UPDATE_CHECK,
        "banner": settings.WAGTAIL_ENABLE_WHATS_NEW_BANNER,
        "embeds": settings.WAGTAILEMBEDS_FINDERS,
        "autosave": settings.WAGTAIL_AUTOSAVE_INTERVAL,
    } == {"gravatar": None, "update check": False, "banner": False, "embeds": [], "autosave": 0}


def test_a_test_cannot_speak_to_another_machine(nothing_leaves_the_machine):
    import socket
    import urllib.request

    with pytest.raises(OSError, match="this machine only"):
        urllib.request.urlopen("http://tonghu.example/", timeout=1)
    with pytest.raises(OSError, match="this machine only"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)

    assert len(nothing_leaves_the_machine) == 2
    nothing_leaves_the_machine.clear()
