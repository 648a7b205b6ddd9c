"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CryptoConfig(AppConfig):
    name = "core.crypto"
    label = "crypto"
    verbose_name = _("encryption")

    def ready(self) -> None:
        from . import checks, rotation  # noqa: F401  app ready
