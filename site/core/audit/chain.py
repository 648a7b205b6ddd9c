"""What one entry of the log says, and the code that ties it to the entry before.

Nothing here touches the database, so that writing, verifying and migrating share it.
Texts that an erasure may have to blank are in the code by their digest only: the chain
stays whole when they go, and the digest, made with a key, gives nothing away.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from core.crypto.keys import audit_keys

START = "0" * 64
"""What the first entry names as the code of the one before."""

VERSION = 1

HEAD_SEEN = "head_of_the_log"
"""The attribute of a row that was read along with the head of the log (``head_now``)."""


def current_key() -> int:
    """Return the number of the audit key in use."""
    return max(audit_keys())


def _code(key_number: int, purpose: str, text: str) -> str:
    key = audit_keys().get(key_number)
    if key is None:
        # A number no key has: the code can be no one's.
        return ""
    message = f"{purpose}\0{text}".encode("utf-8", errors="surrogatepass")
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def plain_data(data: Any) -> Any:
    """Return data as it comes back from a JSON column."""
    return json.loads(json.dumps(data, cls=DjangoJSONEncoder))


def label_digest(key_number: int, label: str) -> str:
    """Return the keyed digest of an entry's label, 64 hexadecimal digits."""
    return _code(key_number, "label", label)


def data_digest(key_number: int, data: Any) -> str:
    """Return the keyed digest of an entry's data, 64 hexadecimal digits."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return _code(key_number, "data", text)


def entry_code(entry: Any) -> str:
    """Return the code an entry should carry: 64 hexadecimal digits.

    It covers every column but the label and the data themselves, whose digests it covers.
    """
    said = [
        VERSION,
        entry.sequence,
        entry.previous,
        entry.content_type_id,
        entry.object_id,
        entry.action,
        str(entry.user_id or ""),
        entry.timestamp.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.territory_code,
        str(entry.uuid or ""),
        entry.revision_id,
        bool(entry.content_changed),
        bool(entry.deleted),
        entry.label_digest,
        entry.data_digest,
    ]
    return _code(entry.key_number, "entry", json.dumps(said, separators=(",", ":")))


def seal(entry: Any, *, sequence: int, previous: str) -> None:
    """Give an entry its place, its digests and its code."""
    entry.sequence = sequence
    entry.previous = previous
    entry.key_number = current_key()
    entry.data = plain_data(entry.data)
    entry.label_digest = label_digest(entry.key_number, entry.label)
    entry.data_digest = data_digest(entry.key_number, entry.data)
    entry.code = entry_code(entry)


def rows_digest(object_ids: Iterable[str]) -> str:
    """Return the digest of the ids an entry lists in rows of its own, in any order."""
    digest = hashlib.sha256()
    for object_id in sorted(object_ids):
        digest.update(object_id.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def anchor_code(key_number: int, at: str, sequence: int, code: str) -> str:
    """Return the signature of an anchor line."""
    return _code(key_number, "anchor", f"{at}\0{sequence}\0{code}")
