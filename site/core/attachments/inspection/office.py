"""Look into DOCX and XLSX archives: only text, tables and pictures may be inside.

Sizes are counted while the archive inflates, whatever its directory says.  The XML is read
by expat with every declaration of types or entities refused, so that nothing expands and
nothing is fetched.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from .limits import (
    MAX_PARTS,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    MAX_XML_DEPTH,
    RATIO_COUNTS_FROM_BYTES,
    Refused,
)

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
READ_BYTES = 64 * 1024

MAIN_PARTS = {
    "docx": (
        "word/document.xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    ),
    "xlsx": (
        "xl/workbook.xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    ),
}

ENDINGS = re.compile(
    r"\.(xml|rels|vml|png|jpe?g|gif|bmp|tiff?|emf|wmf|odttf|fntdata)$|(^|/)printerSettings\d*\.bin$",
    re.IGNORECASE,
)
PARSED = re.compile(r"\.(xml|rels|vml)$", re.IGNORECASE)
PICTURES = re.compile(r"\.(png|jpe?g|gif|bmp|tiff?|emf|wmf)$", re.IGNORECASE)
PICTURE_MAGIC = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"\x01\0\0\0",
    b"\xd7\xcd\xc6\x9a",
    b"\x01\0\x09\0",
)
BAD_PARTS = (
    (re.compile(r"vba|macrosheets|dialogsheets", re.IGNORECASE), "macros"),
    (re.compile(r"(^|/)(activex|ctrlprops|embeddings)/|oleobject", re.IGNORECASE), "office_object"),
    (
        re.compile(
            r"(^|/)(externallinks|webextensions|taskpanes|customui\d*|querytables)/"
            r"|(^|/)(connections|volatiledependencies)\.xml$",
            re.IGNORECASE,
        ),
        "office_link",
    ),
)
BAD_TYPES = (
    ("macroenabled", "macros"),
    ("vbaproject", "macros"),
    ("activex", "office_object"),
    ("oleobject", "office_object"),
    ("application/x-msdownload", "office_object"),
)
BAD_RELATIONS = (
    "oleobject",
    "package",
    "control",
    "attachedtemplate",
    "afchunk",
    "subdocument",
    "frame",
    "externallink",
    "vbaproject",
    "mailmergesource",
)
PLAIN_ADDRESSES = ("http://", "https://", "mailto:", "tel:")
# Fields and functions that fetch or start something when the document is opened.
FIELDS = re.compile(
    r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE|MACROBUTTON|RD)\b",
    re.IGNORECASE,
)
FORMULAS = re.compile(
    r"\b(WEBSERVICE|CALL|REGISTER|REGISTER\.ID|EXEC|RTD|DDE)\s*\(|\|\s*'", re.IGNORECASE
)


def looks_like(content: bytes) -> bool:
    """Return whether the first bytes are those of an archive."""
    return content.startswith(ZIP_MAGIC)


def check(content: bytes, kind: str) -> str:
    """Return the kind of a document that may be kept as it is.

    Raises:
        Refused: The archive is damaged, protected or too large, is no such document, or
            holds macros, objects, links or declarations.
    """
    if content.startswith(OLE_MAGIC):
        protected = "EncryptedPackage".encode("utf-16-le") in content
        raise Refused("encrypted" if protected else "old_office")
    archive, entries = open_archive(content)
    names = [entry.filename for entry in entries]
    part, content_type = MAIN_PARTS[kind]
    if "[Content_Types].xml" not in names or part not in names:
        raise Refused("not_this_kind", kind=kind.upper())
    for name in names:
        check_name(name)
    reader = Inflated(archive)
    types: list[str] = []
    for entry in entries:
        if entry.is_dir():
            continue
        name = entry.filename
        if not PARSED.search(name):
            check_picture(name, reader.chunks(entry))
            continue
        judge = Judge(name)
        read_xml(reader.chunks(entry), judge)
        types += judge.types
    lowered = [declared.lower() for declared in types]
    for bad, code in BAD_TYPES:
        if any(bad in declared for declared in lowered):
            raise Refused(code)
    if content_type.lower() not in lowered:
        raise Refused("not_this_kind", kind=kind.upper())
    return kind


def open_archive(content: bytes) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """Open an archive that is whole, has nothing around it and admits no bomb.

    Raises:
        Refused: It does not.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, MemoryError):
        raise Refused("damaged") from None
    if len(entries) > MAX_PARTS:
        raise Refused("too_many_parts", limit=MAX_PARTS)
    if len({entry.filename.lower() for entry in entries}) != len(entries):
        raise Refused("damaged")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Refused("encrypted")
    # Nothing before the first entry, nothing behind the directory: no second nature.
    at_end = content.rfind(b"PK\x05\x06")
    if archive.comment or at_end + 22 != len(content):
        raise Refused("polyglot")
    by_place = sorted(entries, key=lambda entry: entry.header_offset)
    if not by_place or by_place[0].header_offset != 0:
        raise Refused("polyglot")
    end = 0
    for entry in by_place:
        # Entries that share their bytes are how a small archive becomes endless.
        if entry.header_offset < end:
            raise Refused("inflates_too_much")
        end = entry.header_offset + 30 + len(entry.filename) + entry.compress_size
    if any(_too_dense(e.file_size, e.compress_size) for e in entries) or (
        sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES
    ):
        raise Refused("inflates_too_much")
    return archive, entries


