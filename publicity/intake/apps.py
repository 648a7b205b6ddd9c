"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "publicity.intake"
    label = "intake"
    verbose_name = _("intake")
    default_auto_field = "django.db.models.BigAutoField"
