"""Declared columns become the columns of Wagtail's table."""

from typing import Any

from wagtail.admin.ui.tables import ButtonsColumnMixin, TitleColumn
from wagtail.admin.ui.tables import Column as TableColumn

from core.crypto.fields import EncryptedTextField
from core.fields import ChoiceListField

from .declaration import Badge, Column, Ledger
from .paths import names_a_territory, resolve, values_at
from .presentation import blank, hidden, label_of, plain, words
from .runtime import kinds


def as_column(item: str | Column) -> Column:
    """Return a declared column as an object."""
    return item if isinstance(item, Column) else Column(item)


def cell_raw(ledger: type[Ledger], item: str | Column, row: Any) -> Any:
    """Return the value a cell stands for."""
    column = as_column(item)
    if column.value is not None:
        return column.value(row)
    return next(values_at(row, column.name), None)


def cell_text(ledger: type[Ledger], item: str | Column, row: Any) -> str:
    """Return a cell's text: in words, and masked where the field is sensitive."""
    column = as_column(item)
    value = cell_raw(ledger, column, row)
    if column.value is not None:
        text = plain(value)
    else:
        text = words(resolve(ledger.model, column.name).field, value)
    mask = column.mask or ledger.mask_of(column.name)
    return hidden(mask, text) if mask else text


def heading(ledger: type[Ledger], item: str | Column) -> str:
    """Return a column's heading."""
    column = as_column(item)
    if column.label is not None:
        return str(column.label)
    if column.value is not None:
        return column.name.replace("_", " ")
    path = resolve(ledger.model, column.name)
    if path.field is None:
        described = getattr(path.model, path.name.split(".")[-1])
        return str(getattr(described, "short_description", path.name.replace("_", " ")))
    return label_of(path.field)


def sort_key(ledger: type[Ledger], item: str | Column) -> str | None:
    """Return what a column is sorted by, or ``None``.

    Encrypted values have no order in the database, and the order of a masked column
    would tell its values.
    """
    column = as_column(item)
    if column.sort is not None:
        return column.sort or None
    if column.value is not None or column.mask or ledger.mask_of(column.name):
        return None
    path = resolve(ledger.model, column.name)
    if path.field is None or isinstance(path.field, EncryptedTextField | ChoiceListField):
        return None
    spec = getattr(path.field, "spec", None)
    if spec is not None and (spec.sealed or spec.kind not in kinds.SORTABLE):
        return None
    if names_a_territory(path.field):
        return f"{path.lookup}__code"
    return None if path.field.is_relation else path.lookup


class LedgerCellMixin:
    """Read the cell from the declaration, not from the attribute."""

    ledger: type[Ledger]
    declared: Column
    header_template_name = "ledgers/tables/header.html"

    def get_value(self, instance: Any) -> str:
        return cell_text(self.ledger, self.declared, instance)

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(  # type: ignore[misc]
            instance, parent_context
        )
        context["blank"] = "" if context["raw_value"] else blank()
        return context

    def get_header_context_data(self, parent_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_header_context_data(  # type: ignore[misc]
            parent_context
        )
        context["is_searching"] = parent_context.get("is_searching")
        return context


class TextCell(LedgerCellMixin, TableColumn):
    """A plain cell that says when nothing was filled in."""

    cell_template_name = "ledgers/tables/cell.html"

    def __init__(self, ledger: type[Ledger], declared: Column) -> None:
        self.ledger = ledger
        self.declared = declared
        super().__init__(
            declared.name,
            label=heading(ledger, declared),
            sort_key=sort_key(ledger, declared),
            classname="ledger-cell",
        )


class BadgeCell(TextCell):
    """A word with a tone and, for degrees of danger, an icon."""

    cell_template_name = "ledgers/tables/badge_cell.html"

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        assert isinstance(self.declared, Badge)
        code = cell_raw(self.ledger, self.declared, instance)
        tone = self.declared.tones.get(code, "neutral")
        return {**context, "tone": tone, "icon_name": self.declared.icons.get(tone, "")}


class TitleCell(LedgerCellMixin, ButtonsColumnMixin, TitleColumn):
    """The first cell: links to the record and holds its menu."""

    cell_template_name = "ledgers/tables/title_cell.html"

    def __init__(self, ledger: type[Ledger], declared: Column, view: Any) -> None:
        self.ledger = ledger
        self.declared = declared
        self.view = view
        super().__init__(
            declared.name,
            label=heading(ledger, declared),
            sort_key=sort_key(ledger, declared),
            get_url=lambda row: ledger.url("view", row.pk),
        )

    def get_buttons(self, instance: Any, parent_context: Any) -> list[Any]:
        return self.view.get_list_buttons(instance)  # type: ignore[no-any-return]


def table_columns(ledger: type[Ledger], view: Any) -> list[Any]:
    """Return the table's columns for a list view."""
    first, *rest = [as_column(item) for item in ledger.list_columns()]
    cells: list[Any] = [TitleCell(ledger, first, view)]
    cells += [
        (BadgeCell if isinstance(column, Badge) else TextCell)(ledger, column) for column in rest
    ]
    return cells


def column_paths(ledger: type[Ledger]) -> list[str]:
    """Return the dotted names the list reads, for its joins."""
    return [c.name for c in map(as_column, ledger.list_columns()) if c.value is None]
