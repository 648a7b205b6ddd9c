"""Dotted names of fields: ``village.name``, ``kin.phone``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models

from core.access.guards import out_of_reach

from .runtime.store import field_of


class UnknownPath(LookupError):
    """A dotted name does not lead to a field."""


@dataclass(frozen=True)
class Path:
    """What a dotted name leads to.

    Attributes:
        name: The dotted name.
        field: The last field, or ``None`` where the name is an attribute of the class.
        relations: The relations on the way.
        model: The model that holds the last part.
    """

    name: str
    field: Any
    relations: tuple[Any, ...]
    model: type[models.Model]

    @property
    def lookup(self) -> str:
        """The name as queries write it."""
        if getattr(self.field, "spec", None) is not None:
            return "__".join([*self.name.split(".")[:-1], "extra", self.field.spec.key])
        return self.name.replace(".", "__")

    @property
    def to_many(self) -> bool:
        """Whether one row can have several values."""
        return any(r.one_to_many or r.many_to_many for r in self.relations)


def resolve(model: type[models.Model], name: str) -> Path:
    """Follow a dotted name from a model.

    The last part may also be a property or method of the model it is reached on.

    Raises:
        UnknownPath: Some part does not exist.
    """
    relations: list[Any] = []
    current = model
    *way, last = name.split(".")
    for part in way:
        try:
            relation = current._meta.get_field(part)
        except FieldDoesNotExist as error:
            raise UnknownPath(f"{current._meta.label} has no relation {part!r}") from error
        if not relation.is_relation:
            raise UnknownPath(f"{current._meta.label}.{part} is no relation")
        relations.append(relation)
        current = cast(type[models.Model], relation.related_model)
    try:
        field = field_of(current, last)
    except FieldDoesNotExist as error:
        if not hasattr(current, last):
            raise UnknownPath(f"{current._meta.label} has no field {last!r}") from error
        field = None
    return Path(name, field, tuple(relations), current)


def joins(model: type[models.Model], names: list[str]) -> tuple[list[str], list[str]]:
    """Return what to ``select_related`` and to ``prefetch_related`` for these names.

    Territories bring their parent along: a village's path name needs its town.
    """
    select: dict[str, None] = {}
    prefetch: dict[str, None] = {}
    for name in names:
        path = resolve(model, name)
        chain = list(path.relations)
        if path.field is not None and path.field.is_relation:
            chain.append(path.field)
        done: list[str] = []
        many = False
        for relation in chain:
            many = many or relation.one_to_many or relation.many_to_many
            done.append(relation.name)
            (prefetch if many else select)["__".join(done)] = None
            if names_a_territory(relation):
                (prefetch if many else select)["__".join([*done, "parent"])] = None
    return list(select), list(prefetch)


def names_a_territory(field: Any) -> bool:
    """Return whether a field points at a district, town or village."""
    related = getattr(field, "related_model", None)
    return related is not None and related._meta.label == "territories.Territory"


def leads_out_of_reach(instance: Any, name: str) -> bool:
    """Whether the first step of a dotted name leads to a record outside the person's area."""
    if not isinstance(instance, models.Model):
        return False
    try:
        field = instance._meta.get_field(name.partition(".")[0])
    except FieldDoesNotExist:
        return False
    return out_of_reach(instance, field)


def values_at(instance: Any, name: str) -> Iterator[Any]:
    """Yield the values a dotted name has on a row: one, or many, or none."""
    first, _, rest = name.partition(".")
    if leads_out_of_reach(instance, first):
        return
    try:
        value = getattr(instance, first)
    except ObjectDoesNotExist:
        return
    if isinstance(value, models.Manager) or hasattr(value, "get_queryset"):
        items: list[Any] = list(value.all())
    elif callable(value) and not isinstance(value, models.Model):
        items = [value()]
    else:
        items = [value]
    for item in items:
        if item is None:
            continue
        if rest:
            yield from values_at(item, rest)
        else:
            yield item
