"""The first page, and plain content pages.

HomePage (one, below the root; children: any section):
    BasePage fields + hero_title, hero_title_en, hero_text, hero_text_en, body, body_en
    (``body`` is shown below the cards)
SectionPage (below HomePage or another SectionPage): a landing page that lists its
    children, or a plain page when it has none:
    BasePage fields + body, body_en
"""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel

from core.pages.models import BasePage, BodyPage


class HomePage(BodyPage):
    """The portal's first page."""

    hero_title = models.CharField(_("headline"), max_length=40, blank=True)
    hero_title_en = models.CharField(_("headline in English"), max_length=80, blank=True)
    hero_text = models.CharField(_("text below the headline"), max_length=120, blank=True)
    hero_text_en = models.CharField(
        _("text below the headline in English"), max_length=240, blank=True
    )

    content_panels = [
        *BasePage.base_panels,
        MultiFieldPanel(
            [
                FieldPanel("hero_title"),
                FieldPanel("hero_title_en"),
                FieldPanel("hero_text"),
                FieldPanel("hero_text_en"),
            ],
            heading=_("Headline"),
        ),
        FieldPanel("body"),
        FieldPanel("body_en"),
    ]
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = [
        "home.SectionPage",
        "laws.LawSectionPage",
        "news.NewsIndexPage",
        "campaigns.RecruitmentIndexPage",
    ]
    max_count = 1
    template = "home/home_page.html"

    class Meta:
        verbose_name = _("home page")

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add what the first page shows of each section."""
        from .selectors import front_page  # circular import: selectors read the models

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context.update(front_page(self))
        return context


class SectionPage(BodyPage):
    """A landing page for what stands below it, or a plain page of text."""

    content_panels = [*BasePage.base_panels, FieldPanel("body"), FieldPanel("body_en")]
    parent_page_types = ["home.HomePage", "home.SectionPage"]
    subpage_types = ["home.SectionPage"]
    template = "home/section_page.html"

    class Meta:
        verbose_name = _("section or text page")

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the pages below this one."""
        from .selectors import pages_below  # circular import: selectors read the models

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["children"] = pages_below(self)
        return context
