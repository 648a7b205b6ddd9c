"""Engines to search with, and documents to find."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from search.backends.database import database_engine
from search.backends.elasticsearch9 import ElasticsearchEngine
from search.backends.failover import breaker
from search.documents import SearchDocument
from search.indexing import row_of, version
from tests.search import world


@pytest.fixture(autouse=True)
def well_breaker() -> Iterator[None]:
    """No failure of another test is remembered."""
    breaker.reset()
    yield
    breaker.reset()


@pytest.fixture
def rows() -> list[Any]:
    """The documents of the world as engines store them."""
    cases = [
        row_of(kind, object_id, document, confidential=True)
        for (kind, object_id), document in world.CASES.items()
    ]
    portal = [
        row_of(kind, object_id, document, confidential=False)
        for (kind, object_id), document in world.PORTAL.items()
    ]
    return [*cases, *portal]


@pytest.fixture
def cluster(elasticsearch_url: str, settings: Any) -> Iterator[ElasticsearchEngine]:
    """The real node, with empty indexes of this test's own."""
    settings.SEARCH_ENGINE = "elasticsearch"
    settings.ELASTICSEARCH_URL = elasticsearch_url
    settings.ELASTICSEARCH_PREFIX = f"tonghu_test_{os.getpid()}_"
    settings.ELASTICSEARCH_TIMEOUT = 10
    engine = ElasticsearchEngine()
    for confidential in (True, False):
        name = engine.new_index(confidential=confidential, version=version())
        engine.swap(name, confidential=confidential)
    yield engine
    engine.drop_all()


@pytest.fixture(params=["database", pytest.param("cluster", marks=pytest.mark.elasticsearch)])
def engine(request: Any, db: Any) -> Any:
    """Each engine in turn."""
    if request.param == "database":
        return database_engine()
    return request.getfixturevalue("cluster")


@pytest.fixture
def documents(db: Any) -> Callable[..., list[Any]]:
    """Make rows of documents given by id."""

    def make(kind: str, confidential: bool, **each: SearchDocument) -> list[Any]:
        return [
            row_of(kind, object_id, document, confidential=confidential)
            for object_id, document in each.items()
        ]

    return make
