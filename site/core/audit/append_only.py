"""Database triggers: the log takes new entries and gives none back.

Allowed beside inserts are two things only.  A label or data may become empty, which an
erasure needs and ``verify_audit`` accepts only where a later entry announces it.  An
entry may be deleted when it is at least 180 days old *and* the head of the chain says
that the log is purged through it.

Each new entry moves the head of the chain to itself, in the statement that writes it, if it
is the next one.

The application's own PostgreSQL account needs no right to change or delete either:
see ``grants`` and docs/operations.md.
"""

from typing import Any

ENTRIES = "audit_caselogentry"
ROWS = "audit_caselogrow"
HEAD = "audit_chainhead"
LEAST_DAYS = 180
"""网络安全法 art. 23 (3): logs are kept for at least six months (art. 21 (3) before 2026)."""

FIXED = (
    "id",
    "content_type_id",
    "object_id",
    "action",
    "user_id",
    "timestamp",
    "territory_code",
    "uuid",
    "revision_id",
    "content_changed",
    "deleted",
    "sequence",
    "key_number",
    "previous",
    "code",
    "label_digest",
    "data_digest",
)

_REFUSED = "the log of actions is append-only"


def _sqlite() -> list[str]:
    # Every part is a comparison written out here: nothing comes from outside.
    same = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in FIXED)
    return [
        f"""CREATE TRIGGER {ENTRIES}_no_update BEFORE UPDATE ON {ENTRIES}
            WHEN NOT ({same} AND (NEW.label IS OLD.label OR NEW.label = '')
                      AND (NEW.data IS OLD.data OR NEW.data = '{{}}'))
            BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",
        f"""CREATE TRIGGER {ENTRIES}_no_delete BEFORE DELETE ON {ENTRIES}
            WHEN OLD.sequence > (SELECT coalesce(max(purged_through), 0) FROM {HEAD})
                 OR julianday('now') - julianday(OLD.timestamp) < {LEAST_DAYS}
            BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",  # noqa: S608
        f"""CREATE TRIGGER {ROWS}_no_update BEFORE UPDATE ON {ROWS}
            BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",
        f"""CREATE TRIGGER {ROWS}_no_delete BEFORE DELETE ON {ROWS}
            WHEN OLD.entry_id > (SELECT coalesce(max(purged_through), 0) FROM {HEAD})
            BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",  # noqa: S608
        f"""CREATE TRIGGER {HEAD}_no_delete BEFORE DELETE ON {HEAD}
            BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",
        *_sqlite_head(),
    ]


def _sqlite_head() -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS {ENTRIES}_moves_head",
        f"""CREATE TRIGGER {ENTRIES}_moves_head AFTER INSERT ON {ENTRIES}
            BEGIN UPDATE {HEAD} SET sequence = NEW.sequence, code = NEW.code
                  WHERE id = 1 AND sequence = NEW.sequence - 1; END""",  # noqa: S608
    ]


def _postgresql() -> list[str]:
    same = " AND ".join(f'NEW."{name}" IS NOT DISTINCT FROM OLD."{name}"' for name in FIXED)
    statements = [
        f"""CREATE OR REPLACE FUNCTION {ENTRIES}_guard() RETURNS trigger AS $$
            BEGIN
                IF TG_OP = 'UPDATE' AND {same}
                    AND (NEW.label = OLD.label OR NEW.label = '')
                    AND (NEW.data = OLD.data OR NEW.data = '{{}}'::jsonb) THEN
                    RETURN NEW;
                END IF;
                IF TG_OP = 'DELETE'
                    AND OLD.sequence <= (SELECT coalesce(max(purged_through), 0) FROM {HEAD})
                    AND OLD.timestamp <= now() - interval '{LEAST_DAYS} days' THEN
                    RETURN OLD;
                END IF;
                RAISE EXCEPTION '{_REFUSED}';
            END $$ LANGUAGE plpgsql""",  # noqa: S608
        f"""CREATE OR REPLACE FUNCTION {ROWS}_guard() RETURNS trigger AS $$
            BEGIN
                IF TG_OP = 'DELETE'
                    AND OLD.entry_id <= (SELECT coalesce(max(purged_through), 0) FROM {HEAD}) THEN
                    RETURN OLD;
                END IF;
                RAISE EXCEPTION '{_REFUSED}';
            END $$ LANGUAGE plpgsql""",  # noqa: S608
        f"""CREATE OR REPLACE FUNCTION {HEAD}_guard() RETURNS trigger AS $$
            BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$ LANGUAGE plpgsql""",
    ]
    for table in (ENTRIES, ROWS):
        statements.append(
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_guard()"
        )
        statements.append(
            f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {HEAD}_guard()"
        )
    statements.append(
        f"CREATE TRIGGER {HEAD}_fixed BEFORE DELETE ON {HEAD} "
        f"FOR EACH ROW EXECUTE FUNCTION {HEAD}_guard()"
    )
    statements.append(
        f"CREATE TRIGGER {HEAD}_kept BEFORE TRUNCATE ON {HEAD} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {HEAD}_guard()"
    )
    return [*statements, *_postgresql_head()]


def _postgresql_head() -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION {ENTRIES}_head() RETURNS trigger AS $$
            BEGIN
                UPDATE {HEAD} SET sequence = NEW.sequence, code = NEW.code
                    WHERE id = 1 AND sequence = NEW.sequence - 1;
                RETURN NULL;
            END $$ LANGUAGE plpgsql""",  # noqa: S608
        f"DROP TRIGGER IF EXISTS {ENTRIES}_moves_head ON {ENTRIES}",
        f"CREATE TRIGGER {ENTRIES}_moves_head AFTER INSERT ON {ENTRIES} "
        f"FOR EACH ROW EXECUTE FUNCTION {ENTRIES}_head()",
    ]


