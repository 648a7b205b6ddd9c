"""The key ring: where keys come from and which one is in use.

Keys live outside the database, in a file or in the environment, as JSON::

    {"current": 2, "data": {"1": "…", "2": "…"}, "index": "…", "search": "…", "audit": {"1": "…"}}

Each value is 32 random bytes in base64.  ``data`` keys encrypt fields (the number is
written into every ciphertext, so old ones go on opening what they closed), ``index``
makes blind indexes, ``search`` makes search tokens and ``audit`` chains the log of
actions (the highest number is in use; old ones go on proving what they chained).  The
four never mix.
"""

import base64
import binascii
import json
import secrets
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

KEY_BYTES = 32


@dataclass(frozen=True, repr=False)
class KeyRing:
    """All keys of an installation.  Never printed: ``repr`` is the default object's."""

    current: int
    data: dict[int, bytes]
    index: bytes
    search: bytes
    audit: dict[int, bytes]


def _key(value: object, name: str) -> bytes:
    try:
        key = base64.b64decode(str(value), validate=True)
    except binascii.Error as error:
        raise ImproperlyConfigured(f"Key ring: {name} is not base64.") from error
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"Key ring: {name} must be {KEY_BYTES} bytes long.")
    return key


def parse(text: str) -> KeyRing:
    """Read a key ring from JSON.

    Raises:
        ImproperlyConfigured: Something is missing, too short or used twice.
    """
    try:
        raw = json.loads(text)
        audit = raw["audit"]
        data = {int(number): _key(key, f"data {number}") for number, key in raw["data"].items()}
        ring = KeyRing(
            current=int(raw["current"]),
            data=data,
            index=_key(raw["index"], "index"),
            search=_key(raw["search"], "search"),
            audit={int(number): _key(key, f"audit {number}") for number, key in audit.items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ImproperlyConfigured(
            "Key ring: give JSON with current, data, index, search and audit; `manage.py "
            "make_keys` writes one, and with --add-audit adds what an older one lacks."
        ) from error
    if ring.current not in ring.data:
        raise ImproperlyConfigured("Key ring: the current number has no key.")
    if not ring.audit:
        raise ImproperlyConfigured("Key ring: audit holds no key.")
    every = [*ring.data.values(), ring.index, ring.search, *ring.audit.values()]
    if len(set(every)) != len(every):
        raise ImproperlyConfigured("Key ring: every key must differ from the others.")
    return ring


def new_ring_json() -> str:
    """Return a fresh key ring as JSON."""
    return json.dumps(
        {
            "current": 1,
            "data": {"1": _fresh()},
            "index": _fresh(),
            "search": _fresh(),
            "audit": {"1": _fresh()},
        }
    )


def _fresh() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def with_new_data_key(text: str) -> str:
    """Return the ring with one more data key, which becomes the current one."""
    parse(text)
    raw = json.loads(text)
    number = max(int(n) for n in raw["data"]) + 1
    raw["data"][str(number)] = _fresh()
    raw["current"] = number
    return json.dumps(raw)


def with_new_index_key(text: str) -> str:
    """Return the ring with a fresh key for blind indexes in place of the old one."""
    parse(text)
    raw = json.loads(text)
    raw["index"] = _fresh()
    return json.dumps(raw)


def without_data_key(text: str, number: int) -> str:
    """Return the ring without one of its old data keys.

    Raises:
        ImproperlyConfigured: It is the current one, or there is none of this number.
    """
    found = parse(text)
    if number == found.current:
        raise ImproperlyConfigured("Key ring: the current key cannot be removed.")
    if number not in found.data:
        raise ImproperlyConfigured(f"Key ring: there is no data key {number}.")
    raw = json.loads(text)
    raw["data"] = {n: key for n, key in raw["data"].items() if int(n) != number}
    return json.dumps(raw)


def with_new_audit_key(text: str) -> str:
    """Return the ring with one more audit key, or the first; it chains from now on.

    Raises:
        ImproperlyConfigured: The text is no key ring.
    """
    try:
        raw = json.loads(text)
        keys = raw.setdefault("audit", {})
        keys[str(max((int(n) for n in keys), default=0) + 1)] = _fresh()
    except (TypeError, ValueError, AttributeError) as error:
        raise ImproperlyConfigured("Key ring: this is not one.") from error
    fresh = json.dumps(raw)
    parse(fresh)
    return fresh


@lru_cache(maxsize=1)
def ring() -> KeyRing:
    """Return the installation's key ring.

    Raises:
        ImproperlyConfigured: ``TONGHU_KEYS`` is missing or wrong.
    """
    return parse(getattr(settings, "TONGHU_KEYS", ""))


def search_token_key() -> bytes:
    """Return the key that turns words of a case into search tokens (32 bytes)."""
    return ring().search


def audit_keys() -> dict[int, bytes]:
    """Return the keys that chain the log of actions, by number; the highest is in use."""
    return ring().audit


@receiver(setting_changed)
def _forget_ring(*, setting: str, **kwargs: object) -> None:
    if setting == "TONGHU_KEYS":
        ring.cache_clear()
