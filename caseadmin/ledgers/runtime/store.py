"""The definitions in force, in memory, never older than the request that asks.

A token in the database changes with every version.  Each request looks at it once (the
ledgers' pages read it together with something they ask anyway) and reads the definitions
anew where it differs, so that all processes follow without a restart.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from asgiref.local import Local
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.signals import request_finished, request_started

from .spec import PREFIX, SetSpec, read_set

logger = logging.getLogger("tonghu.runtime")

# Outside a request (jobs, commands) the token is looked at once in so many seconds.
SECONDS = 1.0
EMPTY = "-"


@dataclass
class Loaded:
    """The definitions of one token."""

    token: str
    sets: dict[str, SetSpec]
    fields: dict[tuple[Any, str, str], Any] = field(default_factory=dict)
    ledgers: dict[str, Any] = field(default_factory=dict)
    is_made: bool = False


class _Memory:
    loaded: Loaded | None = None


_memory = _Memory()
_unit = Local()


def _begin(**kwargs: Any) -> None:
    _unit.in_request, _unit.checked_at = True, None


def _end(**kwargs: Any) -> None:
    _unit.in_request, _unit.checked_at = False, None


request_started.connect(_begin, dispatch_uid="runtime definitions")
request_finished.connect(_end, dispatch_uid="runtime definitions")


def _is_fresh() -> bool:
    checked_at = getattr(_unit, "checked_at", None)
    if checked_at is None:
        return False
    return bool(getattr(_unit, "in_request", False) or time.monotonic() - checked_at < SECONDS)


def token_rows() -> Any:
    """Return the query for the token, for whoever can ask it along with theirs."""
    from .models import ConfigState  # app ready

    return ConfigState.objects.order_by()


def note_token(token: Any) -> Loaded:
    """Take in the token as the database has it now (``None`` where it has none)."""
    known = str(token) if token is not None else EMPTY
    loaded = _memory.loaded
    if loaded is None or loaded.token != known:
        loaded = _memory.loaded = _load(known)
    _unit.checked_at = time.monotonic()
    return loaded


def current() -> Loaded:
    """Return the definitions in force."""
    if _memory.loaded is not None and _is_fresh():
        return _memory.loaded
    return note_token(token_rows().values_list("token", flat=True).first())


def forget() -> None:
    """Look at the token again before the next use, after a change of our own."""
    _unit.checked_at = None


def _load(token: str) -> Loaded:
    from .models import ConfigVersion  # app ready

    sets = {}
    if token != EMPTY:
        for version in ConfigVersion.objects.filter(is_current=True):
            try:
                sets[version.ledger] = read_set(
                    version.ledger, version.content, number=version.number
                )
            except ValidationError:
                # It was judged when it was saved: only a newer program can refuse it.
                logger.exception("definitions of %s cannot be read", version.ledger)
    return Loaded(token, sets)


def definitions_of(slug: str) -> SetSpec:
    """Return what is defined for a ledger; an empty set where nothing is."""
    return current().sets.get(slug) or SetSpec(slug)


def slug_of(target: Any) -> str:
    """Return the ledger of a model with runtime fields, or of a row or history row of it."""
    slug = getattr(target, "ledger_slug", None)
    if isinstance(slug, str) and slug:
        return slug
    from ..registry import ledgers  # circular import: the registry knows declarations

    model = target if isinstance(target, type) else type(target)
    model = getattr(model, "instance_type", model)
    slug = getattr(model, "runtime_slug", None)
    if slug:
        return str(slug)
    declared = ledgers.declared_for(model)
    return declared.slug if declared is not None and declared.runtime_fields else ""


def runtime_field(target: Any, name: str) -> Any:
    """Return the Django field that stands for a runtime field of a model or row.

    Raises:
        FieldDoesNotExist: None is defined.
    """
    loaded = current()
    slug = slug_of(target)
    model: Any = target if isinstance(target, type) else type(target)
    found = loaded.fields.get((model, slug, name))
    if found is None:
        definitions = loaded.sets.get(slug)
        spec = definitions.find(name) if definitions is not None else None
        if spec is None:
            raise FieldDoesNotExist(f"{model._meta.label} has no field named {name!r}")
        found = loaded.fields[model, slug, name] = spec.model_field(model)
    return found


def is_runtime(name: str) -> bool:
    """Return whether a name is one of a runtime field."""
    return name.startswith(PREFIX)


def field_of(target: Any, name: str) -> Any:
    """Return a field of a model or row: one of its own, or a runtime field.

    Raises:
        FieldDoesNotExist: There is neither.
    """
    if is_runtime(name):
        return runtime_field(target, name)
    return target._meta.get_field(name)


def value_of(row: Any, name: str) -> Any:
    """Return what a row, or a row of history, holds in a field; for a relation its key."""
    model_field = field_of(row, name)
    spec = getattr(model_field, "spec", None)
    if spec is not None:
        from .holder import read  # circular import: holders read definitions

        return read(row, spec)
    return getattr(row, model_field.attname)


def put_value(row: Any, name: str, value: Any) -> None:
    """Set a field of a row, its own or a runtime field."""
    if is_runtime(name):
        row.put_extra({name.removeprefix(PREFIX): value})
    else:
        setattr(row, name, value)


def register_source() -> None:
    """Tell the register of fields, once, how sensitive added fields are."""
    from core.access.register import Classed, FieldClass, Kind, add_source

    kinds = {"name": Kind.NAME, "phone": Kind.PHONE, "id_number": Kind.ID_NUMBER}

    def source(model: Any) -> dict[str, Classed]:
        if not hasattr(model, "put_extra"):
            return {}
        definitions = current().sets.get(slug_of(model))
        if definitions is None:
            return {}
        return {
            spec.name: Classed(FieldClass(spec.sensitivity), kinds.get(spec.kind, Kind.TEXT))
            for spec in definitions.kept
        }

    add_source(source)
