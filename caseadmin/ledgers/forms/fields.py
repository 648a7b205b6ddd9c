"""Form fields and widgets the ledgers use in place of Django's."""

import uuid
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.choices import BaseChoiceIterator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.access.scope import current_scope
from core.territories.models import Territory, TerritoryQuerySet
from core.territories.selectors import within

DATE_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"]


class DayInput(forms.DateInput):
    """The browser's own calendar: no script, and the right keyboard on a telephone."""

    input_type = "date"

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs={"max": "9999-12-31", **(attrs or {})}, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A calendar date, also as people type it: 2015年4月6日, 2015.4.6, 20150406."""

    widget = DayInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", DATE_FORMATS)
        super().__init__(**kwargs)
        self.error_messages["invalid"] = gettext_lazy("Enter a date such as 2015-04-06.")


class MinuteInput(forms.DateTimeInput):
    """The browser's own date and time."""

    input_type = "datetime-local"

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")


class MinuteField(forms.DateTimeField):
    """A local date and time."""

    widget = MinuteInput


class YesNoField(forms.TypedChoiceField):
    """Yes, no, or not known."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=[("", _("Not known")), ("true", _("Yes")), ("false", _("No"))],
            coerce=lambda value: value == "true",
            empty_value=None,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "true", False: "false", None: ""}.get(value, value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        # Django compares the stored yes with the word that stands for it.
        return bool(self.prepare_value(initial) != (data or ""))


def pickable(prefixes: tuple[str, ...], levels: set[str]) -> TerritoryQuerySet:
    """Return the territories of these levels that stand today, with their towns."""
    return within(prefixes).standing().filter(level__in=levels).select_related("parent")


def choosable_territories(prefixes: tuple[str, ...], levels: set[str]) -> list[Territory]:
    """Return the territories a person may pick, villages under their towns."""
    return list(pickable(prefixes, levels).order_by("code")) if prefixes else []


def as_uuid(text: str) -> uuid.UUID | None:
    """Read an id, or return ``None``."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def grouped(territories: list[Territory]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Group territories by town, as a select element shows them."""
    groups: OrderedDict[str, list[tuple[str, str]]] = OrderedDict()
    for territory in territories:
        if territory.level == Territory.Level.VILLAGE and territory.parent is not None:
            groups.setdefault(territory.parent.name, []).append((str(territory.pk), territory.name))
        else:
            groups.setdefault(territory.name, []).insert(
                0, (str(territory.pk), _("%(name)s (whole area)") % {"name": territory.name})
            )
    return list(groups.items())


MOST_PLACES = 200
"""More places than these are not written into a page at once."""

TOWN = "town:"
"""Begins the value that asks for the villages of a town; no place has it."""


class TerritorySelect(forms.Select):
    """Villages under the headings of their towns; a script makes two steps of it.

    Of a large area only the villages of the chosen town are on the page.  Each other town
    has an entry that asks for its villages: the script fetches them, and without a script
    they are there when the form comes back.

    Args:
        by: What a place is told by: ``"pk"``, or ``"prefix"`` of its code.
    """

    def __init__(self, attrs: Any = None, *, by: str = "pk") -> None:
        super().__init__(attrs={"data-ledger-territory": "", **(attrs or {})})
        self.by = by

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        address = f"{reverse('ledger_places')}?by={self.by}"
        return super().get_context(name, value, {**(attrs or {}), "data-places-url": address})  # type: ignore[no-any-return]

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        whole = self.choices
        self.choices = self._pruned([*whole], {str(one) for one in value})
        try:
            return super().optgroups(name, value, attrs)
        finally:
            self.choices = whole

    def _pruned(self, choices: list[Any], chosen: set[str]) -> list[Any]:
        towns = [choice for choice in choices if isinstance(choice[1], list | tuple)]
        if sum(len(places) for _town, places in towns) <= MOST_PLACES or len(towns) < 2:
            return choices
        kept: list[Any] = [choice for choice in choices if choice not in towns]
        for town, places in towns:
            is_open = f"{TOWN}{town}" in chosen or any(str(key) in chosen for key, _label in places)
            if not is_open:
                more = (f"{TOWN}{town}", _("Show the villages of %(name)s") % {"name": town})
                places = [*(place for place in places if place[1].startswith(town)), more]
            kept.append((town, places))
        return kept


