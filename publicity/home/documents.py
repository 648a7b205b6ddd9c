"""What of the other pages can be searched: laws, calls, sections, plain pages."""

from collections.abc import Callable, Iterable
from typing import Any

from wagtail.models import Page, PageViewRestriction

from core.pages.text import is_public, joined, plain_text, stream_text
from publicity.campaigns.models import RecruitmentIndexPage, RecruitmentPage
from publicity.laws.models import LawPage, LawSectionPage
from publicity.news.models import NewsIndexPage
from search.registry import SearchDocument

from .models import SectionPage


def _law(page: LawPage) -> list[str]:
    return [
        page.document_number,
        page.issuing_body,
        stream_text(page.introduction),
        stream_text(page.introduction_en),
    ]


def _call(page: RecruitmentPage) -> list[str]:
    return [
        page.role,
        page.role_en,
        page.service_place,
        stream_text(page.body),
        stream_text(page.body_en),
        plain_text(page.conditions),
        plain_text(page.conditions_en),
        plain_text(page.risks),
        plain_text(page.risks_en),
    ]


def _introduced(page: LawSectionPage | RecruitmentIndexPage) -> list[str]:
    return [plain_text(page.intro), plain_text(page.intro_en)]


def _section(page: SectionPage) -> list[str]:
    return [stream_text(page.body), stream_text(page.body_en)]


def _nothing_more(page: NewsIndexPage) -> list[str]:
    return []


TEXTS: dict[type[Page], Callable[[Any], list[str]]] = {
    LawPage: _law,
    LawSectionPage: _introduced,
    RecruitmentPage: _call,
    RecruitmentIndexPage: _introduced,
    SectionPage: _section,
    NewsIndexPage: _nothing_more,
}


def page_document(page: Page) -> SearchDocument | None:
    """Return the words of a page of any of these types; None for others and while not public."""
    specific = page.specific
    texts = TEXTS.get(type(specific))
    if texts is None or not is_public(specific):
        return None
    words = [specific.summary, *texts(specific), specific.title_en, specific.summary_en]
    return SearchDocument(title=specific.title, body=joined(words))


def itself(page: Page) -> Iterable[int]:
    """Return the key under which a page of one type is indexed: its page's."""
    return [page.pk]


def pages_below(restriction: PageViewRestriction) -> Iterable[int]:
    """Return the keys of the pages a restriction stands above."""
    below = Page.objects.descendant_of(restriction.page, inclusive=True)
    return list(below.values_list("pk", flat=True))
