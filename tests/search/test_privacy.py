"""No engine holds a readable word of a case."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from search.analysis import GAP
from search.backends.elasticsearch9 import MAPPINGS
from search.indexing import row_of
from tests.search import world

KEYED = re.compile(f"[a-z2-7]{{10}}|{GAP}")
SECRETS = ("张雨桐", "雨桐", "zhangyutong", "柳树", "00317", "19900001234", "990101201501011234")


def stored_in_database() -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT head || ' ' || body || ' ' || lookup FROM search_words")
        else:
            cursor.execute("SELECT words::text FROM search_entry")
        return " ".join(row[0] for row in cursor.fetchall())


def test_the_database_holds_digests_of_cases_only(rows: list[Any], db: Any) -> None:
    from search.backends.database import database_engine

    database_engine().put([row for row in rows if row.confidential])

    stored = stored_in_database()

    words = re.sub(r"'|:[0-9A,]+", " ", stored).split()
    assert words
    assert [word for word in words if not KEYED.fullmatch(word)] == []
    assert [secret for secret in SECRETS if secret in stored] == []


def test_rows_hold_digests_of_cases_and_clear_words_of_the_portal(rows: list[Any]) -> None:
    for row in rows:
        for token in (*row.tokens.head, *row.tokens.body, *row.tokens.lookup):
            assert bool(KEYED.fullmatch(token)) is row.confidential or not row.confidential
    assert any("强制" in row.tokens.head for row in rows if not row.confidential)


def test_numbers_in_notes_leave_no_trace_in_the_tokens() -> None:
    document = world.CASES[world.FILES, "f06"]
    bare = row_of("files", "x", document, confidential=True)
    other = replace(
        document, body=document.body.replace("990101201501011234", "990101201501019999")
    )

    assert row_of("files", "x", other, confidential=True).tokens == bare.tokens


@pytest.mark.elasticsearch
def test_the_cluster_gives_nothing_back(cluster: Any, rows: list[Any], db: Any) -> None:
    from search.backends.elasticsearch9 import _client, document_id

    cluster.put(rows)
    client = _client(cluster.settings)

    document = client.get(
        index=cluster.alias(confidential=True), id=document_id(world.FILES, "f01")
    )
    vectors = client.termvectors(
        index=cluster.alias(confidential=True),
        id=document_id(world.FILES, "f01"),
        fields=["head", "body", "lookup"],
        realtime=False,
    )
    terms = [term for part in vectors["term_vectors"].values() for term in part["terms"]]

    assert "_source" not in document
    assert terms == [] or all(KEYED.fullmatch(term) for term in terms)


@pytest.mark.elasticsearch
def test_the_mapping_is_strict_and_the_same_for_both_indexes(cluster: Any, db: Any) -> None:
    from search.backends.elasticsearch9 import _client

    client = _client(cluster.settings)
    for confidential in (True, False):
        answer = client.indices.get_mapping(index=cluster.alias(confidential=confidential))
        (mapping,) = [index["mappings"] for index in answer.values()]

        assert (mapping["dynamic"], mapping["_source"]) == ("strict", {"enabled": False})
        assert set(mapping["properties"]) == set(MAPPINGS["properties"])
