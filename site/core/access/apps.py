"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "core.access"
    label = "access"
    verbose_name = _("access")

    def ready(self) -> None:
        from . import checks  # noqa: F401  app ready

        pre_migrate.connect(open_walls, sender=self)
        post_migrate.connect(close_walls, sender=self)


def open_walls(using: str, plan: Any = (), **kwargs: Any) -> None:
    """Make way for migrations, where there are any."""
    from .walls import open_sqlite  # app ready

    if plan:
        open_sqlite(connections[using])


def close_walls(using: str, **kwargs: Any) -> None:
    """Put up the walls of every table there is now."""
    from .walls import build  # app ready

    build(connections[using])
