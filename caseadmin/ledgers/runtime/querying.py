"""Questions about runtime values that the database answers."""

import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from . import kinds
from .holder import PRESENT
from .rules import Node
from .spec import FieldSpec, SetSpec

SIGNS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "=": ""}


def holds_value(spec: FieldSpec) -> Q:
    """Return the condition that a row holds a value in a field, a sealed one too."""
    return Q(extra__has_key=spec.key + PRESENT if spec.sealed else spec.key)


def incomplete(definitions: SetSpec | None, *, today: datetime.date | None = None) -> Q:
    """Return the condition that something that is due was not filled in; empty for none.

    A field whose condition the database cannot judge is left out: of it only the record
    itself tells.
    """
    found = Q()
    if definitions is None:
        return found
    for spec in definitions.active:
        if not spec.is_required(today or timezone.localdate()):
            continue
        lacks = ~holds_value(spec)
        if spec.condition is None:
            found |= lacks
            continue
        shown = as_condition(spec.condition, definitions)
        if shown is not None:
            found |= lacks & shown
    return found


def as_condition(node: Node, definitions: SetSpec) -> Q | None:
    """Return a rule as a filter, or ``None`` where it says what filters cannot."""
    if node[0] in ("and", "or"):
        parts = [as_condition(part, definitions) for part in node[1:]]
        if parts[0] is None or parts[1] is None:
            return None
        return parts[0] & parts[1] if node[0] == "and" else parts[0] | parts[1]
    if node[0] == "filled" and node[1][0] == "field":
        return holds_value(definitions.by_key[node[1][1]])
    if node[0] == "compare" and node[2][0] == "field" and node[3][0] == "value":
        return _comparison(node[1], definitions.by_key[node[2][1]], node[3][1])
    return None


def _comparison(sign: str, spec: FieldSpec, value: Any) -> Q | None:
    if spec.sealed or sign not in SIGNS:
        return None
    lookup = f"extra__{spec.key}"
    return Q(**{f"{lookup}__{SIGNS[sign]}" if SIGNS[sign] else lookup: kinds.to_json(value)})
