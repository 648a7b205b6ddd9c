"""The ledger engine's app."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgersConfig(AppConfig):
    """Finds every app's ``ledgers`` module once all models are loaded."""

    name = "caseadmin.ledgers"
    label = "ledgers"
    verbose_name = _("Ledgers")
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from .host import require_apps  # app ready

        # Before any model is loaded: one whose app is missing fails without naming it.
        require_apps()
        super().__init__(*args, **kwargs)

    def ready(self) -> None:
        from search.registry import add_source  # app ready

        from . import checks, host  # noqa: F401  app ready
        from .chrome import install  # app ready
        from .registry import autodiscover  # app ready
        from .runtime import made, services  # noqa: F401  app ready
        from .runtime.store import register_source  # app ready
        from .searching import register_all  # app ready
        from .views.base import ask_along  # app ready

        made.put_policy_in_force()
        autodiscover()
        register_all()
        add_source(made.defined_ledgers)
        register_source()
        ask_along()
        install()
