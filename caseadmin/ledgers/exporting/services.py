"""Rows of a ledger as lines of text, and the record that they left."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models, transaction
from django.utils import timezone, translation

from core.access.guards import out_of_reach, scope_for
from core.access.opening import openable
from core.access.scope import Scope, current_scope, in_scope
from core.audit.services import record as log
from core.crypto.fields import EncryptedTextField

from ..importing.columns import ColumnField, LedgerResource, resource_for
from ..importing.models import new_batch_number
from ..presentation import elsewhere
from ..sight import Sight
from .places import place_of
from .writer import FileFormat, Watermark, file_pieces

if TYPE_CHECKING:
    from core.accounts.models import User

CHUNK = 500
WIDE, NARROW = 24, 14

Item = TypeVar("Item")


def is_sensitive(column: ColumnField, sight: Sight) -> bool:
    """Return whether a column leaves only for a reason: masked, and the person may reveal it."""
    return not sight.reads_everywhere(column.model_field)


def offered(resource: LedgerResource, sight: Sight) -> list[ColumnField]:
    """Return the columns a person may take out; masked ones without a reveal stay in."""
    return [column for column in resource if sight.takes_out(column.model_field)]


def export_file(
    *,
    ledger: Any,
    queryset: Any,
    paths: Sequence[str],
    file_format: FileFormat,
    actor: "User",
    reason: str = "",
    filters: dict[str, list[str]] | None = None,
    searched: bool = False,
) -> Iterable[bytes]:
    """Log an export and return its pieces.

    The entry is written before the first byte leaves: where it cannot be written,
    nothing leaves.

    The number in the watermark stands in the log too, so that a file that turns up
    somewhere can be traced.

    Args:
        ledger: The ledger.
        queryset: The rows, scoped and filtered already.
        paths: Columns, in order.
        file_format: CSV or XLSX.
        actor: Who takes them.
        reason: Why; demanded by the caller where a sensitive column is taken.  Kept encrypted.
        filters: The list's filters, for the log.
        searched: Whether words narrowed the list.  The words themselves are not logged.
    """
    sight = Sight(scope_for(actor).field_rights)
    wanted = set(paths)
    columns = [c for c in offered(resource_for(ledger), sight) if c.path in wanted]
    columns.sort(key=lambda column: list(paths).index(column.path))
    watermark = Watermark(new_batch_number(), actor.get_full_name(), timezone.now())
    with transaction.atomic():
        keys, left_out = opened_keys(ledger, queryset, actor)
        log(
            "tonghu.export",
            actor=actor,
            model=ledger.model,
            label=str(ledger.label),
            territory_code=place_of(actor),
            data={
                "number": watermark.number,
                "rows": len(keys),
                "left_out": left_out,
                "format": str(file_format),
                "columns": [column.path for column in columns],
                "sensitive": [column.path for column in columns if is_sensitive(column, sight)],
                "filters": filters or {},
                "searched": searched,
            },
            object_ids=keys,
            reason=reason,
        )
    header = [column.label for column in columns]
    lines = ledger_lines(ledger, queryset, columns, keys, sight)
    pieces = file_pieces(
        _with_header(header, lines),
        file_format=file_format,
        title=str(ledger.label),
        watermark=watermark,
        widths=[WIDE if _is_long(column) else NARROW for column in columns],
    )
    scope = current_scope() or Scope()
    return inside(pieces, scope, translation.get_language() or "zh-hans")


def opened_keys(ledger: Any, queryset: Any, actor: "User") -> tuple[list[Any], int]:
    """Return the keys of the rows a person may open, in order, and how many they may not."""
    rows = list(queryset.values_list("pk", "territory_code", named=True))
    opened = openable(actor, ledger.model, rows)
    keys = [row.pk for row in rows if row.pk in opened]
    return keys, len(rows) - len(keys)


def _with_header(header: list[str], lines: Iterable[list[str]]) -> Iterator[list[str]]:
    yield header
    yield from lines


def _is_long(column: ColumnField) -> bool:
    limit = column.model_field.max_length or 0
    return isinstance(column.model_field, models.TextField | EncryptedTextField) or limit > 50


def ledger_lines(
    ledger: Any,
    queryset: Any,
    columns: Sequence[ColumnField],
    keys: Sequence[Any],
    sight: Sight,
) -> Iterator[list[str]]:
    """Yield one line of texts for each row; a few queries for each chunk of rows.

    Args:
        ledger: The ledger.
        queryset: Its rows, scoped and filtered.
        columns: What to write of each.
        keys: The rows the log names, in order.  A row that came meanwhile does not leave.
        sight: How the person sees fields: a cell that is not theirs to take out is empty.
    """
    joins = {
        f"{column.model_field.name}__parent"
        if any(f.name == "parent" for f in column.model_field.related_model._meta.fields)
        else column.model_field.name
        for column in columns
        if column.group is None and isinstance(column.model_field, models.ForeignKey)
    }
    relations = {column.group.relation for column in columns if column.group is not None}
    rows = queryset.select_related(None).prefetch_related(None)
    if joins:
        rows = rows.select_related(*joins)
    if relations:
        rows = rows.prefetch_related(*relations)
    rows = rows.order_by()
    for start in range(0, len(keys), CHUNK):
        found = rows.in_bulk(keys[start : start + CHUNK])
        for key in keys[start : start + CHUNK]:
            row = found.get(key)
            if row is None:
                continue
            children = {name: list(getattr(row, name).all()) for name in relations}
            yield [
                _text(row, children, column)
                if sight.takes_out_of(column.model_field, row.territory_code)
                else ""
                for column in columns
            ]


def _text(row: Any, children: dict[str, list[Any]], column: ColumnField) -> str:
    group = column.group
    if group is None:
        if out_of_reach(row, column.model_field):
            return elsewhere()
        return column.widget.render(getattr(row, column.model_field.name))
    for child in children[group.relation]:
        if all(getattr(child, name) == value for name, value in group.match.items()):
            name = column.model_field.name
            text = column.widget.render(getattr(child, name))
            dashed = group.dash and name == group.fields[0]
            if not text and dashed and _carries(child, group.dash):
                return "—"
            return text
    return ""


def _carries(child: Any, values: Any) -> bool:
    return all(getattr(child, name) == value for name, value in values.items())


def inside(items: Iterable[Item], scope: Scope, language: str) -> Iterator[Item]:
    """Draw items inside a scope and a language that a streamed response has outlived.

    The request's own are gone by the time the server asks for the second piece.
    """
    source = iter(items)
    while True:
        with in_scope(scope), translation.override(language):
            drawn = list(islice(source, 1))
        if not drawn:
            return
        yield drawn[0]
