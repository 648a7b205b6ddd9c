"""House rules about scope, checked at start."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import OperationalError, connections
from wagtail.models import DraftStateMixin, PreviewableMixin, RevisionMixin

from core.crypto.fields import EncryptedTextField

from .managers import ScopedManager
from .models import CaseModel
from .register import Classed, FieldClass, Kind, declared_classes, live_model, must_register
from .walls import missing, places, policy, walled_models


@register
def check_case_models(**kwargs: Any) -> list[CheckMessage]:
    """Every row with a territory is scoped by default, tracked, and never drafted.

    A scoped list leaks through the pages behind it; a scoped default manager does not.
    Revisions and previews keep plain copies of encrypted values.
    """
    messages: list[CheckMessage] = []
    for model in apps.get_models():
        if not any(field.name == "territory_code" for field in model._meta.concrete_fields):
            continue
        if model._meta.app_label in {"audit", "searches"}:
            continue  # their own managers scope; they hold no case values
        name = model._meta.label
        if not isinstance(model._default_manager, ScopedManager):
            messages.append(
                Error(
                    f"{name} carries a territory, but its default manager is not scoped.",
                    hint="Declare no manager before `objects = ScopedManager()`.",
                    id="access.E001",
                )
            )
        if issubclass(model, RevisionMixin | DraftStateMixin | PreviewableMixin):
            messages.append(
                Error(
                    f"{name} is a case model with revisions, drafts or previews.",
                    hint="They store plain copies of encrypted values. Remove the mixin.",
                    id="access.E002",
                )
            )
        if issubclass(model, CaseModel) and not hasattr(
            model._meta, "simple_history_manager_attribute"
        ):
            messages.append(
                Error(
                    f"{name} is a case model without history.",
                    hint="Declare `history = LedgerHistory()`.",
                    id="access.E003",
                )
            )
    return messages


@register
def check_field_register(**kwargs: Any) -> list[CheckMessage]:
    """Every field of every case model has a class, and what is sensitive is encrypted.

    Legal source: 个人信息保护法 art. 51 (classification; encryption where it weighs).
    """
    messages: list[CheckMessage] = []
    for model in apps.get_models():
        if must_register(model):
            messages.extend(unclassed(model))
    return messages


def unclassed(model: Any) -> list[CheckMessage]:
    """Return what is wrong with one model's place in the register of fields."""
    name, known = model._meta.label, declared_classes(model)
    messages: list[CheckMessage] = []
    columns = {column.name: column for column in model._meta.concrete_fields}
    for column in columns:
        if column not in known:
            messages.append(
                Error(
                    f"{name}.{column} is in no class of the register of fields.",
                    hint=f"Name it in field_classes = FieldClasses(...) of "
                    f"{live_model(model).__name__}: public, office, personal, sensitive or "
                    "secret (core/access/register.py).",
                    obj=model,
                    id="access.E010",
                )
            )
    if live_model(model) is not model:
        return messages
    for field, classed in known.items():
        if field not in columns and not hasattr(model, field):
            messages.append(
                Error(f"{name}.field_classes: there is no field {field!r}.", id="access.E011")
            )
        elif field in columns and not _is_fit(model._meta.get_field(field), classed):
            messages.append(
                Error(
                    f"{name}.{field} is of class {int(classed.level)} ({classed.level.name}), "
                    "but is it encrypted? Classes 3 and 4 are, the others are not.",
                    hint="Use an encrypted field of core.crypto.fields, or another class.",
                    obj=model,
                    id="access.E012",
                )
            )
    return messages


def _is_fit(column: Any, classed: Classed) -> bool:
    if classed.kind is Kind.DIGEST:
        return True
    return isinstance(column, EncryptedTextField) == (classed.level >= FieldClass.SENSITIVE)


@register
def check_walls_can_be_built(**kwargs: Any) -> list[CheckMessage]:
    """Every walled table says where its territory comes from, or whose its rows are."""
    messages: list[CheckMessage] = []
    for model in walled_models():
        try:
            policy(model)
            places(model)
        except (ImproperlyConfigured, FieldDoesNotExist) as error:
            messages.append(
                Error(
                    str(error),
                    hint="territory_from = 'name of the foreign key', or several, the first "
                    "not null first; () where a row places itself.",
                    id="access.E004",
                )
            )
    return messages


@register(Tags.database)
def check_walls(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The walls stand in the database, and the product does not hold the key to them.

    Runs with ``check --database default`` and at the start of ``migrate``, which builds what
    is missing; hence warnings.
    """
    messages: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        try:
            absent = missing(connection)
        except OperationalError:
            continue  # no database to look at yet; Django says so itself
        messages += [
            Warning(
                f"A wall is missing: {said}.",
                hint="Run migrate with the account that owns the tables.",
                id="access.W001",
            )
            for said in absent
        ]
        if connection.vendor == "postgresql":
            messages += _postgres_faults(connection)
    return messages


def _postgres_faults(connection: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone()[0]:
            messages.append(
                Warning(
                    "The database account walks through row-level security.",
                    hint="Use one without SUPERUSER and BYPASSRLS: docs/operations.md.",
                    id="access.W002",
                )
            )
        cursor.execute(
            "SELECT proleakproof FROM pg_proc"
            " WHERE oid = 'pg_catalog.ts_match_vq(tsvector,tsquery)'::regprocedure"
        )
        if not cursor.fetchone()[0]:
            messages.append(
                Warning(
                    "Searches cannot use the index over words behind row-level security.",
                    hint="As superuser: ALTER FUNCTION ts_match_vq(tsvector, tsquery) LEAKPROOF.",
                    id="access.W003",
                )
            )
    return messages
