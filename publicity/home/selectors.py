"""What the first page and the landing pages show."""

from typing import Any

from django.utils import timezone
from wagtail.models import Page

from publicity.campaigns.models import RecruitmentIndexPage
from publicity.campaigns.selectors import open_calls
from publicity.laws.models import LawPage, LawSectionPage
from publicity.laws.selectors import article_of_the_day
from publicity.news.models import NewsIndexPage
from publicity.news.selectors import latest_news

from .models import HomePage

NEWS_ON_FRONT = 5
CALLS_ON_FRONT = 3
LAWS_ON_FRONT = 6


def pages_below(page: Page) -> list[Page]:
    """Return the live, public pages directly below one."""
    return list(Page.objects.child_of(page).live().public().specific())


def front_page(home: HomePage) -> dict[str, Any]:
    """Return what the first page shows of each section, in a fixed number of queries."""
    below = Page.objects.child_of(home).live().public().specific()
    sections = {type(page): page for page in below}
    daily = article_of_the_day(timezone.localdate().toordinal())
    return {
        "law_section": sections.get(LawSectionPage),
        "news_index": sections.get(NewsIndexPage),
        "recruitment_index": sections.get(RecruitmentIndexPage),
        "daily_article": daily,
        "daily_law": daily.get_parent().specific if daily else None,
        "laws": list(
            LawPage.objects.child_of(sections[LawSectionPage])
            .live()
            .public()
            .defer_streamfields()[:LAWS_ON_FRONT]
        )
        if LawSectionPage in sections
        else [],
        "latest_news": latest_news(NEWS_ON_FRONT),
        "calls": open_calls(CALLS_ON_FRONT),
    }
