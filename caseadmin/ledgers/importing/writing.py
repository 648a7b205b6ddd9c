"""Write many records at once, with rows and history as single saves would leave them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connections, router, transaction
from django.utils import timezone

from core.crypto.fields import EncryptedTextField
from core.crypto.seal import seal
from core.history.context import change_set
from core.history.records import stamp_record

if TYPE_CHECKING:
    from core.accounts.models import User

BATCH = 200


@dataclass
class Write:
    """One record to be written, with its child rows.

    Attributes:
        instance: The record, new or changed, judged already.
        stored: What is stored now, or ``None`` for a new record.
        children: Child rows to write, by relation.
        moved: Whether its territory is another than before.
    """

    instance: Any
    stored: Any = None
    children: dict[str, list[Any]] = field(default_factory=dict)
    moved: bool = False


class WritesRefused(Exception):
    """Some records were refused while they were written; nothing was stored.

    Args:
        errors: What was refused, by primary key of the record.
    """

    def __init__(self, errors: dict[Any, ValidationError]) -> None:
        self.errors = errors
        super().__init__(f"{len(errors)} records refused")


def write_records(
    ledger: Any, writes: Sequence[Write], *, actor: "User", reason: str, source: str
) -> None:
    """Write records in one transaction and one change set.

    A ledger whose ``save`` is the engine's own is written set by set. One that brings
    its own ``save`` is written through it, record by record, unless it also brings
    ``save_many(writes, *, actor, reason, source)``.

    Raises:
        WritesRefused: A rule refused some records.  The transaction is rolled back.
    """
    with transaction.atomic(), change_set(actor=actor, reason=reason, source=source):
        if hasattr(ledger, "save_many"):
            ledger.save_many(writes, actor=actor, reason=reason, source=source)
        elif has_own_save(ledger):
            write_one_by_one(ledger, writes, actor=actor, reason=reason, source=source)
        else:
            write_set(ledger, writes, actor=actor, reason=reason, source=source)


def has_own_save(ledger: Any) -> bool:
    """Return whether the ledger's class replaces the engine's ``save``."""
    from ..declaration import Ledger  # circular import: the declaration names importing's types

    return bool(ledger.save.__func__ is not Ledger.save.__func__)  # type: ignore[attr-defined]


def write_one_by_one(
    ledger: Any, writes: Sequence[Write], *, actor: "User", reason: str, source: str
) -> None:
    """Write records through the ledger's ``save``; tell of all that are refused at once.

    Raises:
        WritesRefused: Some were refused.
    """
    errors: dict[Any, ValidationError] = {}
    for write in writes:
        try:
            with transaction.atomic():
                ledger.save(
                    write.instance,
                    children=write.children,
                    actor=actor,
                    reason=reason,
                    source=source,
                )
        except ValidationError as error:
            errors[write.instance.pk] = error
    if errors:
        raise WritesRefused(errors)


def write_set(
    ledger: Any, writes: Sequence[Write], *, actor: "User", reason: str, source: str
) -> None:
    """Write records and child rows with a fixed number of statements for each batch.

    Call it inside a transaction and a change set.  Signals are not sent, so the search
    index is told at the end.
    """
    moved = [write for write in writes if write.moved]
    staying = [write for write in writes if not write.moved]
    write_rows([write.instance for write in staying])
    by_relation: dict[str, list[Any]] = defaultdict(list)
    for write in staying:
        for relation, rows in write.children.items():
            by_relation[relation] += rows
    for rows in by_relation.values():
        write_rows(rows)
    # A record that moves takes its other child rows along: the engine's save knows how.
    write_one_by_one(ledger, moved, actor=actor, reason=reason, source=source)
    index_written(ledger, [write.instance for write in staying])


def write_rows(rows: Sequence[Any]) -> None:
    """Insert new rows and write changed ones over the stored, with the history of both.

    The rows are of one model. Changed rows are upserted by primary key: a ``CASE`` for
    each cell, as ``bulk_update`` sends, takes fifty times as long on wide rows.

    Raises:
        MissingActor: No change set is open.
    """
    if not rows:
        return
    model = type(rows[0])
    new = [row for row in rows if row._state.adding]
    changed = [row for row in rows if not row._state.adding]
    for row in rows:
        row.stamp()
    model._base_manager.bulk_create(new, batch_size=BATCH)
    model._base_manager.bulk_create(
        changed,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=[model._meta.pk.name],
        update_fields=[f.name for f in model._meta.concrete_fields if not f.primary_key],
    )
    copy_to_history(model, [row.pk for row in new], "+")
    copy_to_history(model, [row.pk for row in changed], "~")


def copy_to_history(model: Any, ids: Sequence[Any], history_type: str) -> None:
    """Write history rows from the rows as they now stand, without taking them in hand.

    Encrypted values are copied as they are: a history row is bound like its row.  What the
    history says beside them and keeps encrypted, the reason, is sealed for each row.
    """
    history = getattr(model, model._meta.simple_history_manager_attribute).model
    record = history(history_date=timezone.now(), history_type=history_type)
    stamp_record(record)
    tracked = [field.attname for field in history.tracked_fields]
    connection = connections[router.db_for_write(history)]
    quote = connection.ops.quote_name
    sources = {f.attname: f.column for f in model._meta.concrete_fields}
    copied = [f for f in history._meta.concrete_fields if f.attname in tracked]
    said = [
        f for f in history._meta.concrete_fields if f.attname not in tracked and not f.primary_key
    ]
    sealed = [f for f in said if isinstance(f, EncryptedTextField)]
    plain = [f for f in said if f not in sealed]
    values = [f.get_db_prep_save(getattr(record, f.attname), connection) for f in plain]
    table, key = quote(model._meta.db_table), model._meta.pk
    into = ", ".join(quote(str(f.column)) for f in (*copied, *plain, *sealed))
    taken = ", ".join(
        [
            *(f"{table}.{quote(sources[f.attname])}" for f in copied),
            *["%s"] * len(plain),
            *(f"sealed.{quote(str(f.column))}" for f in sealed),
        ]
    )
    columns = ", ".join(["row_key", *(quote(str(f.column)) for f in sealed)])
    line = f"({', '.join(['%s'] * (1 + len(sealed)))})"
    with connection.cursor() as cursor:
        for start in range(0, len(ids), BATCH):
            chunk = ids[start : start + BATCH]
            # Only names of tables and columns stand in the statement itself.
            cursor.execute(
                f"WITH sealed ({columns}) AS (VALUES {', '.join([line] * len(chunk))}) "  # noqa: S608
                f"INSERT INTO {quote(history._meta.db_table)} ({into}) SELECT {taken} "
                f"FROM {table} JOIN sealed ON {table}.{quote(key.column)} = sealed.row_key",
                [*_sealed_lines(record, sealed, chunk, key, connection), *values],
            )


def _sealed_lines(
    record: Any, fields: Sequence[Any], keys: Sequence[Any], key: Any, connection: Any
) -> Iterator[Any]:
    """Yield each row's key, and what its history says, sealed for it."""
    for row_key in keys:
        yield key.get_db_prep_value(row_key, connection)
        for column in fields:
            text = column.to_text(getattr(record, column.attname))
            yield str(seal(text, f"{column.binding_label}:{row_key}"))


def index_written(ledger: Any, instances: Sequence[Any]) -> None:
    """Tell the search index about records written without signals."""
    from search.indexing import index_objects  # slow import

    if ledger.search is not None and instances:
        index_objects(ledger.slug, [instance.pk for instance in instances])
