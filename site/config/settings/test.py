"""Settings for tests: fixed keys, a database in memory, jobs run at once."""

import base64
import json
import os
import tempfile
from pathlib import Path


def _key(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


os.environ.setdefault("SECRET_KEY", "for-tests-only-" + "x" * 50)
os.environ.setdefault(
    "TONGHU_KEYS",
    json.dumps(
        {
            "current": 1,
            "data": {"1": _key("a")},
            "index": _key("b"),
            "search": _key("c"),
            "audit": {"1": _key("d")},
        }
    ),
)
os.environ.setdefault("DATABASE_URL", os.environ.get("TEST_POSTGRES_URL") or "sqlite:///:memory:")

from .base import *  # noqa: E402, F403
from .base import DATABASES, INSTALLED_APPS  # noqa: E402

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
DEMO_DATA_ALLOWED = True
# Tests of the second factor turn it on.
SECOND_FACTOR_REQUIRED = False
SUPERUSER_MAY_ENTER = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME = "session"
CSRF_COOKIE_NAME = "csrf"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# A folder of this run; nothing of it is anybody's.
ATTACHMENTS_ROOT = Path(tempfile.gettempdir()) / f"tonghu-test-attachments-{os.getpid()}"
CLAMAV_SOCKET = ""
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
# Where a migrated database is named, each worker's is a copy of it.
DATABASES["default"]["TEST"] = {"NAME": None, "TEMPLATE": os.environ.get("TEST_POSTGRES_TEMPLATE")}
# A ledger of nobody's domain, to show that the engine knows none.
INSTALLED_APPS = [*INSTALLED_APPS, "tests.ledgers.sampleapp"]
