"""The change set: one action of one person, however many rows it touches."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from core.accounts.models import User

SOURCES = {
    "form": _("form"),
    "import": _("import"),
    "bulk": _("bulk action"),
    "restore": _("restore"),
    "portal": _("public portal"),
    "command": _("command"),
    "demo": _("demonstration data"),
}


class MissingActor(RuntimeError):
    """A tracked row was written and nobody said who did it."""


@dataclass(frozen=True)
class ChangeSet:
    """Who acts, why, and through which door."""

    actor: "User"
    reason: str = ""
    source: str = "form"
    id: uuid.UUID = field(default_factory=uuid.uuid4)


_current: ContextVar[ChangeSet | None] = ContextVar("tonghu_change", default=None)


def current_change() -> ChangeSet | None:
    """Return the change set that is open, if one is."""
    return _current.get()


def required_change() -> ChangeSet:
    """Return the open change set.

    Raises:
        MissingActor: None is open, or its actor is nobody.
    """
    change = _current.get()
    if change is None:
        raise MissingActor("Open change_set(actor=...) before writing a tracked row.")
    return change


@contextmanager
def change_set(*, actor: Any, reason: str = "", source: str | None = None) -> Iterator[ChangeSet]:
    """Open a change set, or join the one that is open.

    An inner set of the same actor keeps the outer id, so that one action of one
    person stays one entry in the timeline; it may add a reason and name its source.

    Raises:
        MissingActor: ``actor`` is not a saved account.
        ValueError: The source is not one of ``SOURCES``.
    """
    if source is not None and source not in SOURCES:
        raise ValueError(f"unknown source of a change: {source!r}")
    if getattr(actor, "pk", None) is None:
        raise MissingActor("A change needs a saved account as its actor.")
    outer = _current.get()
    if outer is not None and outer.actor.pk == actor.pk:
        change = replace(outer, reason=reason or outer.reason, source=source or outer.source)
    else:
        change = ChangeSet(actor=actor, reason=reason, source=source or "form")
    token = _current.set(change)
    try:
        yield change
    finally:
        _current.reset(token)
