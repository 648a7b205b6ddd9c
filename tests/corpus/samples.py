"""One file of the corpus, and small builders the others share."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """A file somebody might upload.

    Attributes:
        what: What it is, for the report.
        name: The name it comes under.
        content: Its bytes.
        hostile: Whether it must be refused.
        bomb: Whether it is built to eat memory or time, so that only a child may read it.
    """

    what: str
    name: str
    content: bytes
    hostile: bool
    bomb: bool = False


def bad(what: str, name: str, content: bytes, *, bomb: bool = False) -> Sample:
    return Sample(what, name, content, hostile=True, bomb=bomb)


def good(what: str, name: str, content: bytes) -> Sample:
    return Sample(what, name, content, hostile=False)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of_size(width: int, height: int, data: bytes = b"") -> bytes:
    """Return a PNG that says it is that large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", head)
        + png_chunk(b"IDAT", zlib.compress(data or b"\0" * 100))
        + png_chunk(b"IEND", b"")
    )


def with_parts(
    archive: bytes,
    *,
    add: dict[str, bytes] | None = None,
    replace: dict[str, tuple[bytes, bytes]] | None = None,
) -> bytes:
    """Return an office document with parts added, or with a text in a part replaced."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for entry in source.infolist():
            body = source.read(entry)
            if replace and entry.filename in replace:
                old, new = replace[entry.filename]
                assert old in body, (entry.filename, old)
                body = body.replace(old, new, 1)
            out.writestr(entry.filename, body)
        for name, body in (add or {}).items():
            out.writestr(name, body)
    return target.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name, body in parts.items():
            out.writestr(name, body)
    return target.getvalue()
