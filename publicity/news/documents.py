"""What of the news can be searched."""

from collections.abc import Iterable

from wagtail.models import PageViewRestriction

from core.pages.text import is_public, joined, stream_text
from search.registry import SearchDocument

from .models import NewsPage


def news_document(news: NewsPage) -> SearchDocument | None:
    """Return the words of a piece of news; None while it is not public."""
    if not is_public(news):
        return None
    return SearchDocument(
        title=news.title,
        body=joined(
            [
                news.summary,
                news.source_name,
                stream_text(news.body),
                news.title_en,
                news.summary_en,
                news.source_name_en,
                stream_text(news.body_en),
            ]
        ),
        dated=news.published_on,
    )


def news_below(restriction: PageViewRestriction) -> Iterable[int]:
    """Return the keys of the news a restriction stands above."""
    below = NewsPage.objects.descendant_of(restriction.page, inclusive=True)
    return list(below.values_list("pk", flat=True))
