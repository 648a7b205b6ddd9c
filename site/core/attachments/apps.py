"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AttachmentsConfig(AppConfig):
    name = "core.attachments"
    label = "attachments"
    verbose_name = _("attachments")

    def ready(self) -> None:
        from . import checks, receivers, tasks  # noqa: F401  app ready
