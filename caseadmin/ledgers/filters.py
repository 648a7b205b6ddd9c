"""Declared filters become a django-filter set that takes nothing but what was declared."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import Q, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_filters.widgets import SuffixedMultiWidget
from wagtail.admin.active_filters import (
    ActiveFilter,
    BaseFilterAdapter,
    filter_adapter_class_registry,
)
from wagtail.admin.filters import NumberRangeWidget, WagtailFilterSet

from core.access.scope import codes_within, current_scope
from core.fields import ChoiceListField
from core.territories.models import Territory

from .declaration import Column, Condition, Ledger
from .forms.fields import DayInput, TerritorySelect, choosable_territories
from .paths import names_a_territory, resolve
from .presentation import label_of
from .runtime import kinds
from .runtime.querying import incomplete
from .runtime.store import is_runtime
from .sight import Sight


class DayRangeWidget(SuffixedMultiWidget):
    """From a day to a day, in the browser's own calendars."""

    template_name = "wagtailadmin/widgets/range_input.html"
    suffixes = ["from", "to"]

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(
            (DayInput({"aria-label": _("From day")}), DayInput({"aria-label": _("To day")})), attrs
        )

    def decompress(self, value: Any) -> list[Any]:
        return [value.start, value.stop] if value else [None, None]


class AmountRangeWidget(NumberRangeWidget):
    """From a number to a number, each box with a name of its own for who cannot see it."""

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        for widget, label in zip(self.widgets, (_("At least"), _("At most")), strict=True):
            widget.attrs["aria-label"] = label


def territory_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return towns and villages of the person's area, by the prefix of their code."""
    scope = current_scope()
    levels = {str(Territory.Level.TOWN), str(Territory.Level.VILLAGE)}
    groups: dict[str, list[tuple[str, str]]] = {}
    for place in choosable_territories(scope.prefixes if scope else (), levels):
        if place.level == Territory.Level.VILLAGE:
            town = place.parent.name if place.parent else ""
            groups.setdefault(town, []).append((place.prefix, place.name))
        else:
            whole = gettext("%(name)s (all villages)") % {"name": place.name}
            groups.setdefault(place.name, []).insert(0, (place.prefix, whole))
    return list(groups.items())


class TerritoryFilter(django_filters.ChoiceFilter):
    """A town with all its villages, or one village.  The set fills in the choices."""

    def __init__(self, *, place: str = "", **kwargs: Any) -> None:
        self.place = place
        super().__init__(
            choices=[],
            empty_label=_("All"),
            widget=TerritorySelect(by="prefix"),
            **kwargs,
        )

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        if self.field_name == self.place:
            # The row carries the code itself: no join, and an index answers.
            return qs.filter(codes_within(value))
        return qs.filter(codes_within(value, f"{self.field_name}__code"))


class ChoiceListFilter(django_filters.MultipleChoiceFilter):
    """Rows whose list of codes holds any of the chosen ones."""

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        name = f"_{self.field_name}_as_text"
        condition = Q()
        for code in value:
            condition |= Q(**{f"{name}__contains": f'"{code}"'})
        return qs.alias(**{name: Cast(self.field_name, TextField())}).filter(condition)


YES_NO = [("true", pgettext_lazy("answer", "Yes")), ("false", pgettext_lazy("answer", "No"))]


class YesNoFilter(django_filters.ChoiceFilter):
    """Yes or no."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=YES_NO, empty_label=_("All"), widget=forms.RadioSelect, **kwargs)

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{self.field_name: value == "true"}) if value else qs


class TerritoryAdapter(BaseFilterAdapter):
    """The pill of a territory filter."""

    def get_active_filters(self) -> Any:
        labels = {
            code: label
            for group in self.filter.field.choices
            if isinstance(group[1], list | tuple)
            for code, label in group[1]
        }
        yield ActiveFilter(
            self.bound_field.auto_id,
            self.filter.label,
            str(labels.get(self.value, self.value)),
            self.get_url_without_filter_param(self.name),
        )


filter_adapter_class_registry.register(TerritoryFilter, value=TerritoryAdapter)


class AddedChoices(django_filters.MultipleChoiceFilter):
    """Any of some choices of an added field."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{f"{self.field_name}__in": list(value)}) if value else qs


