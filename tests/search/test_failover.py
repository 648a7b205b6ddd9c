"""A cluster that is down, silent, refuses or answers nonsense: the database answers."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from local_server import Unavailable

from core.access.scope import Scope
from core.jobs.models import Outbox
from core.jobs.outbox import pending, publish
from core.territories.models import Territory
from search.backends.base import EngineUnavailable
from search.backends.elasticsearch9 import ElasticsearchEngine
from search.backends.failover import Breaker, answer, breaker
from search.indexing import TOPIC, rebuild_cluster, sync
from search.service import narrow, search
from search.tasks import bring_cluster_up_to_date
from tests.machine import cannot_run
from tests.search import faults

DISTRICT = Scope(prefixes=("990101",))


@pytest.fixture
def world(case_places: str, district: Any, settings: Any) -> Any:
    """Indexed in the database before the cluster is switched on, so that no change waits."""
    settings.SEARCH_ENGINE = "elasticsearch"
    settings.ELASTICSEARCH_TIMEOUT = 1
    settings.ELASTICSEARCH_PREFIX = "tonghu_nowhere_"
    return district


def assert_the_database_answers(world: Any) -> None:
    for _ in range(3):
        page = search("白杨", kinds=["case-places"], scope=DISTRICT)
        narrowed = narrow(Territory.objects.all(), "白杨", kind="case-places", scope=DISTRICT)

        assert (page.engine, page.degraded, page.total) == ("database", True, 1)
        assert (list(narrowed.queryset), narrowed.degraded) == ([world.foreign], True)
        breaker.reset()


FAULTS = {
    "refusing": faults.refusing,
    "silent": faults.silent,
    "401": lambda: faults.saying(401, b'{"error": {"type": "security_exception"}, "status": 401}'),
    "403": lambda: faults.saying(403, b'{"error": {"type": "security_exception"}, "status": 403}'),
    "404": lambda: faults.saying(404, b'{"error": {"type": "index_not_found"}, "status": 404}'),
    "429": lambda: faults.saying(429, b'{"error": {"type": "too_many"}, "status": 429}'),
    "500": lambda: faults.saying(500, b"{}"),
    "503": lambda: faults.saying(503, b""),
    "not json": lambda: faults.saying(200, b"<html>please sign in</html>"),
    "empty json": lambda: faults.saying(200, b"{}"),
    "list": lambda: faults.saying(200, b"[]"),
    "half an answer": lambda: faults.saying(200, b'{"aggregations": {"kinds": {}}}'),
    "timed out": lambda: faults.saying(200, b'{"timed_out": true}'),
    "another product": lambda: faults.saying(200, b'{"hits": {}}', product=False),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_is_wrong_the_database_answers(world: Any, settings: Any, fault: str) -> None:
    with FAULTS[fault]() as url:
        settings.ELASTICSEARCH_URL = url

        assert_the_database_answers(world)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://", "ftp://node.example", "http://127.0.0.1:99999"]
)
def test_a_wrong_address_is_no_error_of_a_search(world: Any, settings: Any, url: str) -> None:
    settings.ELASTICSEARCH_URL = url

    assert_the_database_answers(world)


def test_a_missing_ca_file_is_no_error_of_a_search(world: Any, settings: Any) -> None:
    settings.ELASTICSEARCH_URL = "https://127.0.0.1:9"
    settings.ELASTICSEARCH_CA = "/nowhere/ca.pem"

    assert_the_database_answers(world)


@pytest.mark.elasticsearch
def test_a_missing_index_is_no_error_of_a_search(
    world: Any, settings: Any, elasticsearch_url: str
) -> None:
    settings.ELASTICSEARCH_URL = elasticsearch_url

    assert_the_database_answers(world)


@pytest.mark.elasticsearch
def test_a_write_to_a_missing_index_makes_none(
    world: Any, settings: Any, elasticsearch_url: str, rows: list[Any]
) -> None:
    settings.ELASTICSEARCH_URL = elasticsearch_url
    engine = ElasticsearchEngine()

    with pytest.raises(EngineUnavailable):
        engine.put(rows)

    assert engine._indices(confidential=True) == []


def test_changes_wait_while_the_cluster_is_away(
    world: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from search.indexing import index_objects

    with faults.refusing() as url:
        settings.ELASTICSEARCH_URL = url
        Territory.objects.filter(pk=world.foreign.pk).update(name="红枫村")
        with django_capture_on_commit_callbacks(execute=True):
            index_objects("case-places", [world.foreign.pk])

        page = search("红枫", kinds=["case-places"], scope=DISTRICT)

    assert (page.total, pending(TOPIC)) == (1, 1)


def test_the_worker_leaves_a_cluster_alone_that_has_just_failed(world: Any, settings: Any) -> None:
    with faults.refusing() as url:
        settings.ELASTICSEARCH_URL = url
        for place in (world.village, world.sibling, world.foreign):
            publish(TOPIC, [f"case-places:{place.pk}"])
            bring_cluster_up_to_date.call()

    assert sorted(Outbox.objects.values_list("attempts", flat=True)) == [0, 0, 1]


def test_what_is_written_may_take_longer_than_a_reader_waits(settings: Any) -> None:
    settings.ELASTICSEARCH_TIMEOUT = 0.2
    with faults.saying(200, b'{"errors": false, "items": []}', after_seconds=0.5) as url:
        settings.ELASTICSEARCH_URL = url
        engine = ElasticsearchEngine()
        engine.refresh("tonghu_case_1")
        engine.remove("case-places", ["1"], confidential=True)

        with pytest.raises(EngineUnavailable, match="ConnectionTimeout"):
            engine.version(confidential=True)


def test_the_log_never_holds_what_was_typed(world: Any, settings: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    with faults.saying(400, '{"error": "cannot parse 白杨"}'.encode()) as url:
        settings.ELASTICSEARCH_URL = url
        search("白杨", kinds=["case-places"], scope=DISTRICT)

    assert "cannot answer" in caplog.text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("tonghu")]
    assert [message for message in ours if "白杨" in message] == []


def test_a_silent_cluster_costs_one_timeout_not_one_for_each_search(
    world: Any, settings: Any
) -> None:
    import time

    with faults.silent() as url:
        settings.ELASTICSEARCH_URL = url
        began = time.monotonic()
        pages = [search("白杨", kinds=["case-places"], scope=DISTRICT) for _ in range(10)]

        assert time.monotonic() - began < 2.5
    assert {(page.engine, page.degraded, page.total) for page in pages} == {("database", True, 1)}


# --- The breaker ---------------------------------------------------------------------


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


def test_breaker_opens_at_once_probes_once_and_waits_longer_each_time() -> None:
    clock = Clock()
    guarded = Breaker(now=clock)
    story = [guarded.allows()]

    guarded.failed()
    story.append(guarded.allows())
    clock.time = 5.0
    story += [guarded.allows(), guarded.allows()]
    guarded.failed()
    clock.time = 14.9
    story.append(guarded.allows())
    clock.time = 15.0
    story.append(guarded.allows())
    guarded.succeeded()
    story.append(guarded.allows())

    assert story == [True, False, True, False, False, True, True]


def test_breaker_never_waits_longer_than_a_minute() -> None:
    clock = Clock()
    guarded = Breaker(now=clock)
    for _ in range(5_000):
        guarded.failed()
    clock.time = 60.0

    assert guarded.allows()


def test_an_answer_never_mixes_two_engines() -> None:
    class Engine:
        def __init__(self, name: str) -> None:
            self.name = name

    asked: list[str] = []

    def work(engine: Any) -> str:
        asked.append(engine.name)
        if engine.name == "first" and len(asked) == 2:
            raise EngineUnavailable("gone")
        if engine.name == "first":
            return work(engine)
        return engine.name

    result, answered = answer(work, primary=Engine("first"), fallback=Engine("second"))  # type: ignore[arg-type]

    assert (result, asked) == ("second", ["first", "first", "second"])
    assert (answered.engine, answered.degraded) == ("second", True)


# --- A real node with a password, killed in the middle ----------------------------------


@pytest.fixture(scope="module")
def secured_node() -> Iterator[faults.SecuredNode]:
    """A node of these tests' own, that asks for a password and may be killed."""
    import os

    node = faults.SecuredNode(f"secured-{os.getpid()}", fresh=True)
    try:
        node.start()
    except Unavailable as reason:
        cannot_run(str(reason))
    yield node
    node.stop(at_once=True)
    node.forget()


