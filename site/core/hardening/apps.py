"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HardeningConfig(AppConfig):
    name = "core.hardening"
    label = "hardening"
    verbose_name = _("hardening")

    def ready(self) -> None:
        from .choosers import start_without_inline_script  # app ready

        start_without_inline_script()
