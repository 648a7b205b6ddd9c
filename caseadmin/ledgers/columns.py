"""Declared columns become the columns of Wagtail's table."""

import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import models
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from wagtail.admin.ui.tables import BaseColumn, ButtonsColumnMixin, TitleColumn
from wagtail.admin.ui.tables import Column as TableColumn

from core.access.rights import Seeing
from core.crypto.fields import EncryptedTextField
from core.fields import ChoiceListField

from .declaration import Badge, Column, Ledger
from .paths import leads_out_of_reach, names_a_territory, resolve, values_at
from .presentation import blank, elsewhere, label_of, plain, words
from .runtime import kinds
from .sight import NOT_SHOWN, Sight, column_mask


def as_column(item: str | Column) -> Column:
    """Return a declared column as an object."""
    return item if isinstance(item, Column) else Column(item)


def cell_raw(ledger: type[Ledger], item: str | Column, row: Any) -> Any:
    """Return the value a cell stands for."""
    column = as_column(item)
    if column.value is not None:
        return column.value(row)
    return next(values_at(row, column.name), None)


def cell_text(ledger: type[Ledger], item: str | Column, row: Any, sight: Sight) -> str:
    """Return a cell's text in words, as a person sees it."""
    column = as_column(item)
    see = sight.cell(ledger, column, row.territory_code)
    if see is Seeing.HIDDEN:
        return ""
    if column.value is None and leads_out_of_reach(row, column.name):
        return elsewhere()
    value = cell_raw(ledger, column, row)
    if column.value is not None:
        text = plain(value)
    else:
        text = words(resolve(ledger.model, column.name).field, value)
    return text if see is Seeing.READ or not text else column_mask(ledger, column)(text)


def drawn_columns(ledger: type[Ledger], sight: Sight) -> list[Column]:
    """Return the columns a person is shown, in order."""
    return [c for c in map(as_column, ledger.list_columns()) if sight.draws(ledger, c)]


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


def sort_key(ledger: type[Ledger], item: str | Column, sight: Sight) -> str | None:
    """Return what a column is sorted by, or ``None``.

    Encrypted values have no order in the database, and the order of a masked column
    would tell its values.
    """
    column = as_column(item)
    if not sight.compares(ledger, column):
        return None
    if column.sort is not None:
        return column.sort or None
    if column.value is not None:
        return None
    path = resolve(ledger.model, column.name)
    if path.field is None or isinstance(path.field, EncryptedTextField | ChoiceListField):
        return None
    spec = getattr(path.field, "spec", None)
    if spec is not None and (spec.sealed or spec.kind not in kinds.SORTABLE):
        return None
    if names_a_territory(path.field):
        # The row carries the code itself: an index can give the order, a join cannot.
        return "territory_code" if path.lookup == ledger.place() else f"{path.lookup}__code"
    return None if path.field.is_relation else path.lookup


def nothing_filled(see: Seeing) -> str:
    """Return what stands in an empty cell; of a hidden one it tells nothing."""
    said = NOT_SHOWN if see is Seeing.HIDDEN else blank()
    return format_html('<span class="ledger-blank">{}</span>', said)


@lru_cache(maxsize=64)
def icon_html(name: str, classname: str) -> str:
    """Return one of Wagtail's icons."""
    drawn: str = render_to_string(
        "wagtailadmin/shared/icon.html", {"name": name, "classname": classname}
    )
    return drawn


class LedgerCellMixin:
    """Read the cell from the declaration, not from the attribute."""

    ledger: type[Ledger]
    declared: Column
    sight: Sight
    header_template_name = "ledgers/tables/header.html"

    def get_value(self, instance: Any) -> str:
        return cell_text(self.ledger, self.declared, instance, self.sight)

    def seeing(self, instance: Any) -> Seeing:
        """Return how much of a row's cell is shown."""
        return self.sight.cell(self.ledger, self.declared, instance.territory_code)

    def get_header_context_data(self, parent_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_header_context_data(  # type: ignore[misc]
            parent_context
        )
        context["is_searching"] = parent_context.get("is_searching")
        return context


class TextCell(LedgerCellMixin, TableColumn):
    """A plain cell that says when nothing was filled in.

    Cells are written without a template: a page has hundreds of them, and their templates
    took half of its time.
    """

    def __init__(self, ledger: type[Ledger], declared: Column, sight: Sight) -> None:
        self.ledger = ledger
        self.declared = declared
        self.sight = sight
        super().__init__(
            declared.name,
            label=heading(ledger, declared),
            sort_key=sort_key(ledger, declared, sight),
            classname="ledger-cell",
        )
        self.classes = "ledger-cell ledger-fixed" if self.is_unbroken() else "ledger-cell"

    def is_unbroken(self) -> bool:
        """Return whether its values stay on one line: the number of a record, and days."""
        if self.declared.value is not None:
            return False
        field = resolve(self.ledger.model, self.declared.name).field
        is_day = isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField)
        return is_day or self.declared.name == self.ledger.key

    def render_cell_html(self, instance: Any, parent_context: Any) -> str:
        text = self.get_value(instance)
        return format_html(
            '<td class="{}" data-label="{}">{}</td>',
            self.classes,
            self.label,
            self.filled(instance, text) if text else nothing_filled(self.seeing(instance)),
        )

    def filled(self, instance: Any, text: str) -> str:
        """Return what stands in the cell where there is a value."""
        return text


