"""Policy news.

NewsIndexPage (below HomePage, one): BasePage fields only
NewsPage (below NewsIndexPage):
    BasePage fields + published_on, category (policy|notice|activity|reading),
    source_name, source_name_en, source_address (plain text), body, body_en (blocks)
"""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.search import index

from core.pages.models import BasePage, BodyPage


class NewsCategory(models.TextChoices):
    """What kind of news a page is."""

    POLICY = "policy", _("Policies")
    NOTICE = "notice", _("Notices")
    ACTIVITY = "activity", _("Activities")
    READING = "reading", _("Policy explained")


class NewsIndexPage(BasePage):
    """All news, newest first, by category."""

    content_panels = BasePage.base_panels
    parent_page_types = ["home.HomePage"]
    subpage_types = ["news.NewsPage"]
    max_count = 1
    template = "news/news_index_page.html"

    class Meta:
        verbose_name = _("news list")

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add one page of the list.

        An unknown category or page number falls back to what is nearest: an address
        somebody mistyped is no reason for an error.
        """
        from .selectors import news_list  # circular import: selectors read the models

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context.update(news_list(self, request.GET.get("category"), request.GET.get("page")))
        return context


class NewsPage(BodyPage):
    """One piece of news."""

    published_on = models.DateField(_("date"), default=timezone.localdate, db_index=True)
    category = models.CharField(
        _("category"), max_length=10, choices=NewsCategory.choices, default=NewsCategory.POLICY
    )
    source_name = models.CharField(
        _("source"), max_length=80, blank=True, help_text=_("The body the news comes from.")
    )
    source_name_en = models.CharField(_("source in English"), max_length=160, blank=True)
    source_address = models.CharField(
        _("address of the source"),
        max_length=300,
        blank=True,
        help_text=_("Shown as plain text, so that no request leaves this site."),
    )

    content_panels = [
        *BasePage.base_panels,
        FieldRowPanel([FieldPanel("published_on"), FieldPanel("category")]),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("source_name"), FieldPanel("source_name_en")]),
                FieldPanel("source_address"),
            ],
            heading=_("Source"),
        ),
        FieldPanel("body"),
        FieldPanel("body_en"),
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("body"),
        index.FilterField("published_on"),
        index.FilterField("category"),
    ]
    parent_page_types = ["news.NewsIndexPage"]
    subpage_types: list[str] = []
    template = "news/news_page.html"

    class Meta:
        verbose_name = _("news")

    def get_context(self, request: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the news before and after this one."""
        from .selectors import neighbours  # circular import: selectors read the models

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context.update(neighbours(self))
        return context
