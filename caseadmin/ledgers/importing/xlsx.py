"""Read XLSX part by part, in constant memory beside the rows that are kept.

The reader of the standard package trusts the size a sheet declares (WPS often writes it
wrong, and then no row is read), builds empty rows up to a far cell, and takes eight
times as long. This one takes only what is in the cells, and refuses declarations (DTD)
and whatever inflates beyond reason.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from xml.parsers import expat

from .gate import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_ROW_NUMBER, Workbook, is_note
from .reasons import FileRefused

Row = tuple[int, list[str]]

FORMULA_WITHOUT_RESULT = "#FORMULA!"
EXACT_DIGITS = 15  # a spreadsheet number keeps no more
BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
BUILT_IN_TIMES = frozenset([18, 19, 20, 21, 45, 46, 47])
NOT_A_FORMAT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
ESCAPED_CHARACTER = re.compile(r"_x([0-9A-Fa-f]{4})_")
CELL_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
EXCEL_DAY_ZERO = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
LAST_SERIAL = 2_958_465  # 9999-12-31


class Merge(NamedTuple):
    """A merged region: rows as numbered in the sheet, columns from zero, both inclusive."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


def read_workbook(content: bytes, *, max_rows: int) -> Iterator[tuple[str, list[Row], list[Merge]]]:
    """Yield name, rows and merged regions of every visible sheet.

    Raises:
        FileRefused: The archive or one of its parts does not pass.
    """
    workbook = Workbook(content)
    styles = _styles(workbook)
    strings = _shared_strings(workbook)
    sheets, epoch_1904 = _sheets(workbook)
    for name, part in sheets:
        reader = _SheetReader(strings, styles, epoch_1904, max_rows)
        _parse(workbook, part, reader)
        yield name, reader.rows, reader.merges


class _Handler:
    """What a part's reader implements; all three are optional."""

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...

    def end(self, tag: str) -> None: ...

    def characters(self, text: str) -> None: ...


def _parse(workbook: Workbook, part: str, handler: Any) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_declaration
    parser.EntityDeclHandler = _refuse_declaration
    # Prefixes differ between writers; the local name is enough to know an element.
    start: Callable[[str, dict[str, str]], None] = handler.start
    end: Callable[[str], None] = handler.end
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = handler.characters
    try:
        for piece in workbook.chunks(part):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, KeyError, IndexError, OverflowError) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused("broken_xml", part=part) from None


def _refuse_declaration(*args: Any) -> None:
    raise FileRefused("dtd")


def unescape(text: str) -> str:
    """Turn ``_x000D_`` back into the character it stands for."""
    if "_x" not in text:
        return text
    return ESCAPED_CHARACTER.sub(lambda match: chr(int(match[1], 16)), text)


class _Strings(_Handler):
    def __init__(self) -> None:
        self.strings: list[str] = []
        self.pieces: list[str] = []
        self.inside = False
        self.phonetic = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "si":
            self.pieces = []
        elif tag == "rPh":
            self.phonetic += 1
        elif tag == "t" and not self.phonetic:
            self.inside = True

    def end(self, tag: str) -> None:
        if tag == "si":
            self.strings.append(unescape("".join(self.pieces)))
        elif tag == "rPh":
            self.phonetic -= 1
        elif tag == "t":
            self.inside = False

    def characters(self, text: str) -> None:
        if self.inside:
            self.pieces.append(text)


def _shared_strings(workbook: Workbook) -> list[str]:
    handler = _Strings()
    if "xl/sharedStrings.xml" in workbook:
        _parse(workbook, "xl/sharedStrings.xml", handler)
    return handler.strings


class _Style(NamedTuple):
    is_date: bool
    has_time: bool
    digits: int


class _Styles(_Handler):
    def __init__(self) -> None:
        self.formats: dict[int, str] = {}
        self.cells: list[_Style] = []
        self.inside = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            self.formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            self.inside = True
        elif tag == "xf" and self.inside:
            self.cells.append(self.style(int(attributes.get("numFmtId", "0"))))

    def end(self, tag: str) -> None:
        if tag == "cellXfs":
            self.inside = False

    def style(self, number: int) -> _Style:
        code = self.formats.get(number)
        if code is None:
            return _Style(number in BUILT_IN_DATES, number in BUILT_IN_TIMES | {22}, 0)
        letters = NOT_A_FORMAT_CODE.sub("", code).lower()
        is_date = "y" in letters or "d" in letters or ("m" in letters and "h" not in letters)
        digits = len(letters) if letters and set(letters) == {"0"} else 0
        return _Style(is_date and "general" not in letters, "h" in letters, digits)


def _styles(workbook: Workbook) -> list[_Style]:
    handler = _Styles()
    if "xl/styles.xml" in workbook:
        _parse(workbook, "xl/styles.xml", handler)
    return handler.cells


class _Book(_Handler):
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.epoch_1904 = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            relation = next(
                (value for name, value in attributes.items() if name.endswith(":id")), ""
            )
            visible = attributes.get("state", "visible") == "visible"
            self.sheets.append((attributes.get("name", ""), relation, visible))
        elif tag == "workbookPr":
            self.epoch_1904 = attributes.get("date1904") in {"1", "true"}


class _Relations(_Handler):
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")