def check_name(name: str) -> None:
    """Judge a part by its name.

    Raises:
        Refused: It leaves the archive, or is of a kind a plain document does not have.
    """
    if (
        name.startswith(("/", "\\"))
        or ".." in name.replace("\\", "/").split("/")
        or "\\" in name
        or any(ord(character) < 32 for character in name)
    ):
        raise Refused("damaged")
    for pattern, code in BAD_PARTS:
        if pattern.search(name):
            raise Refused(code)
    if not name.endswith("/") and not ENDINGS.search(name):
        raise Refused("office_part")


def check_picture(name: str, chunks: Iterator[bytes]) -> None:
    """Inflate a part that is no XML, and see that a picture is one.

    Raises:
        Refused: It begins like something else.
    """
    first = b""
    for piece in chunks:
        first = first or piece
    if first.startswith((b"MZ", OLE_MAGIC, ZIP_MAGIC, b"%PDF-")):
        raise Refused("office_object")
    if PICTURES.search(name) and not first.startswith(PICTURE_MAGIC):
        raise Refused("office_part")


class Inflated:
    """Parts of an archive, counted while they inflate."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.unpacked = 0

    def chunks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """Inflate one part piece by piece.

        Raises:
            Refused: It is damaged, or more comes out than a document holds.
        """
        inflated = 0
        try:
            with self.archive.open(entry) as part:
                while piece := part.read(READ_BYTES):
                    inflated += len(piece)
                    self.unpacked += len(piece)
                    if (
                        _too_dense(inflated, entry.compress_size)
                        or self.unpacked > MAX_UNPACKED_BYTES
                    ):
                        raise Refused("inflates_too_much")
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError):
            raise Refused("damaged") from None


def _too_dense(size: int, packed: int) -> bool:
    return size > RATIO_COUNTS_FROM_BYTES and size > MAX_RATIO * max(packed, 1)


class Judge:
    """Looks at the elements of one part as they come."""

    def __init__(self, part: str) -> None:
        self.part = part.lower()
        self.types: list[str] = []
        self.depth = 0
        self.text: list[str] | None = None
        self.field = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_XML_DEPTH:
            raise Refused("too_heavy")
        local = name.rpartition(":")[2].lower()
        values = {key.rpartition(":")[2].lower(): value for key, value in attributes.items()}
        if "contenttype" in values and self.part == "[content_types].xml":
            self.types.append(values["contenttype"])
        if self.part.endswith(".rels") and local == "relationship":
            check_relation(values)
        if local in {"oleobject", "control", "altchunk", "ddelink", "olelink"}:
            raise Refused("office_object")
        if local == "fldsimple" and FIELDS.search(values.get("instr", "")):
            raise Refused("office_link")
        if local in {"instrtext", "f", "definedname"}:
            self.text = []
        if local == "fldchar":
            # A field's words may be cut over many runs; they count together.
            self.field = ""

    def end(self, name: str) -> None:
        self.depth -= 1
        if self.text is None:
            return
        found = "".join(self.text)
        self.text = None
        if name.rpartition(":")[2].lower() == "instrtext":
            self.field += found
            if FIELDS.search(self.field):
                raise Refused("office_link")
        elif FORMULAS.search(found):
            raise Refused("office_link")

    def characters(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)


def check_relation(values: dict[str, str]) -> None:
    """Judge what one part says of another: links to web and mail pass.

    Raises:
        Refused: It points at a template, an object or a file outside.
    """
    kind = values.get("type", "").rpartition("/")[2].lower()
    target = values.get("target", "")
    if kind in BAD_RELATIONS:
        raise Refused(
            "office_object" if kind in {"oleobject", "package", "control"} else "office_link"
        )
    if values.get("targetmode", "").lower() == "external":
        plain = target.strip().lower().startswith(PLAIN_ADDRESSES)
        if kind != "hyperlink" or not plain:
            raise Refused("office_link")
    elif "://" in target or target.startswith("\\\\"):
        raise Refused("office_link")


def read_xml(chunks: Iterator[bytes], judge: Judge) -> None:
    """Feed a part to expat, with every declaration refused.

    Raises:
        Refused: It is no XML, or declares types or entities.
    """

    def declared(*args: Any) -> int:
        raise Refused("declarations")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = declared
    parser.EntityDeclHandler = declared
    parser.ExternalEntityRefHandler = declared
    parser.StartElementHandler = judge.start
    parser.EndElementHandler = judge.end
    parser.CharacterDataHandler = judge.characters
    try:
        for piece in chunks:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError:
        raise Refused("damaged") from None
