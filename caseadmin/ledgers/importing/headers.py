"""Find the header of a sheet and say which column is which.

Ledgers come with two or three title rows above the header, with a second header row
below merged headings, and with headings spelled in a dozen ways.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from .columns import LedgerResource, fold_heading
from .reasons import FileRefused
from .tables import Sheet

HEADER_ROWS = 15
SAMPLES = 3

REASON_HEADING = _("Reason for return")
REASON_HEADINGS = ("退回原因", "Reason for return")


@dataclass
class Heading:
    """One column of the file.

    Attributes:
        position: Counted from zero.
        text: Its heading as people read it, with that of the block above it.
        path: The column of the ledger it matches, or empty.
        samples: The first values below it.
    """

    position: int
    text: str
    path: str = ""
    samples: Sequence[str] = ()


@dataclass
class Table:
    """The rows of a file under one header."""

    headings: list[Heading]
    rows: list[tuple[int, int, list[str]]]  # position of the sheet, row number, cells
    ignored_sheets: list[str]

    @property
    def fingerprint(self) -> str:
        """Stands for this set of headings, so that a mapping is remembered for it."""
        joined = "\n".join(fold_heading(heading.text) for heading in self.headings)
        return hashlib.sha256(joined.encode()).hexdigest()[:40]

    @property
    def mapping(self) -> dict[int, str]:
        return {heading.position: heading.path for heading in self.headings if heading.path}


def filled(sheet: Sheet) -> dict[int, list[str]]:
    """Return the first rows with the text of merged cells in all of their cells."""
    rows = {number: list(cells) for number, cells in sheet.rows[: HEADER_ROWS + 5]}
    width = max((len(cells) for cells in rows.values()), default=0)
    for cells in rows.values():
        cells.extend([""] * (width - len(cells)))
    for merge in sheet.merges:
        text = sheet.text(merge.first_row, merge.first_column)
        if not text:
            continue
        for number in range(merge.first_row, merge.last_row + 1):
            if number in rows:
                for column in range(merge.first_column, min(merge.last_column + 1, width)):
                    rows[number][column] = text
    return rows


def match_headings(
    cells: Sequence[str], above: Sequence[str] | None, resource: LedgerResource
) -> list[Heading]:
    """Match one row of headings, with the row of blocks above it.

    A heading under a block is tried together with it first: 父亲 above 姓名 is the
    father's name, not the child's.
    """
    known = resource.by_heading
    headings: list[Heading] = []
    taken: set[str] = set()
    for position, raw in enumerate(cells):
        text = " ".join(raw.split())
        block = " ".join(above[position].split()) if above and above[position] != raw else ""
        tries = [(block + text, f"{block} {text}")] if block and text else []
        tries.append((text, text))
        heading = Heading(position, text)
        for folded, shown in tries:
            path = known.get(fold_heading(folded), "")
            if path and path not in taken:
                heading.text, heading.path = shown, path
                taken.add(path)
                break
        else:
            if block and text and sum(cell == raw for cell in cells) > 1:
                heading.text = f"{block} {text}"
        headings.append(heading)
    return headings


def read_table(sheets: Sequence[Sheet], resource: LedgerResource) -> Table:
    """Find the header and gather the rows below it, on every sheet that has the same.

    Raises:
        FileRefused: No row among the first looks like a header, or nothing is below it.
    """
    table: Table | None = None
    for sheet in sheets:
        if not sheet.rows:
            continue
        found = _header(sheet, resource)
        if found is None:
            if table is not None:
                table.ignored_sheets.append(sheet.name)
            continue
        number, headings = found
        rows = [
            (sheet.position, row_number, cells)
            for row_number, cells in sheet.rows
            if row_number > number
        ]
        if table is None:
            table = Table(headings, rows, [])
        elif [h.text for h in headings] == [h.text for h in table.headings]:
            table.rows.extend(rows)
        else:
            table.ignored_sheets.append(sheet.name)
    if table is None:
        raise FileRefused("no_header", rows=HEADER_ROWS)
    if not table.rows:
        raise FileRefused("no_rows")
    for heading in table.headings:
        heading.samples = _samples(table, heading.position)
    table.headings = [h for h in table.headings if h.text or h.samples]
    return table


def _samples(table: Table, position: int) -> list[str]:
    found: list[str] = []
    for _sheet, _number, cells in table.rows[:200]:
        text = cells[position].strip() if position < len(cells) else ""
        if text and text not in found:
            found.append(text)
            if len(found) == SAMPLES:
                break
    return found


def _header(sheet: Sheet, resource: LedgerResource) -> tuple[int, list[Heading]] | None:
    rows = filled(sheet)
    needed = min(2, len(resource.columns))
    best: tuple[int, list[Heading]] | None = None
    best_score = needed - 1
    above: list[str] | None = None
    for number, cells in list(rows.items())[:HEADER_ROWS]:
        headings = match_headings(cells, above, resource)
        score = len({heading.path for heading in headings if heading.path})
        # Of two rows that match equally well the upper is the header: data may repeat it.
        if score > best_score:
            best, best_score = (number, headings), score
        above = cells
    return best


def is_reason_heading(text: str) -> bool:
    """Return whether this column holds the reasons written into returned rows."""
    return fold_heading(text) in {fold_heading(name) for name in REASON_HEADINGS}


def check_mapping(mapping: Mapping[int, str], resource: LedgerResource) -> None:
    """Refuse a mapping that takes a column twice, or takes none.

    Raises:
        FileRefused: Says which columns.
    """
    if not mapping:
        raise FileRefused("nothing_mapped")
    paths = list(mapping.values())
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        names = "、".join(resource.columns[path].label for path in twice)
        raise FileRefused("mapped_twice", columns=names)
