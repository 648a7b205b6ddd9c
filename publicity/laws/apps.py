"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LawsConfig(AppConfig):
    name = "publicity.laws"
    label = "laws"
    verbose_name = _("laws")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from wagtail.models import PageViewRestriction  # app ready

        from search.registry import register_searchable  # app ready

        from .documents import article_document, articles_below  # app ready
        from .models import ArticlePage, LawPage  # app ready

        register_searchable(
            "article",
            ArticlePage,
            article_document,
            confidential=False,
            label=_("Articles of laws"),
            follows={LawPage: articles_below, PageViewRestriction: articles_below},
        )