class AddedChoiceList(django_filters.MultipleChoiceFilter):
    """Rows whose list of codes, in an added field, holds any of the chosen ones."""

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        name = f"_{self.field_name}_as_text"
        condition = Q()
        for code in value:
            condition |= Q(**{f"{name}__contains": f'"{code}"'})
        return qs.alias(**{name: KT(self.field_name)}).filter(condition)


class AddedRange(django_filters.RangeFilter):
    """From a number to a number, in an added field; JSON compares them as numbers."""

    def filter(self, qs: Any, value: Any) -> Any:
        return between(qs, self.field_name, value, kinds.to_json)


class AddedDays(django_filters.DateFromToRangeFilter):
    """From a day to a day, in an added field; ISO text sorts as the days do."""

    def filter(self, qs: Any, value: Any) -> Any:
        return between(qs, self.field_name, value, lambda moment: moment.date().isoformat())


def between(qs: Any, name: str, value: Any, as_json: Any) -> Any:
    """Keep the rows whose JSON value lies between two limits, either of which may lack."""
    if value is None:
        return qs
    if value.start is not None:
        qs = qs.filter(**{f"{name}__gte": as_json(value.start)})
    if value.stop is not None:
        qs = qs.filter(**{f"{name}__lte": as_json(value.stop)})
    return qs


class IncompleteFilter(django_filters.ChoiceFilter):
    """Rows in which something an administrator demands was not filled in yet."""

    def __init__(self, ledger: type[Ledger], **kwargs: Any) -> None:
        super().__init__(
            choices=[("yes", pgettext_lazy("filter", "Yes"))],
            empty_label=_("All"),
            label=_("To be completed"),
            widget=forms.RadioSelect,
            **kwargs,
        )
        self.ledger = ledger

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(incomplete(self.ledger.definitions())) if value else qs


class ConditionFilter(django_filters.ChoiceFilter):
    """The rows a declared condition means today, or all."""

    def __init__(self, condition: Condition, **kwargs: Any) -> None:
        super().__init__(
            choices=[("yes", pgettext_lazy("filter", "Yes"))],
            empty_label=_("All"),
            label=capfirst(condition.label),
            widget=forms.RadioSelect,
            **kwargs,
        )
        self.condition = condition

    def filter(self, qs: Any, value: Any) -> Any:
        return self.condition.rows(qs, timezone.localdate()) if value else qs


def added_filter(field: Any) -> django_filters.Filter:
    """Return the filter of a field that an administrator added."""
    spec = field.spec
    common = {"field_name": f"extra__{spec.key}", "label": label_of(field)}
    if spec.kind in kinds.WITH_OPTIONS:
        kind = AddedChoices if spec.kind == kinds.Kind.CHOICE else AddedChoiceList
        return kind(
            choices=[(option.code, str(option.label)) for option in spec.options],
            widget=forms.CheckboxSelectMultiple,
            **common,
        )
    if spec.kind == kinds.Kind.YES_NO:
        return YesNoFilter(**common)
    if spec.kind == kinds.Kind.DATE:
        return AddedDays(widget=DayRangeWidget, **common)
    return AddedRange(widget=AmountRangeWidget, **common)


