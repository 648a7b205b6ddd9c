"""The workbook people fill in: a header, one invented example, the words for choices."""

from itertools import zip_longest
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.access.scope import current_scope

from ..exporting.xlsx import OutSheet
from .columns import ColumnField
from .widgets import ChoiceWidget, TerritoryWidget

WIDTH = 18


def template_sheets(ledger: Any, columns: list[ColumnField]) -> list[OutSheet]:
    """Return the sheets of a ledger's template.

    The example stands on a sheet of its own: a row left under the header by mistake
    would be imported as a child that does not exist.

    Args:
        ledger: The ledger.
        columns: Those the person may fill in.
    """
    scope = current_scope()
    for column in columns:
        if isinstance(column.widget, TerritoryWidget):
            column.widget.prepare((), scope)
    header = [column.label for column in columns]
    example = [ledger.io.examples.get(c.path) or c.widget.example() for c in columns]
    required = [_("must be filled") if c.is_required else "" for c in columns]
    widths = [WIDTH] * len(columns)
    return [
        OutSheet(str(capfirst(ledger.label)), [header], widths),
        OutSheet(
            _("Example"),
            [
                [_("Column"), _("Example (invented)"), _("Note")],
                *([h, e, r] for h, e, r in zip(header, example, required, strict=True)),
            ],
            [WIDTH * 2, WIDTH * 2, WIDTH],
        ),
        OutSheet(_("Choices"), _choices(columns), widths),
    ]


def _choices(columns: list[Any]) -> list[list[str]]:
    lists = []
    for column in columns:
        widget = column.widget
        if isinstance(widget, ChoiceWidget):
            lists.append([column.label, *(str(label) for _code, label in widget.choices)])
        elif isinstance(widget, TerritoryWidget):
            lists.append([column.label, *sorted(map(widget.write, widget.by_code.values()))])
    return [list(line) for line in zip_longest(*lists, fillvalue="")]
