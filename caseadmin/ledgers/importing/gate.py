"""What is looked at before a single cell is read: kind, size, encoding, archive.

Nothing here trusts a file name or what the file says about itself. Sizes are counted
while the archive inflates, so that a lying directory changes nothing.
"""

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .reasons import FileRefused

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_RATIO = 100
RATIO_COUNTS_FROM_BYTES = 4 * 1024 * 1024
MAX_PARTS = 2000
MAX_COLUMNS = 150
MAX_ROW_NUMBER = 200_000
MAX_CELL_CHARACTERS = 32_767  # what Excel itself can hold in a cell
NOTE_MARK = "※"  # begins the line an export writes about itself
READ_BYTES = 64 * 1024

ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Kind(StrEnum):
    """The two kinds of file that are read."""

    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True)
class Text:
    """A decoded text file."""

    text: str
    encoding: str


def kind_of(content: bytes) -> Kind:
    """Tell an XLSX workbook from a CSV text by its first bytes.

    Raises:
        FileRefused: It is neither, or too large, or protected by a password.
    """
    if not content.strip():
        raise FileRefused("empty")
    if len(content) > MAX_FILE_BYTES:
        megabyte = 1024 * 1024
        raise FileRefused(
            "too_large",
            size=f"{len(content) / megabyte:.1f}",
            limit=f"{MAX_FILE_BYTES // megabyte}",
        )
    if content.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
        return Kind.XLSX
    if content.startswith(OLE_MAGIC):
        # An encrypted XLSX is an OLE container with a stream of this name.
        protected = "EncryptedPackage".encode("utf-16-le") in content
        raise FileRefused("encrypted" if protected else "old_xls")
    if content.startswith(UTF16_BOMS):
        raise FileRefused("utf16")
    head = content[:2048].removeprefix(UTF8_BOM).lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        raise FileRefused("html_table")
    if b"\0" in content:
        raise FileRefused("not_a_sheet")
    return Kind.CSV


def decode(content: bytes) -> Text:
    """Decode a text strictly, over its whole length, never replacing a byte.

    UTF-8 (with or without a byte order mark) is tried first: a GB18030 text with Chinese
    in it is practically never valid UTF-8, while the reverse happens.

    Raises:
        FileRefused: Neither encoding fits; the reason names the byte at fault.
    """
    if content.startswith(UTF8_BOM):
        try:
            return Text(content[len(UTF8_BOM) :].decode("utf-8"), "utf-8-sig")
        except UnicodeDecodeError as error:
            raise _encoding_refused(content, len(UTF8_BOM) + error.start) from None
    offsets = []
    for encoding in ("utf-8", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            offsets.append(error.start)
            continue
        if control := CONTROLS.search(text):
            raise _encoding_refused(content, len(text[: control.start()].encode(encoding)))
        return Text(text, encoding)
    # The encoding that got further is the one the file was meant to be in.
    raise _encoding_refused(content, max(offsets))


def _encoding_refused(content: bytes, offset: int) -> FileRefused:
    return FileRefused("encoding", offset=offset, line=content.count(b"\n", 0, offset) + 1)


class Workbook:
    """An XLSX archive whose parts are counted while they inflate.

    Args:
        content: The whole file.

    Raises:
        FileRefused: The archive is damaged, encrypted, has too many parts, carries
            macros, or is no workbook.
    """

    def __init__(self, content: bytes) -> None:
        self.unpacked = 0
        try:
            self.archive = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise FileRefused("broken_zip") from None
        entries = self.archive.infolist()
        if len(entries) > MAX_PARTS:
            raise FileRefused("too_many_parts", count=len(entries), limit=MAX_PARTS)
        self.parts = {entry.filename: entry for entry in entries}
        if len(self.parts) != len(entries):
            raise FileRefused("broken_zip")
        if any(entry.flag_bits & 0x1 for entry in entries):
            raise FileRefused("encrypted")
        if any(name.lower().endswith("vbaproject.bin") for name in self.parts):
            raise FileRefused("macros")
        # What the directory admits is refused unread; what it hides is counted below.
        if any(_too_dense(e.file_size, e.compress_size) for e in entries) or (
            sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES
        ):
            raise FileRefused("inflates_too_much")
        if "[Content_Types].xml" not in self.parts or "xl/workbook.xml" not in self.parts:
            raise FileRefused("not_xlsx")

    def __contains__(self, name: str) -> bool:
        return name in self.parts

    def chunks(self, name: str) -> Iterator[bytes]:
        """Inflate one part piece by piece.

        Raises:
            FileRefused: The part is damaged, or more comes out than any ledger holds.
        """
        entry = self.parts[name]
        inflated = 0
        try:
            with self.archive.open(entry) as part:
                while piece := part.read(READ_BYTES):
                    inflated += len(piece)
                    self.unpacked += len(piece)
                    too_dense = _too_dense(inflated, entry.compress_size)
                    if too_dense or self.unpacked > MAX_UNPACKED_BYTES:
                        raise FileRefused("inflates_too_much")
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError):
            raise FileRefused("broken_zip") from None


def _too_dense(size: int, packed: int) -> bool:
    return size > RATIO_COUNTS_FROM_BYTES and size > MAX_RATIO * max(packed, 1)


def fold(text: str) -> str:
    """Return text as labels are compared: half-width, no blanks, lower case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def is_note(cells: Sequence[str]) -> bool:
    """Return whether a row is the line an export writes about itself."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) == 1 and filled[0].lstrip("'").startswith(NOTE_MARK)