@pytest.mark.once
@pytest.mark.elasticsearch
@pytest.mark.slow
def test_a_walk_goes_on_when_the_node_is_killed_and_comes_back(
    world: Any, settings: Any, secured_node: faults.SecuredNode
) -> None:
    settings.ELASTICSEARCH_URL = secured_node.url
    settings.ELASTICSEARCH_TIMEOUT = 30
    settings.ELASTICSEARCH_PREFIX = "tonghu_"
    settings.ELASTICSEARCH_USER = faults.USER

    settings.ELASTICSEARCH_PASSWORD = "not the password"
    assert_the_database_answers(world)

    settings.ELASTICSEARCH_PASSWORD = faults.PASSWORD
    settings.ELASTICSEARCH_PREFIX = "another_"
    assert_the_database_answers(world)
    with pytest.raises(EngineUnavailable, match="403"):
        rebuild_cluster()

    settings.ELASTICSEARCH_PREFIX = "tonghu_"
    rebuild_cluster()
    before = search("柳树沟", kinds=["case-places"], scope=DISTRICT)

    secured_node.stop(at_once=True)
    during = search("柳树沟", kinds=["case-places"], scope=DISTRICT)
    with pytest.raises(EngineUnavailable):
        rebuild_cluster()
    breaker.reset()

    secured_node.fresh = False
    secured_node.start()
    sync()
    after = search("柳树沟", kinds=["case-places"], scope=DISTRICT)

    assert (before.engine, before.degraded) == ("elasticsearch", False)
    assert (during.engine, during.degraded) == ("database", True)
    assert (after.engine, after.degraded) == ("elasticsearch", False)
    assert before.hits == during.hits == after.hits
    assert before.total == 3
