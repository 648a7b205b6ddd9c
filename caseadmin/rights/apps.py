"""The rights app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RightsConfig(AppConfig):
    """What people may ask of us about their own information, and how long we keep it."""

    name = "caseadmin.rights"
    label = "rights"
    verbose_name = _("Rights of persons")

    def ready(self) -> None:
        from django.db.models.signals import post_save  # app ready

        from publicity.intake.models import VolunteerApplication  # app ready

        from .receivers import on_application  # app ready

        post_save.connect(
            on_application, sender=VolunteerApplication, dispatch_uid="rights.application"
        )
