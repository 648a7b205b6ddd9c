"""Make one record of two that are of the same person; everything about it can be undone."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from core.access.models import CaseModel
from core.history.context import change_set

from .declaration import Ledger, unclean_fields

if TYPE_CHECKING:
    from core.accounts.models import User


def merge(
    ledger: type[Ledger],
    *,
    keep: Any,
    drop: Any,
    take: Iterable[str],
    actor: "User",
    reason: str,
) -> Any:
    """Merge ``drop`` into ``keep``, in one change set.

    Rows that point at ``drop`` (its child rows, pairings …) point at ``keep`` afterwards;
    ``drop`` is deleted and stays in the history, with those of its rows that ``keep`` has
    its own of.

    Args:
        ledger: The ledger of both.
        keep: The record that stays.
        drop: The record that goes.
        take: Fields whose value comes from ``drop``.
        actor: Who does it.
        reason: Why.

    Returns:
        The record that stays.

    Raises:
        ValidationError: No reason; the two are one; or together they would break a rule,
            such as two pairings of one kind that run at once.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say how you know that both are the same.")})
    if keep.pk == drop.pk:
        raise ValidationError(_("A record cannot be merged with itself."))
    told = _("Merged with %(number)s: %(reason)s") % {"number": str(drop), "reason": reason}
    try:
        with transaction.atomic(), change_set(actor=actor, reason=told):
            # In one order, so that two people who merge the same two do not wait for ever.
            held = ledger.queryset().select_for_update().order_by("pk")
            if held.filter(pk__in=[keep.pk, drop.pk]).count() != 2:
                raise ValidationError(_("One of the two is not there any more."))
            for name in take:
                field = keep._meta.get_field(name)
                setattr(keep, field.attname, getattr(drop, field.attname))
            _move(keep, drop)
            drop.delete()
            keep.full_clean(exclude=unclean_fields(keep))
            keep.save()
    except IntegrityError as error:
        raise ValidationError(
            {
                NON_FIELD_ERRORS: [
                    _(
                        "Together they would break a rule, such as two pairings that run at "
                        "once. End one of them first."
                    )
                ]
            }
        ) from error
    return keep


def _move(keep: Any, drop: Any) -> None:
    """Let everything that points at ``drop`` point at ``keep``.

    A row that cannot stand beside one of ``keep``'s (a second father, facts of the same
    day) goes with ``drop`` where it belongs to it, and stays in the history.

    Raises:
        IntegrityError: A row that protects ``drop`` cannot move.
    """
    for relation in keep._meta.related_objects:
        related = relation.related_model
        if not issubclass(related, CaseModel):
            continue
        pointing = related._base_manager.filter(**{relation.field.name: drop})
        for row in pointing.select_for_update():
            setattr(row, relation.field.name, keep)
            try:
                with transaction.atomic():
                    row.save()
            except IntegrityError:
                if relation.on_delete is not models.CASCADE:
                    raise


def mergeable_fields(ledger: type[Ledger]) -> list[models.Field]:
    """Return the fields a person may choose between, in page order."""
    fields = [ledger.field(name) for name in ledger.shown_fields()]
    return [f for f in fields if f.concrete and f.editable and not f.primary_key]
