"""The register of fields: how sensitive each field of each case model is.

Declared beside the model, once, and asked by every surface that shows or takes a value::

    class Visit(CaseModel):
        field_classes = FieldClasses(
            office=["visit_number", "status"],
            personal=["visited_on", "place"],
            sensitive={"told_by": Kind.NAME, "notes": Kind.TEXT},
            secret={"id_number": Kind.ID_NUMBER},
        )

A field in no class stops the start (``access.E010``).  History copies have the class of
the field they copy.  Fields that are data themselves, made in the browser, come through
``add_source``.

Legal source: 个人信息保护法 art. 51 (classification of personal information); 数据安全法
art. 21.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.crypto.fields import BlindIndexField, EncryptedTextField

from .masking import mask_address, mask_all, mask_id_number, mask_name, mask_phone

Mask = Callable[[str], str]


class FieldClass(IntEnum):
    """How much harm a value does in the wrong hands."""

    PUBLIC = 0
    OFFICE = 1
    PERSONAL = 2
    SENSITIVE = 3
    SECRET = 4

    @property
    def label(self) -> str:
        """The class in words."""
        return str(CLASS_LABELS[self])


CLASS_LABELS = {
    FieldClass.PUBLIC: _("public"),
    FieldClass.OFFICE: _("office"),
    FieldClass.PERSONAL: _("personal"),
    FieldClass.SENSITIVE: _("sensitive"),
    FieldClass.SECRET: _("secret"),
}


class Kind(StrEnum):
    """What a value is, which decides how its mask looks.

    A ``DIGEST`` (blind index, hash of a secret) is for the machine: nobody is shown it.
    """

    TEXT = "text"
    NAME = "name"
    PHONE = "phone"
    ID_NUMBER = "id_number"
    ADDRESS = "address"
    DIGEST = "digest"

    @property
    def mask(self) -> Mask:
        """The function that hides such a value."""
        return MASKS[self]

    @property
    def label(self) -> str:
        """The kind in words."""
        return str(KIND_LABELS[self])


MASKS: dict[Kind, Mask] = {
    Kind.TEXT: mask_all,
    Kind.NAME: mask_name,
    Kind.PHONE: mask_phone,
    Kind.ID_NUMBER: mask_id_number,
    Kind.ADDRESS: mask_address,
    Kind.DIGEST: mask_all,
}

KIND_LABELS = {
    Kind.TEXT: _("text or choice"),
    Kind.NAME: _("name of a person"),
    Kind.PHONE: _("telephone number"),
    Kind.ID_NUMBER: _("identity number"),
    Kind.ADDRESS: _("address of a person"),
    Kind.DIGEST: _("digest"),
}


@dataclass(frozen=True)
class Classed:
    """The place of one field in the register."""

    level: FieldClass
    kind: Kind = Kind.TEXT

    @property
    def mask(self) -> Mask:
        """The function that hides the value."""
        return self.kind.mask


Fields = Iterable[str] | Mapping[str, Kind]


@dataclass(frozen=True)
class FieldClasses:
    """The fields a class body classes.

    Names that are no columns may be listed too: properties that a list shows take the
    class given here.

    Args:
        public: 0, fit for the portal.
        office: 1, numbers, states and stamps of office work.
        personal: 2, about a person, in the clear: dates, choices, places of record.
        sensitive: 3, encrypted: names, telephones, addresses, notes on a case.
        secret: 4, encrypted: identity numbers, medical details, who reported.
    """

    public: Fields = ()
    office: Fields = ()
    personal: Fields = ()
    sensitive: Fields = field(default_factory=dict)
    secret: Fields = field(default_factory=dict)

    def __iter__(self) -> "Any":
        groups = (self.public, self.office, self.personal, self.sensitive, self.secret)
        for level, names in zip(FieldClass, groups, strict=True):
            kinds = names if isinstance(names, Mapping) else dict.fromkeys(names, Kind.TEXT)
            for name, kind in kinds.items():
                yield name, Classed(level, Kind(kind))


# What django-simple-history adds to each copy, and ``ChangeRecord`` beside it.
HISTORY_COLUMNS = FieldClasses(
    office=[
        "history_id",
        "history_date",
        "history_type",
        "history_user",
        "history_relation",
        "change_set",
        "source",
        "actor_name",
    ],
    sensitive=["history_change_reason"],
)

Source = Callable[[type[models.Model]], Mapping[str, Classed]]

_sources: list[Source] = []


def add_source(source: Source) -> Source:
    """Let fields that are data join the register.

    Args:
        source: Called with a live model, returns its further fields by name.  It is asked
            often and caches for itself.
    """
    if source not in _sources:
        _sources.append(source)
    return source


def live_model(model: type[models.Model]) -> type[models.Model]:
    """Return the model a history model tells of, or the model itself."""
    told: type[models.Model] = getattr(model, "instance_type", model)
    return told


def _declared(model: type[models.Model]) -> dict[str, Classed]:
    found: dict[str, Classed] = {}
    for base in reversed(model.__mro__):
        found.update(base.__dict__.get("field_classes", ()))
    for column in model._meta.concrete_fields:
        if isinstance(column, BlindIndexField) and column.source in found:
            # The digest of a value weighs what the value weighs.
            found[column.name] = Classed(found[column.source].level, Kind.DIGEST)
    return found


_known: dict[type[models.Model], dict[str, Classed]] = {}


def declared_classes(model: type[models.Model]) -> dict[str, Classed]:
    """Return the classed fields of a model that stand in code: all that a start can check."""
    live = live_model(model)
    if live not in _known:
        _known[live] = _declared(live)
    found = _known[live]
    return found if live is model else {**found, **dict(HISTORY_COLUMNS)}


def classes_of(model: type[models.Model]) -> dict[str, Classed]:
    """Return every classed field of a model, by name; empty where the model declares none."""
    live = live_model(model)
    found = declared_classes(model)
    for source in _sources:
        further = source(live)
        if further:
            found = {**found, **further}
    return found


def class_of(model: type[models.Model], name: str) -> Classed | None:
    """Return the class of a field, or ``None`` where the model is in no register.

    Raises:
        LookupError: The model is in the register, and this field is not.
    """
    found = declared_classes(model)
    if name not in found and _sources:
        # Only what no code declares is worth asking for.
        found = classes_of(model)
    if name in found:
        return found[name]
    if is_registered(model):
        raise LookupError(f"{model._meta.label}.{name} is in no class of the register")
    return None


def is_registered(model: type[models.Model]) -> bool:
    """Return whether the fields of a model are looked up in the register."""
    live = live_model(model)
    if live not in _known:
        _known[live] = _declared(live)
    return bool(_known[live])


def must_register(model: type[models.Model]) -> bool:
    """Return whether every field of a model must have a class.

    Whatever lies in a territory, holds an encrypted value, or declares any class.
    """
    live = live_model(model)
    columns = live._meta.concrete_fields
    return (
        is_registered(live)
        or any(column.name == "territory_code" for column in columns)
        or any(isinstance(column, EncryptedTextField) for column in columns)
    )
