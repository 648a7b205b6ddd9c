"""What a ledger may say about its sheets beyond a list of fields.

Plain declarations: no model is loaded here, and nothing knows what a ledger is about.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Text = Any  # a string, or a lazily translated one


@dataclass(frozen=True, eq=False)
class ChildColumns:
    """Columns that hold one child row of the record: the father, the present carer.

    Args:
        relation: Reverse name of the relation (``kin``).
        name: Stable name of this row among them (``father``).
        label: What it is called in headings.
        match: Values by which the row is found among the record's, and which a new one
            gets (``{"relation": "father"}``).
        fields: Fields that have a column.
        dash: Values to set where the first field holds a lone dash instead of text.
        complete: Called as ``complete(row, record)`` after the cells are set, to fill
            in what no column holds.  A ``ValidationError`` it raises is shown at the row.
    """

    relation: str
    name: str
    label: Text
    match: Mapping[str, Any]
    fields: Sequence[str]
    dash: Mapping[str, Any] = field(default_factory=dict)
    complete: Callable[[Any, Any], None] | None = None


@dataclass(frozen=True)
class Blank:
    """A blank of a printed form: a label, and beside or below it what was filled in.

    Args:
        path: The column it fills.
        labels: Words printed at the blank; the first found counts.
        within: Label of the block the blank belongs to, where several blocks repeat
            the same words; empty for the form as a whole.
        split: Turns the text into texts for several columns, where paper has one blank
            for what the record keeps apart.  ``path`` is then ignored.
    """

    path: str
    labels: tuple[str, ...]
    within: tuple[str, ...] = ()
    split: Callable[[str], Mapping[str, str]] | None = None


@dataclass(frozen=True)
class Boxes:
    """A row of boxes to tick.

    Args:
        path: The column it fills, with the words of the ticked boxes.
        labels: Words printed before the boxes.
        options: Words printed at the boxes that count for this column.
        within: As for ``Blank``.
        details: From the word of a box to the column that takes what is written behind
            it in brackets (``{"患病": "illness"}``).
    """

    path: str
    labels: tuple[str, ...]
    options: tuple[str, ...]
    within: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PrintedForm:
    """A form as it is printed: one record on each sheet of the workbook.

    Args:
        name: Stable name.
        titles: Titles by which a sheet is known to be this form.
        blanks: What stands on it.
        finish: Called with the texts by column, may add or correct some.
    """

    name: str
    titles: tuple[str, ...]
    blanks: tuple[Blank | Boxes, ...]
    finish: Callable[[dict[str, str]], None] | None = None


TICKED = "☑☒√✓✔■●◉◼"
UNTICKED = "□☐○◯◻"
MARK = re.compile(rf"[{TICKED}{UNTICKED}]|\[[ 　]*[xX√✓]?[ 　]*\]|【[ 　]*[xX√✓]?[ 　]*】")
# （√）是（ ）否: round brackets are boxes only where one of them is ticked, because an
# empty pair also stands for a blank to be filled in.
TICKED_ROUND = re.compile(r"[（(][ 　]*[√✓✔][ 　]*[)）]")
ROUND_MARK = re.compile(rf"{MARK.pattern}|[（(][ 　]*[√✓✔]?[ 　]*[)）]")
