"""House rules about scope, checked at start."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from wagtail.models import DraftStateMixin, PreviewableMixin, RevisionMixin

from .managers import ScopedManager
from .models import CaseModel


@register
def check_case_models(**kwargs: Any) -> list[CheckMessage]:
    """Every row with a territory is scoped by default, tracked, and never drafted.

    A scoped list leaks through the pages behind it; a scoped default manager does not.
    Revisions and previews keep plain copies of encrypted values.
    """
    messages: list[CheckMessage] = []
    for model in apps.get_models():
        if not any(field.name == "territory_code" for field in model._meta.concrete_fields):
            continue
        if model._meta.app_label in {"audit", "search"}:
            continue  # their own managers scope; they hold no case values
        name = model._meta.label
        if not isinstance(model._default_manager, ScopedManager):
            messages.append(
                Error(
                    f"{name} carries a territory, but its default manager is not scoped.",
                    hint="Declare no manager before `objects = ScopedManager()`.",
                    id="access.E001",
                )
            )
        if issubclass(model, RevisionMixin | DraftStateMixin | PreviewableMixin):
            messages.append(
                Error(
                    f"{name} is a case model with revisions, drafts or previews.",
                    hint="They store plain copies of encrypted values. Remove the mixin.",
                    id="access.E002",
                )
            )
        if issubclass(model, CaseModel) and not hasattr(
            model._meta, "simple_history_manager_attribute"
        ):
            messages.append(
                Error(
                    f"{name} is a case model without history.",
                    hint="Declare `history = LedgerHistory()`.",
                    id="access.E003",
                )
            )
    return messages
