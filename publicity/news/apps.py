"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NewsConfig(AppConfig):
    name = "publicity.news"
    label = "news"
    verbose_name = _("policy news")
    default_auto_field = "django.db.models.BigAutoField"
