"""Write entries that Wagtail's own views do not write."""

from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from wagtail.log_actions import log

if TYPE_CHECKING:
    from django.db.models import Model

    from core.accounts.models import User

    from .models import CaseLogEntry


def record(
    action: str,
    *,
    actor: "User",
    instance: "Model | None" = None,
    model: "type[Model] | None" = None,
    label: str = "",
    territory_code: str = "",
    data: dict[str, Any] | None = None,
) -> "CaseLogEntry":
    """Log an action on a row, or on a ledger as a whole.

    Args:
        action: One of the actions registered in ``wagtail_hooks``.
        actor: Who did it.
        instance: The row; or leave it out and give ``model`` and ``label``.
        model: The model of the ledger.
        label: What the ledger is called; never a name of a person.
        territory_code: Where the action on a ledger belongs.
        data: Counts, filters by code, field names.  Never values of case fields.

    Raises:
        ValueError: Neither ``instance`` nor ``model`` is given.
    """
    if instance is not None:
        return log(instance, action, user=actor, data=data or {})  # type: ignore[no-any-return]
    if model is None:
        raise ValueError("record() needs an instance or a model")
    from .models import CaseLogEntry  # app ready

    return CaseLogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(model, for_concrete_model=False),
        label=label,
        action=action,
        timestamp=timezone.now(),
        user=actor,
        object_id="",
        territory_code=territory_code,
        data=data or {},
    )
