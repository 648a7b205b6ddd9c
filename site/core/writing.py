"""The frame around every write of a case row: transaction, change set, judged entries."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from core.history.context import change_set

if TYPE_CHECKING:
    from core.accounts.models import User

Row = TypeVar("Row", bound=models.Model)

_point: ContextVar[bool] = ContextVar("tonghu_point", default=False)


@contextmanager
def point_to_return_to() -> Iterator[None]:
    """Open a transaction for one write: where it is refused, nothing of it stays.

    The write inside (``joined``) need not set a point of its own.
    """
    with transaction.atomic():
        token = _point.set(True)
        try:
            yield
        finally:
            _point.reset(token)


@contextmanager
def joined() -> Iterator[None]:
    """Open the transaction of a write, within the point that was set just for it, if one was."""
    with transaction.atomic(savepoint=not _point.get()):
        token = _point.set(False)
        try:
            yield
        finally:
            _point.reset(token)


STAMPED = frozenset(
    {"territory_code", "version", "created_at", "created_by", "updated_at", "updated_by"}
)
"""What saving fills by itself; no difference in these is a change."""


@contextmanager
def writing(actor: "User", reason: str = "", source: str | None = None) -> Iterator[None]:
    """Open a transaction and a change set.

    Raises:
        ValidationError: Two people saved the same unique value at the same moment.
    """
    try:
        with joined(), change_set(actor=actor, reason=reason, source=source):
            yield
    except IntegrityError as error:
        raise ValidationError(
            {NON_FIELD_ERRORS: [_("Somebody saved the same at this moment. Try again.")]}
        ) from error


def judge_entries(instance: models.Model) -> None:
    """Run the validators of the fields and the model's ``clean``.

    Rows pointed at are loaded already.  The constraints of the table are judged by
    ``clean`` and the services, in better words; asking the database once more for each
    would double the work of an import.

    Raises:
        ValidationError: Keyed by the field at fault.
    """
    left_out = {f.name for f in instance._meta.concrete_fields if not f.editable or f.is_relation}
    instance.full_clean(exclude=left_out, validate_unique=False, validate_constraints=False)


def has_changes(instance: models.Model, stored: models.Model) -> bool:
    """Return whether a row says anything else than what is stored."""
    return any(
        getattr(instance, field.attname) != getattr(stored, field.attname)
        for field in instance._meta.concrete_fields
        if field.name not in STAMPED and not field.name.endswith("_index")
    )


def keep_stored(instance: models.Model, stored: models.Model, names: Collection[str]) -> None:
    """Put back the columns that only a transition changes."""
    for name in names:
        setattr(instance, name, getattr(stored, name))


def take_over(instance: Row, stored: Row) -> Row:
    """Let the caller's instance say what was written, and return it."""
    for field in stored._meta.concrete_fields:
        setattr(instance, field.attname, getattr(stored, field.attname))
    return instance


def require_reason(reason: str) -> None:
    """Refuse an empty reason.

    Raises:
        ValidationError: Keyed ``reason``.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Give a reason.")})


def rows_removed(rows: Any) -> list[Any]:
    """Return the rows a list of child rows wants taken away."""
    return list(getattr(rows, "removed", ()))
