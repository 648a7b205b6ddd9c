"""Searching the portal: what is found, what must not be, and what an address may hold."""

import pytest
from wagtail.models import PageViewRestriction

from tests.factories.portal import ArticlePageFactory, NewsPageFactory, stream

pytestmark = pytest.mark.django_db

WORD = "鹦鹉螺"


def titles(client, words: str, **more: str) -> list[str]:
    response = client.get("/search/", {"q": words, **more})
    assert response.status_code == 200
    return [found.page.title for found in response.context.get("results") or []]


@pytest.mark.parametrize(
    "field",
    ["explanation", "related_cases", "official_summary", "title", "summary", "explanation_en"],
)
def test_article_is_found_by_any_of_its_texts(client, portal, field):
    values = {
        "explanation": stream(("text", f"<p>像{WORD}一样。</p>")),
        "explanation_en": stream(("text", f"<p>Like a {WORD}.</p>")),
        "related_cases": stream(("case", {"title": WORD, "story": "<p>……</p>"})),
    }
    article = ArticlePageFactory(parent=portal.law, **{field: values.get(field, WORD)})

    assert titles(client, WORD) == [article.title]


def test_article_is_found_by_its_number_and_law(client, portal):
    assert titles(client, "示例保护法 第22条")[0] == portal.article.title


def test_pages_of_every_kind_are_found(client, portal):
    for page, field in [
        (portal.news, "summary"),
        (portal.call, "risks"),
        (portal.law, "document_number"),
        (portal.about, "summary"),
        (portal.section, "intro"),
    ]:
        setattr(page, field, f"<p>{WORD}</p>" if field in {"risks", "intro"} else WORD)
        page.save_revision().publish()

    assert sorted(titles(client, WORD)) == sorted(
        page.title for page in (portal.news, portal.call, portal.law, portal.about, portal.section)
    )


def test_draft_words_are_not_found(client, portal):
    portal.news.summary = WORD
    portal.news.save_revision()

    assert titles(client, WORD) == []


def test_page_taken_offline_is_not_found(client, portal):
    portal.news.summary = WORD
    portal.news.save_revision().publish()
    portal.news.unpublish()

    assert titles(client, WORD) == []


def test_page_below_a_restriction_is_not_found_until_it_is_lifted(client, portal):
    ArticlePageFactory(parent=portal.law, official_summary=WORD, title="秘密")
    wall = PageViewRestriction.objects.create(
        page=portal.section, restriction_type=PageViewRestriction.LOGIN
    )
    assert titles(client, WORD) == []
    assert client.get("/search/", {"q": WORD}).context["answer"].total == 0

    wall.delete()

    assert titles(client, WORD) == ["秘密"]


def test_page_moved_below_a_restriction_leaves_the_index(client, portal):
    article = ArticlePageFactory(parent=portal.law, official_summary=WORD)
    from tests.factories.portal import LawPageFactory

    hidden = LawPageFactory(parent=portal.section, slug="hidden")
    PageViewRestriction.objects.create(page=hidden, restriction_type=PageViewRestriction.LOGIN)

    article.move(hidden, pos="last-child")

    assert client.get("/search/", {"q": WORD}).context["answer"].total == 0


def test_deleted_page_is_not_found(client, portal):
    news = NewsPageFactory(parent=portal.news_index, summary=WORD)
    news.delete()

    assert client.get("/search/", {"q": WORD}).context["answer"].total == 0


def test_results_can_be_limited_to_a_kind(client, portal):
    article = ArticlePageFactory(parent=portal.law, summary=WORD)
    news = NewsPageFactory(parent=portal.news_index, summary=WORD)

    assert titles(client, WORD, kind="article") == [article.title]
    assert titles(client, WORD, kind="news") == [news.title]
    assert sorted(titles(client, WORD, kind="nonsense")) == sorted([article.title, news.title])


def test_searched_words_are_marked_and_escaped(client, portal):
    NewsPageFactory(parent=portal.news_index, title=f"<i>{WORD}</i>来了")

    page = client.get("/search/", {"q": WORD}).content.decode()

    assert f"&lt;i&gt;<mark>{WORD}</mark>&lt;/i&gt;来了" in page


@pytest.mark.parametrize(
    "query",
    [
        "q=",
        "q=%00",
        "q=%22",
        "q=*",
        "q=" + "%E5%A7%94" * 400,
        "q=a&page=0",
        "q=a&page=-1",
        "q=%E5%A7%94&page=99999999999",
        "q=%E5%A7%94&page=x",
        "q=<script>",
        "kind=case",
        "q=-",
        "q=AND+OR+NOT",
        "q=%F0%9F%98%80",
    ],
)
def test_search_answers_any_address(client, portal, query):
    assert client.get(f"/search/?{query}").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_search_takes_a_fixed_number_of_queries(
    client, portal, count, django_assert_max_num_queries
):
    for _number in range(count):
        NewsPageFactory(parent=portal.news_index, summary=WORD)
    client.get("/search/", {"q": WORD})

    with django_assert_max_num_queries(18):
        assert len(titles(client, WORD)) == count
