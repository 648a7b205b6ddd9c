"""The index follows the tables: saves, deletions, rollbacks, rebuilds, the outbox."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from core.access.scope import Scope
from core.accounts.selectors import system_account
from core.history.context import change_set
from core.jobs.models import Outbox
from core.jobs.outbox import pending
from core.territories.models import Territory
from search.indexing import (
    TOPIC,
    differences_from_cluster,
    index_objects,
    rebuild_cluster,
    rebuild_database,
    sync,
)
from search.models import IndexState, SearchEntry
from search.registry import unregister_searchable
from search.service import narrow, search
from tests.factories.core import TerritoryFactory

DISTRICT = Scope(prefixes=("990101",))


def names(query: str) -> set[str]:
    page = search(query, kinds=["case-places"], scope=DISTRICT, per_page=100)
    return set(
        Territory.objects.filter(pk__in=[hit.object_id for hit in page.hits]).values_list(
            "code", flat=True
        )
    )


def rename(territory: Territory, name: str) -> None:
    with change_set(actor=system_account(), source="command"):
        territory.name = name
        territory.save()


def test_a_save_is_searchable_at_once(case_places: str, district: Any) -> None:
    rename(district.foreign, "红枫村")

    assert (names("红枫"), names("白杨")) == ({"990101002001"}, set())


def test_a_rollback_takes_the_words_back(case_places: str, district: Any) -> None:
    with transaction.atomic():
        rename(district.foreign, "红枫村")
        assert names("红枫") == {"990101002001"}
        transaction.set_rollback(True)

    assert (names("红枫"), names("白杨")) == (set(), {"990101002001"})


def test_a_deletion_takes_the_words_away(case_places: str, district: Any) -> None:
    with change_set(actor=system_account(), source="command"):
        district.foreign.delete()

    assert names("白杨") == set()
    assert not SearchEntry.objects.filter(territory_code="990101002001").exists()


def test_what_a_row_draws_from_another_follows_it(case_places: str, district: Any) -> None:
    rename(district.town, "梧桐镇")

    assert names("梧桐") == {"990101001000", "990101001001", "990101001002"}


def test_a_row_whose_document_is_none_is_not_found(case_places: str, district: Any) -> None:
    assert "990101000000" not in names("示例区")


def test_an_unchanged_save_writes_no_words(
    case_places: str, district: Any, django_assert_num_queries: Any
) -> None:
    before = SearchEntry.objects.get(object_id=district.foreign.pk.hex).indexed_at

    index_objects("case-places", [district.foreign.pk])

    assert SearchEntry.objects.get(object_id=district.foreign.pk.hex).indexed_at == before


def test_rebuild_finds_what_signals_never_saw(case_places: str, district: Any) -> None:
    Territory.objects.filter(pk=district.foreign.pk).update(name="红枫村")
    stale = TerritoryFactory(level="village", code="990101002099", parent=district.other_town)
    Territory.objects.filter(pk=stale.pk)._raw_delete(using="default")

    assert rebuild_database() == SearchEntry.objects.filter(kind="case-places").count() + (
        SearchEntry.objects.exclude(kind="case-places").count()
    )
    assert (names("红枫"), names("白杨")) == ({"990101002001"}, set())
    assert not SearchEntry.objects.filter(object_id=stale.pk.hex).exists()


def test_rebuild_forgets_kinds_that_nobody_registers(case_places: str, district: Any) -> None:
    unregister_searchable("case-places")

    rebuild_database()

    assert not SearchEntry.objects.filter(kind="case-places").exists()


def test_rebuild_makes_a_broken_index_whole(case_places: str, district: Any) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM search_words")
        else:
            cursor.execute("UPDATE search_entry SET words = ''")
    broken = names("白杨")

    rebuild_database()

    assert (broken, names("白杨")) == (set(), {"990101002001"})


def test_check_command_passes_after_a_rebuild_and_counts_differences(
    case_places: str, district: Any
) -> None:
    call_command("search_rebuild", stdout=StringIO())
    call_command("search_check", stdout=StringIO())
    Territory.objects.filter(pk=district.foreign.pk).update(name="红枫村")

    with pytest.raises(CommandError, match=r"^1 |：1|1 "):
        call_command("search_check", stdout=StringIO())


def test_check_command_notices_another_key(case_places: str, district: Any) -> None:
    rebuild_database()
    IndexState.objects.update(version="0-00000000")

    with pytest.raises(CommandError):
        call_command("search_check", stdout=StringIO())


def test_without_a_cluster_nothing_is_queued(case_places: str, district: Any) -> None:
    rename(district.foreign, "红枫村")

    assert pending(TOPIC) == 0


# --- With a cluster ------------------------------------------------------------------

with_cluster = pytest.mark.elasticsearch


@with_cluster
def test_changes_wait_and_the_database_answers_until_they_are_told(
    cluster: Any, case_places: str, district: Any
) -> None:
    rename(district.foreign, "红枫村")
    before = search("红枫", kinds=["case-places"], scope=DISTRICT)
    waiting = pending(TOPIC)

    told = sync()
    after = search("红枫", kinds=["case-places"], scope=DISTRICT)

    assert waiting == told
    assert pending(TOPIC) == 0
    assert (before.engine, before.degraded, before.total) == ("database", False, 1)
    assert (after.engine, after.degraded, after.hits) == ("elasticsearch", False, before.hits)


@with_cluster
def test_a_commit_wakes_the_task_that_tells_the_cluster(
    cluster: Any, case_places: str, district: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        rename(district.foreign, "红枫村")

    assert pending(TOPIC) == 0
    assert differences_from_cluster() == {"missing": 0, "left over": 0, "out of date": 0}


@with_cluster
def test_deletions_and_moves_reach_the_cluster(
    cluster: Any, case_places: str, district: Any
) -> None:
    sync()
    with change_set(actor=system_account(), source="command"):
        district.foreign.delete()
    assert Outbox.objects.get(topic=TOPIC).urgent

    sync()

    page = search("白杨", kinds=["case-places"], scope=DISTRICT)
    assert (page.engine, page.total) == ("elasticsearch", 0)


@with_cluster
def test_cluster_rebuild_swaps_and_leaves_one_index(
    cluster: Any, case_places: str, district: Any
) -> None:
    first = cluster._indices(confidential=True)

    count = rebuild_cluster()

    second = cluster._indices(confidential=True)
    assert (len(first), len(second)) == (1, 1)
    assert first != second
    assert count == SearchEntry.objects.count()
    assert pending(TOPIC) == 0
    assert differences_from_cluster() == {"missing": 0, "left over": 0, "out of date": 0}
    call_command("search_check", stdout=StringIO())


@with_cluster
def test_what_changes_during_a_cluster_rebuild_is_not_lost(
    cluster: Any, case_places: str, district: Any, monkeypatch: Any
) -> None:
    swap = cluster.swap.__func__

    def swap_late(self: Any, name: str, *, confidential: bool) -> None:
        if confidential:
            rename(district.foreign, "红枫村")
            with change_set(actor=system_account(), source="command"):
                district.foreign_sibling.delete()
        swap(self, name, confidential=confidential)

    monkeypatch.setattr(type(cluster), "swap", swap_late)
    rebuild_cluster()

    assert differences_from_cluster() == {"missing": 0, "left over": 0, "out of date": 0}


@with_cluster
def test_narrow_uses_the_ids_of_the_cluster_and_the_database_where_there_are_many(
    cluster: Any, case_places: str, district: Any, monkeypatch: Any
) -> None:
    sync()
    rows = Territory.objects.order_by("code")
    few = narrow(rows, "柳树沟", kind="case-places", scope=DISTRICT)
    monkeypatch.setattr("search.service.LISTED_IDS", 1)
    many = narrow(rows, "柳树沟", kind="case-places", scope=DISTRICT)

    assert list(few.queryset) == list(many.queryset)
    assert list(few.queryset) == [
        district.village,
        district.sibling,
        district.foreign_sibling,
    ]
