"""The one judge of runtime values: forms, sheets and services all ask here."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from . import kinds
from .rules import holds
from .spec import PREFIX, FieldSpec, SetSpec


def clean_extra(
    definitions: SetSpec,
    values: Mapping[str, Any],
    *,
    kept: Mapping[str, Any] | None = None,
    is_new: bool = False,
    today: datetime.date | None = None,
) -> dict[str, Any]:
    """Check the runtime values of one record and return them as Python holds them.

    A field that became required does not lock old records: it is due when a record is
    made, and when anything in its group is changed.  A field that is not shown is never
    due, and what it holds stays.

    Args:
        definitions: The ledger's definitions.
        values: The record's values by key, all of them; of those that did not change the
            ones in ``kept`` may be repeated.
        kept: The Python values stored now.
        is_new: Whether the record is being made.
        today: The day of judgement; the local one by default.

    Returns:
        The values that are not blank.  Keys nobody defined, and fields that are retired,
        keep what they hold.

    Raises:
        ValidationError: Keyed by field (``x_<key>``).
    """
    kept = kept or {}
    today = today or timezone.localdate()
    errors: dict[str, list[Any]] = {}
    found: dict[str, Any] = {}
    # What no active field answers for is kept as it is: nothing is lost.
    active = {spec.key: spec for spec in definitions.active}
    for key, value in kept.items():
        if key not in active and not kinds.is_blank(value):
            found[key] = value
    for key, spec in active.items():
        value, before = values.get(key), kept.get(key)
        if not is_new and value == before:
            # Stored under the rules of its day; only a change is judged by today's.
            if not kinds.is_blank(before):
                found[key] = before
            continue
        try:
            cleaned = kinds.clean_value(spec, value, kept=before)
        except ValidationError as error:
            errors.setdefault(spec.name, []).extend(error.error_list)
            continue
        if cleaned is not None:
            found[key] = cleaned
    changed = {key for key in active if found.get(key) != _or_none(kept.get(key))}
    changed |= {name.removeprefix(PREFIX) for name in errors}
    touched = {active[key].section for key in changed}
    for key, spec in active.items():
        due = spec.is_required(today) and (is_new or spec.section in touched)
        if due and key not in found and spec.name not in errors and shows(spec, found, today):
            errors[spec.name] = [ValidationError(_("Fill this in."), code="required")]
    for rule in definitions.rules:
        keys = rule.keys()
        if not rule.active or not keys <= set(active) or not (is_new or keys & changed):
            continue
        if holds(rule.node, found, today=today) is False:
            last = [key for key in active if key in keys]
            at = active[last[-1]].name if last else NON_FIELD_ERRORS
            errors.setdefault(at, []).append(ValidationError(str(rule.message), code="rule"))
    if errors:
        raise ValidationError(errors)
    return found


def _or_none(value: Any) -> Any:
    return None if kinds.is_blank(value) else value


def shows(spec: FieldSpec, values: Mapping[str, Any], today: datetime.date | None = None) -> bool:
    """Return whether a field is shown beside these values."""
    return spec.condition is None or holds(spec.condition, values, today=today) is True


def missing(
    definitions: SetSpec, values: Mapping[str, Any], *, today: datetime.date | None = None
) -> list[FieldSpec]:
    """Return the fields that are due and not filled in."""
    today = today or timezone.localdate()
    return [
        spec
        for spec in definitions.active
        if spec.is_required(today)
        and kinds.is_blank(values.get(spec.key))
        and shows(spec, values, today)
    ]
