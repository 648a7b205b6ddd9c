"""The pairings app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PairingsConfig(AppConfig):
    """Volunteers paired with children."""

    name = "caseadmin.pairings"
    label = "pairings"
    verbose_name = _("Pairings")
