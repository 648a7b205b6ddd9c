"""A database that a benchmark fills and that is gone, or empty again, when it ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection, transaction


@contextmanager
def throwaway_database(keep: str | None = None) -> Iterator[None]:
    """Work in a migrated database, in one transaction that is taken back.

    Args:
        keep: A SQLite file that keeps the migrated, empty database for the next run.
    """
    if keep:
        connection.settings_dict["TEST"]["NAME"] = keep
    connection.creation.create_test_db(verbosity=0, autoclobber=True, keepdb=bool(keep))
    call_command("createcachetable")
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        connection.creation.destroy_test_db("", verbosity=0, keepdb=bool(keep))
