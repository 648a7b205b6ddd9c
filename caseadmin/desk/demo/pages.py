"""The portal's invented pages, from ``fixtures/demo``."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from html import escape
from typing import Any, TypeVar

from wagtail.models import Page, Site

from core.pages.models import BasePage, PortalSettings
from publicity.campaigns.models import RecruitmentIndexPage, RecruitmentPage
from publicity.home.models import HomePage, SectionPage
from publicity.laws.models import ArticlePage, LawPage, LawSectionPage, RelatedArticle
from publicity.news.models import NewsIndexPage, NewsPage

P = TypeVar("P", bound=BasePage)
Row = dict[str, Any]


def load_pages(*, portal: Row, laws: Row, news: list[Row], day: date) -> int:
    """Make the pages that are missing; what editors changed stays as it is.

    Args:
        portal: ``portal.json``: settings, home, sections, calls for volunteers.
        laws: ``laws.json``.
        news: ``news.json``.
        day: Calls for volunteers open and close around this day.

    Returns:
        How many pages were made.
    """
    before = Page.objects.type(BasePage).count()
    home = _home(portal["home"])
    _settings(portal["settings"])
    _laws(home, portal["laws"], laws)
    _news(home, portal["news"], news)
    _volunteer(home, portal["volunteer"], day)
    about = portal["about"]
    _page(
        home,
        SectionPage,
        about,
        show_in_menus=True,
        body=stream(about["body"]),
        body_en=stream(about["body_en"]),
    )
    return Page.objects.type(BasePage).count() - before


def stream(blocks: Sequence[Sequence[Any]]) -> str:
    """Return the stored form of a text given as ``[kind, …]`` rows."""
    return json.dumps([_block(*block) for block in blocks], ensure_ascii=False)


def paragraphs(texts: Sequence[str]) -> str:
    """Return rich text of plain paragraphs."""
    return "".join(f"<p>{escape(text, quote=False)}</p>" for text in texts)


def bullets(texts: Sequence[str]) -> str:
    """Return rich text of one list."""
    return f"<ul>{''.join(f'<li>{escape(text, quote=False)}</li>' for text in texts)}</ul>"


def _block(kind: str, *parts: Any) -> Row:
    if kind == "heading":
        return {"type": "heading", "value": parts[0]}
    if kind == "text":
        return {"type": "text", "value": paragraphs(parts)}
    if kind == "note":
        tone, text = parts
        return {"type": "note", "value": {"tone": tone, "text": paragraphs([text])}}
    if kind == "steps":
        steps = [{"title": title, "text": paragraphs([text])} for title, text in parts[0]]
        return {"type": "steps", "value": steps}
    raise ValueError(f"unknown kind of block: {kind!r}")


def _page(parent: Page, model: type[P], row: Row, **fields: Any) -> P:
    """Return the child page with this slug, made from the row if it is missing."""
    slug = fields.pop("slug", None) or row["slug"]
    found = model.objects.child_of(parent).filter(slug=slug).first()
    if found is not None:
        return found
    page = model(
        title=row["title_zh"],
        title_en=row["title_en"],
        summary=row.get("lead_zh") or row["summary_zh"],
        summary_en=row["summary_en"],
        slug=slug,
        locale=parent.locale,
        **fields,
    )
    parent.add_child(instance=page)
    return page


def _home(row: Row) -> HomePage:
    found = HomePage.objects.first()
    if found is not None:
        return found
    root = Page.objects.get(depth=1)
    site = Site.objects.filter(is_default_site=True).first()
    home = HomePage(
        title=row["title_zh"],
        title_en=row["title_en"],
        summary=row["summary_zh"],
        summary_en=row["summary_en"],
        slug="portal",
        hero_title=row["hero_title_zh"],
        hero_title_en=row["hero_title_en"],
        hero_text=row["hero_text_zh"],
        hero_text_en=row["hero_text_en"],
        body=stream(row["body"]),
        body_en=stream(row["body_en"]),
        locale=root.locale,
    )
    root.add_child(instance=home)
    if site is None:
        Site.objects.create(
            hostname="localhost", root_page=home, is_default_site=True, site_name="童护"
        )
        return home
    welcome = site.root_page
    site.root_page, site.site_name = home, "童护"
    site.save()
    # Wagtail's first migration leaves a page that greets the developer.
    if type(welcome.specific) is Page and not welcome.get_children().exists():
        welcome.delete()
    return home


def _settings(row: Row) -> None:
    """Fill the settings of the portal, unless somebody has already kept theirs."""
    site = Site.objects.get(is_default_site=True)
    settings = PortalSettings.for_site(site)
    if settings.district_name:
        return
    for name, value in row.items():
        if not name.startswith("privacy_notice"):
            setattr(settings, name, value)
    for stored, given in (("privacy_notice", "_zh"), ("privacy_notice_en", "_en")):
        text = "".join(
            f"<{tag}>{escape(words, quote=False)}</{tag}>"
            for tag, words in row[f"privacy_notice{given}"]
        )
        setattr(settings, stored, text)
    settings.save()


def _laws(home: HomePage, section_row: Row, laws: Row) -> None:
    section = _page(
        home,
        LawSectionPage,
        section_row,
        show_in_menus=True,
        intro=paragraphs([section_row["intro_zh"]]),
        intro_en=paragraphs([section_row["intro_en"]]),
    )
    pages = {
        slug: _page(
            section,
            LawPage,
            row | {"title_zh": row["name_zh"], "title_en": row["name_en"]},
            slug=slug,
            document_number=row.get("document_number", ""),
            version_label=row["version_zh"],
            version_label_en=row["version_en"],
            in_force_from=date.fromisoformat(row["in_force_from"]),
            issuing_body=row["issuing_body_zh"],
            issuing_body_en=row["issuing_body_en"],
        )
        for slug, row in laws["laws"].items()
    }
    articles: dict[str, ArticlePage] = {}
    fresh: list[Row] = []
    for row in laws["articles"]:
        law, slug = pages[row["law"]], f"article-{row['article']}"
        if not ArticlePage.objects.child_of(law).filter(slug=slug).exists():
            fresh.append(row)
        articles[row["slug"]] = _page(
            law,
            ArticlePage,
            row,
            slug=slug,
            article_number=row["article"],
            official_summary=row["summary_zh"],
            explanation=stream([["text", *row["explanation_zh"]]]),
            explanation_en=stream([["text", *row["explanation_en"]]]),
            related_cases=json.dumps([{"type": "case", "value": _case(row)}], ensure_ascii=False),
        )
    for row in fresh:
        page = articles[row["slug"]]
        RelatedArticle.objects.bulk_create(
            RelatedArticle(page=page, article=articles[slug], sort_order=order)
            for order, slug in enumerate(row["related"])
        )


def _case(row: Row) -> Row:
    return {
        "title": row["case_title_zh"],
        "title_en": row["case_title_en"],
        "story": paragraphs(row["case_zh"]),
        "story_en": paragraphs(row["case_en"]),
        "lesson": paragraphs([row["lesson_zh"]]),
        "lesson_en": paragraphs([row["lesson_en"]]),
    }


def _news(home: HomePage, index_row: Row, rows: list[Row]) -> None:
    index = _page(home, NewsIndexPage, index_row, show_in_menus=True)
    for row in rows:
        _page(
            index,
            NewsPage,
            row,
            published_on=date.fromisoformat(row["published_on"]),
            category=row["category"],
            source_name=row["source_zh"],
            source_name_en=row["source_en"],
            body=stream([["text", *row["body_zh"]]]),
            body_en=stream([["text", *row["body_en"]]]),
        )


def _volunteer(home: HomePage, row: Row, day: date) -> None:
    index = _page(
        home,
        RecruitmentIndexPage,
        row,
        show_in_menus=True,
        intro=paragraphs([row["intro_zh"]]),
        intro_en=paragraphs([row["intro_en"]]),
    )
    for call in row["calls"]:
        _page(
            index,
            RecruitmentPage,
            call,
            role=call["role_zh"],
            role_en=call["role_en"],
            team=call["team"],
            headcount=call["headcount"],
            service_place=call["place_zh"],
            service_place_en=call["place_en"],
            conditions=bullets(call["conditions_zh"]),
            conditions_en=bullets(call["conditions_en"]),
            risks=bullets(call["risks_zh"]),
            risks_en=bullets(call["risks_en"]),
            opens_on=day - timedelta(days=call["opens_before_days"]),
            closes_on=day + timedelta(days=call["closes_after_days"]),
            contact=call["contact"],
            body=stream(call["body"]),
            body_en=stream(call["body_en"]),
        )
