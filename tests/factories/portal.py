"""Factories of portal pages: a small site, and one page of each kind."""

import json
from datetime import date
from typing import Any

import factory
from wagtail.models import Page, Site

from core.pages.models import PortalSettings
from publicity.campaigns.models import RecruitmentIndexPage, RecruitmentPage
from publicity.home.models import HomePage, SectionPage
from publicity.laws.models import ArticlePage, LawPage, LawSectionPage
from publicity.news.models import NewsIndexPage, NewsPage


def stream(*blocks: tuple[str, Any]) -> str:
    """Return blocks as the JSON a stream field takes."""
    return json.dumps([{"type": kind, "value": value} for kind, value in blocks])


class PageFactory(factory.django.DjangoModelFactory[Page]):
    """A live page below ``parent``."""

    class Meta:
        abstract = True

    parent: Any = None
    slug = factory.Sequence(lambda n: f"page-{n}")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        parent = kwargs.pop("parent")
        return parent.add_child(instance=model_class(**kwargs))


def portal_home() -> HomePage:
    """Return the first page of the default site, made anew together with its site."""
    found = HomePage.objects.first()
    if found is not None:
        return found
    Site.objects.all().delete()
    root = Page.get_first_root_node()
    home: HomePage = root.add_child(
        instance=HomePage(title="童护", title_en="Tonghu", slug="portal", hero_title="有人在身旁")
    )
    site = Site.objects.create(hostname="testserver", root_page=home, is_default_site=True)
    settings = PortalSettings.for_site(site)
    settings.district_name = "示例区"
    settings.district_name_en = "Sample District"
    settings.privacy_notice = "<p>我们只收集必要的信息。</p>"
    settings.privacy_version = "2026-11"
    settings.save()
    return home


class SectionPageFactory(PageFactory):
    class Meta:
        model = SectionPage

    parent = factory.LazyFunction(portal_home)
    title = "关于我们"
    show_in_menus = True


class LawSectionPageFactory(PageFactory):
    class Meta:
        model = LawSectionPage

    parent = factory.LazyFunction(portal_home)
    title = "读懂法律"
    title_en = "The law"
    slug = "laws"
    show_in_menus = True


class LawPageFactory(PageFactory):
    class Meta:
        model = LawPage

    parent = factory.SubFactory(LawSectionPageFactory)
    title = "示例保护法"
    title_en = "Sample Protection Law"
    in_force_from = date(2021, 6, 1)
    issuing_body = "示例机关"


class ArticlePageFactory(PageFactory):
    class Meta:
        model = ArticlePage

    parent = factory.SubFactory(LawPageFactory)
    title = "外出要委托照护"
    title_en = "Entrusting a child"
    article_number = factory.Sequence(lambda n: n + 1)
    official_summary = "外出的父母要把孩子委托给有能力的成年人。"
    explanation = stream(
        ("text", "<p>先找好人，再出门。</p>"), ("heading", "怎么做"), ("text", "<p>听孩子的。</p>")
    )
    related_cases = stream(
        ("case", {"title": "外婆住院了", "story": "<p>小禾的外婆病了。</p>", "lesson": ""})
    )


class NewsIndexPageFactory(PageFactory):
    class Meta:
        model = NewsIndexPage

    parent = factory.LazyFunction(portal_home)
    title = "政策动态"
    title_en = "Policy news"
    slug = "news"
    show_in_menus = True


class NewsPageFactory(PageFactory):
    class Meta:
        model = NewsPage

    parent = factory.SubFactory(NewsIndexPageFactory)
    title = factory.Sequence(lambda n: f"走访工作通知之{n}")
    published_on = date(2026, 11, 1)
    body = stream(("text", "<p>各街镇月底前走访一遍。</p>"))


class RecruitmentIndexPageFactory(PageFactory):
    class Meta:
        model = RecruitmentIndexPage

    parent = factory.LazyFunction(portal_home)
    title = "志愿招募"
    title_en = "Volunteer"
    slug = "volunteer"
    show_in_menus = True


class RecruitmentPageFactory(PageFactory):
    """A call that is open and has no end."""

    class Meta:
        model = RecruitmentPage

    parent = factory.SubFactory(RecruitmentIndexPageFactory)
    title = "周末陪读招募"
    title_en = "Weekend reading companions"
    role = "陪读伙伴"
    role_en = "Reading companion"
    conditions = "<p>年满十八周岁。</p>"
    risks = "<p>雨天路滑。</p>"
    opens_on = date(2020, 1, 1)
