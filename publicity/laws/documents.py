"""What of a law article can be searched."""

from collections.abc import Iterable
from typing import Any

from core.pages.text import is_public, joined, stream_text
from search.registry import SearchDocument

from .models import ArticlePage
from .numbering import article_label


def article_document(article: ArticlePage) -> SearchDocument | None:
    """Return the words of an article, its law's title among them; None while not public."""
    if not is_public(article):
        return None
    law = article.get_parent()
    chinese = article_label(article.article_number, article.article_sub, "zh-hans")
    return SearchDocument(
        title=f"{chinese} {article.title}",
        body=joined(
            [
                f"{law.title} {chinese}",
                article.summary,
                article.official_summary,
                stream_text(article.explanation),
                stream_text(article.related_cases),
                article_label(article.article_number, article.article_sub, "en"),
                article.title_en,
                article.summary_en,
                stream_text(article.explanation_en),
            ]
        ),
    )


def articles_below(changed: Any) -> Iterable[int]:
    """Return the keys of the articles a law or a restriction stands above."""
    page = getattr(changed, "page", changed)
    return list(
        ArticlePage.objects.descendant_of(page, inclusive=True).values_list("pk", flat=True)
    )
