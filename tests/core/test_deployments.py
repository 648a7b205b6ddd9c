"""One code base, two deployments: the public one knows no staff address."""

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from config.refusals import weaknesses

pytestmark = pytest.mark.once

PROBE = """
import json, django
django.setup()
from django.test import Client
from django.urls import get_resolver

def names(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from names(pattern.url_patterns, route)
        else:
            yield route

client = Client(raise_request_exception=False)
print(json.dumps({
    "staff routes": sum("admin/" in route for route in names(get_resolver().url_patterns)),
    "answers": [client.get(path).status_code for path in ("/healthz", "/robots.txt")],
}))
"""


def probe(**environment: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=settings.ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(settings.ROOT), str(settings.SITE_DIR)]),
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_a_public_deployment_has_no_staff_address():
    assert probe(STAFF_SITE="0")["staff routes"] == 0


def test_the_staff_deployment_has_them_and_both_answer():
    staff = probe(STAFF_SITE="1")

    assert (staff["staff routes"] > 100, staff["answers"]) == (True, [200, 200])  # type: ignore[operator]


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


RING = {
    "current": 1,
    "data": {"1": key()},
    "index": key(),
    "search": key(),
    "audit": {"1": key()},
}
SECRET_KEY = "Kq7vZ0m3xR9sT2wY5bN8cL1dF4gH6jP0aE3iU7oS9tV2yX5zB8"
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": SECRET_KEY,
    "TONGHU_KEYS": json.dumps(RING),
    "ALLOWED_HOSTS": "tonghu.example.invalid",
    "BASE_URL": "https://staff.tonghu.example.invalid",
    "DATABASE_URL": "sqlite:///var/never-opened.sqlite3",
    "CLAMAV_SOCKET": "/run/clamav/clamd.ctl",
}
SAME = json.dumps(RING | {"search": RING["index"]})
PATTERN = json.dumps(RING | {"search": base64.b64encode(b"a" * 32).decode()})
REPEATED = json.dumps(RING | {"index": base64.b64encode(SECRET_KEY[:32].encode()).decode()})
CLUSTER = {"SEARCH_ENGINE": "elasticsearch", "ELASTICSEARCH_API_KEY": "an-invented-key"}

