"""On PostgreSQL the tests act as a role that owns no table, as the product does.

``TEST_POSTGRES_ROLE`` names it; the account of ``TEST_POSTGRES_URL`` makes and migrates the
test database and must be a member of it (``tools/postgres_server.py`` sees to both).

A test that stands outside every scope looks at what is stored, so there, and only there, the
wall is open: requests, ``scoped_to``, commands and jobs meet it as in life.  Tests marked
``walled`` meet it everywhere.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from django.core.management.base import BaseCommand
from django.db import connection

from core.access import walls
from core.access.scope import in_force
from core.accounts.services import load_roles, read_roles
from core.jobs import tasks

ROLE = os.environ.get("TEST_POSTGRES_ROLE", "")

_working: ContextVar[bool] = ContextVar("tests_product_at_work", default=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: Any, django_db_blocker: Any) -> Any:
    """Hand the migrated database over to the role of the product.

    People's roles are in it, as in any that was installed: loading them takes longer than most
    tests.
    """
    # The factories import models, which are there only now.
    from tests.factories.core import ROLES

    with django_db_blocker.unblock():
        load_roles(read_roles(ROLES))
        if connection.vendor == "postgresql" and ROLE:
            hand_over(connection)
            connection.settings_dict["ROLE"] = ROLE
            connection.close()
    yield
    # The test database is dropped by its owner.
    connection.settings_dict.pop("ROLE", None)


def hand_over(connection: Any) -> None:
    """Let the role of the product use every table there is now."""
    if connection.vendor != "postgresql" or not ROLE:
        return
    with connection.cursor() as cursor:
        # TRUNCATE only because the tests empty tables that way.
        cursor.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES"
            f" IN SCHEMA public TO {ROLE}"
        )
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")


@contextmanager
def owner_at_work(connection: Any) -> Iterator[None]:
    """Act as the account that owns the tables, where the tests act as another."""
    role = connection.settings_dict.get("ROLE")
    if not role:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {role}")


@pytest.fixture(autouse=True)
def as_owner_where_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test marked ``owner`` tamper with tables as their owner could."""
    marked = request.node.get_closest_marker("owner") is not None
    if not marked or connection.vendor != "postgresql" or not ROLE:
        yield
        return
    request.getfixturevalue("db")
    with owner_at_work(connection):
        yield


@pytest.fixture(autouse=True)
def outside_every_scope(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test look at what is stored."""
    if connection.vendor != "postgresql" or request.node.get_closest_marker("walled"):
        return
    from core.access.postgresql import base  # needs psycopg

    def settings_in_force() -> walls.Told:
        if in_force() is None and not _working.get():
            return walls.EVERYTHING_TOLD
        return walls.settings_in_force()

    def at_work(function: Any) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            token = _working.set(True)
            try:
                return function(*args, **kwargs)
            finally:
                _working.reset(token)

        return run

    monkeypatch.setattr(base, "settings_in_force", settings_in_force)
    monkeypatch.setattr(BaseCommand, "execute", at_work(BaseCommand.execute))
    monkeypatch.setattr(tasks, "execute", at_work(tasks.execute))
