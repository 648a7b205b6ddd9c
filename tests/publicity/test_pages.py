"""Portal pages: who sees them, in which words, at what cost."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from wagtail.models import PageViewRestriction

from publicity.laws.models import RelatedArticle
from tests.factories.portal import (
    ArticlePageFactory,
    LawPageFactory,
    NewsPageFactory,
    RecruitmentPageFactory,
    SectionPageFactory,
    stream,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PATHS = [
    "/",
    "/laws/",
    "/laws/law/",
    "/laws/law/article-22/",
    "/news/",
    "/news/notice/",
    "/volunteer/",
    "/volunteer/reading/",
    "/about/",
    "/privacy/",
    "/search/",
    "/application/status/",
    "/application/receipt/",
]


def soup(client, path: str) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == 200, path
    return BeautifulSoup(response.content, "lxml")


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("path", PATHS)
def test_page_has_one_first_heading_and_skips_no_level(client, portal, path, prefix):
    page = soup(client, f"{prefix}{path}")

    levels = [int(heading.name[1]) for heading in page.main.find_all(re.compile("^h[1-6]$"))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("path", PATHS)
def test_page_brings_no_inline_script_or_style_and_asks_nobody_else(client, portal, path):
    response = client.get(path)
    page = BeautifulSoup(response.content, "lxml")

    assert page.find_all("script") == []
    assert page.find_all("style") == []
    assert page.find_all(style=True) == []
    assert [tag for tag in page.find_all(True) if any(a.startswith("on") for a in tag.attrs)] == []
    loaded = [tag.get("src") or tag.get("href") for tag in page.find_all(["img", "link", "use"])]
    assert [address for address in loaded if not address.startswith("/")] == []
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe-inline" not in response["Content-Security-Policy"]


@pytest.mark.parametrize("path", PATHS)
def test_page_leads_to_itself_in_the_other_language(client, portal, path):
    chinese = soup(client, f"{path}?category=policy")
    english = soup(client, f"/en{path}?category=policy")

    switch = chinese.select_one(".languages a")
    back = english.select_one(".languages a")
    assert (switch["href"], switch["lang"]) == (f"/en{path}?category=policy", "en")
    assert (back["href"], back["lang"]) == (f"{path}?category=policy", "zh-hans")
    assert (chinese.html["lang"], english.html["lang"]) == ("zh-hans", "en")


def test_language_stays_with_the_links_of_a_page(client, portal):
    links = soup(client, "/en/laws/").select("main a, .sections a")

    assert [a["href"] for a in links if not a["href"].startswith(("/en/", "#"))] == []


def test_english_page_shows_english_words_and_marks_chinese_ones(client, portal):
    page = soup(client, "/en/laws/law/article-22/")

    assert page.h1.get_text(" ", strip=True) == "Article 22 Entrusting a child"
    explanation = page.find(string="先找好人，再出门。")
    assert explanation.find_parent(lang=True)["lang"] == "zh-Hans"
    assert page.select_one(".says__text")["lang"] == "zh-Hans"


def test_english_page_prefers_the_english_explanation(client, portal):
    portal.article.explanation_en = stream(("text", "<p>Find somebody first.</p>"))
    portal.article.save_revision().publish()

    page = soup(client, "/en/laws/law/article-22/")

    assert page.find(string="Find somebody first.").find_parent(lang=True)["lang"] == "en"
    assert page.find(string="先找好人，再出门。") is None


def test_english_page_without_an_english_title_shows_the_chinese_one_marked(client, portal):
    page = soup(client, "/en/about/")

    assert page.h1.span["lang"] == "zh-Hans"
    assert page.h1.get_text(strip=True) == "关于我们"


def test_article_shows_its_number_as_laws_write_it(client, portal):
    ArticlePageFactory(parent=portal.law, slug="sub", article_number=17, article_sub=1)

    assert soup(client, "/laws/law/sub/").h1.get_text(" ", strip=True).startswith("第十七条之一")
    assert soup(client, "/en/laws/law/sub/").h1.get_text(" ", strip=True).startswith("Article 17-1")


def test_article_leads_to_its_neighbours_by_number(client, portal):
    ArticlePageFactory(parent=portal.law, slug="later", article_number=22, article_sub=1)
    ArticlePageFactory(parent=portal.law, slug="earlier", article_number=9)

    page = soup(client, "/laws/law/article-22/")

    assert page.select_one("a[rel=prev]")["href"] == "/laws/law/earlier/"
    assert page.select_one("a[rel=next]")["href"] == "/laws/law/later/"


def test_article_leads_to_related_articles_that_are_live(client, portal):
    other_law = LawPageFactory(parent=portal.section, slug="other")
    live = ArticlePageFactory(parent=other_law, slug="live")
    gone = ArticlePageFactory(parent=other_law, slug="gone", live=False)
    for article in (live, gone):
        RelatedArticle.objects.create(page=portal.article, article=article)

    page = soup(client, "/laws/law/article-22/")

    section = page.find(id="related-title").parent
    assert [a["href"] for a in section.select("a")] == ["/laws/other/live/"]


def test_law_that_ended_says_so(client, portal):
    LawPageFactory(
        parent=portal.section,
        slug="old",
        in_force_from=date(2010, 1, 1),
        in_force_to=date(2021, 1, 1),
    )

    ended = [entry for entry in client.get("/laws/").context["laws"] if not entry.law.is_in_force()]

    assert [entry.law.slug for entry in ended] == ["old"]
    assert soup(client, "/laws/old/").select_one(".tag--ended") is not None


@pytest.mark.parametrize(
    ("begins", "ends", "on", "applies"),
    [
        (date(2021, 6, 1), None, date(2021, 5, 31), False),
        (date(2021, 6, 1), None, date(2021, 6, 1), True),
        (date(2021, 6, 1), date(2024, 4, 25), date(2024, 4, 25), True),
        (date(2021, 6, 1), date(2024, 4, 25), date(2024, 4, 26), False),
        (None, None, date(1900, 1, 1), True),
    ],
)
def test_law_is_in_force_on_its_first_and_last_day(portal, begins, ends, on, applies):
    portal.law.in_force_from, portal.law.in_force_to = begins, ends

    assert portal.law.is_in_force(on) is applies


def test_source_address_is_text_and_no_link(client, portal):
    portal.law.source_address = "https://law.example.invalid/1"
    portal.law.save_revision().publish()

    page = soup(client, "/laws/law/")

    assert page.find(string="https://law.example.invalid/1").find_parent("a") is None


def test_news_list_turns_pages_and_keeps_the_category(client, portal):
    for day in range(12):
        NewsPageFactory(
            parent=portal.news_index,
            category="notice",
            published_on=date(2026, 10, 1) + timedelta(days=day),
        )

    first = soup(client, "/news/?category=notice")
    second = soup(client, "/news/?category=notice&page=2")

    assert len(first.select(".news-row")) == 10
    assert first.select_one("a[rel=next]")["href"] == "?category=notice&page=2"
    assert len(second.select(".news-row")) == 2
    assert first.select_one("time")["datetime"] == "2026-10-12"


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=999", "category=x", "page=%00", "category=%27"]
)
def test_news_list_takes_any_address(client, portal, query):
    assert client.get(f"/news/?{query}").status_code == 200


def test_news_lead_to_newer_and_older_ones(client, portal):
    NewsPageFactory(parent=portal.news_index, slug="newer", published_on=date(2026, 11, 2))
    NewsPageFactory(parent=portal.news_index, slug="older", published_on=date(2026, 10, 2))

    page = soup(client, "/news/notice/")

    assert page.select_one("a[rel=prev]")["href"] == "/news/newer/"
    assert page.select_one("a[rel=next]")["href"] == "/news/older/"


def test_call_tells_its_risks_before_its_form(client, portal):
    page = soup(client, "/volunteer/reading/")

    headings = [heading.get("id") for heading in page.main.find_all("h2")]
    assert headings.index("risks-title") < headings.index("apply-title")


def test_calls_are_listed_with_open_ones_first(client, portal):
    yesterday = timezone.localdate() - timedelta(days=1)
    RecruitmentPageFactory(parent=portal.calls, slug="over", closes_on=yesterday)
    RecruitmentPageFactory(parent=portal.calls, slug="open", opens_on=yesterday)

    calls = client.get("/volunteer/").context["calls"]

    assert [(call["page"].slug, call["is_open"]) for call in calls] == [
        ("open", True),
        ("reading", True),
        ("over", False),
    ]


def test_menu_holds_the_sections_and_marks_the_current_one(client, portal):
    links = soup(client, "/laws/law/").select(".sections a")

    assert [(a["href"], a.get("aria-current")) for a in links] == [
        ("/laws/", "true"),
        ("/news/", None),
        ("/volunteer/", None),
        ("/about/", None),
    ]


def test_every_page_names_the_emergency_number_first(client, portal):
    assert soup(client, "/").select_one("a[href^='tel:']")["href"] == "tel:110"
    assert soup(client, "/about/").select_one("a[href^='tel:']")["href"] == "tel:110"


def test_private_page_is_neither_shown_nor_listed(client, portal):
    PageViewRestriction.objects.create(
        page=portal.article, restriction_type=PageViewRestriction.LOGIN
    )

    assert client.get("/laws/law/article-22/").status_code == 302
    assert soup(client, "/laws/law/").select(".articles a") == []
    assert soup(client, "/").select_one("#daily-title") is None
    assert "/laws/law/article-22/" not in client.get("/sitemap.xml").content.decode()


def test_sitemap_names_each_page_in_both_languages(client, portal):
    text = client.get("/sitemap.xml").content.decode()

    places = re.findall(r"<loc>http://testserver([^<]+)</loc>", text)
    assert sorted(place for place in places if "/laws/law/" in place) == [
        "/en/laws/law/",
        "/en/laws/law/article-22/",
        "/laws/law/",
        "/laws/law/article-22/",
    ]


def test_robots_are_sent_to_the_sitemap_and_away_from_receipts(client, portal):
    lines = client.get("/robots.txt").content.decode().splitlines()

    assert lines == [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /staff/",
        "Disallow: /search/",
        "Disallow: /application/",
        "Disallow: /en/search/",
        "Disallow: /en/application/",
        "Sitemap: http://testserver/sitemap.xml",
    ]


@pytest.mark.parametrize("path", ["/no-such-page/", "/en/no-such-page/", "/laws/nothing/"])
def test_missing_page_is_answered_without_a_query_of_the_page_tree(client, portal, path):
    response = client.get(path)

    page = BeautifulSoup(response.content, "lxml")
    assert response.status_code == 404
    assert page.select_one("a.button")["href"] == ("/en/" if path.startswith("/en/") else "/")
    assert page.select_one("a[href='tel:110']") is not None


@pytest.mark.parametrize("path", ["/", "/laws/", "/laws/law/", "/news/", "/volunteer/", "/about/"])
def test_list_takes_as_many_queries_for_three_rows_as_for_one(client, portal, path):
    def queries() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        return len(captured)

    with_one = queries()
    for number in range(2):
        law = LawPageFactory(parent=portal.section, slug=f"law-{number}")
        ArticlePageFactory(parent=law)
        ArticlePageFactory(parent=portal.law)
        NewsPageFactory(parent=portal.news_index, category="notice")
        RecruitmentPageFactory(parent=portal.calls)
        SectionPageFactory(parent=portal.about, show_in_menus=False)
    SectionPageFactory(parent=portal.about, show_in_menus=False)

    assert queries() <= with_one + (1 if path == "/about/" else 0)
    assert with_one <= 28
