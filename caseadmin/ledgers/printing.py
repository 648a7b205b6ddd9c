"""Forms of the paper world: a record laid out on a grid, for paper and as a Word document."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl.utils import range_boundaries

from core.access.rights import Seeing

from .declaration import Text
from .presentation import words
from .sight import Sight


@dataclass(frozen=True)
class PaperCell:
    """One box of the form.

    Attributes:
        area: Where it stands, as spreadsheets write it: ``C4`` or ``C4:D4``.
        text: What stands in it.
        heading: Whether it is printed on the blank form.
    """

    area: str
    text: str
    heading: bool = False

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """First column, first row, last column, last row, from one."""
        return range_boundaries(self.area)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Paper:
    """A filled form.

    Attributes:
        title: Its printed title.
        above: Lines between the title and the grid.
        cells: The grid.
    """

    title: str
    above: Sequence[str]
    cells: Sequence[PaperCell]


class Teller:
    """Tells a record's values as the reader may see them."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight

    def text(self, row: Any, name: str) -> str:
        """Return a value in words: whole, masked, or empty where it is hidden."""
        field = row._meta.get_field(name)
        value = getattr(row, name)
        if isinstance(value, date):
            whole = f"{value.year}年{value.month}月{value.day}日"
        else:
            whole = words(field, value)
        return self.sight.shown(field, row.territory_code, whole, row.pk)

    def value(self, row: Any, name: str) -> Any:
        """Return a value as it is stored, or ``None`` where it may not be read."""
        field = row._meta.get_field(name)
        if self.sight.seeing(field, row.territory_code, row.pk) is not Seeing.READ:
            return None
        return getattr(row, name)


@dataclass(frozen=True)
class PaperForm:
    """A form a ledger can print.

    Args:
        name: Short name, part of the address.
        label: What people call it.
        fill: Called as ``fill(instance, teller)``.
    """

    name: str
    label: Text
    fill: Callable[[Any, Teller], Paper]


@dataclass(frozen=True)
class GridCell:
    """A cell of an HTML table."""

    text: str
    heading: bool
    across: int
    down: int


def grid(cells: Sequence[PaperCell]) -> list[list[GridCell]]:
    """Return the rows of a table; what a cell spans is left out of the rows below.

    Raises:
        ValueError: Two cells overlap.
    """
    taken: set[tuple[int, int]] = set()
    rows: dict[int, list[tuple[int, GridCell]]] = {}
    for cell in cells:
        left, top, right, bottom = cell.bounds
        area = {(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)}
        if taken & area:
            raise ValueError(f"cells overlap at {cell.area}")
        taken |= area
        found = GridCell(cell.text, cell.heading, right - left + 1, bottom - top + 1)
        rows.setdefault(top, []).append((left, found))
    ordered = (sorted(rows[top], key=lambda pair: pair[0]) for top in sorted(rows))
    return [[cell for _left, cell in row] for row in ordered]


def as_docx(paper: Paper) -> bytes:
    """Return the form as a Word document on A4, ready for handwriting and the seal."""
    from docx import Document  # slow import
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(10)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.8)
    section.top_margin = section.bottom_margin = Cm(1.8)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run(paper.title)
    run.bold, run.font.size = True, Pt(16)
    for line in paper.above:
        document.add_paragraph(line)
    bounds = [cell.bounds for cell in paper.cells]
    top = min(b[1] for b in bounds)
    table = document.add_table(
        rows=max(b[3] for b in bounds) - top + 1, cols=max(b[2] for b in bounds)
    )
    table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    # Asked of the table one by one, each cell would count all cells anew.
    boxes = [row.cells for row in table.rows]
    for cell, (left, first, right, last) in zip(paper.cells, bounds, strict=True):
        box = boxes[first - top][left - 1]
        if (left, first) != (right, last):
            box = box.merge(boxes[last - top][right - 1])
        paragraph = box.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(cell.text).bold = cell.heading
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()
