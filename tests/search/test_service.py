"""What the rest of the product calls: scope, pages, numbers, lists."""

from typing import Any

import pytest

from core.access.scope import Scope
from core.territories.models import Territory
from search.indexing import index_objects
from search.models import SearchEntry
from search.service import narrow, search

DISTRICT = Scope(prefixes=("990101",))
TOWN = Scope(prefixes=("990101001",))
OTHER_TOWN = Scope(prefixes=("990101002",))


@pytest.fixture
def places(case_places: str, district: Any) -> Any:
    """The small world, indexed as it was saved."""
    return district


def found(query: str, scope: Scope, **more: Any) -> list[Any]:
    page = search(query, kinds=["case-places"], scope=scope, **more)
    return [hit.object_id for hit in page.hits]


def test_a_hit_carries_the_key_of_its_row(places: Any) -> None:
    page = search("白杨", kinds=["case-places"], scope=DISTRICT)

    assert [(hit.kind, hit.object_id) for hit in page.hits] == [("case-places", places.foreign.pk)]
    assert (page.level, page.total, page.engine, page.degraded) == ("words", 1, "database", False)


def test_the_whole_name_comes_before_names_that_contain_it(places: Any) -> None:
    assert found("柳树沟村", TOWN) == [places.village.pk, places.sibling.pk]


def test_scope_limits_hits_total_facets_and_level(places: Any) -> None:
    inside = search("白杨", kinds=["case-places"], scope=OTHER_TOWN)
    outside = search("白杨", kinds=["case-places"], scope=TOWN)

    assert (inside.total, inside.facets) == (1, {"case-places": 1})
    assert (outside.level, outside.total, outside.facets, outside.hits) == ("", 0, {}, ())


def test_a_scope_without_territory_finds_nothing(places: Any) -> None:
    assert found("柳树沟村", Scope()) == []


def test_cases_are_never_searched_without_a_scope(places: Any) -> None:
    with pytest.raises(ValueError, match="inside a scope"):
        search("柳树沟村", kinds=["case-places"])
    with pytest.raises(ValueError, match="inside a scope"):
        narrow(Territory.objects.all(), "柳树沟村", kind="case-places")


def test_public_and_confidential_kinds_do_not_mix(places: Any, public_places: str) -> None:
    with pytest.raises(ValueError, match="together"):
        search("柳树沟村", kinds=["case-places", "places"], scope=DISTRICT)


def test_public_kinds_need_no_scope(public_places: str, district: Any) -> None:
    assert search("白杨", kinds=["places"]).total == 1


def test_pages_follow_one_another(places: Any) -> None:
    first = found("镇", DISTRICT, per_page=2)
    second = found("镇", DISTRICT, per_page=2, page=2)
    everything = found("镇", DISTRICT, per_page=100)

    assert first + second == everything[:4]
    assert found("镇", DISTRICT, page=10**9) == []


def test_a_phone_number_finds_by_blind_index_inside_the_scope(places: Any) -> None:
    inside = search("199 0000 1001", kinds=["case-places"], scope=TOWN)
    outside = search("199 0000 1001", kinds=["case-places"], scope=OTHER_TOWN)

    assert [hit.object_id for hit in inside.hits] == [places.village.pk]
    assert (inside.level, outside.total) == ("exact", 0)


def test_a_number_together_with_words_needs_both(places: Any) -> None:
    assert found("19900001001 柳树沟", TOWN) == [places.village.pk]
    assert found("19900001001 白杨", DISTRICT) == []


def test_a_number_no_kind_can_look_up_finds_nothing(places: Any) -> None:
    assert found("990101201501011234", DISTRICT) == []
    assert found("6222021234567890123 柳树沟", DISTRICT) == []


def test_narrow_keeps_the_lists_own_filters_and_order(places: Any) -> None:
    rows = Territory.objects.filter(level="village").order_by("-code")

    narrowed = narrow(rows, "柳树沟", kind="case-places", scope=DISTRICT)

    assert list(narrowed.queryset) == [places.foreign_sibling, places.sibling, places.village]
    assert narrowed.level == "words"


def test_narrow_stays_inside_the_scope(places: Any) -> None:
    narrowed = narrow(Territory.objects.all(), "柳树沟", kind="case-places", scope=OTHER_TOWN)

    assert list(narrowed.queryset) == [places.foreign_sibling]


def test_narrow_with_nothing_to_search_for_changes_nothing(places: Any) -> None:
    rows = Territory.objects.all()

    assert narrow(rows, " ，", kind="case-places", scope=DISTRICT).queryset is rows


def test_narrow_by_number(places: Any) -> None:
    rows = Territory.objects.all()

    by_phone = narrow(rows, "19900001001", kind="case-places", scope=DISTRICT)
    by_identity = narrow(rows, "990101201501011234", kind="case-places", scope=DISTRICT)

    assert list(by_phone.queryset) == [places.village]
    assert list(by_identity.queryset) == []


def test_narrow_stops_at_fuzzy(places: Any) -> None:
    near = narrow(Territory.objects.all(), "白扬村", kind="case-places", scope=DISTRICT)
    wide = narrow(Territory.objects.all(), "白杨村溺水心理辅导", kind="case-places", scope=DISTRICT)

    assert (near.level, list(near.queryset)) == ("fuzzy", [places.foreign])
    assert (wide.level, list(wide.queryset)) == ("", [])


def test_search_as_you_type_finds_from_the_first_sign(places: Any) -> None:
    typed = ["白", "白杨", "b", "ba", "baiyang", "byc", "白杨村"]

    answers = {text: found(text, OTHER_TOWN) for text in typed}

    assert {text for text, hits in answers.items() if hits != [places.foreign.pk]} == {"b"}


@pytest.mark.parametrize(
    "query",
    ['"', "'", "\\", "*", "a OR b", "NEAR(a b)", "{head} : x", "'a':A", "a & !b", "\0", "-", "%",
     "\ud800", "): (", "字" * 10_000, "<->", "{!q}", "𠮷" * 70],
)  # fmt: skip
def test_nothing_that_is_typed_can_raise(places: Any, query: str) -> None:
    search(query, kinds=["case-places"], scope=DISTRICT)
    list(narrow(Territory.objects.all(), query, kind="case-places", scope=DISTRICT).queryset)


def test_query_counts_do_not_grow_with_hits(places: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        search("白杨", kinds=["case-places"], scope=DISTRICT)
    with django_assert_num_queries(2):
        search("镇", kinds=["case-places"], scope=DISTRICT)
    with django_assert_num_queries(2):
        list(narrow(Territory.objects.all(), "镇", kind="case-places", scope=DISTRICT).queryset)


def test_bulk_writes_are_indexed_by_the_helper(places: Any) -> None:
    Territory.objects.filter(pk=places.foreign.pk).update(name="红枫村")
    assert found("红枫", DISTRICT) == []

    index_objects("case-places", [places.foreign.pk])

    assert (found("红枫", DISTRICT), found("白杨", DISTRICT)) == ([places.foreign.pk], [])


def test_an_entry_holds_no_word(places: Any) -> None:
    entry = SearchEntry.objects.get(object_id=places.foreign.pk.hex)

    assert (entry.territory_code, entry.confidential) == ("990101002001", True)
    assert "白杨" not in str(vars(entry))
