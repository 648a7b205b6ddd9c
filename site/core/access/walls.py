"""The walls inside the database: who sees which rows, and where a row may lie.

Two of the five layers of isolation stand in the database itself, where no view, join or
forgotten manager walks past them:

- *Row-level security* (PostgreSQL): a policy per table, by range of the territory code, from
  settings that ``core.access.postgresql`` sends with each transaction.  Nothing set, nothing
  seen; also for the owner of the tables (``FORCE``).
- *The territory column* (both engines): a trigger refuses a row whose code is not that of the
  row it belongs to.

Nothing here is a list of tables.  A model with a ``territory_code`` is walled; so is one whose
``walled_by`` names the foreign key to the person, or to the walled row, it belongs to.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models, transaction

from .scope import Scope, in_force

COLUMN = "territory_code"
ABOVE_ALL = "~"
"""Sorts behind every digit, and behind the empty code of what belongs to no territory."""


class Told(NamedTuple):
    """What the database is told about the scope in force.

    Attributes:
        low: The smallest territory code in reach; empty for nobody, and for everything.
        high: The first code above all in reach: rows lie in ``low <= code < high``.
        prefixes: Where there is more than one, all of them with commas between.
        person: Primary key of the person, for rows that are somebody's own.
    """

    low: str = ""
    high: str = ""
    prefixes: str = ""
    person: str = ""


NOTHING_SET = Told()
EVERYTHING_TOLD = Told(high=ABOVE_ALL)

TELL = (
    "SELECT set_config('tonghu.low', %s, true), set_config('tonghu.high', %s, true),"
    " set_config('tonghu.prefixes', %s, true), set_config('tonghu.person', %s, true)"
)


def end_of(prefix: str) -> str:
    """Return the first string above all that begin with a prefix of digits."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def told_of(scope: Scope) -> Told:
    """Return what the database is told about a person's scope."""
    person = str(scope.user_id) if scope.user_id else ""
    if not scope.prefixes:
        return Told(person=person)
    prefixes = sorted(scope.prefixes)
    return Told(
        low=prefixes[0],
        high=max(end_of(prefix) for prefix in prefixes),
        prefixes=",".join(prefixes) if len(prefixes) > 1 else "",
        person=person,
    )


def settings_in_force() -> Told:
    """Return what the database must know now."""
    scope = in_force()
    if scope is None:
        return NOTHING_SET
    return told_of(scope) if isinstance(scope, Scope) else EVERYTHING_TOLD


# --- Which tables ------------------------------------------------------------------


def concrete(model: type[models.Model], name: str) -> bool:
    """Return whether the model's own table has this column."""
    return any(field.name == name for field in model._meta.local_concrete_fields)


