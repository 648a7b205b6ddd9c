"""Sealed rows come before an engine's own hits, on every page, and only where they match."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from search.backends.base import Found, Request
from search.beside import Beside
from search.documents import SearchDocument, tokens_of
from search.planner import plan

OWN = Beside(
    {
        "files": {
            key: tokens_of(SearchDocument(names=(name,), codes=(f"990101-2026-{key}",)))
            for key, name in (("s1", "王小田"), ("s2", "李小禾"), ("s3", "王小田"))
        }
    }
)


class Listed:
    """An engine that finds the same rows whatever is asked, a page at a time."""

    name = "listed"

    def __init__(self, object_ids: Sequence[str]) -> None:
        self.object_ids = list(object_ids)

    def find(self, request: Request) -> Found:
        page = self.object_ids[request.offset : request.offset + request.limit]
        return Found(tuple(("files", each) for each in page), {"files": len(self.object_ids)})

    def ids(self, request: Request, *, most: int) -> list[str] | None:
        return None if len(self.object_ids) > most else self.object_ids


def asking(words: str, **more: object) -> Request:
    level = plan(words).levels[0]
    return replace(Request(level.match, level.ranks, kinds=("files",), limit=2), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 20])
def test_every_hit_stands_on_one_page_and_the_sealed_come_first(limit: int) -> None:
    engine = OWN.over(Listed(["a", "b", "c"]))
    found: list[str] = []
    for offset in range(0, 20, limit):
        page = engine.find(asking("王小田", offset=offset, limit=limit))
        assert (page.total, len(page.hits) <= limit) == (5, True)
        found += [object_id for _kind, object_id in page.hits]

    assert found == ["s1", "s3", "a", "b", "c"]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (asking("王小田"), ["s1", "s3"]),
        (asking("小禾"), ["s2"]),
        (asking("990101-2026-s3"), ["s3"]),
        (asking("赵小麦"), []),
        (asking("小 -王小田"), ["s2"]),
        (asking("王小田", kinds=("helpers",)), []),
        (asking("王小田", object_ids={"files": ["s3", "a"]}), ["s3"]),
        (asking("王小田", object_ids={"files": None}), ["s1", "s3"]),
        (asking("王小田", object_ids={"helpers": ["s1"]}), []),
    ],
)
def test_a_sealed_row_is_found_where_it_matches_and_counts(
    request_: Request, expected: list[str]
) -> None:
    assert [object_id for _kind, object_id in OWN.hits(request_)] == expected


def test_ids_are_those_of_both_or_none_where_they_are_too_many() -> None:
    engine = OWN.over(Listed(["a", "b"]))

    assert engine.ids(asking("王小田"), most=4) == ["s1", "s3", "a", "b"]
    assert engine.ids(asking("王小田"), most=3) is None


def test_who_is_named_for_nothing_asks_the_engine_itself() -> None:
    engine = Listed(["a"])

    assert Beside().over(engine) is engine