def install_head(connection: Any) -> None:
    """Put in force only what moves the head: for a database that has the others."""
    statements = _postgresql_head() if connection.vendor == "postgresql" else _sqlite_head()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove_head(connection: Any) -> None:
    """Take it away again, for a migration backwards."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP FUNCTION IF EXISTS {ENTRIES}_head() CASCADE")
        else:
            cursor.execute(f"DROP TRIGGER IF EXISTS {ENTRIES}_moves_head")


def install(connection: Any) -> None:
    """Put the triggers in force."""
    statements = _postgresql() if connection.vendor == "postgresql" else _sqlite()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(connection: Any) -> None:
    """Take the triggers away, for a migration backwards or a test's clean-up."""
    remove_head(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in (ENTRIES, ROWS, HEAD):
                cursor.execute(f"DROP FUNCTION IF EXISTS {table}_guard() CASCADE")
            return
        for table in (ENTRIES, ROWS, HEAD):
            for ending in ("no_update", "no_delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{ending}")


def grants(role: str) -> list[str]:
    """Return the PostgreSQL statements that leave an account no way to rewrite the log.

    Args:
        role: The application's account, as a quoted identifier.
    """
    return [
        f"REVOKE ALL ON {ENTRIES}, {ROWS}, {HEAD} FROM {role}",
        f"GRANT SELECT, INSERT ON {ENTRIES}, {ROWS}, {HEAD} TO {role}",
        f"GRANT UPDATE (label, data) ON {ENTRIES} TO {role}",
        f"GRANT UPDATE (sequence, code) ON {HEAD} TO {role}",
    ]


def take_rights(connection: Any) -> list[str]:
    """Leave every account but the tables' owner what ``grants`` says, on PostgreSQL.

    ``migrate`` calls it: whatever rights the processes' account holds by default on all
    tables, those on the log shrink each time to what it needs.

    Returns:
        The accounts, quoted.
    """
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT held.grantee FROM information_schema.table_privileges held"
            " JOIN pg_tables own ON own.schemaname = held.table_schema"
            " AND own.tablename = held.table_name"
            " WHERE held.table_schema = current_schema() AND held.table_name IN (%s, %s, %s)"
            " AND held.grantee <> own.tableowner ORDER BY 1",
            [ENTRIES, ROWS, HEAD],
        )
        roles = [name for (name,) in cursor.fetchall()]
        quoted = [r if r == "PUBLIC" else connection.ops.quote_name(r) for r in roles]
        for role in quoted:
            for statement in grants(role):
                cursor.execute(statement)
    return quoted
