"""Nothing of class 3 or 4 stands anywhere in clear (issue 4, figure 3).

``benchmarks/canary_grep.py`` does the same on files, dumps, caches and logs.
"""

import logging

import pytest
from django.db import connection

from tests.probe.stores import files_below, look, rows_of, search_index, secret_words, sqlite_bytes
from tests.probe.walk import Report, Walk
from tests.probe.world import build

pytestmark = pytest.mark.django_db


def test_no_planted_word_stands_in_database_index_or_log(caplog, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with caplog.at_level(logging.DEBUG):
        world = build(["village"])
        words = secret_words(world)
        walk = Walk(world, Report(), ways="short")
        walk.routes = [route for route in walk.routes if route.namespace == "child_files"]
        walk.go(world.person("district_officer", "village"), "district_officer", ["village"])
    tables = connection.introspection.table_names()
    everything = (
        sqlite_bytes()
        if connection.vendor == "sqlite"
        else b"\n".join(rows_of(table) for table in tables)
    )
    stores = [
        ("database", everything),
        ("search index", search_index()),
        ("log", caplog.text.encode()),
        ("temporary files", files_below(tmp_path)),
    ]

    assert (len(words) >= 20, list(look(words, stores))) == (True, [])
    assert world.places["village"].rows["children.ChildFile"].file_number.encode() in everything