# The variables, and the name the refusal begins with.
WEAK = [
    ({"SECRET_KEY": "short"}, "SECRET_KEY"),
    ({"SECRET_KEY": "x" * 60}, "SECRET_KEY"),
    ({"SECRET_KEY": ""}, "SECRET_KEY"),
    ({"SECRET_KEY": "django-insecure-" + SECRET_KEY}, "SECRET_KEY"),
    ({"TONGHU_KEYS": ""}, "TONGHU_KEYS"),
    ({"TONGHU_KEYS": "{}"}, "TONGHU_KEYS"),
    ({"TONGHU_KEYS": SAME}, "TONGHU_KEYS"),
    ({"TONGHU_KEYS": PATTERN}, "TONGHU_KEYS"),
    ({"TONGHU_KEYS": REPEATED}, "TONGHU_KEYS"),
    ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
    ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
    ({"BASE_URL": "http://staff.tonghu.example.invalid"}, "BASE_URL"),
    ({"CSRF_TRUSTED_ORIGINS": "http://tonghu.example.invalid"}, "CSRF_TRUSTED_ORIGINS"),
    ({"CSRF_TRUSTED_ORIGINS": "https://*.example.invalid"}, "CSRF_TRUSTED_ORIGINS"),
    ({"SECURE_SSL_REDIRECT": "0"}, "SECURE_SSL_REDIRECT"),
    ({"DEBUG": "1"}, "DEBUG"),
    ({"STAFF_SITE": "perhaps"}, "STAFF_SITE"),
    ({"DATABASE_URL": "mysql://localhost/x"}, "DATABASE_URL"),
    ({"DATABASE_URL": "sqlite:///:memory:"}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgresql://tonghu:tonghu@db.invalid/x"}, "DATABASE_PASSWORD"),
    ({"DATABASE_URL": "postgresql://tonghu@db.invalid/x"}, "DATABASE_PASSWORD"),
    ({"REDIS_URL": "redis://cache.invalid:6379/0"}, "REDIS_URL"),
    (CLUSTER | {"ELASTICSEARCH_URL": "http://es.invalid:9200"}, "ELASTICSEARCH_URL"),
    (
        {"SEARCH_ENGINE": "elasticsearch", "ELASTICSEARCH_URL": "https://es.invalid:9200"},
        "ELASTICSEARCH_API_KEY",
    ),
]


# One interpreter, one fork for each environment: a start of its own would cost a second each.
JUDGE = """
import json, os, sys, traceback
import core.crypto.keys, config.refusals, csp.constants, django.utils.translation
for number, environment in enumerate(json.load(sys.stdin)):
    if not os.fork():
        os.environ.update(environment)
        try:
            import config.settings.production
            answer = ""
        except Exception as error:
            answer = str(error) or repr(error)
        print(json.dumps([number, answer]), flush=True)
        os._exit(0)
    os.wait()
"""


def judge(environments: list[dict[str, str]]) -> list[str]:
    """Start production in each environment; return what it refused to start for, or nothing."""
    done = subprocess.run(
        [sys.executable, "-c", JUDGE],
        cwd=settings.ROOT,
        env={
            **os.environ,
            **PRODUCTION,
            "PYTHONPATH": os.pathsep.join([str(settings.ROOT), str(settings.SITE_DIR)]),
        },
        input=json.dumps(environments),
        capture_output=True,
        text=True,
        check=True,
    )
    return [answer for number, answer in sorted(map(json.loads, done.stdout.splitlines()))]


def test_production_refuses_to_start_on_a_weak_configuration():
    answers = judge([{}, *(wrong for wrong, named in WEAK)])

    faults = [
        (wrong, answer)
        for (wrong, named), answer in zip(WEAK, answers[1:], strict=True)
        if named not in answer or not answer.endswith(".") or "\n" in answer
    ]
    assert (answers[0], len(WEAK) >= 12, faults) == ("", True, [])


def test_every_weakness_is_told_at_once():
    (answer,) = judge([{"ALLOWED_HOSTS": "*", "BASE_URL": "http://x.invalid", "DEBUG": "1"}])

    assert [line.split(":")[0] for line in answer.splitlines()] == [
        "ALLOWED_HOSTS",
        "BASE_URL",
        "DEBUG",
    ]


def test_a_key_file_that_everybody_can_read_is_refused(tmp_path):
    shut, open_ = tmp_path / "shut", Path(tempfile.mkdtemp())
    shut.mkdir(mode=0o700)
    answers = {}
    for name, folder, mode in [
        ("readable", open_, 0o644),
        ("private", open_, 0o600),
        ("in a closed folder", shut, 0o444),
    ]:
        folder.chmod(0o755 if folder == open_ else 0o700)
        path = folder / name
        path.write_text(json.dumps(RING))
        path.chmod(mode)
        (answers[name],) = judge([{"TONGHU_KEYS_FILE": str(path)}])
    shutil.rmtree(open_)

    assert answers == {
        "readable": "TONGHU_KEYS_FILE: take the file from other accounts (chmod 600).",
        "private": "",
        "in a closed folder": "",
    }


LOOSENED = [
    ("SESSION_COOKIE_SECURE", False),
    ("CSRF_COOKIE_SECURE", False),
    ("SESSION_COOKIE_HTTPONLY", False),
    ("SESSION_COOKIE_NAME", "session"),
    ("CSRF_COOKIE_NAME", "csrf"),
    ("SECURE_HSTS_SECONDS", 0),
    ("DEMO_DATA_ALLOWED", True),
    ("DEBUG", True),
    ("WAGTAIL_GRAVATAR_PROVIDER_URL", "//www.gravatar.com/avatar"),
    ("CONTENT_SECURITY_POLICY", None),
    ("CONTENT_SECURITY_POLICY", {"DIRECTIVES": {"script-src": ["'self'", "'unsafe-inline'"]}}),
    ("CACHES", {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}),
    ("CACHES", {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}),
    ("SECOND_FACTOR_REQUIRED", False),
    ("PASSWORD_PROFILE", "none"),
    ("SUPERUSER_MAY_ENTER", True),
    ("TRUSTED_PROXY_COUNT", -1),
]
TIGHT = {
    "SECRET_KEY": SECRET_KEY,
    "TONGHU_KEYS": json.dumps(RING),
    "ALLOWED_HOSTS": ["tonghu.example.invalid"],
    "BASE_URL": "https://tonghu.example.invalid",
    "CSRF_TRUSTED_ORIGINS": [],
    "SECURE_SSL_REDIRECT": True,
    "SECURE_PROXY_SSL_HEADER": None,
    "SECURE_HSTS_SECONDS": 31536000,
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_NAME": "__Host-session",
    "CSRF_COOKIE_SECURE": True,
    "CSRF_COOKIE_NAME": "__Host-csrf",
    "CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"script-src": ["'self'"]}},
    "WAGTAIL_GRAVATAR_PROVIDER_URL": None,
    "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "var/x.sqlite3"}},
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}},
    "SEARCH_ENGINE": "database",
    "SECOND_FACTOR_REQUIRED": True,
    "PASSWORD_PROFILE": "asvs",
    "SUPERUSER_MAY_ENTER": False,
    "TRUSTED_PROXY_COUNT": 0,
    "DEBUG": False,
    "DEMO_DATA_ALLOWED": False,
}


@pytest.mark.parametrize(("name", "value"), LOOSENED)
def test_a_loosened_setting_is_refused_in_one_sentence(name, value):
    before = list(weaknesses(TIGHT, {}))
    after = list(weaknesses(TIGHT | {name: value}, {}))

    assert (before, len(after)) == ([], 1)
    assert after[0].startswith(name)
    assert after[0].endswith(".")


def test_production_settings_pass_every_deployment_check():
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.ROOT,
        env={**os.environ, **PRODUCTION},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr, done.stdout.strip()) == (
        0,
        "",
        "System check identified no issues (0 silenced).",
    )
