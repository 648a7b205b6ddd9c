"""Move every encrypted value onto the current key, and blind indexes onto their own.

The walk goes table by table, in the order of primary keys, in chunks.  Each chunk is one
transaction that also writes how far it came into the row of the job: a kill at any point
loses at most the work of one chunk, and nothing of what is stored.

A value is written only where the stored one is still the one that was read, so that a
person who saves at the same moment is never overwritten.  Whatever slips in behind the
walk (a row saved by a process that still runs with the old ring, history copied inside
the database) is found by the next pass; passes go on while they find something.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connections, models, router, transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from core.access.scope import unscoped
from core.jobs.models import Job
from core.jobs.registry import job
from core.jobs.services import LEASE, JobLost, Run

from .fields import BlindIndexField, EncryptedTextField
from .keys import ring
from .seal import CannotOpen, seal, unseal

logger = logging.getLogger("tonghu.crypto")

ROTATE = "crypto.rotate"
CHUNK = 500
PASSES = 5
UNREADABLE_NAMED = 20


@dataclass(frozen=True)
class Table:
    """A table with encrypted columns, and the blind indexes made from them."""

    model: type[models.Model]
    fields: tuple[EncryptedTextField, ...]
    indexes: tuple[BlindIndexField, ...]

    @property
    def name(self) -> str:
        """The table's name; the order of the walk."""
        return self.model._meta.db_table


def tables() -> list[Table]:
    """Return every table that holds encrypted values, history included, in a fixed order.

    The keys of attachments and their names are such columns too.
    """
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy:
            continue
        columns = model._meta.local_concrete_fields
        sealed = tuple(c for c in columns if isinstance(c, EncryptedTextField))
        if sealed:
            digests = tuple(c for c in columns if isinstance(c, BlindIndexField))
            found[model._meta.db_table] = Table(model, sealed, digests)
    return [found[name] for name in sorted(found)]


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedTextField]]:
    """Yield every encrypted column of the installation, history tables included."""
    for table in tables():
        for column in table.fields:
            yield table.model, column


@dataclass(frozen=True)
class Store:
    """Sealed values that stand in no encrypted column, such as another package's own table.

    Attributes:
        name: What they are called in counts.
        left: Counts those closed by a key, or, without a number, by any but the current.
        move: Closes all of them with the current key and returns how many it moved; what
            does not open is left and counted by ``left``.
    """

    name: str
    left: Callable[[int | None], int]
    move: Callable[[], int]


stores: list[Store] = []


def _with_raw(model: type[models.Model], column: EncryptedTextField) -> Any:
    return model._base_manager.annotate(raw=Cast(F(column.name), TextField())).filter(raw__gt="")


def waiting(model: type[models.Model], column: EncryptedTextField) -> Any:
    """Return the rows whose value is still closed by an older key."""
    return _with_raw(model, column).exclude(raw__startswith=f"k{ring().current}.")


def closed_by(model: type[models.Model], column: EncryptedTextField, number: int) -> Any:
    """Return the rows whose value is closed by the key of this number."""
    return _with_raw(model, column).filter(raw__startswith=f"k{number}.")


def left(number: int | None = None) -> dict[str, int]:
    """Count the values not yet on the current key, or those on one key, by column.

    Columns where nothing is left are not named.
    """
    counts = {}
    with unscoped("count values by key"):
        for model, column in encrypted_fields():
            rows = waiting(model, column) if number is None else closed_by(model, column, number)
            if count := rows.count():
                counts[f"{model._meta.db_table}.{column.column}"] = count
        for store in stores:
            if count := store.left(number):
                counts[store.name] = count
    return counts


@dataclass
class Progress:
    """How far a rotation has come; kept in the result of its job.

    Attributes:
        table: The table under way; those before it in the order are through.
        after: The primary key of the last row done, as text; empty at a table's start.
        turn: Which pass this is, from 1.
        moved: Values moved in all.
        moved_in_pass: Values moved in this pass.
        unreadable: Columns and row keys of values that do not open, the first few.
        unreadable_count: How many do not open, in this pass.
    """

    table: str = ""
    after: str = ""
    turn: int = 1
    moved: int = 0
    moved_in_pass: int = 0
    unreadable: list[str] = field(default_factory=list)
    unreadable_count: int = 0

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Progress":
        """Return the progress a job has kept."""
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in stored.items() if name in known})


@dataclass(frozen=True)
class Move:
    """New values for some columns of one row, and the old ones they replace."""

    pk: Any
    columns: tuple[str, ...]
    fresh: tuple[str, ...]
    guards: tuple[str, ...]
    old: tuple[str, ...]


