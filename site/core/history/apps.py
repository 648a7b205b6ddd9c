"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


def stamp_single_save(sender: Any, history_instance: Any, **kwargs: Any) -> None:
    """Give a single save's history row its change set."""
    from .records import ChangeRecord, stamp_record  # app ready

    if isinstance(history_instance, ChangeRecord):
        stamp_record(history_instance)


class HistoryConfig(AppConfig):
    name = "core.history"
    label = "history"
    verbose_name = _("history")

    def ready(self) -> None:
        from simple_history.signals import pre_create_historical_record  # app ready

        pre_create_historical_record.connect(
            stamp_single_save, dispatch_uid="core.history.stamp_single_save"
        )
