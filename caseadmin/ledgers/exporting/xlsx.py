"""Write XLSX as a stream: constant memory, every cell typed as text, no formula ever.

Strings are written in place (``inlineStr``) and formatted as text, so that an ID number
keeps its last digits even after somebody edits the cell.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .safety import is_risky

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

MAX_CELL = 32_767
FLUSH_ROWS = 200
# What XML cannot carry, or changes on the way (a carriage return becomes a line feed).
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

TEXT_STYLE, HEADER_STYLE, QUOTED_STYLE, REASON_STYLE = 1, 2, 3, 4


def _style(*, number_format: int = 0, font: int = 0, fill: int = 0, quoted: bool = False) -> str:
    quote = ' quotePrefix="1"' if quoted else ""
    return (
        f'<xf numFmtId="{number_format}" fontId="{font}" fillId="{fill}" borderId="0" xfId="0"'
        f'{quote} applyNumberFormat="1" applyFont="1" applyFill="1"/>'
    )


STYLES = (
    f'{XML}<styleSheet xmlns="{NAMESPACE}">'
    '<fonts count="2"><font><sz val="11"/><name val="宋体"/></font>'
    '<font><b/><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="4"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE7EEF4"/></patternFill></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFFDECEA"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="5">{_style()}{_style(number_format=49)}'
    f"{_style(number_format=49, font=1, fill=2)}"
    f"{_style(number_format=49, quoted=True)}{_style(number_format=49, fill=3)}</cellXfs>"
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


@dataclass(frozen=True)
class OutSheet:
    """A sheet to be written.

    Attributes:
        name: Shown on its tab; never a name of a person.
        rows: Texts, row by row; the first is the header.
        widths: Widths of the columns in characters.
        styled: Columns whose cells are drawn as reasons.
    """

    name: str
    rows: Iterable[Sequence[str]]
    widths: Sequence[int] = ()
    styled: frozenset[int] = field(default_factory=frozenset)


class _Pipe(io.RawIOBase):
    """What the archive writes into, and the response reads from."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.pieces.append(bytes(data))
        return len(data)

    def drain(self) -> bytes:
        joined = b"".join(self.pieces)
        self.pieces.clear()
        return joined


def write_xlsx(
    sheets: Sequence[OutSheet], *, author: str, note: str, created_at: datetime
) -> Iterator[bytes]:
    """Yield the bytes of a workbook.

    Args:
        sheets: Its sheets, in order.
        author: Who made it, for the properties of the file.
        note: The watermark: in the properties, and at the foot of each printed page.
        created_at: When.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in _fixed_parts(sheets, author, note, created_at):
            archive.writestr(name, content)
        yield pipe.drain()
        for number, sheet in enumerate(sheets, start=1):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as part:
                part.write(_sheet_head(sheet).encode())
                for written, row in enumerate(sheet.rows, start=1):
                    part.write(_row(row, written, sheet).encode())
                    if written % FLUSH_ROWS == 0:
                        yield pipe.drain()
                part.write(_sheet_foot(note).encode())
            yield pipe.drain()
    yield pipe.drain()


def escape_xml(text: str) -> str:
    """Return text as XML carries it, without losing a character on the way back."""
    text = LOOKS_ESCAPED.sub("_x005F_", text)
    text = UNSAFE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


def _row(cells: Sequence[str], number: int, sheet: OutSheet) -> str:
    written = []
    for column, text in enumerate(cells):
        if not text:
            continue
        if number == 1:
            style = HEADER_STYLE
        elif column in sheet.styled:
            style = REASON_STYLE
        else:
            style = QUOTED_STYLE if is_risky(text) else TEXT_STYLE
        written.append(
            f'<c r="{_letters(column)}{number}" s="{style}" t="inlineStr"><is>'
            f'<t xml:space="preserve">{escape_xml(text[:MAX_CELL])}</t></is></c>'
        )
    return f'<row r="{number}">{"".join(written)}</row>'


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _sheet_head(sheet: OutSheet) -> str:
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" style="{TEXT_STYLE}" customWidth="1"/>'
        for n, width in enumerate(sheet.widths, start=1)
    )
    return (
        f'{XML}<worksheet xmlns="{NAMESPACE}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews>{f'<cols>{columns}</cols>' if columns else ''}<sheetData>"
    )


def _sheet_foot(note: str) -> str:
    footer = escape_xml(note.replace("&", "&&"))[:250]
    return (
        f"</sheetData><headerFooter><oddFooter>&amp;L{footer}</oddFooter></headerFooter>"
        "</worksheet>"
    )


def _fixed_parts(
    sheets: Sequence[OutSheet], author: str, note: str, created_at: datetime
) -> Iterator[tuple[str, str]]:
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{CONTENT}.worksheet+xml"/>'
        for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{CONTENT}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{CONTENT}.styles+xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        f"{overrides}</Types>",
    )
    yield (
        "_rels/.rels",
        f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{DOCUMENT}" Target="xl/workbook.xml"/>'
        '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/'
        'relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>',
    )
    moment = created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    yield (
        "docProps/core.xml",
        f'{XML}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:creator>{escape_xml(author)}</dc:creator>"
        f"<dc:description>{escape_xml(note)}</dc:description>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{moment}</dcterms:created>'
        "</cp:coreProperties>",
    )
    listed = "".join(
        f'<sheet name="{escape_xml(_tab(sheet.name))}" sheetId="{n}" r:id="rId{n}"/>'
        for n, sheet in enumerate(sheets, start=1)
    )
    yield (
        "xl/workbook.xml",
        f'{XML}<workbook xmlns="{NAMESPACE}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets>'
        "</workbook>",
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{related}'
        f'<Relationship Id="rId{len(sheets) + 1}" Type="{RELATIONS}/styles" Target="styles.xml"/>'
        "</Relationships>",
    )
    yield "xl/styles.xml", STYLES


def _tab(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", name)[:31].strip("' ") or "Sheet"
