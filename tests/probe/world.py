"""One world: two towns of two villages, all case models in each, a planted word in each field.

The first village has three sets of records: its own, those another department keeps there,
and those that were sealed and that only people of another department were named for.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from importlib import import_module
from io import BytesIO
from pkgutil import iter_modules
from typing import Any

import factory
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from PIL import Image

import tests.factories
from caseadmin.children.models import ChildFile
from caseadmin.ledgers.models import ImportBatch, ImportRow, ImportSource
from core.access.models import CaseModel
from core.access.opening import needs_approval
from core.access.scope import unscoped
from core.accounts.models import User
from core.accounts.selectors import system_account
from core.approvals.models import Approval
from core.approvals.services import ask_for_access, next_approval_number, seal_record
from core.attachments.services import attach
from core.audit.services import record
from core.crypto.fields import EncryptedDateField, EncryptedTextField
from core.history.context import change_set
from core.territories.models import Territory
from tests.conftest import District, small_district
from tests.factories.children import invented_id_number, invented_phone
from tests.factories.core import UserFactory
from tests.factories.rights import a_block, a_consent, a_hold, a_request, load_rules

PLACES = ("village", "sibling", "foreign", "department", "sealed", "foreign_sibling")

IN_THE_FIRST_VILLAGE = ("village", "department", "sealed")

KEEPERS = {"department": "village_worker"}
"""Whose records they are; a clerk of civil affairs keeps all others."""


@dataclass
class Place:
    """Records of one village that one person keeps.

    Attributes:
        name: ``village``, ``sibling``, ``foreign``, ``foreign_sibling``; ``department`` lies
            in the same village and another department keeps it, ``sealed`` too, and only
            people of another department were named for it.
        territory: The village.
        department: Whose records they are.
        rows: One record of each case model, by its label.
        words: The planted words, and what they were planted in.
    """

    name: str
    territory: Territory
    department: str = ""
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

    def of_department(self, role: str) -> "World":
        """Return the same world with the records of the role's own department as its own.

        Where no department of the world is the role's, both sets are another department's.
        """
        (department,) = {one["department"] for one in self.roles if one["code"] == role}
        own, other = self.places["village"], self.places.get("department")
        if other is None or other.department != department:
            return self
        swapped = {
            "village": replace(other, name="village"),
            "department": replace(own, name="department"),
        }
        return replace(self, places={**self.places, **swapped})

    def open_own(self, person: User) -> None:
        """Give a person leave to open each record of ``village``, as if it had been asked for."""
        now = timezone.now()
        with unscoped("probe"), change_set(actor=system_account(), source="command"):
            for row in self.places["village"].rows.values():
                if needs_approval(type(row)):
                    Approval(
                        number=next_approval_number(),
                        kind=Approval.Kind.REQUEST,
                        person=person,
                        record_model=type(row)._meta.label_lower,
                        record_id=row.pk,
                        place_code=row.territory_code,
                        starts_at=now,
                        ends_at=now + timedelta(hours=72),
                        basis="probe",
                        approver=system_account(),
                    ).save()


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
    names = {"object_id", "record_id"}
    return sorted(done, key=lambda model: any(f.name in names for f in model._meta.fields))


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


def an_image() -> bytes:
    """Return the smallest photograph there is."""
    kept = BytesIO()
    Image.new("RGB", (8, 8), "white").save(kept, "PNG")
    return kept.getvalue()


def by_services() -> dict[str, Any]:
    """Return how records are made that only a service can make, by model."""
    return {
        "attachments.Attachment": lambda child, keeper: attach(
            holder=child, kind="photo", name="x.png", content=an_image(), actor=keeper
        ),
        "approvals.AccessRequest": lambda child, keeper: ask_for_access(
            row=child,
            reason="x",
            hours=4,
            actor=UserFactory(role="education", serves=child.village),
        ),
        "rights.ConsentRecord": a_consent,
        "rights.ContactBlock": a_block,
        "rights.LegalHold": lambda child, keeper: a_hold(keeper, child_file=child),
        "rights.SubjectRequest": a_request,
    }


def belongs(row: Any, place: Place) -> bool:
    """Return whether all that a record points at are records of this place."""
    for column in row._meta.concrete_fields:
        if column.is_relation and column.related_model._meta.label in place.rows:
            key = getattr(row, column.attname)
            if key is None and column.related_model is ChildFile:
                # A consent that came with an application, say: the place wants a child's.
                return False
            if key not in (None, place.rows[column.related_model._meta.label].pk):
                return False
    return True


def make(
    model: type[CaseModel], place: Place, planter: Planter, keeper: User, taken: set[Any]
) -> Any:
    """Make one record of a model in a village; None where only its services know how.

    Such a model needs a factory: ``test_isolation`` names it until it has one.

    Args:
        model: The model.
        place: Where it lies.
        planter: Gives words.
        keeper: Who makes it.
        taken: Keys of records that other places of the same village have.
    """
    known = factories().get(model)
    with unscoped("probe"), change_set(actor=keeper, source="command"):
        # Opening a file writes some rows by itself.
        there = model._base_manager.filter(territory_code=place.territory.code)
        for row in there.exclude(pk__in=taken):
            if belongs(row, place):
                return row
        if model._meta.label in by_services():
            return by_services()[model._meta.label](place.rows[ChildFile._meta.label], keeper)
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
        return known(**given, actor=keeper)


def plant(row: Any, place: Place, planter: Planter, keeper: User) -> None:
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
                # A request names the number of its record: the word is the record's.
                place.words.setdefault(text, label)
    if changed:
        reason = f"缘由雀{planter.number:05d}"
        planter.number += 1
        place.words[reason] = f"{row.history.model._meta.label}.history_change_reason"
        with unscoped("probe"), change_set(actor=keeper, reason=reason, source="command"):
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
    """Make the world, or those of its places."""
    district = small_district()
    load_rules()
    path = settings.ROOT / "fixtures" / "roles.json"
    roles = json.loads(path.read_text(encoding="utf-8"))
    departments = {one["code"]: one["department"] for one in roles}
    planter = Planter()
    places: dict[str, Place] = {}
    for name in names:
        territory = getattr(district, "village" if name in IN_THE_FIRST_VILLAGE else name)
        role = KEEPERS.get(name, "town_clerk")
        place = places[name] = Place(name, territory, departments[role])
        keeper = UserFactory(role=role, serves=territory)
        taken = {row.pk for other in places.values() for row in other.rows.values()}
        for model in case_models():
            row = make(model, place, planter, keeper, taken)
            if row is None:
                continue
            place.rows[model._meta.label] = row
            plant(row, place, planter, keeper)
            with unscoped("probe"):
                record("tonghu.view", actor=keeper, instance=row)
        place.batch = import_of(place, keeper, planter)
        if name == "sealed":
            seal(place)
    return World(district, places, roles)


def seal(place: Place) -> None:
    """Seal the child of a place for somebody of another department."""
    officer = UserFactory(role="district_officer", serves=place.territory)
    named = UserFactory(role="police", serves=place.territory)
    with unscoped("probe"):
        seal_record(row=place.rows[ChildFile._meta.label], reason="x", named=[named], actor=officer)


def clock() -> str:
    """Return today, which forms ask for."""
    return timezone.localdate().isoformat()
