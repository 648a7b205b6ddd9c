"""Changes to the map: new territories, new names, merges.  Nothing is overwritten."""

from datetime import date
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from core.history.context import change_set

from .models import Territory, TerritoryName

if TYPE_CHECKING:
    from core.accounts.models import User


@transaction.atomic
def add_territory(
    *,
    code: str,
    level: str,
    kind: str,
    name: str,
    parent: Territory | None,
    valid_from: date,
    actor: "User",
) -> Territory:
    """Add a territory with its first name.

    Raises:
        ValidationError: The code does not continue the parent's, or is taken.
    """
    territory = Territory(
        code=code, level=level, kind=kind, name=name, parent=parent, valid_from=valid_from
    )
    territory.full_clean()
    if parent is not None and not code.startswith(parent.prefix):
        raise ValidationError({"code": _("The code must begin like that of the parent.")})
    with change_set(actor=actor):
        territory.save()
    TerritoryName.objects.create(territory=territory, name=name, valid_from=valid_from)
    return territory


@transaction.atomic
def rename_territory(*, territory: Territory, name: str, on: date, actor: "User") -> Territory:
    """Give a territory a new name from a day on.  Earlier days keep the earlier name.

    Raises:
        ValidationError: The day lies before the territory began, or already has a name.
    """
    locked = Territory.objects.select_for_update().get(pk=territory.pk)
    if on < locked.valid_from:
        raise ValidationError({"on": _("The territory did not exist on that day.")})
    if locked.names.filter(valid_from__gte=on).exists():
        raise ValidationError({"on": _("A name from that day or later is already recorded.")})
    TerritoryName.objects.create(territory=locked, name=name, valid_from=on)
    locked.name = name
    locked.full_clean()
    with change_set(actor=actor):
        locked.save()
    return locked


@transaction.atomic
def merge_territory(*, territory: Territory, into: Territory, on: date, actor: "User") -> Territory:
    """End a territory on a day and make another of the same level its successor.

    Rows of the old one keep its code; people who serve the successor see them.

    Raises:
        ValidationError: The two differ in level or are the same, the territory has
            already ended, or the successor ends in the territory itself.
    """
    locked = Territory.objects.select_for_update().get(pk=territory.pk)
    if locked.valid_to is not None:
        raise ValidationError({"territory": _("This territory has already ended.")})
    if locked.level != into.level or locked.pk == into.pk:
        raise ValidationError({"into": _("Choose another territory of the same level.")})
    if into.valid_to is not None:
        raise ValidationError({"into": _("The successor has itself ended.")})
    if locked.children.standing(on).exists():
        raise ValidationError({"territory": _("Merge or move the villages of this town first.")})
    locked.valid_to = on
    locked.merged_into = into
    locked.full_clean()
    with change_set(actor=actor):
        locked.save()
    return locked