def walled_models() -> list[type[models.Model]]:
    """Return every model whose rows are not for everybody, history included."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy
        and model._meta.managed
        and (concrete(model, COLUMN) or hasattr(model, "walled_by"))
    ]


def owner_field(model: type[models.Model]) -> Any:
    """Return the foreign key ``walled_by`` names.

    Raises:
        ImproperlyConfigured: It names none, or one to a row that is not walled itself.
    """
    name = getattr(model, "walled_by", "")
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist as error:
        raise ImproperlyConfigured(f"{model._meta.label}.walled_by: no field {name!r}") from error
    target = field.related_model
    if target is None or not (
        target._meta.label == settings.AUTH_USER_MODEL
        or concrete(target, COLUMN)
        or hasattr(target, "walled_by")
    ):
        raise ImproperlyConfigured(
            f"{model._meta.label}.walled_by: {name!r} leads to no person and no walled row"
        )
    return field


# --- Where a row's code comes from -------------------------------------------------


@dataclass(frozen=True)
class Place:
    """One row another row takes its territory from.

    Attributes:
        attname: Column of the row itself that points there.
        table: Where it points.
        key: Column of that table that is pointed at.
        code: Column of that table that holds the code.
    """

    attname: str
    table: str
    key: str
    code: str


def _place(field: Any) -> Place:
    target = field.related_model
    code = COLUMN if concrete(target, COLUMN) else "code"
    return Place(field.column, target._meta.db_table, field.target_field.column, code)


def territory_fields(model: type[models.Model]) -> list[Any]:
    """Return the foreign keys a case model takes its territory from, the first not null first.

    Said by ``territory_from``; else the one parental key, the one required key to a case row,
    or the one required key to a territory.

    Raises:
        ImproperlyConfigured: Nothing is said and it cannot be told.
    """
    said = getattr(model, "territory_from", None)
    if said is not None:
        names = (said,) if isinstance(said, str) else said
        return [model._meta.get_field(name) for name in names]
    keys: list[Any] = [
        f for f in model._meta.local_concrete_fields if f.is_relation and f.related_model
    ]
    case_keys = [f for f in keys if concrete(f.related_model, COLUMN)]
    choices = (
        [f for f in case_keys if type(f).__name__ == "ParentalKey"],
        [f for f in case_keys if not f.null],
        [f for f in keys if f.related_model._meta.label == "territories.Territory" and not f.null],
    )
    for found in choices:
        if len(found) == 1:
            return found
        if found:
            break
    raise ImproperlyConfigured(
        f"{model._meta.label}: say in territory_from which foreign key gives the territory."
    )


def places(model: type[models.Model]) -> list[Place]:
    """Return where a row's code must come from; empty where a row places itself."""
    tracked = getattr(model, "instance_type", None)
    if tracked is not None:
        key = tracked._meta.pk.column
        return [Place(key, tracked._meta.db_table, key, COLUMN)]
    if not concrete(model, COLUMN) or not hasattr(model, "territory_code_source"):
        return []
    return [_place(field) for field in territory_fields(model)]


# --- Policies ----------------------------------------------------------------------

IN_REACH = (
    f"{COLUMN} >= current_setting('tonghu.low', true)"
    f" AND {COLUMN} < current_setting('tonghu.high', true)"
    " AND ((SELECT coalesce(current_setting('tonghu.prefixes', true), '')) = ''"
    f" OR {COLUMN} ^@ ANY ((SELECT string_to_array(current_setting('tonghu.prefixes', true), ','))"
    "::text[]))"
)
EVERYTHING_IN_REACH = f"current_setting('tonghu.high', true) = '{ABOVE_ALL}'"


def policy(model: type[models.Model]) -> tuple[str, str]:
    """Return the conditions under which rows are seen, and under which they are written."""
    if concrete(model, COLUMN):
        seen = IN_REACH
        if hasattr(model, "open_rows_sql"):
            seen = f"({model.open_rows_sql}) OR ({IN_REACH})"
        written = seen
        # Some entries tell of no place; they are written by all, and read by none in a scope.
        if getattr(model._meta.get_field(COLUMN), "blank", False):
            written = f"{COLUMN} = '' OR ({written})"
        return seen, written
    field = owner_field(model)
    target = field.related_model
    if target._meta.label == settings.AUTH_USER_MODEL:
        own = f"{field.column}::text = current_setting('tonghu.person', true)"
    else:
        # The table asked has a wall of its own, which holds inside this question too.
        own = (
            f'EXISTS (SELECT 1 FROM "{target._meta.db_table}" AS above'  # noqa: S608  (names of the models' own)
            f' WHERE above."{field.target_field.column}" ='
            f' "{model._meta.db_table}"."{field.column}")'
        )
    condition = f"{EVERYTHING_IN_REACH} OR {own}"
    return condition, condition


POLICY = "tonghu_scope"
TRIGGER = "tonghu_place"
MARK = "tonghu "


def mark(*parts: str) -> str:
    """Return what is written beside a wall so that a later version knows it is the same."""
    return MARK + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def refusal(model: type[models.Model]) -> str:
    return f"{model._meta.db_table}: the territory is not that of the row it belongs to"


