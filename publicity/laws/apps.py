"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LawsConfig(AppConfig):
    name = "publicity.laws"
    label = "laws"
    verbose_name = _("laws")
    default_auto_field = "django.db.models.BigAutoField"
