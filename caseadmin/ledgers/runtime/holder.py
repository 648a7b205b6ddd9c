"""What a model needs so that administrators may add fields to it: two columns.

Values up to class 2 stand in a JSON column that filters and sorts; those of class 3 and 4
in one that is encrypted and bound to its row, in the history as well.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.access.register import FieldClasses
from core.crypto.fields import EncryptedTextField

from . import kinds
from .cleaning import clean_extra

if TYPE_CHECKING:
    from .spec import FieldSpec, SetSpec

# Beside the plain values stands which sealed ones there are, so that what is missing can
# be asked of the database.  The sign is no part of any key.
PRESENT = "?"


class SealedJSONField(EncryptedTextField):
    """A JSON object, encrypted as one text and bound to its row."""

    if TYPE_CHECKING:
        # What the type checker's plugin takes for the Python side of the column.
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def to_python(self, value: Any) -> Any:
        return value

    def validate(self, value: Any, model_instance: Any) -> None:
        """Its parts are judged one by one, by ``clean_extra``."""

    def get_prep_value(self, value: Any) -> Any:
        # Nothing to seal: what a migration writes into the rows it finds.
        return "" if value == {} else super().get_prep_value(value)

    def to_text(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""

    def from_text(self, text: str) -> Any:
        return json.loads(text) if text else {}


class ExtraFields(models.Model):
    """Gives a case model runtime fields; its ledger says ``runtime_fields = True``.

    A value is read like an attribute (``row.x_height``) and written through
    ``put_extra`` only: what was there before is needed to judge the change.
    """

    extra = models.JSONField(_("further entries"), default=dict, blank=True, editable=False)
    extra_sealed = SealedJSONField(
        _("further entries, encrypted"), default=dict, blank=True, editable=False
    )

    field_classes = FieldClasses(personal=["extra"], secret=["extra_sealed"])

    class Meta:
        abstract = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("x_"):
            spec = self.definitions.find(name)
            if spec is not None:
                return read(self, spec)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def definitions(self) -> "SetSpec":
        """What is defined for the ledger of this row."""
        from .store import definitions_of, slug_of  # app ready

        return definitions_of(slug_of(self))

    def extra_values(self) -> dict[str, Any]:
        """Return the Python values of all fields that were ever in use, by key."""
        return values_of(self, self.definitions)

    def put_extra(self, values: Mapping[str, Any]) -> None:
        """Set some runtime values by key, typed or as text; a blank one takes it away.

        They are judged, and only then kept, by ``clean``; at the latest by ``save``.
        """
        self.__dict__.setdefault("_extra_before", self.extra_values())
        given = self.__dict__.get("_extra_given", {})
        self.__dict__["_extra_given"] = {**given, **values}

    def _keep(self, values: Mapping[str, Any]) -> None:
        plain, sealed = dict(self.extra or {}), dict(self.extra_sealed or {})
        for spec in self.definitions.kept:
            value = values.get(spec.key)
            for box in (plain, sealed):
                box.pop(spec.key, None)
            plain.pop(spec.key + PRESENT, None)
            if kinds.is_blank(value):
                continue
            if spec.sealed:
                sealed[spec.key] = kinds.to_json(value)
                plain[spec.key + PRESENT] = True
            else:
                plain[spec.key] = kinds.to_json(value)
        # New objects: a copy of the row, made to compare with, shares the old ones.
        self.extra, self.extra_sealed = plain, sealed

    def clean(self) -> None:
        """Judge the runtime values, where anybody touched them.

        Raises:
            ValidationError: Keyed by ``x_<key>``.
        """
        super().clean()
        if "_extra_before" not in self.__dict__:
            return
        is_new = self._state.adding
        cleaned = clean_extra(
            self.definitions,
            {**self.extra_values(), **self.__dict__.get("_extra_given", {})},
            kept={} if is_new else self.__dict__["_extra_before"],
            is_new=is_new,
        )
        self._keep(cleaned)
        self.__dict__["_extra_given"] = {}

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.__dict__.get("_extra_given"):
            ExtraFields.clean(self)
        super().save(*args, **kwargs)
        self.__dict__.pop("_extra_before", None)
        self.__dict__.pop("_extra_given", None)


def read(row: Any, spec: "FieldSpec") -> Any:
    """Return a runtime value of a row, or of a row of its history, as Python holds it."""
    box = row.extra_sealed if spec.sealed else row.extra
    return kinds.from_json(spec.kind, (box or {}).get(spec.key))


def values_of(row: Any, definitions: "SetSpec") -> dict[str, Any]:
    """Return all runtime values of a row, or of a row of its history, by key."""
    found = {spec.key: read(row, spec) for spec in definitions.kept}
    return {key: value for key, value in found.items() if not kinds.is_blank(value)}