def _move(table: Table, row: tuple[Any, ...], progress: Progress, *, index: bool) -> Move | None:
    """Return what has to change in a row, or ``None``."""
    pk, row_id, *values = row
    current = ring().current
    texts = dict(zip(table.fields, values[: len(table.fields)], strict=True))
    digests = dict(zip(table.indexes, values[len(table.fields) :], strict=True))
    sources = {digest.source for digest in digests} if index else set()
    changes: dict[str, str] = {}
    guards: dict[str, str] = {}
    opened: dict[str, str] = {}
    for column, sealed in texts.items():
        if not sealed:
            continue
        try:
            stale = sealed.key_number != current
            if not stale and column.name not in sources:
                continue
            binding = f"{column.binding_label}:{row_id}"
            opened[column.name] = unseal(sealed, binding)
        except CannotOpen:
            progress.unreadable_count += 1
            if len(progress.unreadable) < UNREADABLE_NAMED:
                progress.unreadable.append(f"{table.name}.{column.column} {pk}")
            continue
        guards[str(column.column)] = str(sealed)
        if stale:
            changes[str(column.column)] = str(seal(opened[column.name], binding))
    for digest, stored in digests.items():
        if not index or digest.source not in opened:
            continue
        fresh = digest.digest(opened[digest.source])
        if fresh is not None and fresh != stored:
            changes[str(digest.column)] = fresh
            if stored is not None:
                guards[str(digest.column)] = stored
    if not changes:
        return None
    return Move(pk, tuple(changes), tuple(changes.values()), tuple(guards), tuple(guards.values()))


def _write(table: Table, moves: list[Move]) -> int:
    """Write the moves whose old values still stand, and return how many values changed."""
    connection = connections[router.db_for_write(table.model)]
    quote = connection.ops.quote_name
    primary = table.model._meta.pk
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Move]] = defaultdict(list)
    for move in moves:
        groups[move.columns, move.guards].append(move)
    written = 0
    with connection.cursor() as cursor:
        for (columns, guards), members in groups.items():
            setting = ", ".join(f"{quote(name)} = %s" for name in columns)
            guarded = "".join(f" AND {quote(name)} = %s" for name in guards)
            # Names of tables and columns come from the models, values are parameters.
            cursor.executemany(
                f"UPDATE {quote(table.name)} SET {setting} "  # noqa: S608
                f"WHERE {quote(str(primary.column))} = %s{guarded}",
                [
                    (*move.fresh, primary.get_db_prep_value(move.pk, connection), *move.old)
                    for move in members
                ],
            )
            written += max(cursor.rowcount, 0) * len(columns)
    return written


def _keep(run: Run, progress: Progress) -> None:
    """Write the progress into the job's row and renew its lease.

    Raises:
        JobLost: Somebody started the rotation anew and holds the job now.
    """
    kept = Job.objects.filter(pk=run.job.pk, fence=run.job.fence).update(
        result=vars(progress), done=progress.moved, lease_until=timezone.now() + LEASE
    )
    if not kept:
        raise JobLost(run.job.kind)


def _walk(table: Table, run: Run, progress: Progress, *, index: bool, chunk: int) -> None:
    names = ["pk", "id", *(c.name for c in table.fields), *(d.name for d in table.indexes)]
    rows = table.model._base_manager.order_by("pk").values_list(*names)
    while True:
        after = rows.filter(pk__gt=progress.after) if progress.after else rows
        batch = list(after[:chunk])
        if not batch:
            return
        # Opened and closed again outside the transaction: it holds the lock only to write.
        moves = [m for row in batch if (m := _move(table, row, progress, index=index))]
        with transaction.atomic(using=router.db_for_write(table.model)):
            run.hold()
            moved = _write(table, moves)
            progress.moved += moved
            progress.moved_in_pass += moved
            progress.table, progress.after = table.name, str(batch[-1][0])
            _keep(run, progress)


@job(ROTATE)
def rotate(run: Run, *, chunk: int = CHUNK) -> dict[str, Any]:
    """Move all values onto the current key; go on where an earlier run was stopped.

    The job's parameter ``index`` also makes all blind indexes anew, for a new index key.

    Returns:
        The last ``Progress``, with ``left``: values still on older keys.
    """
    index = bool(run.params.get("index"))
    progress = Progress.of(run.job.result)
    with unscoped("rotate keys"):
        while True:
            for table in tables():
                if table.name < progress.table:
                    continue
                if table.name > progress.table:
                    progress.table, progress.after = table.name, ""
                _walk(table, run, progress, index=index, chunk=chunk)
            for store in stores:
                moved = store.move()
                progress.moved += moved
                progress.moved_in_pass += moved
            remaining = sum(left().values())
            settled = not progress.moved_in_pass and (not remaining or progress.turn > 1)
            if (not remaining and not index) or settled or progress.turn >= PASSES:
                break
            progress = Progress(turn=progress.turn + 1, moved=progress.moved)
    if progress.unreadable_count:
        logger.error("rotation: %d values do not open", progress.unreadable_count)
    return {**vars(progress), "left": remaining}
