"""The columns a ledger's sheets carry, declared as an import-export ``Resource``.

A column is a field of the record (``full_name``) or of one of its child rows
(``kin.father.phone``: of the ``kin`` rows the one that ``ChildColumns`` names
``father``).  The same resource reads, writes, previews and exports.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export import resources
from import_export.fields import Field

from core.access.scope import Scope
from core.crypto.fields import BlindIndexField

from ..registry import ledgers
from ..runtime.store import put_value
from ..sight import Sight, mask_of
from .declaration import ChildColumns
from .gate import fold
from .widgets import CellWidget, widget_for

NOT_IN_HEADINGS = str.maketrans("", "", "*※:/_-、.")


class ColumnField(Field):  # type: ignore[misc]
    """One column.

    Attributes:
        path: Its stable name, in mappings, staging rows and problems.
        model_field: The field behind it.
        group: The child row it belongs to, or ``None`` for the record itself.
    """

    widget: CellWidget

    def __init__(
        self,
        path: str,
        model_field: Any,
        widget: CellWidget,
        *,
        group: ChildColumns | None = None,
        aliases: Iterable[str] = (),
    ) -> None:
        super().__init__(
            attribute=model_field.name,
            column_name=path,
            widget=widget,
            readonly=group is not None,
        )
        self.path = path
        self.model_field = model_field
        self.group = group
        self.aliases = tuple(aliases)

    @property
    def label(self) -> str:
        """The heading in the active language."""
        own = capfirst(str(self.model_field.verbose_name))
        if self.group is None:
            return own
        return _("%(whose)s: %(field)s") % {"whose": self.group.label, "field": own}

    @property
    def is_required(self) -> bool:
        """Whether a new row must fill it."""
        return (
            self.group is None
            and not self.model_field.blank
            and not self.model_field.has_default()
            and self.model_field.editable
        ) or self.is_due

    @property
    def is_due(self) -> bool:
        """Whether an administrator demands a value of every new record."""
        spec = getattr(self.model_field, "spec", None)
        return bool(spec and not spec.visible_when and spec.is_required(timezone.localdate()))

    @cached_property
    def headings(self) -> set[str]:
        """Every heading it is known by, folded: labels in all languages, aliases, path."""
        names = {fold_heading(self.path), *(fold_heading(alias) for alias in self.aliases)}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                names.add(fold_heading(self.label))
        return names - {""}

    def mask(self, text: str, sight: Sight) -> str:
        """Return a cell's text, masked unless the person reads the field on every row."""
        if not text or sight.reads_everywhere(self.model_field):
            return text
        return mask_of(self.model_field)(text)

    def show(self, stored: Any, sight: Sight) -> str:
        """Return a staged value for the screen, as a person sees it."""
        return self.mask(self.widget.shown(stored), sight)

    def is_fillable(self, sight: Sight) -> bool:
        """Whether a person's sheet may carry the column: the key, or what they may write."""
        return not self.model_field.editable or sight.may_write(self.model_field, None)

    def check(self, value: Any) -> Any:
        """Run the model field's own validators on a value the widget has read.

        References are left out: the widget has looked them up in scope already, and
        asking again would cost a query for each row.
        """
        if isinstance(self.model_field, models.ForeignKey):
            return value
        return self.model_field.clean(value, None)

    def before(self, row: Any) -> Any:
        """Return what a row holds in the field of this column."""
        return getattr(row, self.model_field.name)

    def put(self, row: Any, value: Any) -> None:
        """Set the field of this column on a row."""
        put_value(row, self.model_field.name, value)


class LedgerResource(resources.ModelResource):  # type: ignore[misc]
    """The columns of one ledger, in order.  Made by ``resource_for``; one per run."""

    ledger: Any
    columns: dict[str, ColumnField]

    def __iter__(self) -> Iterator[ColumnField]:
        return iter(self.columns.values())

    @cached_property
    def groups(self) -> dict[ChildColumns, list[ColumnField]]:
        """The child rows of a sheet row, with their columns."""
        found: dict[ChildColumns, list[ColumnField]] = {}
        for column in self:
            if column.group is not None:
                found.setdefault(column.group, []).append(column)
        return found

    def prepare(self, texts: Mapping[str, Iterable[str]], scope: Scope | None) -> None:
        """Let every column look up what its cells refer to."""
        for path, values in texts.items():
            self.columns[path].widget.prepare(values, scope)

    @cached_property
    def by_heading(self) -> dict[str, str]:
        """From folded heading to path; where two columns share one, the first has it."""
        known: dict[str, str] = {}
        for column in self:
            for heading in column.headings:
                known.setdefault(heading, column.path)
        for alias, path in self.ledger.io.aliases.items():
            if path in self.columns:
                known[fold_heading(alias)] = path
        return known


def fold_heading(text: str) -> str:
    """Return a heading as it is compared: without marks, hints, colon and blanks."""
    folded = fold(text)
    for mark in ("(必填)", "(选填)", "(required)", "(optional)"):
        folded = folded.replace(mark, "")
    return folded.translate(NOT_IN_HEADINGS)


def related_key(model: type[models.Model]) -> str:
    """Return the field by which records of a ledger are known in sheets."""
    declared = ledgers.for_model(model)
    return declared.key if declared is not None else ""


def resource_for(ledger: Any) -> LedgerResource:
    """Build the resource of a ledger.

    Raises:
        FieldDoesNotExist: The declaration names a field that is not there.
        TypeError: A declared field cannot stand in a sheet.
    """
    io = ledger.io
    codes = {ledger.key, *(ledger.search.codes if ledger.search else ())}
    columns: dict[str, ColumnField] = {}
    added = [spec.name for spec in ledger.added_fields() if spec.exportable]
    for name in (*io.fields, *added):
        field = ledger.field(name)
        columns[name] = ColumnField(
            name,
            field,
            widget_for(
                field, is_code=name in codes, words=io.words.get(name), related_key=related_key
            ),
            aliases=[alias for alias, path in io.aliases.items() if path == name],
        )
    for group in io.rows:
        relation = ledger.model._meta.get_field(group.relation)
        for name in group.fields:
            field = relation.related_model._meta.get_field(name)
            path = f"{group.relation}.{group.name}.{name}"
            words = io.words.get(path) or io.words.get(f"{group.relation}.{name}")
            columns[path] = ColumnField(
                path,
                field,
                widget_for(field, words=words, related_key=related_key),
                group=group,
                aliases=[alias for alias, to in io.aliases.items() if to == path],
            )
    meta = type(
        "Meta",
        (),
        {
            "model": ledger.model,
            "fields": tuple(columns),
            "import_id_fields": (ledger.key,),
            "use_natural_foreign_keys": False,
        },
    )
    made = type(f"{ledger.__name__}Resource", (LedgerResource,), {**columns, "Meta": meta})
    resource: LedgerResource = made()
    resource.ledger = ledger
    resource.columns = columns
    return resource


def blind_index_of(field: models.Field) -> BlindIndexField | None:
    """Return the blind index that stands beside an encrypted field, if one does."""
    for other in field.model._meta.concrete_fields:
        if isinstance(other, BlindIndexField) and other.source == field.name:
            return other
    return None
