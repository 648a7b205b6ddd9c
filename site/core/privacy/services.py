"""Bring purposes and retention rules in."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from .models import Dated, Purpose, RetentionRule

KEYS: Mapping[type[Dated], tuple[str, str]] = {
    Purpose: ("code", "version"),
    RetentionRule: ("code", "valid_from"),
}


def read_privacy(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a file such as ``fixtures/privacy.json``."""
    rows: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


@transaction.atomic
def load_privacy(rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> int:
    """Write the rows that are missing; return how many were new.

    A version that people consented to is never rewritten: only its last day may be set.

    Raises:
        ValidationError: The file says something else of a row that is stored.
    """
    return sum(
        _load(model, given)
        for model, name in ((Purpose, "purposes"), (RetentionRule, "retention"))
        for given in rows.get(name, ())
    )


def _load(model: type[Dated], given: Mapping[str, Any]) -> int:
    values = {
        name: date.fromisoformat(value) if name.startswith("valid_") and value else value
        for name, value in given.items()
    }
    key = {name: values[name] for name in KEYS[model]}
    stored = model._default_manager.filter(**key).first()
    if stored is None:
        row = model(**values)
        row.full_clean()
        row.save()
        return 1
    for name, value in values.items():
        if name != "valid_to" and getattr(stored, name) != value:
            raise ValidationError(
                _("%(row)s is in force with another “%(field)s”. Give it a new version.")
                % {"row": stored.code, "field": name}
            )
    if stored.valid_to != values.get("valid_to"):
        stored.valid_to = values.get("valid_to")
        stored.full_clean()
        stored.save(update_fields=["valid_to"])
    return 0
