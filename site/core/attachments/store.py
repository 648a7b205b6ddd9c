"""The encrypted store: one sealed file per attachment, outside everything that is served.

Each file has a key of its own.  It is cut into chunks, each sealed with AES-256-GCM and bound
to the row, to its place and to whether it is the last one: a chunk cannot be moved to
another file, swapped, repeated or cut off unnoticed.  The key stands in the row, sealed by
the key ring, so that rotating the ring rewraps 44 characters and never touches the file.
"""

import base64
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from core.crypto.seal import CannotOpen

MAGIC = b"TONGHU1\n"
CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16
NAME_BYTES = 24
KEY_BYTES = 32


def new_name() -> str:
    """Return the name of a stored file: 192 random bits, nothing about its content."""
    return secrets.token_hex(NAME_BYTES)


def new_key() -> str:
    """Return a fresh file key as text, to be sealed into the row."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def path_of(name: str) -> Path:
    """Return where a stored file lies.

    Raises:
        ValueError: The name is none of ours.
    """
    if len(name) != 2 * NAME_BYTES or not set(name) <= set("0123456789abcdef"):
        raise ValueError("not the name of a stored file")
    return Path(settings.ATTACHMENTS_ROOT) / name[:2] / name


def _nonce(index: int) -> bytes:
    # A counter never repeats under a key that seals one file once.
    return index.to_bytes(12, "big")


def _binding(row_id: UUID, index: int, *, last: bool) -> bytes:
    return f"attachments.file:{row_id}:{index}:{int(last)}".encode()


def write(name: str, key: str, row_id: UUID, content: bytes) -> None:
    """Seal content into a stored file, whole or not at all.

    Raises:
        FileExistsError: There is one of this name.
        OSError: It cannot be written.
    """
    cipher = AESGCM(base64.b64decode(key))
    path = path_of(name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        raise FileExistsError("a stored file is never written twice")
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(MAGIC)
            pieces = range(0, max(len(content), 1), CHUNK_BYTES)
            for index, start in enumerate(pieces):
                last = index == len(pieces) - 1
                piece = content[start : start + CHUNK_BYTES]
                file.write(cipher.encrypt(_nonce(index), piece, _binding(row_id, index, last=last)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def chunks(name: str, key: str, row_id: UUID) -> Iterator[bytes]:
    """Open a stored file piece by piece.

    Raises:
        CannotOpen: It is missing, damaged, cut off, or belongs to another row.
    """
    cipher = AESGCM(base64.b64decode(key))
    try:
        with path_of(name).open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise CannotOpen("not a stored file")
            index, piece = 0, file.read(CHUNK_BYTES + TAG_BYTES)
            while True:
                following = file.read(CHUNK_BYTES + TAG_BYTES)
                yield cipher.decrypt(
                    _nonce(index), piece, _binding(row_id, index, last=not following)
                )
                if not following:
                    return
                index, piece = index + 1, following
    except (InvalidTag, ValueError, OSError) as error:
        raise CannotOpen("the stored file was moved, damaged or cut off") from error


def read(name: str, key: str, row_id: UUID) -> bytes:
    """Open a stored file.

    Raises:
        CannotOpen: See ``chunks``.
    """
    return b"".join(chunks(name, key, row_id))


def remove(name: str) -> None:
    """Delete a stored file; one that is gone already is no fault."""
    path_of(name).unlink(missing_ok=True)


def all_names() -> Iterator[tuple[str, float]]:
    """Yield the name and the time of change of every stored file."""
    root = Path(settings.ATTACHMENTS_ROOT)
    if root.is_dir():
        for folder in root.iterdir():
            if folder.is_dir():
                for path in folder.iterdir():
                    yield path.name, path.stat().st_mtime
