"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TerritoriesConfig(AppConfig):
    name = "core.territories"
    label = "territories"
    verbose_name = _("territories")
    default_auto_field = "django.db.models.BigAutoField"
