"""The search app: starts indexing when the registries are filled."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    """Search; kinds are registered by the apps that own the models."""

    name = __name__.removesuffix(".apps")
    # ``wagtail start`` gives every new site an app called "search".
    label = "searches"
    verbose_name = _("Search")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the start-up checks."""
        from search import checks  # noqa: F401 (app ready)
