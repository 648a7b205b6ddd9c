"""System checks: a wrong name in a ledger stops the start and is named."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    RevisionMixin,
    WorkflowMixin,
)

from core.access.managers import ScopedManager
from core.access.models import CaseModel
from core.access.register import FieldClass, class_of, declared_classes, is_registered
from core.crypto.fields import EncryptedTextField

from .declaration import TONES, Badge, Column, Condition, Ledger
from .paths import Path, UnknownPath, names_a_territory, resolve
from .registry import ledgers
from .runtime.holder import ExtraFields

FORBIDDEN_MIXINS = (
    RevisionMixin,
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    WorkflowMixin,
)


@checks.register("ledgers")
def check_ledgers(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Check every registered ledger."""
    return [message for declared in ledgers for message in check_ledger(declared)]


def check_ledger(declared: type[Ledger]) -> list[checks.CheckMessage]:
    """Return what is wrong with one ledger."""
    messages = list(_check_model(declared))
    for check in (
        _check_key,
        _check_columns,
        _check_filters,
        _check_sections,
        _check_children,
        _check_search,
        _check_gone,
        _check_reasons,
        _check_io,
        _check_actions,
        _check_bulk,
        _check_order,
        _check_runtime_fields,
        _check_charts,
    ):
        messages.extend(check(declared))
    return messages


def _error(declared: type[Ledger], number: int, text: str, hint: str = "") -> checks.Error:
    return checks.Error(
        f"{declared.__qualname__}: {text}",
        hint=hint or None,
        obj=declared.model,
        id=f"ledgers.E{number:03d}",
    )


def _path(declared: type[Ledger], name: str) -> Path | str:
    try:
        return resolve(declared.model, name)
    except UnknownPath as error:
        return str(error)


