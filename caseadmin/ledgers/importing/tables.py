"""A file as sheets of rows of text, whatever it was before."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..exporting.safety import unescape
from .gate import MAX_CELL_CHARACTERS, MAX_COLUMNS, Kind, decode, is_note, kind_of
from .reasons import FileRefused
from .xlsx import Merge, read_workbook

DELIMITERS = ",\t;，"


@dataclass
class Sheet:
    """One sheet: rows with the number the spreadsheet program shows beside them."""

    name: str
    rows: list[tuple[int, list[str]]]
    merges: list[Merge] = field(default_factory=list)
    position: int = 0

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell by row number and zero-based column."""
        cells = self.by_number.get(row, ())
        return cells[column] if column < len(cells) else ""

    @property
    def by_number(self) -> dict[int, list[str]]:
        return dict(self.rows)


@dataclass
class Upload:
    """A file that passed the gate."""

    kind: Kind
    encoding: str
    sheets: list[Sheet]


def read_upload(content: bytes, *, max_rows: int) -> Upload:
    """Read a file into sheets of text.

    Args:
        content: The whole file.
        max_rows: Rows a ledger takes; some more are read for titles and headers.

    Raises:
        FileRefused: The gate refuses it, or nothing is in it.
    """
    kind = kind_of(content)
    if kind is Kind.XLSX:
        upload = Upload(
            kind,
            "",
            [
                Sheet(name, rows, merges, position)
                for position, (name, rows, merges) in enumerate(
                    read_workbook(content, max_rows=max_rows), start=1
                )
            ],
        )
    else:
        decoded = decode(content)
        rows = list(_csv_rows(decoded.text, max_rows=max_rows))
        upload = Upload(kind, decoded.encoding, [Sheet("", rows, position=1)])
    if not any(sheet.rows for sheet in upload.sheets):
        raise FileRefused("no_rows")
    return upload


def _delimiter(text: str) -> str:
    """Return the sign that most of the first lines agree on."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:20]

    def agreement(sign: str) -> tuple[int, int]:
        counts = [line.count(sign) for line in lines]
        return sum(count > 0 for count in counts), sum(counts)

    best = max(DELIMITERS, key=agreement)
    return best if agreement(best)[0] else ","


def _csv_rows(text: str, *, max_rows: int) -> Iterable[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = kept = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise FileRefused("csv_broken", row=number) from None
        if not any(cell.strip() for cell in cells):
            continue
        while cells and not cells[-1].strip():
            cells.pop()
        if len(cells) > MAX_COLUMNS:
            raise FileRefused("too_many_columns", limit=MAX_COLUMNS)
        if any(len(cell) > MAX_CELL_CHARACTERS for cell in cells):
            # A quotation mark that never closes swallows the rest of the file.
            raise FileRefused("csv_broken", row=number)
        if is_note(cells):
            continue
        cells = [unescape(cell) for cell in cells]
        kept += 1
        if kept > max_rows + 100:
            raise FileRefused("too_many_rows", limit=max_rows)
        yield number, cells