class TerritoryField(forms.Field):
    """A village (or town) of the signed-in person's area.

    Args:
        levels: The levels that may be picked.
    """

    widget = TerritorySelect
    default_error_messages = {
        "invalid": gettext_lazy("Choose a place from the list: it must lie in your area."),
    }

    def __init__(self, *, levels: set[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.levels = levels
        self.kept: Territory | None = None
        self._territories: list[Territory] | None = None
        self.widget.is_required = self.required
        self.widget.choices = LazyChoices(self)

    def territories(self) -> list[Territory]:
        """Return what may be picked, and the value the row already has."""
        if self._territories is None:
            scope = current_scope()
            found = choosable_territories(scope.prefixes if scope else (), self.levels)
            if self.kept is not None and self.kept not in found:
                found.append(self.kept)
            self._territories = found
        return self._territories

    def find(self, value: str) -> Territory | None:
        """Return the place with this id, if it may be picked."""
        if self.kept is not None and str(self.kept.pk) == value:
            return self.kept
        scope = current_scope()
        key = as_uuid(value)
        if key is None or scope is None:
            return None
        allowed = pickable(scope.prefixes, self.levels)
        return allowed.filter(pk=key).first()

    def __deepcopy__(self, memo: Any) -> "TerritoryField":
        copied: TerritoryField = super().__deepcopy__(memo)  # type: ignore[misc]
        copied._territories = None
        copied.widget.choices = LazyChoices(copied)
        return copied

    def prepare_value(self, value: Any) -> Any:
        return str(value.pk) if isinstance(value, Territory) else value and str(value)

    def to_python(self, value: Any) -> Territory | None:
        if value in self.empty_values:
            return None
        found = self.find(str(value))
        if found is not None:
            return found
        raise ValidationError(self.error_messages["invalid"], code="invalid")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(self.prepare_value(data) or "")


class LazyChoices(BaseChoiceIterator):
    """The options, looked up when the element is drawn."""

    def __init__(self, field: TerritoryField) -> None:
        self.field = field

    def __iter__(self) -> Iterator[Any]:
        yield ("", _("Choose a place"))
        yield from grouped(self.field.territories())


class RecordInput(forms.TextInput):
    """Type a number, or a few letters and pick from the records found.

    What is sent is the record's number, so it works without a script too.  The words
    go to the server by POST; the page holds no list of names.
    """

    template_name = "ledgers/widgets/record_input.html"

    def __init__(self, ledger: Any, attrs: Any = None) -> None:
        super().__init__(attrs={"autocomplete": "off", **(attrs or {})})
        self.ledger = ledger
        self.chosen: Any = None

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["choose_url"] = self.ledger.url("choose")
        context["widget"]["one"] = str(self.ledger.one())
        context["widget"]["chosen"] = self.chosen
        return context


class RecordField(forms.Field):
    """A record of another ledger, within the person's scope.

    Args:
        ledger: The other ledger.
    """

    default_error_messages = {
        "invalid": gettext_lazy(
            "There is no such record in your area. Search by name or number and pick one."
        ),
    }

    def __init__(self, *, ledger: Any, **kwargs: Any) -> None:
        kwargs["widget"] = RecordInput(ledger)
        kwargs.setdefault(
            "help_text", gettext_lazy("Type part of a name or the number, then pick a record.")
        )
        super().__init__(**kwargs)
        self.ledger = ledger

    def _find(self, value: Any) -> Any:
        rows = self.ledger.queryset()
        text = str(value).strip()
        try:
            found = rows.filter(pk=uuid.UUID(text)).first()
        except ValueError:
            found = rows.filter(**{self.ledger.key: text}).first()
        return found

    def prepare_value(self, value: Any) -> Any:
        if value in self.empty_values:
            return ""
        row = value if isinstance(value, self.ledger.model) else self._find(value)
        if row is None:
            return value
        self.widget.chosen = option_of(self.ledger, row)
        return getattr(row, self.ledger.key)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        found = value if isinstance(value, self.ledger.model) else self._find(value)
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        if initial in self.empty_values or data in self.empty_values:
            return bool(initial) != bool(data)
        row = self._find(data)
        return row is None or str(row.pk) != str(getattr(initial, "pk", initial))


def option_of(ledger: Any, row: Any) -> dict[str, str]:
    """Return what tells a record from its namesakes: its number and its first columns."""
    from ..columns import cell_text, drawn_columns  # circular import: columns draw ledgers
    from ..sight import Sight

    sight = Sight()
    columns = drawn_columns(ledger, sight)[:5]
    texts = [cell_text(ledger, column, row, sight) for column in columns]
    number = str(getattr(row, ledger.key))
    details = [text for text in texts[1:] if text and text != number]
    return {
        "number": number,
        "title": texts[0] if texts else str(row),
        "details": " · ".join([number, *details] if texts and texts[0] != number else details),
    }