def _check_model(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    model = declared.model
    if not issubclass(model, CaseModel):
        yield _error(declared, 1, f"{model._meta.label} is no CaseModel, so nothing scopes it.")
    if not isinstance(model._default_manager, ScopedManager):
        yield _error(
            declared,
            2,
            f"the default manager of {model._meta.label} is not scoped.",
            "Let `objects` be a ScopedManager and declare it first.",
        )
    if not hasattr(model._meta, "simple_history_manager_attribute"):
        yield _error(
            declared,
            3,
            f"{model._meta.label} keeps no history.",
            "Add `history = LedgerHistory()`.",
        )
    for mixin in FORBIDDEN_MIXINS:
        if issubclass(model, mixin):
            yield _error(
                declared,
                4,
                f"{model._meta.label} has {mixin.__name__}: Wagtail would save it while it is "
                "typed and keep its values in the clear.",
            )
    if _is_snippet(model):
        yield _error(
            declared,
            5,
            f"{model._meta.label} is a snippet: its chooser would list every row to anyone.",
        )
    codenames = {f"{action}" for action in model._meta.default_permissions}
    missing = [a for a in ("view", "add", "change", "delete", "export") if a not in codenames]
    if missing:
        yield _error(
            declared,
            6,
            f"{model._meta.label} lacks the permissions {', '.join(missing)}.",
            "Let its Meta inherit from CaseModel.Meta.",
        )


def _is_snippet(model: type[models.Model]) -> bool:
    if not apps.is_installed("wagtail.snippets"):
        return False
    from wagtail.snippets.models import get_snippet_models  # optional app

    return model in get_snippet_models()


def _check_key(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    if not declared.key:
        yield _error(declared, 10, "no key: name the field that identifies a record.")
        return
    try:
        field = declared.model._meta.get_field(declared.key)
    except FieldDoesNotExist:
        yield _error(declared, 11, f"key: there is no field {declared.key!r}.")
        return
    if not getattr(field, "unique", False):
        yield _error(declared, 12, f"key: {declared.key!r} is not unique.")


def _check_columns(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    if not declared.columns:
        yield _error(declared, 20, "no columns.")
    if len(declared.columns) > 8:
        yield checks.Warning(
            f"{declared.__qualname__}: {len(declared.columns)} columns; eight fit a screen.",
            obj=declared.model,
            id="ledgers.W021",
        )
    for item in declared.columns:
        column = item if isinstance(item, Column) else Column(item)
        if isinstance(column, Badge):
            for tone in set(column.tones.values()) - set(TONES):
                yield _error(
                    declared, 24, f"columns: {column.name!r} has an unknown tone {tone!r}."
                )
        if column.value is not None:
            if not column.reads:
                yield _error(
                    declared,
                    23,
                    f"columns: {column.name!r} does not say which fields it is made of.",
                    "Name them in reads, so that who may not see one does not see the cell.",
                )
            for name in column.reads:
                yield from _check_classed(declared, "columns", name)
            continue
        path = _path(declared, column.name)
        if isinstance(path, str):
            yield _error(declared, 22, f"columns: {column.name!r}: {path}.")
        elif path.to_many:
            yield _error(declared, 25, f"columns: {column.name!r} has several values per row.")
        else:
            yield from _check_classed(declared, "columns", column.name)


def _check_classed(declared: type[Ledger], where: str, name: str) -> Iterator[checks.CheckMessage]:
    """Refuse a property of a case model that is in no class: nobody would see it."""
    path = _path(declared, name)
    if isinstance(path, str):
        yield _error(declared, 22, f"{where}: {name!r}: {path}.")
        return
    last = path.name.split(".")[-1]
    if is_registered(path.model) and last not in declared_classes(path.model):
        yield _error(
            declared,
            70,
            f"{where}: {name!r} is in no class of the register of fields.",
            "Properties that are shown or searched are named in field_classes too.",
        )


def _check_filters(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    for name in declared.filters:
        if isinstance(name, Condition):
            yield from _check_condition(declared, name)
            continue
        path = _path(declared, name)
        if isinstance(path, str):
            yield _error(declared, 30, f"filters: {name!r}: {path}.")
        elif path.field is None:
            yield _error(declared, 31, f"filters: {name!r} is no field of the database.")
        elif isinstance(path.field, EncryptedTextField):
            yield _error(declared, 32, f"filters: {name!r} is encrypted and cannot be compared.")
        elif path.field.is_relation and issubclass(path.field.related_model, CaseModel):
            yield _error(
                declared,
                34,
                f"filters: {name!r} would list every {path.field.related_model.__name__}.",
            )
        elif isinstance(path.field, models.TextField | models.CharField) and not path.field.choices:
            yield _error(
                declared,
                35,
                f"filters: {name!r} is free text; put it into the search instead.",
            )


def _check_condition(declared: type[Ledger], condition: Condition) -> Iterator[checks.CheckMessage]:
    if not condition.name.isidentifier() or "__" in condition.name:
        yield _error(declared, 36, f"filters: {condition.name!r} is no word for an address.")
    elif not isinstance(_path(declared, condition.name), str):
        yield _error(declared, 37, f"filters: the condition {condition.name!r} is a field too.")
    if not condition.reads:
        yield _error(
            declared,
            38,
            f"filters: the condition {condition.name!r} does not say what it is made of.",
            "Name the fields in reads, so that who may not read one is not told by a count.",
        )
    for name in condition.reads:
        yield from _check_classed(declared, "filters", name)


def _declared_fields(declared: type[Ledger]) -> list[str]:
    """Return the fields of the declared sections; added ones are checked when defined."""
    return [name for section in declared.declared_sections() for name in section.fields]


def _check_sections(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    seen: set[str] = set()
    for name in _declared_fields(declared):
        try:
            declared.model._meta.get_field(name)
        except FieldDoesNotExist:
            yield _error(declared, 40, f"sections: there is no field {name!r}.")
            continue
        if name in seen:
            yield _error(declared, 41, f"sections: {name!r} stands in two sections.")
        seen.add(name)


def _check_children(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    for child in declared.children:
        try:
            relation = declared.model._meta.get_field(child.name)
        except FieldDoesNotExist:
            yield _error(declared, 50, f"children: there is no relation {child.name!r}.")
            continue
        if not relation.one_to_many:
            yield _error(declared, 51, f"children: {child.name!r} is no reverse relation.")
            continue
        related = relation.related_model
        if not hasattr(related._meta, "simple_history_manager_attribute"):
            yield _error(declared, 52, f"children: {related._meta.label} keeps no history.")
        if issubclass(related, FORBIDDEN_MIXINS):
            yield _error(declared, 53, f"children: {related._meta.label} keeps revisions.")
        for name in child.fields:
            try:
                related._meta.get_field(name)
            except FieldDoesNotExist:
                yield _error(declared, 54, f"children: {child.name}: there is no field {name!r}.")


def _check_search(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    if declared.search is None:
        return
    for name in dict.fromkeys(declared.search.paths()):
        path = _path(declared, name)
        if isinstance(path, str):
            yield _error(declared, 60, f"search: {name!r}: {path}.")
        elif name in (*declared.search.text, *declared.search.places) and _is_secret(path):
            yield _error(
                declared,
                61,
                f"search: {name!r} is secret: parts of it would be found by anyone.",
                "A number may stand in codes, where only the whole is looked for.",
            )
        else:
            yield from _check_classed(declared, "search", name)


def _check_gone(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    for name in ("sensitive", "untold"):
        if hasattr(declared, name):
            yield _error(
                declared,
                71,
                f"{name} is gone: what is masked, and for whom, stands in the register.",
                f"Remove it; class the fields in field_classes of {declared.model.__name__}.",
            )


def _is_secret(path: Path) -> bool:
    try:
        classed = class_of(path.model, path.name.split(".")[-1])
    except LookupError:
        return False
    return classed is not None and classed.level == FieldClass.SECRET


def _check_bulk(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    seen: set[str] = set()
    for action in declared.bulk:
        if bool(action.change) == bool(action.handler):
            yield _error(
                declared, 110, f"bulk: {action.name!r} needs either a change or a handler."
            )
        if action.name in seen or action.name == "runs":
            yield _error(declared, 111, f"bulk: the name {action.name!r} is taken.")
        seen.add(action.name)


def _check_order(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    name = declared.ordering.removeprefix("-").replace("__", ".")
    path = _path(declared, name)
    if isinstance(path, str):
        yield _error(declared, 100, f"ordering: {name!r}: {path}.")
    elif path.field is None or path.to_many or isinstance(path.field, EncryptedTextField):
        yield _error(declared, 101, f"ordering: the database has no order for {name!r}.")
    if declared.per_page < 1:
        yield _error(declared, 102, f"per_page: {declared.per_page} rows make no page.")


def _check_reasons(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    shown = set(_declared_fields(declared)) | {child.name for child in declared.children}
    for name in declared.reason_required:
        if name not in shown:
            yield _error(declared, 80, f"reason_required: there is no field {name!r} on the form.")


def _check_io(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    if declared.io is None:
        return
    for name in declared.io.fields:
        path = _path(declared, name)
        if isinstance(path, str):
            yield _error(declared, 90, f"io: {name!r}: {path}.")
    known = {*declared.io.fields}
    for row in declared.io.rows:
        for name in row.fields:
            path = _path(declared, f"{row.relation}.{name}")
            if isinstance(path, str):
                yield _error(declared, 92, f"io: rows {row.name!r}: {name!r}: {path}.")
            known.add(f"{row.relation}.{row.name}.{name}")
    for heading, name in declared.io.aliases.items():
        if name not in known:
            yield _error(
                declared, 91, f"io: the alias {heading!r} names {name!r}, which has no column."
            )
    for name in declared.io.identities:
        if name not in declared.io.fields:
            yield _error(declared, 93, f"io: the identity {name!r} is not in fields.")


def _check_runtime_fields(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    if declared.runtime_fields and not issubclass(declared.model, ExtraFields):
        yield _error(
            declared,
            99,
            f"runtime_fields: {declared.model._meta.label} has nowhere to keep them.",
            "Let the model inherit from caseadmin.ledgers.runtime.holder.ExtraFields.",
        )


def _check_actions(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    taken: set[str] = set()
    for action in declared.actions:
        if action.name in taken:
            yield _error(declared, 94, f"actions: the name {action.name!r} is taken.")
        taken.add(action.name)
        if bool(action.handler) == bool(action.url):
            yield _error(declared, 95, f"actions: {action.name!r} needs either a handler or a url.")
    for related in declared.related:
        # Checks run before there are tables: what people defined in the browser is not asked.
        other = next((one for one in ledgers if one.slug == related.slug), None)
        if other is None:
            yield _error(declared, 96, f"related: there is no ledger {related.slug!r}.")
            continue
        path = _path(other, related.by)
        if isinstance(path, str):
            yield _error(declared, 97, f"related: {related.slug}: {path}.")
        elif names_a_territory(path.field) or path.field.related_model is not declared.model:
            yield _error(
                declared,
                98,
                f"related: {related.slug}.{related.by} does not point at "
                f"{declared.model.__name__}.",
            )


def _check_charts(declared: type[Ledger]) -> Iterator[checks.CheckMessage]:
    for chart in declared.charts:
        path = _path(declared, chart.by)
        if isinstance(path, str):
            yield _error(declared, 85, f"charts: {chart.by!r}: {path}.")
        elif path.field is None or not (path.field.choices or names_a_territory(path.field)):
            yield _error(declared, 86, f"charts: {chart.by!r} is neither a choice nor a territory.")
        for name, _value in chart.filters:
            if name not in declared.declared_filters():
                yield _error(declared, 87, f"charts: {chart.by!r}: {name!r} is no filter.")
