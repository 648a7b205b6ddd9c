"""The rotation of keys, killed for real: the drill of ``benchmarks/`` on few rows."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection


@pytest.fixture
def database_file(tmp_path, django_db_setup, django_db_blocker):
    """A migrated and empty database in a file, which other processes can open."""
    if connection.vendor != "sqlite":
        pytest.skip("The drill makes its own database; on PostgreSQL it is run by hand.")
    path = tmp_path / "drill.sqlite3"
    with django_db_blocker.unblock():
        connection.ensure_connection()
        with sqlite3.connect(path) as target:
            connection.connection.backup(target)
        target.close()
    return path


@pytest.mark.slow
def test_a_rotation_that_is_killed_loses_nothing_and_ends(database_file):
    done = subprocess.run(
        [sys.executable, "benchmarks/rotate_drill.py", "--rows", "2000", "--kills", "2", "--json"],
        cwd=settings.ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{database_file}"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    figures = json.loads(done.stdout)
    wanted = ("kills", "exit code", "unreadable", "changed or lost", "left on the old key")
    assert {name: figures[name] for name in wanted} == {
        "kills": 2,
        "exit code": 0,
        "unreadable": 0,
        "changed or lost": 0,
        "left on the old key": 0,
    }
    assert figures["rows"] >= 2000
