"""Model fields that are text in Python and ciphertext in the database.

Legal source: 个人信息保护法 art. 51 (encryption according to the sensitivity of the
information).  The price: no look-up by value (use ``BlindIndexField`` or the search
index) and no sorting in the database.
"""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import FieldError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.lookups import IsNull
from django.db.models.query_utils import DeferredAttribute

from .seal import Sealed, blind_index, seal, unseal


class EncryptedAttribute(DeferredAttribute):
    """Open the value when it is first read, and keep it open on the instance."""

    field: "EncryptedTextField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = instance.__dict__.get(self.field.attname, self)
        if value is self:
            value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = self.field.from_text(unseal(value, self.field.binding(instance)))
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):
    """Text of any length, encrypted at rest and bound to its row.

    The model's primary key must be called ``id`` and be assigned in Python (history
    models keep it as a plain column of that name).

    Args:
        label: The name in the binding, if model or field are ever renamed.
    """

    descriptor_class = EncryptedAttribute

    def __init__(self, *args: Any, label: str | None = None, **kwargs: Any) -> None:
        self.label = label
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators = [*self.validators, MaxLengthValidator(self.max_length)]

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.label is not None:
            kwargs["label"] = self.label
        return name, path, args, kwargs

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        # A history model binds like the model it tells of, so that rows can be copied.
        model_name = cls._meta.model_name.removeprefix("historical")
        self.binding_label = self.label or f"{cls._meta.app_label}.{model_name}.{name}"

    def binding(self, instance: Any) -> str:
        """Return what the ciphertext of this row is bound to."""
        return f"{self.binding_label}:{instance.id}"

    def to_text(self, value: Any) -> str:
        """Return the text that is encrypted."""
        return str(value)

    def from_text(self, text: str) -> Any:
        """Return the value an opened text stands for."""
        return text

    def from_db_value(self, value: str | None, *args: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname)
        if isinstance(value, Sealed):
            # Never opened, so never changed: writing it back keeps it as it is.
            return value
        value = getattr(model_instance, self.attname)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return seal(self.to_text(value), self.binding(model_instance))

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, Sealed):
            return None if value is None else str(value)
        raise FieldError(
            f"{self.binding_label} is encrypted and bound to its row: save the instance, or use "
            "core.crypto.bulk.bulk_update."
        )

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return IsNull
        raise FieldError(
            f"{self.binding_label} is encrypted: look it up by its blind index or by search, "
            f"not with {lookup_name!r}."
        )

    def get_transform(self, lookup_name: str) -> None:
        return None


class EncryptedCharField(EncryptedTextField):
    """One line of encrypted text."""

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"widget": forms.TextInput, **kwargs})


class EncryptedDateField(EncryptedTextField):
    """A calendar date, encrypted at rest."""

    if TYPE_CHECKING:
        # What the type checker's plugin takes for the Python side of the column.
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def to_python(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        return models.DateField().to_python(value)

    def to_text(self, value: Any) -> str:
        return self.to_python(value).isoformat()

    def from_text(self, text: str) -> date | None:
        return date.fromisoformat(text) if text else None

    def formfield(self, **kwargs: Any) -> Any:
        kwargs.pop("widget", None)
        return models.Field.formfield(self, **{"form_class": forms.DateField, **kwargs})


def as_is(value: str) -> str:
    """Leave a value alone before it is digested."""
    return value


class BlindIndexField(models.CharField):
    """The digest by which the encrypted field ``source`` of the same row is found.

    ``None`` where there is no value, so that a unique constraint allows many blanks.

    Args:
        source: Name of the encrypted field.
        normalise: Called with the text before it is digested, and by whoever looks up.
    """

    def __init__(
        self,
        *args: Any,
        source: str,
        normalise: Callable[[str], str] = as_is,
        **kwargs: Any,
    ) -> None:
        self.source = source
        self.normalise = normalise
        kwargs.update(max_length=22, null=True, blank=True, editable=False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for derived in ("max_length", "null", "blank", "editable"):
            kwargs.pop(derived, None)
        # Migrations store columns, not rules: the digest is made by the live model.
        return name, path, args, {**kwargs, "source": self.source}

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        model_name = cls._meta.model_name.removeprefix("historical")
        self.purpose = f"{cls._meta.app_label}.{model_name}.{self.source}"

    def digest(self, value: str | None) -> str | None:
        """Return the digest to look for."""
        return blind_index(self.normalise(value or ""), purpose=self.purpose)

    def pre_save(self, model_instance: Any, add: bool) -> str | None:
        digest = self.digest(getattr(model_instance, self.source))
        setattr(model_instance, self.attname, digest)
        return digest
