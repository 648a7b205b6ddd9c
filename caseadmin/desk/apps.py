"""App of the staff desk."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    """Holds what spans several ledgers; it has no models of its own."""

    name = "caseadmin.desk"
    label = "desk"
    verbose_name = _("Desk")
