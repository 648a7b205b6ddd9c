"""What a record has at all: asked along with the record, so that nothing is looked for in vain."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, F, Func

from core.attachments.models import Attachment

from .declaration import Ledger

FILES = "files"
KNOWN = "ledger_parts"
"""The attribute of a record that was asked about: a bit for each table that holds something."""


class WhichHoldRows(Func):
    """For each of some tables a bit: whether a row there points at this one, wherever it lies.

    Args:
        pk: The record's key.
        tables: Models, the columns that hold the key, and the kind of record that a generic
            key must name, where it is one.
    """

    arity = 1

    def __init__(self, pk: Any, tables: tuple[tuple[Any, str, int | None], ...]) -> None:
        super().__init__(pk, output_field=BigIntegerField())
        self.tables = tables

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        quote = connection.ops.quote_name
        key, params = compiler.compile(self.source_expressions[0])
        parts = []
        values: list[Any] = []
        for number, (model, column, kind) in enumerate(self.tables):
            # Only names of tables and columns stand in the statement itself.
            table = quote(model._meta.db_table)
            condition = f"{table}.{quote(column)} = {key}"
            values += params
            if kind is not None:
                condition += f" AND {table}.content_type_id = %s"
                values.append(kind)
            found = f"EXISTS (SELECT 1 FROM {table} WHERE {condition})"  # noqa: S608
            parts.append(f"CASE WHEN {found} THEN {1 << number} ELSE 0 END")
        return f"({' + '.join(parts)})", values


def tables_of(ledger: type[Ledger]) -> dict[str, tuple[Any, str, int | None]]:
    """Return the tables that may hold something of a ledger's records, and their histories."""
    found: dict[str, tuple[Any, str, int | None]] = {}
    for child in ledger.children:
        relation = ledger.child_relation(child)
        found[child.name] = (relation.related_model, relation.field.column, None)
    if ledger.attachments:
        kind = ContentType.objects.get_for_model(ledger.model, for_concrete_model=True)
        found[FILES] = (Attachment, "object_id", kind.pk)
    for name, (model, column, content_type) in list(found.items()):
        attribute = getattr(model._meta, "simple_history_manager_attribute", None)
        if attribute is not None:
            found[_then(name)] = (getattr(model, attribute).model, column, content_type)
    return found


def ask(ledger: type[Ledger], rows: Any) -> Any:
    """Have a query for records tell also which tables hold anything of each."""
    tables = tuple(tables_of(ledger).values())
    return rows.annotate(**{KNOWN: WhichHoldRows(F("pk"), tables)}) if tables else rows


def note(ledger: type[Ledger], record: Any) -> None:
    """Put the answer in words."""
    bits = record.__dict__.pop(KNOWN, None)
    if bits is not None:
        record._ledger_parts = {
            name: bool(bits & 1 << number) for number, name in enumerate(tables_of(ledger))
        }


def _then(name: str) -> str:
    return f"{name}, in the past"


def may_have(record: Any, name: str) -> bool:
    """Return whether a record may have rows of a child, or ``FILES``: only asking tells else."""
    return bool(getattr(record, "_ledger_parts", {}).get(name, True))


def may_have_had(record: Any, name: str) -> bool:
    """Return whether there may be history of such rows."""
    return may_have(record, _then(name))
