"""What a test needs of the machine: had, skipped with a reason, or in CI a failure."""

import os
from collections.abc import Iterator

import pytest
from elasticsearch_node import ElasticsearchNode
from local_server import Unavailable


def cannot_run(reason: str) -> None:
    """Skip the test on a developer's machine; fail it in CI, where nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("postgres"):
        from django.db import connection  # app ready

        if connection.vendor != "postgresql":
            cannot_run("This test needs PostgreSQL: make postgres, then set TEST_POSTGRES_URL.")
    if item.get_closest_marker("elasticsearch") and not os.environ.get("TEST_ELASTICSEARCH_URL"):
        cannot_run(
            "This test needs Elasticsearch: make elasticsearch, then set TEST_ELASTICSEARCH_URL."
        )


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """Address of the node that ``make test`` started."""
    if url := os.environ.get("TEST_ELASTICSEARCH_URL"):
        return url
    cannot_run("This test needs Elasticsearch: make elasticsearch.")
    raise AssertionError("unreachable")


@pytest.fixture(scope="module")
def mortal_node() -> Iterator[ElasticsearchNode]:
    """A node that the test may kill: the one of ``make test`` once nobody else needs it."""
    given = os.environ.get("TEST_ELASTICSEARCH_MORTAL")
    node = ElasticsearchNode(given or f"mortal-{os.getpid()}", fresh=not given)
    try:
        node.start()
    except Unavailable as reason:
        cannot_run(str(reason))
    yield node
    node.stop(at_once=True)
    node.forget()
