"""Staged rows as the preview and the returned workbook show them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from ..likeness import words_of
from ..sight import Sight
from .columns import LedgerResource
from .headers import REASON_HEADING, is_reason_heading
from .models import ImportBatch, ImportRow
from .reasons import cell_sentence
from .services import headings_of
from .widgets import ChoiceWidget


@dataclass
class Cell:
    """One cell of the preview.

    Attributes:
        label: Heading of its column.
        text: What the file says.
        old: What is stored, where that differs.
        new: What would be stored instead.
        reasons: Why the cell is refused.
    """

    label: str
    text: str = ""
    old: str = ""
    new: str = ""
    is_change: bool = False
    reasons: Sequence[str] = ()


@dataclass
class ShownRow:
    """One row of the preview."""

    number: int
    sheet: int
    record: str
    reasons: Sequence[str] = ()
    cells: Sequence[Cell] = field(default_factory=tuple)
    others: Sequence[Cell] = field(default_factory=tuple)
    position: int = 0
    likely: Sequence[tuple[str, str, str]] = ()


def shown_rows(
    rows: Iterable[ImportRow], batch: ImportBatch, resource: LedgerResource, sight: Sight
) -> list[ShownRow]:
    """Return staged rows for the screen; wrong and changed cells first, the rest folded.

    Args:
        rows: One page of rows.
        batch: Their batch.
        resource: The columns of the ledger.
        sight: How the person sees the ledger's fields.
    """
    mapping = {int(position): path for position, path in batch.mapping.items()}
    return [_shown(row, mapping, resource, sight) for row in rows]


def _shown(
    row: ImportRow, mapping: Mapping[int, str], resource: LedgerResource, sight: Sight
) -> ShownRow:
    payload = json.loads(row.payload)
    changes = payload.get("changes", {})
    by_path: dict[str, list[str]] = {}
    for problem in payload.get("problems", ()):
        by_path.setdefault(problem["path"], []).append(sentence_of(problem, resource))
    mapped = set(mapping.values())
    spoken: list[Cell] = []
    quiet: list[Cell] = []
    for position, path in mapping.items():
        column = resource.columns.get(path)
        if column is None:
            continue
        text = payload["cells"][position] if position < len(payload["cells"]) else ""
        # A cell that is wrong is shown as it came: masking it would hide the fault.
        cell = Cell(column.label, text if path in by_path else column.mask(text, sight))
        cell.reasons = by_path.get(path, ())
        if path in changes and payload.get("record"):
            old, new = changes[path]
            cell.is_change = True
            cell.old = column.show(old, sight)
            cell.new = column.show(new, sight)
        (spoken if cell.reasons or cell.is_change else quiet).append(cell)
    for path, reasons in by_path.items():
        if path and path not in mapped and path in resource.columns:
            spoken.append(Cell(resource.columns[path].label, reasons=reasons))
    if row.action in (ImportRow.Action.NEW, ImportRow.Action.LIKELY):
        spoken, quiet = [cell for cell in quiet if cell.text], []
    return ShownRow(
        row.number,
        row.sheet,
        payload.get("record", ""),
        by_path.get("", ()),
        spoken,
        [cell for cell in quiet if cell.text],
        row.position,
        [
            (resource.ledger.url("view", key), number, "、".join(words_of(codes)))
            for key, number, codes in payload.get("likely", ())
        ]
        if row.action == ImportRow.Action.LIKELY
        else (),
    )


def sentence_of(problem: Mapping[str, Any], resource: LedgerResource) -> str:
    """Return why a cell was refused, in the active language."""
    params = dict(problem.get("params") or {})
    column = resource.columns.get(problem["path"])
    if isinstance(params.get("choices"), list) and column is not None:
        widget = column.widget
        params["choices"] = (
            widget.named(params["choices"]) if isinstance(widget, ChoiceWidget) else ""
        )
    return cell_sentence({**problem, "params": params})


def wrong_rows(batch: ImportBatch, resource: LedgerResource) -> tuple[list[str], list[list[str]]]:
    """Return the wrong rows as they came, with one more column that says why.

    Reading the workbook back leaves that column out.
    """
    headings = [h for h in headings_of(batch) if not is_reason_heading(h.text)]
    heads = [heading.text for heading in headings] + [str(REASON_HEADING)]
    lines = []
    rows = batch.rows.filter(action__in=ImportRow.LEFT_OUT).order_by("position")
    for row in rows.iterator(chunk_size=500):
        payload = json.loads(row.payload)
        cells = payload["cells"]
        line = [cells[h.position] if h.position < len(cells) else "" for h in headings]
        said = []
        for problem in payload.get("problems", ()):
            column = resource.columns.get(problem["path"])
            sentence = sentence_of(problem, resource)
            said.append(
                _("%(column)s: %(reason)s") % {"column": column.label, "reason": sentence}
                if column
                else sentence
            )
        for _key, number, codes in payload.get("likely", ()):
            said.append(
                _("Perhaps on file as %(number)s: %(reasons)s.")
                % {"number": number, "reasons": "、".join(words_of(codes))}
            )
        lines.append([*line, "\n".join(said)])
    return heads, lines
