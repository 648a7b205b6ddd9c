"""App configuration."""

from django.apps import AppConfig
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    name = "core.pages"
    label = "pages"
    verbose_name = _("pages")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Head Wagtail's list of sites with what the fields are called, not with their names."""
        from wagtail.models import Site
        from wagtail.sites.views import IndexView

        from . import uploads  # noqa: F401  app ready

        for column in IndexView.columns:
            if column.name in ("port", "site_name", "root_page"):
                column.label = capfirst(Site._meta.get_field(column.name).verbose_name)
