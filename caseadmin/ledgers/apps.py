"""The ledger engine's app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgersConfig(AppConfig):
    """Finds every app's ``ledgers`` module once all models are loaded."""

    name = "caseadmin.ledgers"
    label = "ledgers"
    verbose_name = _("Ledgers")