class BadgeCell(TextCell):
    """A word with a tone and, for degrees of danger, an icon."""

    def filled(self, instance: Any, text: str) -> str:
        assert isinstance(self.declared, Badge)
        whole = self.seeing(instance) is Seeing.READ
        code = cell_raw(self.ledger, self.declared, instance) if whole else None
        tone = self.declared.tones.get(code, "neutral")
        icon = self.declared.icons.get(tone, "")
        return format_html(
            '<span class="ledger-badge ledger-badge--{}">{}{}</span>',
            tone,
            icon_html(icon, "ledger-badge__icon") if icon else "",
            text,
        )


class AnyRow:
    """Stands for a row while its menu is drawn."""

    pk = uuid.UUID(int=2**128 - 1)
    title = "\ue000"  # of the private use area: no number holds it

    def __str__(self) -> str:
        return self.title


class TitleCell(LedgerCellMixin, ButtonsColumnMixin, TitleColumn):
    """The first cell: links to the record and holds its menu.

    The menu is the same for every row but for the record's key and number, so it is drawn
    once for a page.
    """

    def __init__(self, ledger: type[Ledger], declared: Column, sight: Sight, view: Any) -> None:
        self.ledger = ledger
        self.declared = declared
        self.sight = sight
        self.view = view
        super().__init__(
            declared.name,
            label=heading(ledger, declared),
            sort_key=sort_key(ledger, declared, sight),
            get_url=lambda row: ledger.url("view", row.pk) + view.query_string,
        )

    def get_buttons(self, instance: Any, parent_context: Any) -> list[Any]:
        return self.view.get_list_buttons(instance)  # type: ignore[no-any-return]

    @cached_property
    def menu(self) -> str:
        """The menu of ``AnyRow``."""
        drawn = [button.render_html({}) for button in self.get_buttons(AnyRow(), {})]
        if not drawn:
            return ""
        return f'<ul class="actions">{"".join(f"<li>{button}</li>" for button in drawn)}</ul>'

    def shown_title(self, instance: Any) -> str:
        """Return the words of the link; a number is not broken at its hyphens."""
        number = str(instance)
        text = self.get_value(instance) or number
        return format_html('<span class="ledger-fixed">{}</span>', text) if text == number else text

    def render_cell_html(self, instance: Any, parent_context: Any) -> str:
        # Only what stood in the drawn menu is put in, escaped as the menu was.
        menu = self.menu.replace(str(AnyRow.pk), str(instance.pk))
        menu = menu.replace(AnyRow.title, escape(str(instance)))
        return format_html(
            '<td class="title ledger-cell ledger-cell--title" data-label="{}">'
            '<div class="ledger-title"><div class="title-wrapper"><a href="{}">{}</a></div>{}</div>'
            "</td>",
            self.label,
            self.ledger.url("view", instance.pk),
            self.shown_title(instance),
            mark_safe(menu),  # noqa: S308 (drawn by templates, see above)
        )


class BoxCell(BaseColumn):
    """A box before each row, part of the form of the bulk actions."""

    def __init__(self) -> None:
        super().__init__("chosen", label=gettext("Choose"))

    def render_header_html(self, parent_context: Any) -> str:
        # Works with a script only, which shows it.
        return format_html(
            '<th scope="col" class="ledger-box"><input type="checkbox" data-ledger-every hidden'
            ' aria-label="{}"></th>',
            gettext("Choose all on this page"),
        )

    def render_cell_html(self, instance: Any, parent_context: Any) -> str:
        return format_html(
            '<td class="ledger-box"><input type="checkbox" form="ledger-bulk" name="row" '
            'value="{}" aria-label="{}"></td>',
            instance.pk,
            gettext("Choose %(number)s") % {"number": instance},
        )


def headed_by(ledger: type[Ledger], row: Any, sight: Sight) -> tuple[str, list[str]]:
    """Return what a record's own page begins with: the first cell of its row, and its badges."""
    first, *rest = drawn_columns(ledger, sight) or [Column(ledger.key)]
    badges = [
        BadgeCell(ledger, column, sight).filled(row, text)
        for column in rest
        if isinstance(column, Badge) and (text := cell_text(ledger, column, row, sight))
    ]
    return cell_text(ledger, first, row, sight), badges


def table_columns(
    ledger: type[Ledger],
    view: Any,
    sight: Sight,
    columns: Sequence[Column],
    *,
    boxes: bool = False,
) -> list[Any]:
    """Return the table's columns for a list view; the first of them links to the record."""
    first, *rest = columns or [Column(ledger.key)]
    cells: list[Any] = [BoxCell()] if boxes else []
    cells.append(TitleCell(ledger, first, sight, view))
    cells += [
        (BadgeCell if isinstance(column, Badge) else TextCell)(ledger, column, sight)
        for column in rest
    ]
    return cells


def column_paths(ledger: type[Ledger]) -> list[str]:
    """Return the dotted names the list reads, for its joins."""
    return [c.name for c in map(as_column, ledger.list_columns()) if c.value is None]
