"""Hand the scope in force to row-level security, for one transaction at a time.

The settings are local to a transaction (``set_config(..., true)``), so that nothing is left
on a connection for whoever uses it next.  They are sent only when they differ from what the
transaction knows already: one small statement per request.  A statement outside every
transaction gets one of its own.

These statements are part of the wall, not of a page: ``connection.queries`` does not list
them, ``connection.walls_told`` counts them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.postgresql import base

from core.access.walls import NOTHING_SET, TELL, Told, settings_in_force

FILTERED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "(SELECT", "EXPLAIN", "MERGE")
"""First words of statements that row-level security bites; others need no scope."""


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that always runs in the scope of the context variable."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # None: a savepoint was rolled back, and what it had set with it.
        self._told: Told | None = NOTHING_SET
        self.walls_told = 0
        self.execute_wrappers.append(self._within_walls)

    def _within_walls(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        if not str(sql).lstrip().upper().startswith(FILTERED):
            return execute(sql, params, many, context)
        wanted = settings_in_force()
        if not self.get_autocommit():
            if wanted != self._told:
                self._tell(wanted)
            return execute(sql, params, many, context)
        if wanted == NOTHING_SET:
            return execute(sql, params, many, context)
        with self._transaction_of_its_own(wanted):
            return execute(sql, params, many, context)

    def _tell(self, wanted: Told) -> None:
        with self.wrap_database_errors:
            self.connection.execute(TELL, wanted)
        self._told = wanted
        self.walls_told += 1

    @contextmanager
    def _transaction_of_its_own(self, wanted: Told) -> Iterator[None]:
        with self.wrap_database_errors:
            self.connection.execute("BEGIN")
        try:
            with self.wrap_database_errors:
                self.connection.execute(TELL, wanted)
            self.walls_told += 1
            yield
        except BaseException:
            with self.wrap_database_errors:
                if not self.connection.closed:
                    self.connection.execute("ROLLBACK")
            raise
        with self.wrap_database_errors:
            self.connection.execute("COMMIT")

    # What was told ends with the transaction, or with the savepoint it was told in.

    def connect(self) -> None:
        self._told = NOTHING_SET
        super().connect()

    def init_connection_state(self) -> None:
        super().init_connection_state()
        role = self.settings_dict.get("ROLE")
        if role:
            self.connection.execute(f"SET ROLE {self.ops.quote_name(role)}")

    def _commit(self) -> Any:
        self._told = NOTHING_SET
        return super()._commit()  # type: ignore[misc]

    def _rollback(self) -> Any:
        self._told = NOTHING_SET
        return super()._rollback()  # type: ignore[misc]

    def _set_autocommit(self, autocommit: bool) -> None:
        self._told = NOTHING_SET
        super()._set_autocommit(autocommit)  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self._told = None
