"""Take back one change set: every row it wrote goes back to what it was before.

Nothing is rewritten: what is taken back becomes a change set of its own.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from .context import change_set as open_change_set
from .records import ChangeRecord


@dataclass(frozen=True)
class Step:
    """What a change set did to one row.

    Attributes:
        model: The row's model.
        key: Its key.
        before: Its history row before, ``None`` where the change set made it.
        after: Its last history row within the change set.
        newest: Whether nothing was written to it since.
    """

    model: type[models.Model]
    key: Any
    before: Any
    after: Any
    newest: bool

    @property
    def made(self) -> bool:
        """Whether the row did not exist before."""
        return self.before is None or self.before.history_type == "-"

    @property
    def removed(self) -> bool:
        """Whether the row does not exist after."""
        return bool(self.after.history_type == "-")


class NewerChanges(ValidationError):
    """Rows of the change set were written again since.

    Attributes:
        steps: Those rows.
    """

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        super().__init__(
            _(
                "It cannot be undone as a whole: %(count)s of its records were changed since. "
                "Change these by hand."
            ),
            code="newer",
            params={"count": len(steps)},
        )


def tracked_models() -> Iterator[type[models.Model]]:
    """Yield every model with a history of ours."""
    for model in apps.get_models():
        attribute = getattr(model._meta, "simple_history_manager_attribute", None)
        if attribute is None or issubclass(model, ChangeRecord):
            continue
        if issubclass(getattr(model, attribute).model, ChangeRecord):
            yield model


def steps_of(change_set: uuid.UUID) -> list[Step]:
    """Return what a change set did to each row in the reader's scope.

    One query for each tracked model, two more for each that it touched.
    """
    found: list[Step] = []
    for model in tracked_models():
        if keys := keys_touched(model, change_set):
            found += steps_on(model, keys, change_set)
    return found


def keys_touched(model: type[models.Model], change_set: uuid.UUID) -> set[Any]:
    """Return the keys of the rows in the reader's scope that a change set wrote; one query."""
    rows = _history(model).filter(change_set=change_set).order_by()
    return set(rows.values_list(model._meta.pk.attname, flat=True))


def steps_on(
    model: type[models.Model], keys: Iterable[Any], change_set: uuid.UUID
) -> Iterator[Step]:
    """Yield what a change set did to each of these rows, all of which it wrote; one query."""
    key = model._meta.pk.attname
    rows: dict[Any, list[Any]] = {}
    ordered = _history(model).filter(**{f"{key}__in": keys})
    for row in ordered.order_by("history_date", "history_id"):
        rows.setdefault(getattr(row, key), []).append(row)
    for own_key, told in rows.items():
        places = [i for i, row in enumerate(told) if row.change_set == change_set]
        before = told[places[0] - 1] if places[0] else None
        newest = places[-1] == len(told) - 1
        yield Step(model, own_key, before, told[places[-1]], newest)


def _history(model: type[models.Model]) -> Any:
    options: Any = model._meta
    return getattr(model, options.simple_history_manager_attribute)


def undo(
    change_set: uuid.UUID,
    *,
    actor: Any,
    reason: str,
    first: type[models.Model] | None = None,
) -> list[Step]:
    """Put every row of a change set back, all or none.

    Args:
        change_set: Its number.
        actor: Who takes it back.
        reason: Why.
        first: The model whose rows others hang on; its rows go first.

    Returns:
        What was taken back.

    Raises:
        ValidationError: No reason, nothing in scope, or a unique value taken meanwhile.
        NewerChanges: Some rows were written again since.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is undone.")})
    try:
        with transaction.atomic(), open_change_set(actor=actor, reason=reason, source="restore"):
            steps = steps_of(change_set)
            if not steps:
                raise ValidationError(_("There is nothing to undo in the area you serve."))
            newer = [step for step in steps if not step.newest]
            if newer:
                raise NewerChanges(newer)
            # Values that are unique are freed before the rows that need them come back.
            for step in sorted(steps, key=lambda step: (step.model is not first, _order(step))):
                _take_back(step)
    except IntegrityError as error:
        raise ValidationError(
            _("It cannot be undone: a number was given to another record meanwhile.")
        ) from error
    return steps


def _order(step: Step) -> int:
    if step.made:
        return 0
    return 2 if step.removed else 1


def _take_back(step: Step) -> None:
    if step.made and step.removed:
        return
    if step.removed:
        step.after.instance.save(force_insert=True)
        return
    # Locked, so that a save that began meanwhile waits and then finds a newer version.
    row = step.model._base_manager.select_for_update().get(pk=step.key)
    if step.made:
        row.delete()
        return
    put_back(row, step)
    row.save()


def put_back(row: Any, step: Step) -> None:
    """Give a row the values it had before a step; saving is left to the caller."""
    for field in type(step.before).tracked_fields:
        if field.name not in {"version", "updated_at", "updated_by"} and not field.primary_key:
            setattr(row, field.attname, getattr(step.before, field.attname))
