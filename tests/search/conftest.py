"""Engines to search with, and documents to find."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db.models import Q

from core.territories.models import Territory
from search.backends.database import database_engine
from search.backends.elasticsearch9 import ElasticsearchEngine
from search.backends.failover import breaker
from search.documents import SearchDocument
from search.indexing import index_objects, row_of, version
from search.registry import (
    ExactValue,
    Presented,
    register_searchable,
    searchables,
    unregister_searchable,
)
from tests.conftest import District
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


def territory_document(territory: Territory) -> SearchDocument | None:
    """Villages and towns play the part of cases: they have a code, a name and a parent."""
    if territory.level == Territory.Level.DISTRICT:
        return None
    parent = territory.parent.name if territory.parent else ""
    return SearchDocument(
        names=(territory.name,),
        places=(f"{parent} / {territory.name}",),
        codes=(territory.code,),
        territory_code=territory.code,
    )


def by_phone(value: ExactValue) -> Q | None:
    """Find ``1990000`` + the last four digits of a village's code."""
    return Q(code__endswith=value.value[-4:]) if value.sort == "phone" else None


def present_territories(keys: Sequence[Any]) -> list[Presented]:
    found = Territory.objects.in_bulk(keys)
    return [
        Presented(title=found[key].name, detail=found[key].code, url=f"/there/{key}/")
        for key in keys
        if key in found
    ]


@pytest.fixture
def district(district: District) -> District:
    """The small world, in the index as well where a test has registered its places."""
    keys = [place.pk for place in vars(district).values()]
    for one in searchables():
        if one.model is Territory:
            index_objects(one.kind, keys)
    return district


@pytest.fixture
def case_places() -> Iterator[str]:
    """A confidential kind over territories."""
    register_searchable(
        "case-places",
        Territory,
        territory_document,
        confidential=True,
        prefetch=["parent"],
        label="Case places",
        exact=by_phone,
        present=present_territories,
        permission="territories.view_territory",
        follows={Territory: lambda territory: territory.children.values_list("pk", flat=True)},
    )
    yield "case-places"
    unregister_searchable("case-places")


@pytest.fixture
def public_places() -> Iterator[str]:
    """A public kind over territories."""
    register_searchable("places", Territory, territory_document, confidential=False)
    yield "places"
    unregister_searchable("places")
