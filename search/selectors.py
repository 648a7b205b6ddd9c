"""Search results as the staff search page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString

from core.access.scope import Scope
from search.highlight import highlight
from search.registry import Searchable, searchables
from search.service import SearchPage, search

if TYPE_CHECKING:
    from core.accounts.models import User

PER_KIND = 10


@dataclass(frozen=True)
class ShownHit:
    """One hit with its marks, ready for a page."""

    title: SafeString
    detail: SafeString
    url: str


@dataclass(frozen=True)
class Group:
    """The hits of one kind on one page."""

    kind: str
    label: str | Promise
    hits: tuple[ShownHit, ...]
    total: int
    page: int
    pages: int

    @property
    def next_page(self) -> int | None:
        """The number of the next page, if there is one."""
        return self.page + 1 if self.page < self.pages else None

    @property
    def previous_page(self) -> int | None:
        """The number of the page before, if there is one."""
        return self.page - 1 if self.page > 1 else None


def offered_kinds(user: "User | Any") -> list[Searchable]:
    """Return the case kinds this person may open and that know how to show themselves."""
    return [
        one
        for one in searchables(confidential=True)
        if one.present is not None and (not one.permission or user.has_perm(one.permission))
    ]


def grouped_results(
    words: str, *, each: Sequence[Searchable], scope: Scope, kind: str = "", page: int = 1
) -> tuple[SearchPage, list[Group]]:
    """Return an overview and, kind by kind, the hits a person may see.

    Args:
        words: As typed.
        each: The kinds to look among.
        scope: Must also be the scope in force: hits are shown through it.
        kind: Only this one of them, where it is one of them.
        page: Page of that kind.
    """
    chosen = [one for one in each if one.kind == kind]
    asked = chosen or list(each)
    overview = search(words, kinds=[one.kind for one in asked], scope=scope, per_page=1)
    groups = [
        _group(one, words, scope, page if chosen else 1)
        for one in asked
        if overview.facets.get(one.kind)
    ]
    return overview, groups


def _group(one: Searchable, words: str, scope: Scope, number: int) -> Group:
    # Alone, a kind that has hits stops at the same level as among the others.
    found = search(words, kinds=[one.kind], scope=scope, page=number, per_page=PER_KIND)
    shown = one.present([hit.object_id for hit in found.hits]) if one.present else []
    hits = tuple(
        ShownHit(highlight(hit.title, found.marks), highlight(hit.detail, found.marks), hit.url)
        for hit in shown
    )
    return Group(one.kind, one.label, hits, found.total, found.page, found.pages)
