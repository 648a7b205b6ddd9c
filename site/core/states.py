"""State machines as tables: from each state, the states that may follow."""

from collections.abc import Mapping
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

State = TypeVar("State", bound=models.TextChoices)
Table = Mapping[State, frozenset[State]]


def require_transition(table: "Table[State]", before: str, after: str) -> None:
    """Let a legal step pass.

    Args:
        table: For every state the states that may follow it.
        before: Code of the present state.
        after: Code of the wished one.

    Raises:
        ValidationError: Keyed ``status``, code ``transition``; names both states and
            what is possible instead.
    """
    kind = type(next(iter(table)))
    allowed = table[kind(before)]
    if after in allowed:
        return
    possible = "、".join(str(state.label) for state in kind if state in allowed)
    message = _("“%(before)s” cannot become “%(after)s”. Possible: %(allowed)s.") % {
        "before": kind(before).label,
        "after": kind(after).label,
        "allowed": possible or _("nothing"),
    }
    raise ValidationError({"status": ValidationError(message, code="transition")})
