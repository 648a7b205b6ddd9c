"""The staff search page."""

from typing import Any

import pytest
from wagtail.models import ModelLogEntry

from core.audit.models import CaseLogEntry
from search.registry import searchable
from tests.factories.core import UserFactory

ADDRESS = "/admin/case-search/"


@pytest.fixture
def only_places(case_places: str, monkeypatch: Any) -> None:
    """No other kind takes part, whatever the product registers."""
    monkeypatch.setattr("search.selectors.searchables", lambda **_: [searchable(case_places)])


@pytest.fixture
def clerk(only_places: None, district: Any, client: Any) -> Any:
    user = UserFactory(role="town_clerk", serves=district.town)
    _allow(user)
    client.force_login(user)
    return client


def _allow(user: Any) -> None:
    from django.contrib.auth.models import Permission

    group = user.groups.first()
    group.permissions.add(
        Permission.objects.get(codename="view_territory", content_type__app_label="territories")
    )


def test_the_page_finds_inside_the_scope_and_marks(clerk: Any, district: Any) -> None:
    page = clerk.post(ADDRESS, {"words": "柳树沟"}).content.decode()

    assert page.count("<mark>柳树沟</mark>") == 2
    assert str(district.village.pk) in page
    assert str(district.foreign_sibling.pk) not in page


def test_a_clerk_of_another_town_finds_nothing(
    only_places: None, district: Any, client: Any
) -> None:
    user = UserFactory(role="town_clerk", serves=district.other_town)
    _allow(user)
    client.force_login(user)

    page = client.post(ADDRESS, {"words": "上柳树沟"}).content.decode()

    # The village of nearly that name in the clerk's own town, and not the one next door.
    assert str(district.foreign_sibling.pk) in page
    assert str(district.sibling.pk) not in page


def test_words_travel_by_post_only(clerk: Any) -> None:
    page = clerk.get(ADDRESS, {"words": "柳树沟", "q": "柳树沟"}).content.decode()

    assert "柳树沟" not in page
    assert 'method="post"' in page


def test_a_search_is_logged_without_its_words(clerk: Any) -> None:
    clerk.post(ADDRESS, {"words": "柳树沟"})

    (entry,) = CaseLogEntry.objects.filter(action="tonghu.search")
    assert entry.data == {"level": "words", "hits": 2}
    assert "柳树沟" not in str(vars(entry))
    assert not ModelLogEntry.objects.filter(action="tonghu.search").exists()


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"words": ""},
        {"words": "\0"},
        {"words": "字" * 600},
        {"words": "柳", "page": "x"},
        {"words": "柳", "page": "-1"},
        {"words": "柳", "page": str(10**30)},
        {"words": "柳", "kind": "nothing", "page": "2"},
        {"words": "柳", "kind": "case-places", "page": "99"},
        {"words": "<script>alert(1)</script>"},
    ],
)
def test_no_input_gives_an_error_page(clerk: Any, posted: dict[str, str]) -> None:
    answer = clerk.post(ADDRESS, posted)

    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


def test_who_may_open_no_case_has_no_such_page(
    only_places: None, district: Any, client: Any
) -> None:
    client.force_login(UserFactory(role="editor", serves=district.town))

    answer = client.get(ADDRESS)

    assert answer.status_code == 302
    assert answer["Location"] == "/admin/"


def test_queries_do_not_grow_with_hits(
    clerk: Any, district: Any, django_assert_max_num_queries: Any
) -> None:
    clerk.post(ADDRESS, {"words": "柳树沟"})  # content types and permissions are now known

    with django_assert_max_num_queries(22):
        clerk.post(ADDRESS, {"words": "柳树沟"})