def code_sql(model: type[models.Model], found: list[Place]) -> str:
    """Return SQL for the code a new row must have."""
    looked_up = [
        f'(SELECT p."{place.code}" FROM "{place.table}" AS p'  # noqa: S608  (as above)
        f' WHERE p."{place.key}" = NEW."{place.attname}")'
        for place in found
    ]
    if getattr(model, "instance_type", None) is not None:
        # The last history of a deleted row has nothing to be compared with.
        looked_up.append(f'NEW."{COLUMN}"')
    return f"COALESCE({', '.join([*looked_up, 'NULL'])})"


def sqlite_triggers(model: type[models.Model]) -> dict[str, str]:
    """Return the triggers of a table on SQLite by name."""
    found = places(model)
    if not found:
        return {}
    table = model._meta.db_table
    return {
        f"{TRIGGER}_{table}_{event.lower()}": (
            f'CREATE TRIGGER "{TRIGGER}_{table}_{event.lower()}" BEFORE {event} ON "{table}"'
            f' FOR EACH ROW WHEN NEW."{COLUMN}" IS NOT {code_sql(model, found)}'
            f" BEGIN SELECT RAISE(ABORT, '{refusal(model)}'); END"
        )
        for event in ("INSERT", "UPDATE")
    }


def postgres_trigger(model: type[models.Model]) -> str:
    """Return the body of the trigger function of a table on PostgreSQL, or nothing."""
    found = places(model)
    if not found:
        return ""
    moved = " OR ".join(
        f'NEW."{name}" IS DISTINCT FROM OLD."{name}"'
        for name in (COLUMN, *(place.attname for place in found))
    )
    return (
        "BEGIN\n"
        f"  IF TG_OP = 'INSERT' OR {moved} THEN\n"
        f'    IF NEW."{COLUMN}" IS DISTINCT FROM {code_sql(model, found)} THEN\n'
        "      RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',"
        f" MESSAGE = '{refusal(model)}';\n"
        "    END IF;\n"
        "  END IF;\n"
        "  RETURN NEW;\n"
        "END"
    )


# --- Building and inspecting -------------------------------------------------------


def build(connection: Any) -> list[str]:
    """Put up every wall that is missing or out of date; return what was done.

    Runs after each migration, as the owner of the tables.
    """
    if connection.vendor == "postgresql":
        return [*_build_postgres(connection)]
    if connection.vendor == "sqlite":
        return [*_build_sqlite(connection)]
    return []


def missing(connection: Any) -> list[str]:
    """Return what ``build`` would do."""
    if connection.vendor == "postgresql":
        return [said for said, _statements in _postgres_work(connection)]
    if connection.vendor == "sqlite":
        return [said for said, _statements in _sqlite_work(connection)]
    return []


def _present(connection: Any) -> list[type[models.Model]]:
    """Return the walled models whose tables stand already, with their columns.

    In the middle of a history of migrations they may not.
    """
    with connection.cursor() as cursor:
        tables = {table.name for table in connection.introspection.get_table_list(cursor)}
    return [model for model in walled_models() if model._meta.db_table in tables]


