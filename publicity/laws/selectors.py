"""Questions about laws and articles.  Only live, public pages are ever returned."""

from dataclasses import dataclass, field
from typing import Any

from wagtail.models import Page

from .models import ArticlePage, LawPage, LawSectionPage


@dataclass
class LawEntry:
    """A law and the articles explained so far."""

    law: LawPage
    articles: list[ArticlePage] = field(default_factory=list)


def articles_of(law: Page) -> list[ArticlePage]:
    """Return the articles of a law in their order, without their texts."""
    return list(
        ArticlePage.objects.child_of(law)
        .live()
        .public()
        .defer_streamfields()
        .order_by("article_number", "article_sub")
    )


def laws_with_articles(section: LawSectionPage) -> list[LawEntry]:
    """Return the laws below a section, each with its articles; laws in force first.

    The number of queries does not grow with the number of laws.
    """
    laws = LawPage.objects.child_of(section).live().public().defer_streamfields()
    entries = {law.path: LawEntry(law) for law in laws}
    articles = (
        ArticlePage.objects.descendant_of(section)
        .live()
        .public()
        .defer_streamfields()
        .order_by("article_number", "article_sub")
    )
    for article in articles:
        entry = entries.get(article.path[: -ArticlePage.steplen])
        if entry is not None:
            entry.articles.append(article)
    return sorted(entries.values(), key=lambda entry: not entry.law.is_in_force())


def reading_context(article: ArticlePage) -> dict[str, Any]:
    """Return what stands around an article: its law, neighbours and related articles."""
    law = article.get_parent().specific
    siblings = articles_of(law)
    position = next(
        (index for index, sibling in enumerate(siblings) if sibling.pk == article.pk), None
    )
    previous = following = None
    if position is not None:
        previous = siblings[position - 1] if position else None
        following = siblings[position + 1] if position + 1 < len(siblings) else None
    return {
        "law": law,
        "siblings": siblings,
        "previous": previous,
        "following": following,
        "related": related_to(article),
    }


def related_to(article: ArticlePage) -> list[dict[str, Any]]:
    """Return the articles an article points to, each with its law."""
    wanted = [row.article_id for row in article.related_articles.all()]
    found = {
        page.pk: page
        for page in ArticlePage.objects.filter(pk__in=wanted).live().public().defer_streamfields()
    }
    parents = {page.path[: -ArticlePage.steplen] for page in found.values()}
    laws = {law.path: law for law in LawPage.objects.filter(path__in=parents).defer_streamfields()}
    return [
        {"article": found[pk], "law": laws.get(found[pk].path[: -ArticlePage.steplen])}
        for pk in wanted
        if pk in found
    ]


def article_of_the_day(ordinal: int) -> ArticlePage | None:
    """Return one article, another one each day, the same for everybody.

    Args:
        ordinal: The day as a number (``date.toordinal()``).
    """
    pages = ArticlePage.objects.live().public().order_by("path")
    count = pages.count()
    return pages[ordinal % count] if count else None
