"""The search page of the portal."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from wagtail.models import Page

from search.registry import searchable
from search.service import SearchPage, index_objects, search

KINDS = ("article", "news", "page")
RESULTS_PER_PAGE = 10
LONGEST_QUERY = 100
LAST_PAGE = 50


@dataclass(frozen=True)
class Found:
    """A page that matched, with its kind in words."""

    page: Page
    kind: str
    kind_label: str


@login_not_required
@require_safe
def search_portal(request: HttpRequest) -> HttpResponse:
    """Search the public pages.

    A page number that is none is the first, an unknown kind is all kinds: what people
    do to an address never gives an error.
    """
    words = " ".join(request.GET.get("q", "").split())[:LONGEST_QUERY]
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    context: dict[str, Any] = {"words": words, "kind": kind, "longest": LONGEST_QUERY}
    if words:
        context.update(_results(words, kind, _page_number(request.GET.get("page", ""))))
    return render(request, "home/search.html", context)


def _page_number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return min(max(number, 1), LAST_PAGE)


def _results(words: str, kind: str, number: int) -> dict[str, Any]:
    kinds = (kind,) if kind else KINDS
    answer = search(words, kinds=kinds, page=number, per_page=RESULTS_PER_PAGE)
    if answer.total and number > answer.pages:
        number = answer.pages
        answer = search(words, kinds=kinds, page=number, per_page=RESULTS_PER_PAGE)
    address = {"q": words, "kind": kind} if kind else {"q": words}
    return {
        "query": f"{urlencode(address)}&",
        "answer": answer,
        "results": _pages(answer),
        "facets": [
            {"code": code, "label": searchable(code).label, "count": answer.facets[code]}
            for code in KINDS
            if answer.facets.get(code)
        ],
    }


def _pages(answer: SearchPage) -> list[Found]:
    """Return the pages behind the hits, in their order.

    The index may be a moment behind: what has since become private or been taken
    offline is left out here, whatever the index says.
    """
    wanted = [hit.object_id for hit in answer.hits]
    live = {page.pk: page for page in Page.objects.filter(pk__in=wanted).live().public().specific()}
    return [
        Found(live[hit.object_id], hit.kind, str(searchable(hit.kind).label))
        for hit in answer.hits
        if hit.object_id in live
    ]


def index_moved_pages(instance: Page, **kwargs: Any) -> None:
    """Index a page and all below it anew after a move."""
    moved = list(Page.objects.descendant_of(instance, inclusive=True).values_list("pk", flat=True))
    for kind in KINDS:
        index_objects(kind, moved)
