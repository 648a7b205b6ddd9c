"""What a production start refuses, each fault in a sentence that says what to do."""

import ipaddress
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SECRET_KEY_LENGTH = 50
A_YEAR = 365 * 24 * 60 * 60
PASSWORD_LENGTH = 12
KNOWN_PASSWORDS = {"postgres", "password", "tonghu", "changeme", "secret", "admin", "root", "test"}
PRIVATE_CACHES = ("locmem.LocMemCache", "dummy.DummyCache")
# Files a container runtime mounts for one process alone.
MOUNTED_FOR_US = Path("/run/secrets")
LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1", ""}


def refuse(settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Stop the start if anything is weak.

    Args:
        settings: The settings as names and values.
        environment: The variables they were read from.

    Raises:
        ImproperlyConfigured: One line for each weakness.
    """
    found = list(weaknesses(settings, environment))
    if found:
        raise ImproperlyConfigured("\n".join(found))


def weaknesses(settings: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[str]:
    """Yield one sentence for each weak setting, beginning with its name."""
    yield from weak_secrets(settings, environment)
    yield from weak_addresses(settings)
    yield from weak_browsers(settings)
    yield from weak_stores(settings)
    yield from weak_search(settings)
    yield from weak_sign_in(settings)
    if settings["DEBUG"] or environment.get("DEBUG", "0") not in {"", "0"}:
        yield "DEBUG: remove it; error pages would show the program and its values."
    if settings["DEMO_DATA_ALLOWED"]:
        yield "DEMO_DATA_ALLOWED: turn it off; the demonstration's password is published."


def weak_secrets(settings: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[str]:
    key = str(settings["SECRET_KEY"])
    if (
        len(key) < SECRET_KEY_LENGTH
        or len(set(key)) < 5
        or key.startswith(("for-tests-only", "django-insecure"))
    ):
        yield f"SECRET_KEY: use at least {SECRET_KEY_LENGTH} random characters."
    yield from weak_ring(str(settings["TONGHU_KEYS"]), key)
    for name, path in environment.items():
        secret = name.endswith("_FILE") and name.removesuffix("_FILE") in SECRET_VARIABLES
        if secret and is_open_to_all(Path(path)):
            yield f"{name}: take the file from other accounts (chmod 600)."


SECRET_VARIABLES = {
    "SECRET_KEY",
    "TONGHU_KEYS",
    "DATABASE_PASSWORD",
    "DATABASE_URL",
    "REDIS_URL",
    "ELASTICSEARCH_PASSWORD",
    "ELASTICSEARCH_API_KEY",
}


def weak_ring(text: str, secret_key: str) -> Iterator[str]:
    from core.crypto.keys import parse  # app ready

    try:
        ring = parse(text)
    except ImproperlyConfigured as error:
        yield f"TONGHU_KEYS: {error}"
        return
    keys = [*ring.data.values(), ring.index, ring.search, *ring.audit.values()]
    if any(len(set(key)) < 8 for key in keys):
        yield "TONGHU_KEYS: a key is a pattern; `manage.py make_keys` draws random ones."
    repeated = secret_key and secret_key in text
    if repeated or any(secret_key.encode().startswith(key) for key in keys):
        yield "TONGHU_KEYS: a key repeats SECRET_KEY; each secret has one purpose."


def is_open_to_all(path: Path) -> bool:
    """Return whether any account of the machine can read the file.

    A file is out of reach where one of the folders above keeps others out.
    """
    if path.is_relative_to(MOUNTED_FOR_US):
        return False
    try:
        path = path.resolve(strict=True)
        if not path.stat().st_mode & stat.S_IROTH:
            return False
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)
    except OSError:
        # Unreadable for us: the reader of the variable has said so already.
        return False


def weak_addresses(settings: Mapping[str, Any]) -> Iterator[str]:
    hosts = settings["ALLOWED_HOSTS"]
    if not hosts or any(host in {"*", "."} or host.startswith("*") for host in hosts):
        yield "ALLOWED_HOSTS: name the hosts this site answers to."
    if urlsplit(settings["BASE_URL"]).scheme != "https":
        yield 'BASE_URL: give the staff site\'s address, beginning with "https://".'
    if any(not origin.startswith("https://") for origin in settings["CSRF_TRUSTED_ORIGINS"]):
        yield 'CSRF_TRUSTED_ORIGINS: name origins beginning with "https://".'
    if any("*" in origin for origin in settings["CSRF_TRUSTED_ORIGINS"]):
        yield "CSRF_TRUSTED_ORIGINS: name each origin; a star trusts strangers."
    if not settings["SECURE_SSL_REDIRECT"] and not settings["SECURE_PROXY_SSL_HEADER"]:
        yield "SECURE_SSL_REDIRECT: leave it on, or put a proxy in front and set BEHIND_PROXY=1."
    if settings["SECURE_HSTS_SECONDS"] < A_YEAR:
        yield "SECURE_HSTS_SECONDS: keep it at a year (31536000) or more."


def weak_browsers(settings: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("SESSION", "CSRF"):
        if not settings[f"{kind}_COOKIE_SECURE"]:
            yield f"{kind}_COOKIE_SECURE: leave it on; the cookie would travel in the clear."
        if not str(settings[f"{kind}_COOKIE_NAME"]).startswith("__Host-"):
            yield f"{kind}_COOKIE_NAME: begin it with __Host-."
    if not settings["SESSION_COOKIE_HTTPONLY"]:
        yield "SESSION_COOKIE_HTTPONLY: leave it on; no script needs the cookie."
    directives = (settings.get("CONTENT_SECURITY_POLICY") or {}).get("DIRECTIVES", {})
    if not directives or any("unsafe" in str(source) for source in directives.values()):
        yield "CONTENT_SECURITY_POLICY: keep it, without any unsafe- source."
    if settings.get("WAGTAIL_GRAVATAR_PROVIDER_URL", "") is not None:
        yield "WAGTAIL_GRAVATAR_PROVIDER_URL: set None; addresses of staff would leave the server."


def weak_stores(settings: Mapping[str, Any]) -> Iterator[str]:
    database = settings["DATABASES"]["default"]
    if database["ENGINE"].endswith("postgresql"):
        password, host = str(database.get("PASSWORD", "")), str(database.get("HOST", ""))
        # Over a socket the system says who connects.
        by_socket = (not host or host.startswith("/")) and not password
        known = password.lower() in {*KNOWN_PASSWORDS, str(database.get("USER", "")).lower()}
        if not by_socket and (len(password) < PASSWORD_LENGTH or known):
            yield (
                "DATABASE_PASSWORD: set one of its own,"
                f" at least {PASSWORD_LENGTH} characters long."
            )
    elif ":memory:" in str(database["NAME"]):
        yield "DATABASE_URL: name a file or a server; memory is empty after the next start."
    for name, cache in settings["CACHES"].items():
        if cache["BACKEND"].endswith(PRIVATE_CACHES):
            yield (
                f"CACHES ({name}): use the database or Redis; each process would count"
                " failed sign-ins for itself."
            )
        if "redis" in cache["BACKEND"].lower():
            yield from weak_redis(str(cache["LOCATION"]))


def weak_redis(address: str) -> Iterator[str]:
    parts = urlsplit(address)
    if parts.scheme == "unix" or is_loopback(parts.hostname):
        return
    if not parts.password:
        yield "REDIS_URL: give a password; the server is on another machine."


def weak_search(settings: Mapping[str, Any]) -> Iterator[str]:
    if settings["SEARCH_ENGINE"] != "elasticsearch":
        return
    parts = urlsplit(settings["ELASTICSEARCH_URL"])
    if is_loopback(parts.hostname) and parts.hostname:
        return
    if parts.scheme != "https":
        yield "ELASTICSEARCH_URL: use https:// for a node on another machine."
    has_password = settings["ELASTICSEARCH_USER"] and settings["ELASTICSEARCH_PASSWORD"]
    if not settings["ELASTICSEARCH_API_KEY"] and not has_password:
        yield "ELASTICSEARCH_API_KEY: set it, or user and password; the node must know who asks."


def weak_sign_in(settings: Mapping[str, Any]) -> Iterator[str]:
    if not settings["SECOND_FACTOR_REQUIRED"]:
        yield "SECOND_FACTOR_REQUIRED: leave it on; a password alone does not guard children."
    if settings["PASSWORD_PROFILE"] not in {"asvs", "djcp3"}:
        yield "PASSWORD_PROFILE: choose asvs or djcp3."
    if settings["SUPERUSER_MAY_ENTER"]:
        yield "SUPERUSER_MAY_ENTER: turn it off; the technical account is for setting up."
    if settings["TRUSTED_PROXY_COUNT"] < 0:
        yield "TRUSTED_PROXY_COUNT: give the number of your proxies, 0 for none."


def is_loopback(host: str | None) -> bool:
    name = unquote(host or "")
    if name in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def refuse_here(settings: Mapping[str, Any]) -> None:
    """Judge settings read from this process's environment."""
    refuse(settings, os.environ)
