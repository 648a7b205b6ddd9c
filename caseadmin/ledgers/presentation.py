"""Values in words: choices as labels, dates local, blanks named, masked for who may not see."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, number_format, time_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.access.guards import out_of_reach
from core.access.rights import Seeing
from core.fields import ChoiceListField

from .declaration import Child, Ledger
from .holdings import may_have
from .paths import names_a_territory
from .runtime.store import field_of, is_runtime, value_of
from .sight import Sight, target


@dataclass(frozen=True)
class Shown:
    """One labelled value on a page.

    Attributes:
        name: The field.
        label: Its label.
        text: The value in words; empty where there is none.
        masked: Whether ``text`` hides part of the value.
        target: How a reveal names the value, where this person may reveal it.
        url: Address of the record the value names, if it has a page.
        long: Whether the value is running text.
    """

    name: str
    label: str
    text: str
    masked: bool = False
    target: str = ""
    url: str = ""
    long: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the text says it all: no template of its own is needed to draw it."""
        return bool(self.text) and not (self.masked or self.url or self.long)


@dataclass(frozen=True)
class ShownTable:
    """Rows of a child or related ledger."""

    name: str
    label: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Shown]] = field(default_factory=tuple)
    total: int = 0
    more_url: str = ""


def blank() -> str:
    """Return what stands where nothing was filled in."""
    return _("Not given")


def elsewhere() -> str:
    """Return what stands for a record outside the person's area."""
    return _("(outside your area)")


def label_of(model_field: Any) -> str:
    """Return a field's label as it begins a line."""
    if model_field.is_relation and (model_field.one_to_many or model_field.auto_created):
        return capfirst(str(model_field.related_model._meta.verbose_name_plural))
    return capfirst(str(model_field.verbose_name))


def words(model_field: Any, value: Any) -> str:
    """Return a stored value in words, ``""`` for none.

    ``value`` is what the instance's attribute holds; for a foreign key the row.
    """
    if value is None or value == "" or value == []:
        return ""
    if model_field is None:
        return plain(value)
    said = getattr(getattr(model_field, "model", None), "in_words", {}).get(model_field.name)
    if said is not None:
        return str(said(value))
    if isinstance(model_field, ChoiceListField):
        return model_field.labels(value)
    if model_field.choices:
        labels = dict(model_field.flatchoices)
        return str(labels.get(value, value))
    return plain(value)


def plain(value: Any) -> str:
    """Return a Python value in words, ``""`` for none."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return pgettext("answer", "Yes") if value else pgettext("answer", "No")
    if isinstance(value, datetime.datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return date_format(local, "DATETIME_FORMAT")
    if isinstance(value, datetime.date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, datetime.time):
        return time_format(value)
    if isinstance(value, int | float):
        return str(number_format(value))
    if isinstance(value, models.Model):
        return name_of(value)
    if isinstance(value, list | tuple | set):
        return "、".join(plain(item) for item in value)
    return str(value)


def name_of(row: models.Model) -> str:
    """Return how a row is named where another row points at it."""
    if row._meta.label == "territories.Territory":
        return str(row.path_name)  # type: ignore[attr-defined]
    if row._meta.label == "accounts.User":
        return str(row.get_full_name())  # type: ignore[attr-defined]
    return str(row)


def shown_value(
    instance: Any,
    name: str,
    *,
    sight: Sight,
    label: str | None = None,
    user: Any = None,
) -> Shown | None:
    """Return one field of a row as a person sees it, or ``None`` where it is hidden."""
    model_field = field_of(instance, name)
    see = sight.seeing(model_field, instance.territory_code, instance.pk)
    if see is Seeing.HIDDEN:
        return None
    if not is_runtime(name) and out_of_reach(instance, model_field):
        return Shown(name=name, label=label or label_of(model_field), text=elsewhere())
    value = value_of(instance, name) if is_runtime(name) else getattr(instance, name)
    whole = words(model_field, value)
    masked = bool(whole) and see is not Seeing.READ
    text = sight.shown(model_field, instance.territory_code, whole, instance.pk)
    return Shown(
        name=name,
        label=label or label_of(model_field),
        text=text,
        masked=masked,
        target=target(model_field, instance.pk) if masked and see is Seeing.REVEAL else "",
        url=record_url(value, user) if isinstance(value, models.Model) and not masked else "",
        long=isinstance(model_field, models.TextField) and len(text) > 40,
    )


def record_url(row: models.Model, user: Any) -> str:
    """Return the address of a row's own page, where the person may open it."""
    from .registry import ledgers  # circular import: the registry imports declarations

    found = ledgers.for_model(type(row))
    if found is None or user is None or not found.allows(user, "view"):
        return ""
    return found.url("view", row.pk)


def sections_of(
    ledger: type[Ledger], instance: Any, *, user: Any, sight: Sight
) -> list[tuple[Any, list[Shown]]]:
    """Return the record's values by section; a section that shows nothing is left out."""
    found = []
    for section in ledger.shown_sections():
        values = [
            shown
            for name in section.fields
            if (shown := shown_value(instance, name, sight=sight, user=user)) is not None
        ]
        if values:
            found.append((section, values))
    return found


def child_label(ledger: type[Ledger], child: Child) -> str:
    """Return the heading of a child's table."""
    if child.label is not None:
        return str(child.label)
    return label_of(ledger.child_relation(child))


def child_rows(ledger: type[Ledger], child: Child, instance: Any) -> list[Any]:
    """Return a record's rows of one child, with what their foreign keys name.

    The parent vouches for them: whoever may see it may see its rows.
    """
    if not may_have(instance, child.name):
        return []
    relation = ledger.child_relation(child)
    model = relation.related_model
    keys = [
        f.name for f in model._meta.fields if f.is_relation and f.name in ledger.child_fields(child)
    ]
    select = [*keys, *(f"{k}__parent" for k in keys if names_a_territory(model._meta.get_field(k)))]
    rows = model._default_manager.filter(**{relation.field.name: instance})
    if select:
        rows = rows.select_related(*select)
    if not model._meta.ordering and any(f.name == "created_at" for f in model._meta.fields):
        rows = rows.order_by("created_at", "pk")
    return list(rows)


def child_table(
    ledger: type[Ledger],
    child: Child,
    instance: Any,
    *,
    user: Any,
    sight: Sight,
    rows: list[Any] | None = None,
) -> ShownTable | None:
    """Return a child's rows as a table, or ``None`` where all its columns are hidden.

    Which columns there are is judged where the record lies: its rows lie there too.

    Args:
        ledger: The ledger.
        child: The relation.
        instance: The record.
        user: Who reads.
        sight: How they see fields.
        rows: Rows of another moment; those it has now by default.
    """
    model = ledger.child_relation(child).related_model
    names = [
        name
        for name in ledger.child_fields(child)
        if not sight.hides(model._meta.get_field(name), instance.territory_code)
    ]
    if not names:
        return None
    rows = child_rows(ledger, child, instance) if rows is None else rows
    return ShownTable(
        name=child.name,
        label=child_label(ledger, child),
        headings=[label_of(model._meta.get_field(name)) for name in names],
        rows=[[_child_cell(row, name, user, sight) for name in names] for row in rows],
        total=len(rows),
    )


def _child_cell(row: Any, name: str, user: Any, sight: Sight) -> Shown:
    shown = shown_value(row, name, sight=sight, user=user)
    # A row that stayed behind in another area may show less than the record.
    return shown or Shown(name, label_of(row._meta.get_field(name)), "", masked=True)
