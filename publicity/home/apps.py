"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    name = "publicity.home"
    label = "home"
    verbose_name = _("home")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from wagtail.models import Page, PageViewRestriction  # app ready
        from wagtail.signals import post_page_move  # app ready

        from search.registry import register_searchable  # app ready

        from .documents import TEXTS, itself, page_document, pages_below  # app ready
        from .search import index_moved_pages  # app ready

        register_searchable(
            "page",
            Page,
            page_document,
            confidential=False,
            label=_("Other pages"),
            follows={**dict.fromkeys(TEXTS, itself), PageViewRestriction: pages_below},
        )
        # A page that moves below a restricted one becomes private without being saved.
        post_page_move.connect(index_moved_pages, dispatch_uid="publicity.home.moved")