def filter_for(ledger: type[Ledger], name: str) -> django_filters.Filter:
    """Return the filter of one declared field.

    Raises:
        TypeError: The field's type cannot be filtered by.
    """
    condition = ledger.condition(name)
    if condition is not None:
        return ConditionFilter(condition)
    path = resolve(ledger.model, name)
    field = path.field
    if is_runtime(name):
        return added_filter(field)
    common = {"field_name": path.lookup, "label": label_of(field)}
    if names_a_territory(field):
        return TerritoryFilter(place=ledger.place(), **common)
    if isinstance(field, ChoiceListField):
        return ChoiceListFilter(
            choices=field.options,
            widget=forms.CheckboxSelectMultiple,
            distinct=False,
            **common,
        )
    if field.is_relation:
        return django_filters.ModelMultipleChoiceFilter(
            queryset=field.related_model._default_manager.all(),
            widget=forms.CheckboxSelectMultiple,
            **common,
        )
    if field.choices:
        return django_filters.MultipleChoiceFilter(
            choices=[(c, label) for c, label in field.flatchoices if c not in ("", None)],
            widget=forms.CheckboxSelectMultiple,
            # No join, so no row comes twice; to look for doubles would read the whole table.
            distinct=path.to_many,
            **common,
        )
    if isinstance(field, models.BooleanField):
        return YesNoFilter(**common)
    if isinstance(field, models.DateField):
        return django_filters.DateFromToRangeFilter(widget=DayRangeWidget, **common)
    if isinstance(field, models.IntegerField | models.DecimalField | models.FloatField):
        return django_filters.RangeFilter(widget=AmountRangeWidget, **common)
    raise TypeError(f"{ledger.__qualname__}.filters: {name!r} cannot be filtered by")


class LedgerFilterSet(WagtailFilterSet):
    """A filter set that looks the person's territories up once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [f for f in self.filters.values() if isinstance(f, TerritoryFilter)]
        if places:
            choices = territory_choices()
            for territory_filter in places:
                territory_filter.extra["choices"] = choices


def open_filters(ledger: type[Ledger], sight: Sight) -> list[str]:
    """Return the declared filters a person may use: those of fields they read everywhere."""
    return [
        name for name in ledger.filter_names() if sight.compares(ledger, compared(ledger, name))
    ]


def compared(ledger: type[Ledger], name: str) -> Column:
    """Return what a filter compares, as a column: a field, or what a condition is made of."""
    condition = ledger.condition(name)
    if condition is None:
        return Column(name)
    return Column(name, value=condition.rows, reads=condition.reads)  # type: ignore[arg-type]


def matching(ledger: type[Ledger], query: Mapping[str, Sequence[str]], sight: Sight) -> Any | None:
    """Return the rows in scope that the list shows under some filters of its address.

    Args:
        ledger: The ledger.
        query: The filters, as the address carries them.
        sight: Whose eyes.

    Returns:
        The rows, unordered; ``None`` where the person may not use one of the filters, so
        that their list would show more.
    """
    given = QueryDict(mutable=True)
    for name, values in query.items():
        given.setlist(name, list(values))
    asked = {name.removesuffix("_from").removesuffix("_to") for name in query}
    found = filterset_class(ledger, sight, only=asked)
    if set(found.base_filters) != asked:
        return None
    filters = found(given, queryset=ledger.queryset())
    return filters.qs if filters.is_valid() else None


def filterset_class(
    ledger: type[Ledger], sight: Sight, only: Container[str] | None = None
) -> type[LedgerFilterSet]:
    """Return the filter set of a ledger, as far as a person may use it, or of some filters."""
    meta = type("Meta", (), {"model": ledger.model, "fields": []})
    members: dict[str, Any] = {"Meta": meta}
    for name in open_filters(ledger, sight):
        if only is None or name.replace(".", "__") in only:
            members[name.replace(".", "__")] = filter_for(ledger, name)
    if only is not None:
        return type("SomeFilterSet", (LedgerFilterSet,), members)
    if incomplete(ledger.definitions() if ledger.runtime_fields else None):
        members["incomplete"] = IncompleteFilter(ledger)
    return type(f"{capfirst(ledger.namespace())}FilterSet", (LedgerFilterSet,), members)
