"""Seal and open single values: AES-256-GCM, bound to the row and the column.

A ciphertext moved to another row or another column does not open.
"""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .keys import ring

NONCE_BYTES = 12
INDEX_BYTES = 16


class CannotOpen(ValueError):
    """A stored value does not open: wrong key, wrong row, wrong column, or damaged."""


class Sealed(str):
    """A ciphertext as it stands in the database: ``k<key number>.<base64url>``."""

    __slots__ = ()

    @property
    def key_number(self) -> int:
        """The number of the key that closed it.

        Raises:
            CannotOpen: The text is no ciphertext.
        """
        head, _, body = self.partition(".")
        if not (head.startswith("k") and head[1:].isdigit() and body):
            raise CannotOpen("not a sealed value")
        return int(head[1:])


def seal(text: str, binding: str) -> Sealed:
    """Encrypt ``text`` under the current key.

    Args:
        text: Any text; the empty text is returned as it is.
        binding: ``app.model.field:row id``, authenticated but not stored.
    """
    if text == "":
        return Sealed("")
    keys = ring()
    nonce = os.urandom(NONCE_BYTES)
    body = AESGCM(keys.data[keys.current]).encrypt(nonce, text.encode(), binding.encode())
    return Sealed(f"k{keys.current}.{base64.urlsafe_b64encode(nonce + body).decode()}")


def unseal(sealed: Sealed, binding: str) -> str:
    """Decrypt a value.

    Raises:
        CannotOpen: The key is not on the ring, or the value was moved or damaged.
    """
    if sealed == "":
        return ""
    key = ring().data.get(sealed.key_number)
    if key is None:
        raise CannotOpen(f"key {sealed.key_number} is not on the ring")
    try:
        raw = base64.urlsafe_b64decode(sealed.partition(".")[2])
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], binding.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("the value was moved or damaged") from error


def blind_index(value: str, *, purpose: str) -> str | None:
    """Return the keyed digest by which an encrypted value can be found exactly.

    Args:
        value: The normalised value.
        purpose: ``app.model.field``; the same value has another digest elsewhere.

    Returns:
        22 characters (128 bits of HMAC-SHA-256, base64url), or ``None`` for no value.
    """
    if not value:
        return None
    message = f"{purpose}\0{value}".encode()
    digest = hmac.new(ring().index, message, hashlib.sha256).digest()[:INDEX_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
