"""Settings for a developer's machine and for the demonstration: loopback, no TLS."""

import os
import secrets

VAR_DEFAULT = os.path.join(os.path.dirname(__file__), "..", "..", "..", "var")


def _local_secret(name: str, make: "object") -> str:
    """Return a secret kept in ``var/``, made on first use and readable by its owner only."""
    folder = os.path.abspath(os.environ.get("TONGHU_VAR", VAR_DEFAULT))
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(make())  # type: ignore[operator]
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def _ring() -> str:
    from core.crypto.keys import new_ring_json

    return new_ring_json()


def _local_ring() -> str:
    """Return the ring kept in ``var/``; one from before the log had a key gets one."""
    from core.crypto.keys import with_new_audit_key

    text = _local_secret("keys.json", _ring)
    if '"audit"' in text:
        return text
    text = with_new_audit_key(text)
    path = os.path.join(os.environ.get("TONGHU_VAR", VAR_DEFAULT), "keys.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return text


if not os.environ.get("SECRET_KEY") and not os.environ.get("SECRET_KEY_FILE"):
    os.environ["SECRET_KEY"] = _local_secret("secret_key", lambda: secrets.token_urlsafe(50))
if not os.environ.get("TONGHU_KEYS") and not os.environ.get("TONGHU_KEYS_FILE"):
    os.environ["TONGHU_KEYS"] = _local_ring()

from config import env  # noqa: E402

from .base import *  # noqa: E402, F403

DEBUG = os.environ.get("DEBUG", "0") == "1"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]
DEMO_DATA_ALLOWED = True
# Trying the product out takes two minutes; SECOND_FACTOR_REQUIRED=1 shows how it is in earnest.
SECOND_FACTOR_REQUIRED = env.boolean("SECOND_FACTOR_REQUIRED", False)
SUPERUSER_MAY_ENTER = True
# Security keys work on http://localhost too.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME = "session"
CSRF_COOKIE_NAME = "csrf"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
