"""The same queries find the same things, in the same order, on every engine.

Run as it is for SQLite; with TEST_POSTGRES_URL the database is PostgreSQL; with
TEST_ELASTICSEARCH_URL a real node takes part.
"""

import random
from typing import Any

import pytest
from django.db import connection

from search.backends.base import Request, Row
from search.indexing import token_key
from search.planner import plan
from tests.search import reference, world
from tests.walled import owner_at_work

DISTRICT = ("990101",)


def first_level(engine: Any, request: Request, query: str) -> tuple[str, list[tuple[str, str]]]:
    for level in plan(query).levels:
        found = engine.find(request.asking(level.match, level.ranks))
        if found.total:
            assert found.total == len(found.hits)
            return level.name, list(found.hits)
    return "", []


def case_request(*prefixes: str) -> Request:
    return Request(
        match=plan("x").levels[0].match,
        key=token_key(confidential=True),
        kinds=(world.FILES, world.HELPERS),
        confidential=True,
        prefixes=prefixes,
        limit=100,
    )


def portal_request() -> Request:
    return Request(match=plan("x").levels[0].match, kinds=(world.PAGES,), limit=100)


def test_forty_queries_find_what_they_must(engine: Any, rows: list[Row]) -> None:
    engine.put(rows)
    answers = {}
    expected = {}

    for query, level, ids in world.CASE_QUERIES:
        found_level, hits = first_level(engine, case_request(*DISTRICT), query)
        if found_level in ("cover", "loose"):  # cases stop before these
            found_level, hits = "", []
        answers[query] = (str(found_level), {object_id for _kind, object_id in hits})
        expected[query] = (level, ids)

    assert len(expected) >= 40
    assert answers == expected


def test_portal_queries_find_what_they_must(engine: Any, rows: list[Row]) -> None:
    engine.put(rows)
    answers = {}
    expected = {}

    for query, level, ids in world.PORTAL_QUERIES:
        found_level, hits = first_level(engine, portal_request(), query)
        if found_level == "loose":
            found_level, hits = "", []
        answers[query] = (str(found_level), {object_id for _kind, object_id in hits})
        expected[query] = (level, ids)

    assert answers == expected


def test_every_level_agrees_with_its_meaning_in_set_and_order(engine: Any, rows: list[Row]) -> None:
    engine.put(rows)
    every = [query for query, _level, _ids in (*world.CASE_QUERIES, *world.PORTAL_QUERIES)]
    compared = 0

    for request in (case_request(*DISTRICT), case_request("990101001"), portal_request()):
        for query in every:
            for level in plan(query).levels:
                asked = request.asking(level.match, level.ranks)
                assert list(engine.find(asked).hits) == reference.answer(asked, rows), (
                    query,
                    level.name,
                )
                compared += 1

    assert compared > 300


def test_wild_queries_over_wild_documents_agree_with_their_meaning(
    engine: Any, documents: Any
) -> None:
    from search.documents import SearchDocument

    chance = random.Random(20261101)
    signs = "张王李雨桐柳树沟村小学溺水第一二十条的了报告abzq12 -_./\"'“”「」*:()&|!<>\\%，。〇𠮷é"

    def wild(longest: int) -> str:
        return "".join(chance.choice(signs) for _ in range(chance.randint(1, longest)))

    each = {
        f"d{number:03d}": SearchDocument(
            title=wild(8),
            names=(wild(4),),
            places=(wild(6),),
            codes=(wild(9),),
            body=wild(60),
            territory_code="990101001001",
        )
        for number in range(120)
    }
    rows = documents(world.FILES, True, **each)
    engine.put(rows)
    request = case_request(*DISTRICT)

    for _ in range(150):
        query = wild(10)
        for level in plan(query).levels:
            asked = request.asking(level.match, level.ranks)
            assert list(engine.find(asked).hits) == reference.answer(asked, rows)[:100], query


@pytest.mark.parametrize("prefixes", [(), ("990102",), ("990101002",)])
def test_scope_is_part_of_the_engines_query(
    engine: Any, rows: list[Row], prefixes: tuple[str, ...]
) -> None:
    engine.put(rows)

    found = engine.find(case_request(*prefixes).asking(plan("柳树沟").levels[0].match, ()))

    assert (found.total, found.facets, found.hits) == (0, {}, ())


def test_long_documents_are_cut_alike(engine: Any, documents: Any) -> None:
    from search.documents import SearchDocument

    repeated = "未成年人" * 400 + "，只出现一次。" + "普通文字" * 5_000 + "末尾的独特词"
    rows = documents(
        world.FILES, True, long=SearchDocument(body=repeated, territory_code="990101001001")
    )
    engine.put(rows)

    for query in ("未成年人", "只出现一次", "末尾的独特词", "人未成年", "字普通"):
        asked = case_request(*DISTRICT).asking(plan(query).levels[0].match, ())
        assert list(engine.find(asked).hits) == reference.answer(asked, rows), query


@pytest.mark.postgres
def test_postgresql_searches_through_its_index(documents: Any) -> None:
    from search.backends.database import database_engine
    from search.documents import SearchDocument

    each = {
        f"d{number:04d}": SearchDocument(
            names=(f"名{chr(0x4E00 + number)}{chr(0x5E00 + number)}",),
            territory_code="990101001001",
        )
        for number in range(1_500)
    }
    engine = database_engine()
    engine.put(documents(world.FILES, True, **each))
    with owner_at_work(connection):  # or the planner goes by figures of the empty table
        engine.optimise()
    name = each["d0700"].names[0]
    asked = case_request(*DISTRICT).asking(plan(name[1:]).levels[0].match, ())

    assert engine.find(asked).total == 1
    assert "search_words_gin" in engine.entries(asked).explain()
