"""Every row that tells of one person, found by walking the models, not by a list."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models
from modelcluster.fields import ParentalKey

from caseadmin.children.models import ChildFile
from caseadmin.volunteers.models import Volunteer
from publicity.intake.models import VolunteerApplication

from .models import AboutSomebody

Model = type[models.Model]


@dataclass
class Reach:
    """What belongs to a person, and what only points at it.

    Attributes:
        root: The model of the person's own row.
        rows: Primary keys by model: these go with the person.
        loose: Rows of others that point here: (model, foreign key) and their keys.
    """

    root: Model
    rows: dict[Model, set[Any]] = field(default_factory=lambda: defaultdict(set))
    loose: dict[tuple[Model, str], set[Any]] = field(default_factory=lambda: defaultdict(set))

    def instances(self, model: Model) -> list[Any]:
        """Return the rows of a model, oldest first."""
        found = model._base_manager.filter(pk__in=self.rows[model])
        names = {f.name for f in model._meta.concrete_fields}
        return list(found.order_by("created_at" if "created_at" in names else "pk"))


def history_of(model: Model) -> Any:
    """Return the history model of a model, or ``None``."""
    name = getattr(model._meta, "simple_history_manager_attribute", None)
    return getattr(model, name).model if name else None


def _is_copy(model: Model) -> bool:
    return hasattr(model, "instance_type")


def goes_along(root: Model, key: models.ForeignKey) -> bool:
    """Return whether a row that points at a person's row belongs to the person.

    All that points at a child's file is about the child.  What points at a volunteer may be
    about a child (a pairing): only rows inside the volunteer's own record go along.
    """
    if getattr(key.model, "survives_erasure", False):
        return False
    if root is ChildFile:
        return True
    return isinstance(key, ParentalKey) or issubclass(key.model, AboutSomebody)


def reach_of(subject: Any) -> Reach:
    """Return everything that belongs to a child, a volunteer or an applicant.

    Call it unscoped: a row nobody serves any more is the person's all the same.
    """
    root = type(subject)
    found = Reach(root)
    waiting: list[tuple[Model, set[Any]]] = [(root, {subject.pk})]
    if isinstance(subject, Volunteer):
        waiting.append((VolunteerApplication, _applications_of(subject)))
    while waiting:
        model, keys = waiting.pop()
        fresh = keys - found.rows[model]
        if not fresh:
            continue
        found.rows[model] |= fresh
        for other in apps.get_models():
            if _is_copy(other):
                continue
            for key in other._meta.concrete_fields:
                if not isinstance(key, models.ForeignKey) or key.related_model is not model:
                    continue
                pointing = set(
                    other._base_manager.filter(**{f"{key.name}__in": fresh}).values_list(
                        "pk", flat=True
                    )
                )
                if not pointing:
                    continue
                if goes_along(root, key):
                    waiting.append((other, pointing))
                else:
                    found.loose[other, key.name] |= pointing
    for (model, _name), keys in found.loose.items():
        keys -= found.rows.get(model, set())
    found.loose = {key: keys for key, keys in found.loose.items() if keys}
    return found


def _applications_of(volunteer: Volunteer) -> set[Any]:
    by_phone = models.Q(phone_index=volunteer.phone_index)
    by_number = models.Q(id_number_index=volunteer.id_number_index)
    same = models.Q(pk=volunteer.application_id)
    if volunteer.phone_index:
        same |= by_phone
    if volunteer.id_number_index:
        same |= by_number
    return set(VolunteerApplication._base_manager.filter(same).values_list("pk", flat=True))


def told_of(found: Reach) -> dict[Any, set[Any]]:
    """Return the keys of all rows the history tells of, the removed ones too, by history model.

    A relative who was taken off the file years ago stands in no table but the history.
    """
    told: dict[Any, set[Any]] = {}
    for model in apps.get_models():
        history = history_of(model)
        if history is None or getattr(model, "survives_erasure", False):
            continue
        keys = set(found.rows.get(model, ()))
        for key in model._meta.concrete_fields:
            if not isinstance(key, models.ForeignKey):
                continue
            owners = found.rows.get(key.related_model)
            if owners and goes_along(found.root, key):
                rows = history._base_manager.filter(**{f"{key.attname}__in": owners})
                keys |= set(rows.values_list(model._meta.pk.attname, flat=True))
        if keys:
            told[history] = keys
    return told
