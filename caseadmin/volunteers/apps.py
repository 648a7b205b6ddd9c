"""The volunteers app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolunteersConfig(AppConfig):
    """Volunteers and the record checks made on them."""

    name = "caseadmin.volunteers"
    label = "volunteers"
    verbose_name = _("Volunteers")
