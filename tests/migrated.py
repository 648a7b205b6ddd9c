"""A migrated database, kept between test runs.

Running every migration of Django, Wagtail and ours takes longer than most tests. What they make
depends on nothing but the migration files and the versions installed, so it is kept under a
digest of those and copied into the database in memory.  On PostgreSQL ``tools/run_tests.py`` has
a migrated database copied for each worker.
"""

import fcntl
import hashlib
import os
import sqlite3
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

from core.access import walls

KEPT = 5


def state_digest() -> str:
    """Return a digest of everything a fresh database depends on."""
    digest = hashlib.sha256()
    for found in sorted(f"{d.metadata['Name']}={d.version}" for d in distributions()):
        digest.update(found.encode())
    # Triggers are made from the models by this module, after the migrations.
    digest.update(Path(walls.__file__).read_bytes())
    for config in sorted(apps.get_app_configs(), key=lambda config: config.label):
        digest.update(config.label.encode())
        # Content types and permissions are made from the models as they stand.
        for model in config.get_models(include_auto_created=True):
            options = model._meta
            digest.update(f"{options.label} {options.permissions}".encode())
            digest.update(str(options.default_permissions).encode())
        if not Path(config.path).is_relative_to(settings.ROOT):
            continue
        for path in sorted(Path(config.path).glob("migrations/*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def keep(database: sqlite3.Connection, kept: Path) -> None:
    """Copy a database into a file, which is there whole or not at all."""
    by_age = sorted(kept.parent.glob("*.sqlite3"), key=lambda path: path.stat().st_mtime)
    for older in by_age[: 1 - KEPT]:
        older.unlink(missing_ok=True)
        older.with_suffix(".lock").unlink(missing_ok=True)
    fresh = kept.with_suffix(f".{os.getpid()}")
    with sqlite3.connect(fresh) as target:
        database.backup(target)
    target.close()
    fresh.replace(kept)


@pytest.fixture(scope="session", autouse=True)
def migrated_once(request: pytest.FixtureRequest) -> Any:
    """Let ``migrate`` copy the kept database where there is one, and keep it where not."""
    stock = migrate.Command.handle

    def handle(command: Any, *args: Any, **options: Any) -> Any:
        connection = connections[options["database"]]
        if connection.vendor != "sqlite" or not hasattr(request.config, "cache"):
            return stock(command, *args, **options)
        kept = request.config.cache.mkdir("migrated") / f"{state_digest()}.sqlite3"
        connection.ensure_connection()
        # One worker migrates; the others wait for its copy.
        with kept.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                stock(command, *args, **options)
                keep(connection.connection, kept)
                return None
        with sqlite3.connect(kept) as source:
            source.backup(connection.connection)
        source.close()
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate.Command, "handle", handle)
        yield
