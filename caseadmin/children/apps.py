"""The child files app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChildrenConfig(AppConfig):
    """Child files, kin and custody spells."""

    name = "caseadmin.children"
    label = "children"
    verbose_name = _("Children")
