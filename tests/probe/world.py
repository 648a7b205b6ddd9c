"""One world: two towns of two villages, all case models in each, a planted word in each field."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import factory
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

import tests.factories
from caseadmin.children.models import ChildFile
from caseadmin.ledgers.models import ImportBatch, ImportRow, ImportSource
from core.access.models import CaseModel
from core.access.scope import unscoped
from core.accounts.models import User
from core.accounts.selectors import system_account
from core.audit.services import record
from core.crypto.fields import EncryptedDateField, EncryptedTextField
from core.history.context import change_set
from core.territories.models import Territory
from tests.conftest import District, small_district
from tests.factories.children import invented_id_number, invented_phone
from tests.factories.core import UserFactory

PLACES = ("village", "sibling", "foreign", "foreign_sibling")


@dataclass
class Place:
    """What lies in one village.

    Attributes:
        name: ``village``, ``sibling``, ``foreign`` or ``foreign_sibling``.
        territory: The village.
        rows: One record of each case model, by its label.
        words: The planted words, and what they were planted in.
    """

    name: str
    territory: Territory
    rows: dict[str, Any] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    batch: Any = None


@dataclass
class World:
    """The whole of it; the roles are those of ``fixtures/roles.json``."""

    district: District
    places: dict[str, Place]
    roles: list[dict[str, Any]]

    def person(self, role: str, place: str) -> User:
        """Return somebody with one post there: ``village`` and so on, or ``town``."""
        return UserFactory(role=role, serves=getattr(self.district, place))


@cache
def factories() -> dict[Any, Any]:
    """Return the factories of the tests by model."""
    found: dict[Any, Any] = {}
    for module in iter_modules(tests.factories.__path__):
        for thing in vars(import_module(f"tests.factories.{module.name}")).values():
            is_one = isinstance(thing, type) and issubclass(
                thing, factory.django.DjangoModelFactory
            )
            if is_one and not thing._meta.abstract and thing._meta.model is not None:
                found.setdefault(thing._meta.get_model_class(), thing)
    return found


def case_models() -> list[type[CaseModel]]:
    """Return every case model, what others point at first."""
    waiting = [model for model in apps.get_models() if issubclass(model, CaseModel)]
    done: list[type[CaseModel]] = []
    while waiting:
        ready = [
            model
            for model in waiting
            if not any(
                f.related_model in waiting and f.related_model is not model and not f.null
                for f in model._meta.concrete_fields
                if f.is_relation
            )
        ]
        done += ready or waiting
        waiting = [model for model in waiting if model not in done]
    # What hangs on a record of any model comes when there is one.
    return sorted(done, key=lambda model: any(f.name == "object_id" for f in model._meta.fields))


class Planter:
    """Gives every field a word that stands nowhere else."""

    def __init__(self) -> None:
        self.number = 0

    def word(self, column: models.Field) -> str:
        """Return a word this column takes."""
        self.number += 1
        if column.name.endswith("id_number"):
            return invented_id_number(date(1983, 3, 7), self.number)
        if column.name.endswith("phone"):
            return invented_phone(700_00 + self.number)
        return f"{column.name[:12]}雀{self.number:05d}"[: column.max_length or 40]


def plain_values(model: type[models.Model], place: Place, planter: Planter) -> dict[str, Any]:
    """Return plausible values for a model nobody wrote a factory for."""
    values: dict[str, Any] = {"territory_code": place.territory.code}
    said = getattr(model, "territory_from", ())
    for name in (said,) if isinstance(said, str) else said[:1]:
        target = model._meta.get_field(name).related_model
        values[name] = place.territory if target is Territory else place.rows[target._meta.label]
    for column in model._meta.concrete_fields:
        if column.primary_key or column.has_default() or column.null or column.name in values:
            continue
        if column.is_relation:
            target = column.related_model
            if target is Territory:
                values[column.name] = place.territory
            elif target is ContentType:
                # Files and the like hang on a record of any model.
                values[column.name] = ContentType.objects.get_for_model(ChildFile)
            elif issubclass(target, CaseModel):
                values[column.name] = place.rows[target._meta.label]
        elif column.name == "object_id":
            values[column.name] = place.rows[ChildFile._meta.label].pk
        elif column.choices:
            values[column.name] = column.choices[0][0]
        elif isinstance(column, models.DateTimeField):
            values[column.name] = timezone.now()
        elif isinstance(column, models.IntegerField):
            values[column.name] = 1
        elif isinstance(column, models.DateField) and column.editable:
            values[column.name] = date(2026, 1, 5)
        elif isinstance(column, models.CharField | models.TextField) and not column.blank:
            values[column.name] = planter.word(column)
    return values


def make(model: type[CaseModel], place: Place, planter: Planter) -> Any:
    """Make one record of a model in a village; None where only its services know how.

    Such a model needs a factory: ``test_isolation`` names it until it has one.
    """
    known = factories().get(model)
    with unscoped("probe"), change_set(actor=system_account(), source="command"):
        # Opening a file writes some rows by itself.
        made = model._base_manager.filter(territory_code=place.territory.code).first()
        if made is not None:
            return made
        if known is None:
            row = model(**plain_values(model, place, planter))
            try:
                with transaction.atomic():
                    row.save()
            except (IntegrityError, ValidationError):
                return None
            return row
        given: dict[str, Any] = {}
        for column in model._meta.concrete_fields:
            declared = column.name in known._meta.declarations
            if not column.is_relation or column.null or not declared:
                continue
            if column.related_model is Territory:
                given[column.name] = place.territory
            elif column.related_model._meta.label in place.rows:
                given[column.name] = place.rows[column.related_model._meta.label]
        return known(**given)


def plant(row: Any, place: Place, planter: Planter) -> None:
    """Put a planted word into every encrypted field, and note every number."""
    changed = False
    for column in row._meta.concrete_fields:
        label = f"{row._meta.label}.{column.name}"
        if isinstance(column, EncryptedTextField) and not isinstance(column, EncryptedDateField):
            word = planter.word(column)
            setattr(row, column.name, word)
            place.words[word] = label
            changed = True
        elif column.name.endswith("_number") or column.name == "number":
            text = getattr(row, column.name)
            if isinstance(text, str) and len(text) >= 8:
                place.words[text] = label
    if changed:
        with unscoped("probe"), change_set(actor=system_account(), source="command"):
            row.save()


def import_of(place: Place, owner: User, planter: Planter) -> Any:
    """Leave an upload half done, its rows staged."""
    with unscoped("probe"):
        word = f"上传雀{planter.number:05d}"
        planter.number += 1
        batch = ImportBatch.objects.create(
            ledger="child_files",
            owner=owner,
            file_kind="csv",
            state=ImportBatch.State.PREVIEW,
            total=1,
            new=1,
            headings=json.dumps([[0, word, []]], ensure_ascii=False),
            mapping={"0": "full_name"},
        )
        ImportSource.keep(batch, word.encode())
        ImportRow.objects.create(
            batch=batch,
            position=0,
            number=2,
            action="wrong",
            payload=json.dumps({"cells": [word]}, ensure_ascii=False),
        )
    place.words[word] = "ledgers.ImportRow.payload"
    place.words[batch.number] = "ledgers.ImportBatch.number"
    return batch


def build(names: Iterable[str] = PLACES) -> World:
    """Make the world, or those of its villages."""
    district = small_district()
    path = settings.ROOT / "fixtures" / "roles.json"
    planter = Planter()
    places: dict[str, Place] = {}
    for name in names:
        place = places[name] = Place(name, getattr(district, name))
        resident = UserFactory(role="town_clerk", serves=place.territory)
        for model in case_models():
            row = make(model, place, planter)
            if row is None:
                continue
            place.rows[model._meta.label] = row
            plant(row, place, planter)
            with unscoped("probe"):
                record("tonghu.view", actor=resident, instance=row)
        place.batch = import_of(place, resident, planter)
    return World(district, places, json.loads(path.read_text(encoding="utf-8")))


def clock() -> str:
    """Return today, which forms ask for."""
    return timezone.localdate().isoformat()
