"""Questions about news.  Only live, public pages are ever returned."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from wagtail.models import Page

from .models import NewsCategory, NewsIndexPage, NewsPage

NEWS_PER_PAGE = 10


def news_below(index: Page) -> Any:
    """Return the news below a page, newest first, without their texts."""
    return (
        NewsPage.objects.child_of(index)
        .live()
        .public()
        .defer_streamfields()
        .order_by("-published_on", "-pk")
    )


def news_list(index: NewsIndexPage, category: str | None, number: str | None) -> dict[str, Any]:
    """Return one page of the list and the categories to choose from.

    Args:
        index: The list.
        category: A category code; an unknown one means all.
        number: A page number as typed; nonsense means the first, too large the last.
    """
    news = news_below(index)
    counts = dict(
        news.order_by()
        .values_list("category")
        .annotate(total=Count("pk"))
        .values_list("category", "total")
    )
    chosen = category if category in NewsCategory.values else ""
    if chosen:
        news = news.filter(category=chosen)
    return {
        "news": Paginator(news, NEWS_PER_PAGE).get_page(number),
        "chosen": chosen,
        "query": f"category={chosen}&" if chosen else "",
        "categories": [
            {"code": code, "label": label, "count": counts[code]}
            for code, label in NewsCategory.choices
            if code in counts
        ],
        "total": sum(counts.values()),
    }


def neighbours(page: NewsPage) -> dict[str, NewsPage | None]:
    """Return the next newer and the next older news."""
    news = news_below(page.get_parent())
    newer = news.filter(
        Q(published_on__gt=page.published_on) | Q(published_on=page.published_on, pk__gt=page.pk)
    )
    older = news.filter(
        Q(published_on__lt=page.published_on) | Q(published_on=page.published_on, pk__lt=page.pk)
    )
    return {"newer": newer.order_by("published_on", "pk").first(), "older": older.first()}


def latest_news(count: int) -> list[NewsPage]:
    """Return the newest news of the whole portal."""
    return list(
        NewsPage.objects.live()
        .public()
        .defer_streamfields()
        .order_by("-published_on", "-pk")[:count]
    )