def _sheets(workbook: Workbook) -> tuple[list[tuple[str, str]], bool]:
    book, relations = _Book(), _Relations()
    _parse(workbook, "xl/workbook.xml", book)
    if "xl/_rels/workbook.xml.rels" in workbook:
        _parse(workbook, "xl/_rels/workbook.xml.rels", relations)
    found = []
    for name, relation, visible in book.sheets:
        target = relations.targets.get(relation, "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if visible and "worksheets/" in part and part in workbook:
            found.append((name, part))
    return found, book.epoch_1904


class _SheetReader(_Handler):
    """Rows of one sheet as text: what the program shows, never more digits than it has."""

    def __init__(
        self, strings: list[str], styles: list[_Style], epoch_1904: bool, max_rows: int
    ) -> None:
        self.strings = strings
        self.styles = styles
        self.epoch_1904 = epoch_1904
        self.max_rows = max_rows
        self.rows: list[Row] = []
        self.merges: list[Merge] = []
        self.row_number = 0
        self.cells: list[str] = []
        self.column = -1
        self.cell_type = "n"
        self.style = 0
        self.has_formula = False
        self.has_value = False
        self.pieces: list[str] = []
        self.collecting = False
        self.phonetic = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            reference = attributes.get("r")
            self.column = column_of(reference) if reference else self.column + 1
            self.cell_type = attributes.get("t", "n")
            self.style = int(attributes.get("s", "0"))
            self.pieces = []
            self.has_formula = self.has_value = False
        elif tag == "v" or (tag == "t" and not self.phonetic):
            self.collecting = True
            self.has_value = True
        elif tag == "f":
            self.has_formula = True
        elif tag == "row":
            number = attributes.get("r")
            self.row_number = int(number) if number else self.row_number + 1
            self.cells = []
            self.column = -1
        elif tag == "rPh":
            self.phonetic += 1
        elif tag == "mergeCell":
            self.merges.append(merge_of(attributes.get("ref", "")))

    def characters(self, text: str) -> None:
        if self.collecting:
            self.pieces.append(text)

    def end(self, tag: str) -> None:
        if tag == "v" or tag == "t":
            self.collecting = False
        elif tag == "c":
            self.end_cell()
        elif tag == "row":
            self.end_row()
        elif tag == "rPh":
            self.phonetic -= 1

    def end_cell(self) -> None:
        text = self.cell_text()
        if not text or text.isspace():
            return
        if self.column >= MAX_COLUMNS or self.row_number > MAX_ROW_NUMBER:
            raise FileRefused(
                "far_cell",
                cell=f"{column_letters(self.column)}{self.row_number}",
                columns=MAX_COLUMNS,
                rows=MAX_ROW_NUMBER,
            )
        missing = self.column - len(self.cells)
        if missing >= 0:
            self.cells.extend([""] * missing)
            self.cells.append(text)
        else:
            self.cells[self.column] = text

    def end_row(self) -> None:
        if not self.cells or is_note(self.cells):
            return
        self.rows.append((self.row_number, self.cells))
        if len(self.rows) > self.max_rows + 100:
            raise FileRefused("too_many_rows", limit=self.max_rows)

    def cell_text(self) -> str:
        raw = "".join(self.pieces)
        if self.has_formula and not raw:
            return FORMULA_WITHOUT_RESULT
        match self.cell_type:
            case "s":
                return self.strings[int(raw)] if raw else ""
            case "inlineStr" | "str" | "d":
                return unescape(raw)[: MAX_CELL_CHARACTERS + 1]
            case "b":
                return {"1": "TRUE", "0": "FALSE"}.get(raw, raw)
            case "e":
                return raw
        return self.number_text(raw) if raw.strip() else ""

    def number_text(self, raw: str) -> str:
        style = (
            self.styles[self.style] if self.style < len(self.styles) else _Style(False, False, 0)
        )
        try:
            number = Decimal(raw.strip())
        except InvalidOperation:
            return raw
        if not number.is_finite():
            return raw
        if style.is_date and 0 < number < LAST_SERIAL + 1:
            return self.date_text(float(number), has_time=style.has_time)
        return number_text(number, style.digits)

    def date_text(self, serial: float, *, has_time: bool) -> str:
        if serial < 60 and not self.epoch_1904:
            serial += 1  # Excel believes in the 29th of February 1900
        moment = EXCEL_DAY_ZERO[self.epoch_1904] + timedelta(days=serial)
        moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
        if has_time and (moment.hour or moment.minute or moment.second):
            return moment.isoformat(sep=" ")
        return moment.date().isoformat()


def number_text(number: Decimal, digits: int = 0) -> str:
    """Write a spreadsheet number as its program shows it, without invented digits."""
    if number == number.to_integral_value():
        whole = int(number) if abs(number) < Decimal(10) ** 40 else None
        if whole is not None and abs(whole) < 10**EXACT_DIGITS:
            return str(whole).zfill(digits)
        # More digits than such a number can hold: whatever stands at the end is invented.
        return f"{number:.5E}"
    # 0.1 + 0.2 is stored as 0.30000000000000004 and shown as 0.3.
    return f"{Decimal(f'{number:.{EXACT_DIGITS}g}').normalize():f}"


def column_of(reference: str) -> int:
    """Return the zero-based column of a reference like ``AB12``.

    Raises:
        ValueError: It is no reference.
    """
    letters = reference.rstrip("0123456789")
    if not letters or len(letters) > 3:
        raise ValueError(reference)
    number = 0
    for letter in letters:
        value = ord(letter) - 64
        if not 1 <= value <= 26:
            raise ValueError(reference)
        number = number * 26 + value
    return number - 1


def column_letters(column: int) -> str:
    """Return the letters above a zero-based column."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def merge_of(reference: str) -> Merge:
    """Read a region like ``A1:F2``.

    Raises:
        ValueError: It is no region.
    """
    first, _, last = reference.partition(":")
    begin, end = CELL_REFERENCE.fullmatch(first), CELL_REFERENCE.fullmatch(last or first)
    if begin is None or end is None:
        raise ValueError(reference)
    return Merge(int(begin[2]), column_of(begin[1]), int(end[2]), column_of(end[1]))
