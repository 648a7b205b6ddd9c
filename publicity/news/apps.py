"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NewsConfig(AppConfig):
    name = "publicity.news"
    label = "news"
    verbose_name = _("policy news")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from wagtail.models import PageViewRestriction  # app ready

        from search.registry import register_searchable  # app ready

        from .documents import news_below, news_document  # app ready
        from .models import NewsPage  # app ready

        register_searchable(
            "news",
            NewsPage,
            news_document,
            confidential=False,
            label=_("News"),
            follows={PageViewRestriction: news_below},
        )