def _sqlite_work(connection: Any) -> Iterator[tuple[str, list[str]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
            [f"{TRIGGER}%"],
        )
        standing = dict(cursor.fetchall())
    wanted: dict[str, str] = {}
    for model in _present(connection):
        wanted |= sqlite_triggers(model)
    for name, sql in standing.items():
        if wanted.get(name) != sql:
            yield f"drop trigger {name}", [f'DROP TRIGGER "{name}"']
    for name, sql in wanted.items():
        if standing.get(name) != sql:
            yield f"create trigger {name}", [sql]


def _build_sqlite(connection: Any) -> Iterator[str]:
    for said, statements in list(_sqlite_work(connection)):
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        yield said


def open_sqlite(connection: Any) -> None:
    """Take the triggers down before a migration.

    SQLite rebuilds a table to change it, and refuses to rename one that a trigger names.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
            [f"{TRIGGER}%"],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')


STANDING = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
       (SELECT obj_description(p.oid, 'pg_policy') FROM pg_policy p
         WHERE p.polrelid = c.oid AND p.polname = %s),
       (SELECT obj_description(t.oid, 'pg_trigger') FROM pg_trigger t
         WHERE t.tgrelid = c.oid AND t.tgname = %s AND t.tgenabled = 'O'),
       (SELECT l.collname FROM pg_attribute a JOIN pg_collation l ON l.oid = a.attcollation
         WHERE a.attrelid = c.oid AND a.attname = %s AND NOT a.attisdropped),
       EXISTS (SELECT 1 FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
                JOIN pg_am am ON am.oid = ic.relam JOIN pg_attribute a
                  ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                JOIN pg_opclass o ON o.oid = i.indclass[0]
               WHERE i.indrelid = c.oid AND a.attname = %s AND am.amname = 'btree'
                 AND o.opcdefault AND i.indpred IS NULL),
       (SELECT string_agg(p.polname, ',') FROM pg_policy p
         WHERE p.polrelid = c.oid AND p.polname <> %s)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND c.relname = ANY (%s)
"""


def _postgres_work(connection: Any) -> Iterator[tuple[str, list[str]]]:
    if not hasattr(connection, "walls_told"):
        return  # Django's own backend tells no scope: behind a wall everybody would see nothing.
    present = {model._meta.db_table: model for model in _present(connection)}
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [POLICY, TRIGGER, COLUMN, COLUMN, POLICY, list(present)])
        rows = cursor.fetchall()
    for table, on, forced, policy_mark, trigger_mark, collation, indexed, others in sorted(rows):
        model = present[table]
        if concrete(model, COLUMN):
            if collation is None:
                continue  # a migration on the way has not added the column yet
            if collation != "C":
                # A range of prefixes is a range of bytes; other collations sort otherwise.
                yield (
                    f"collate {table}",
                    [
                        f'DROP POLICY IF EXISTS {POLICY} ON "{table}"',
                        f'ALTER TABLE "{table}" ALTER COLUMN {COLUMN}'
                        f' TYPE {model._meta.get_field(COLUMN).db_type(connection)} COLLATE "C"',
                    ],
                )
                policy_mark = None
            if not indexed:
                yield (
                    f"index {table}",
                    [f'CREATE INDEX "{table}_wall" ON "{table}" ({COLUMN})'],
                )
        if not (on and forced):
            yield (
                f"row-level security on {table}",
                [
                    f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
                    f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
                ],
            )
        if others:
            # Policies are joined by OR: one more, written by hand, would be a hole.
            yield (
                f"foreign policies on {table}: {others}",
                [f'DROP POLICY "{name}" ON "{table}"' for name in others.split(",")],
            )
        seen, written = policy(model)
        if policy_mark != mark(seen, written):
            yield (
                f"policy on {table}",
                [
                    f'DROP POLICY IF EXISTS {POLICY} ON "{table}"',
                    f'CREATE POLICY {POLICY} ON "{table}" USING ({seen}) WITH CHECK ({written})',
                    f"COMMENT ON POLICY {POLICY} ON \"{table}\" IS '{mark(seen, written)}'",
                ],
            )
        body = postgres_trigger(model)
        if body and trigger_mark != mark(body):
            function = f'"{TRIGGER}_{table}"'
            yield (
                f"trigger on {table}",
                [
                    f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger"
                    f" LANGUAGE plpgsql AS $tonghu${body}$tonghu$",
                    f'DROP TRIGGER IF EXISTS {TRIGGER} ON "{table}"',
                    f'CREATE TRIGGER {TRIGGER} BEFORE INSERT OR UPDATE ON "{table}"'
                    f" FOR EACH ROW EXECUTE FUNCTION {function}()",
                    f"COMMENT ON TRIGGER {TRIGGER} ON \"{table}\" IS '{mark(body)}'",
                ],
            )


def _build_postgres(connection: Any) -> Iterator[str]:
    with transaction.atomic(using=connection.alias):
        for said, statements in list(_postgres_work(connection)):
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
            yield said
