"""One code base, two deployments: the public one knows no staff address."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

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


PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "Kq7vZ0m3xR9sT2wY5bN8cL1dF4gH6jP0aE3iU7oS9tV2yX5zB8",
    "ALLOWED_HOSTS": "tonghu.example.invalid",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"SECRET_KEY": "short"},
        {"SECRET_KEY": "x" * 60},
        {"SECRET_KEY": ""},
        {"ALLOWED_HOSTS": ""},
        {"ALLOWED_HOSTS": "*"},
        {"TONGHU_KEYS": ""},
        {"TONGHU_KEYS": "{}"},
        {"STAFF_SITE": "perhaps"},
        {"DATABASE_URL": "mysql://localhost/x"},
    ],
    ids=lambda wrong: "-".join(f"{name}={value[:8]}" for name, value in wrong.items()),
)
def test_production_refuses_to_start_on_a_weak_configuration(wrong):
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.ROOT,
        env={**os.environ, **PRODUCTION, **wrong},
        capture_output=True,
        text=True,
    )

    assert (done.returncode != 0, next(iter(wrong)) in done.stderr) == (True, True)


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
