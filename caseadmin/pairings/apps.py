"""The pairings app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PairingsConfig(AppConfig):
    """Volunteers paired with children."""

    name = "caseadmin.pairings"
    label = "pairings"
    verbose_name = _("Pairings")

    def ready(self) -> None:
        from caseadmin.children.signals import child_file_closed, child_file_moved  # app ready
        from caseadmin.volunteers.signals import volunteer_stopped  # app ready

        from . import receivers  # app ready

        child_file_closed.connect(receivers.on_file_closed, dispatch_uid="pairings.file_closed")
        child_file_moved.connect(receivers.on_file_moved, dispatch_uid="pairings.file_moved")
        volunteer_stopped.connect(
            receivers.on_volunteer_stopped, dispatch_uid="pairings.volunteer_stopped"
        )
