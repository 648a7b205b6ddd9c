"""The key ring: where keys come from and which one is in use.

Keys live outside the database, in a file or in the environment, as JSON::

    {"current": 2, "data": {"1": "…", "2": "…"}, "index": "…", "search": "…"}

Each value is 32 random bytes in base64.  ``data`` keys encrypt fields (the number is
written into every ciphertext, so old ones go on opening what they closed), ``index``
makes blind indexes and ``search`` makes search tokens.  The three never mix.
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
        data = {int(number): _key(key, f"data {number}") for number, key in raw["data"].items()}
        ring = KeyRing(
            current=int(raw["current"]),
            data=data,
            index=_key(raw["index"], "index"),
            search=_key(raw["search"], "search"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ImproperlyConfigured(
            "Key ring: give JSON with current, data, index and search; "
            "`manage.py make_keys` writes one."
        ) from error
    if ring.current not in ring.data:
        raise ImproperlyConfigured("Key ring: the current number has no key.")
    if len({*ring.data.values(), ring.index, ring.search}) != len(ring.data) + 2:
        raise ImproperlyConfigured("Key ring: every key must differ from the others.")
    return ring


def new_ring_json() -> str:
    """Return a fresh key ring as JSON."""

    def fresh() -> str:
        return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()

    return json.dumps({"current": 1, "data": {"1": fresh()}, "index": fresh(), "search": fresh()})


def with_new_data_key(text: str) -> str:
    """Return the ring with one more data key, which becomes the current one."""
    parse(text)
    raw = json.loads(text)
    number = max(int(n) for n in raw["data"]) + 1
    raw["data"][str(number)] = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    raw["current"] = number
    return json.dumps(raw)


def with_new_index_key(text: str) -> str:
    """Return the ring with a fresh key for blind indexes in place of the old one."""
    parse(text)
    raw = json.loads(text)
    raw["index"] = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
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


@receiver(setting_changed)
def _forget_ring(*, setting: str, **kwargs: object) -> None:
    if setting == "TONGHU_KEYS":
        ring.cache_clear()
