"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "core.audit"
    label = "audit"
    verbose_name = _("log of actions")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(take_rights, sender=self)


def take_rights(using: str, **kwargs: Any) -> None:
    """Leave the processes' account no way to rewrite the log."""
    from .append_only import take_rights as take  # app ready

    take(connections[using])
