"""How a cell becomes a value and a value a cell, for every kind of field.

Each widget reads what it writes (a round trip changes nothing), and besides that what
clerks really type.  ``clean`` raises ``CellRefused`` with a code, never a sentence.
``stored`` and ``shown`` carry a value through the staging rows: stored in no language,
shown in the reader's.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.validators import EMPTY_VALUES
from django.db import models
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import pgettext
from import_export import widgets

from core.access.scope import Scope
from core.crypto.fields import BlindIndexField, EncryptedDateField
from core.fields import ChoiceListField
from core.territories.models import Territory

from .gate import fold
from .reasons import CellRefused

DASHES = frozenset(["-", "--", "—", "——", "－", "/", "／", "\\"])
LOST_DIGITS = re.compile(r"\d(\.\d+)?[eE]\+\d{1,2}")
SPREADSHEET_ERRORS = frozenset(
    ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"]
)
# Signs of codes and telephone numbers, in half width and in full (U+FF10 to U+FF5A).
CODE_SIGNS = re.compile(r"[0-9A-Za-z\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\-－—+＋() （）]+")
LIST_SIGNS = re.compile(r"[、，,;；|\n]+")
CHOICES_NAMED = 12

YES = frozenset(["是", "有", "√", "✓", "✔", "☑", "对", "y", "yes", "true", "t", "1", "on"])
NO = frozenset(["否", "无", "没有", "×", "✗", "✘", "□", "☐", "n", "no", "false", "f", "0", "off"])

DATE_WITH_SIGNS = re.compile(
    r"(\d{4})\s*[年./\-]\s*(\d{1,2})\s*[月./\-]\s*(\d{1,2})\s*[日号]?"
    r"(?:[T ]\s*0{1,2}:0{2}(?::0{2}(?:\.0+)?)?)?"
)
DATE_BARE = re.compile(r"(\d{4})(\d{2})(\d{2})")
EXCEL_SERIAL = re.compile(r"\d{4,5}(\.0+)?")
EXCEL_DAY_ZERO = date(1899, 12, 30)
SERIALS = range(3654, 73_051)  # 1910 to 2099: no year between 1990 and 2099 is written 5 digits


def is_blank(text: str) -> bool:
    """Return whether a cell says that there is nothing: empty, or a lone dash."""
    bare = text.strip()
    return not bare or bare in DASHES


class CellWidget(widgets.Widget):  # type: ignore[misc]
    """Base of all: blanks, dashes and the errors of spreadsheet programs."""

    empty: Any = None

    def __init__(self, field: models.Field) -> None:
        super().__init__()
        self.field = field

    def prepare(self, texts: Iterable[str], scope: Scope | None) -> None:
        """Look up what the cells of a whole column refer to, in a fixed number of queries."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        text = "" if value is None else str(value)
        if is_blank(text):
            return self.empty
        text = text.strip()
        if text in SPREADSHEET_ERRORS:
            raise CellRefused("spreadsheet_error", value=text)
        if text == "#FORMULA!":
            raise CellRefused("formula")
        return self.read(text)

    def read(self, text: str) -> Any:
        """Turn a cell that holds something into a value.

        Raises:
            CellRefused: It cannot be read.
        """
        return text

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value in EMPTY_VALUES else self.write(value)

    def write(self, value: Any) -> str:
        """Turn a value into the text of a cell, in the active language."""
        return str(value)

    def stored(self, value: Any) -> Any:
        """Return the value as JSON holds it."""
        return None if value in EMPTY_VALUES else self.write(value)

    def shown(self, stored: Any) -> str:
        """Return a stored value as the reader sees it."""
        return "" if stored is None else str(stored)

    def example(self) -> str:
        """Return an invented value for the template."""
        return ""


class TextWidget(CellWidget):
    """Text.  Numbers typed in full width come out in half width."""

    def __init__(self, field: models.Field) -> None:
        super().__init__(field)
        self.empty = None if field.null else ""

    def read(self, text: str) -> str:
        text = text.removeprefix("\ufeff")
        if LOST_DIGITS.fullmatch(text):
            raise CellRefused("digits_lost", value=text)
        limit = self.field.max_length
        if CODE_SIGNS.fullmatch(text) and any(sign.isdigit() for sign in text):
            text = unicodedata.normalize("NFKC", text)
        if limit and len(text) > limit:
            raise CellRefused("too_long", length=len(text), limit=limit)
        return text

    def example(self) -> str:
        return pgettext("invented value in an import template", "text")


class CodeWidget(TextWidget):
    """A number that names something: half-width, without blanks, never a float.

    Args:
        normalise: How the model itself folds such a number.
    """

    def __init__(self, field: models.Field, normalise: Callable[[str], str] | None = None) -> None:
        super().__init__(field)
        self.normalise = normalise

    def read(self, text: str) -> str:
        if LOST_DIGITS.fullmatch(text):
            raise CellRefused("digits_lost", value=text)
        text = "".join(unicodedata.normalize("NFKC", text).split()).lstrip("'")
        if self.normalise is not None:
            text = self.normalise(text)
        return str(super().read(text)) if text else ""

    def example(self) -> str:
        return ""


class ChoiceWidget(CellWidget):
    """One of a list, by its code, by its label in any language, or by a word of the paper.

    Args:
        choices: Pairs of code and label.
        words: Further words, from word to code.
    """

    def __init__(
        self,
        field: models.Field,
        choices: Sequence[tuple[Any, Any]],
        words: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(field)
        self.choices = [(code, label) for code, label in choices if code not in EMPTY_VALUES]
        self.words = words or {}
        self.empty = None if field.null and not isinstance(field, models.CharField) else ""

    @cached_property
    def codes(self) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                for code, label in self.choices:
                    known.setdefault(fold(str(label)), code)
        for word, code in self.words.items():
            known[fold(word)] = code
        for code, _label in self.choices:
            known[fold(str(code))] = code
        return known

    def read(self, text: str) -> Any:
        try:
            return self.codes[fold(text)]
        except KeyError:
            raise CellRefused(
                "choice", value=text, choices=[str(code) for code, _ in self.choices]
            ) from None

    def write(self, value: Any) -> str:
        return str(dict(self.choices).get(value, value))

    def stored(self, value: Any) -> Any:
        return None if value in EMPTY_VALUES else value

    def shown(self, stored: Any) -> str:
        return self.render(stored)

    def named(self, codes: Sequence[str]) -> str:
        """Return choices for a sentence, in the active language."""
        labels = {str(code): str(label) for code, label in self.choices}
        names = [labels.get(code, code) for code in codes[:CHOICES_NAMED]]
        return "、".join(names) + ("…" if len(codes) > CHOICES_NAMED else "")

    def example(self) -> str:
        return self.write(self.choices[0][0]) if self.choices else ""


class ManyChoicesWidget(ChoiceWidget):
    """Several of a list, separated by 、 or a comma."""

    def __init__(
        self,
        field: models.Field,
        choices: Sequence[tuple[Any, Any]],
        words: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(field, choices, words)
        self.empty = []

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        found = super().clean(value, row, **kwargs)
        return list(found)

    def read(self, text: str) -> list[Any]:
        parts = [part for part in LIST_SIGNS.split(text) if part.strip()]
        if fold(text) in self.codes:  # a label that itself holds a comma
            parts = [text]
        found = {super(ManyChoicesWidget, self).read(part) for part in parts}
        return [code for code, _ in self.choices if code in found]

    def write(self, value: Any) -> str:
        labels = dict(self.choices)
        return "、".join(str(labels.get(code, code)) for code in value)


class YesNoWidget(CellWidget):
    """Yes or no, as people write it."""

    def __init__(self, field: models.Field, words: Mapping[str, bool] | None = None) -> None:
        super().__init__(field)
        self.words = {fold(word): value for word, value in (words or {}).items()}
        # A cell left empty says nothing: the field's own default answers for a new row.
        self.empty = None

    def read(self, text: str) -> bool:
        folded = fold(text)
        if folded in self.words:
            return self.words[folded]
        if folded in YES:
            return True
        if folded in NO:
            return False
        raise CellRefused("yes_no", value=text)

    def write(self, value: Any) -> str:
        # The sheet's own words: a ledger exported in English is read back in Chinese.
        return pgettext("cell of a sheet", "Yes") if value else pgettext("cell of a sheet", "No")

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else self.write(value)

    def stored(self, value: Any) -> Any:
        return value

    def shown(self, stored: Any) -> str:
        return self.render(stored)

    def example(self) -> str:
        return self.write(True)


class DateWidget(CellWidget):
    """A calendar date in the shapes clerks and programs write it."""

    def read(self, text: str) -> date:
        folded = unicodedata.normalize("NFKC", text).strip()
        for shape in (DATE_WITH_SIGNS, DATE_BARE):
            if match := shape.fullmatch(folded):
                try:
                    return date(int(match[1]), int(match[2]), int(match[3]))
                except ValueError:
                    raise CellRefused("date", value=text) from None
        if EXCEL_SERIAL.fullmatch(folded):
            serial = int(folded.partition(".")[0])
            if len(folded.partition(".")[0]) == 5 and serial in SERIALS:
                return EXCEL_DAY_ZERO + timedelta(days=serial)
        raise CellRefused("date", value=text)

    def write(self, value: Any) -> str:
        return value.isoformat() if hasattr(value, "isoformat") else str(value)

    def example(self) -> str:
        return "2015-04-06"


class MomentWidget(CellWidget):
    """A date with a time, in local time."""

    def read(self, text: str) -> datetime:
        folded = unicodedata.normalize("NFKC", text).strip().replace("/", "-")
        try:
            moment = parse_datetime(folded)
        except ValueError:
            moment = None
        if moment is None:
            raise CellRefused("moment", value=text)
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)

    def write(self, value: datetime) -> str:
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")

    def example(self) -> str:
        return "2015-04-06 14:30"


class IntegerWidget(CellWidget):
    """A whole number."""

    def read(self, text: str) -> int:
        folded = unicodedata.normalize("NFKC", text).replace(",", "").strip()
        match = re.fullmatch(r"([+-]?\d{1,18})(?:\.0+)?", folded)
        if match is None:
            raise CellRefused("integer", value=text)
        return int(match[1])

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)

    def stored(self, value: Any) -> Any:
        return value

    def example(self) -> str:
        return "1"


class DecimalWidget(CellWidget):
    """A decimal number, never through a float."""

    def read(self, text: str) -> Decimal:
        folded = unicodedata.normalize("NFKC", text).replace(",", "").strip()
        try:
            number = Decimal(folded)
        except InvalidOperation:
            raise CellRefused("decimal", value=text) from None
        if not number.is_finite():
            raise CellRefused("decimal", value=text)
        return number

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else f"{value:f}"

    def stored(self, value: Any) -> Any:
        return None if value is None else f"{value:f}"

    def example(self) -> str:
        return "1.00"


class TerritoryWidget(CellWidget):
    """A place by its 12-digit code, by town and village, or by a name unique in scope.

    Only places the person works in exist for it, as stored values and as new ones.
    """

    field: models.ForeignKey

    def __init__(self, field: models.ForeignKey) -> None:
        super().__init__(field)
        self.by_code: dict[str, Territory] = {}
        self.by_path: dict[str, Territory] = {}
        self.by_name: dict[str, list[Territory]] = {}
        self.merged: dict[str, Territory] = {}

    def prepare(self, texts: Iterable[str], scope: Scope | None) -> None:
        if scope is None:
            return
        limits = self.field.get_limit_choices_to()
        today = timezone.localdate()
        places = (
            Territory._base_manager.filter(scope.q("code"))
            .complex_filter(limits)
            .select_related("parent", "parent__parent", "merged_into", "merged_into__parent")
        )
        for place in places:
            if place.merged_into_id:
                self.merged[place.code] = place
                self.merged.setdefault(fold(place.path_name), place)
                continue
            if place.valid_to is not None and place.valid_to < today:
                continue
            self.by_code[place.code] = place
            self.by_path[_folded_path(place.path_name)] = place
            self.by_name.setdefault(fold(place.name), []).append(place)

    def read(self, text: str) -> Territory:
        digits = unicodedata.normalize("NFKC", text).strip().lstrip("'")
        place = self.by_code.get(digits) or self.by_path.get(_folded_path(text))
        if place is not None:
            return place
        named = self.by_name.get(fold(text), [])
        if len(named) == 1:
            return named[0]
        if named:
            raise CellRefused(
                "territory_ambiguous",
                value=text,
                candidates="；".join(sorted(self.write(place) for place in named)),
            )
        gone = self.merged.get(digits) or self.merged.get(_folded_path(text))
        successor = gone.merged_into if gone is not None else None
        if successor is not None and successor.code in self.by_code:
            raise CellRefused("territory_gone", value=text, successor=self.write(successor))
        raise CellRefused("territory_unknown", value=text, example=self.example())

    def write(self, value: Territory) -> str:
        return str(value.path_name)

    def example(self) -> str:
        for path in self.by_path.values():
            return self.write(path)
        return "柳河镇 / 柳树沟村"


def _folded_path(text: str) -> str:
    return fold(text).replace("／", "/").replace(">", "/").replace("\\", "/")


class RelatedWidget(CellWidget):
    """A record of another ledger, by its number, within scope."""

    def __init__(self, field: models.Field, key: str) -> None:
        super().__init__(field)
        self.key = key
        self.by_key: dict[str, Any] = {}

    def prepare(self, texts: Iterable[str], scope: Scope | None) -> None:
        wanted = sorted({_folded_code(text) for text in texts if not is_blank(text)})
        related: Any = self.field.related_model
        for start in range(0, len(wanted), 500):
            rows = related._default_manager.filter(
                **{f"{self.key}__in": wanted[start : start + 500]}
            )
            for row in rows:
                self.by_key[str(getattr(row, self.key))] = row

    def read(self, text: str) -> Any:
        try:
            return self.by_key[_folded_code(text)]
        except KeyError:
            raise CellRefused("reference_unknown", value=text) from None

    def write(self, value: Any) -> str:
        return str(getattr(value, self.key))


def _folded_code(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).lstrip("'")


def widget_for(
    field: models.Field,
    *,
    is_code: bool = False,
    words: Mapping[str, Any] | None = None,
    related_key: Callable[[type[models.Model]], str] | None = None,
) -> CellWidget:
    """Return the widget for a model field.

    Args:
        field: The field.
        is_code: Whether its values are numbers that name something.
        words: Words of the paper for its choices, from word to stored value.
        related_key: Tells by which field records of another model are known.

    Raises:
        TypeError: Sheets cannot carry such a field.
    """
    if isinstance(field, ChoiceListField):
        return ManyChoicesWidget(field, field.options, words)
    if isinstance(field, models.ForeignKey):
        if issubclass(field.related_model, Territory):
            return TerritoryWidget(field)
        key = related_key(field.related_model) if related_key else ""
        if not key:
            raise TypeError(f"{field}: sheets know no number for {field.related_model.__name__}")
        return RelatedWidget(field, key)
    if field.choices:
        return ChoiceWidget(field, list(field.flatchoices), words)
    if isinstance(field, models.BooleanField):
        return YesNoWidget(field, words)
    if isinstance(field, models.DateTimeField):
        return MomentWidget(field)
    if isinstance(field, models.DateField | EncryptedDateField):
        return DateWidget(field)
    if isinstance(field, models.DecimalField):
        return DecimalWidget(field)
    if isinstance(field, models.IntegerField):
        return IntegerWidget(field)
    normalise = _normaliser(field)
    if is_code or normalise is not None:
        return CodeWidget(field, normalise)
    if isinstance(field, models.CharField | models.TextField):
        return TextWidget(field)
    raise TypeError(f"{field}: sheets cannot carry a {type(field).__name__}")


def _normaliser(field: models.Field) -> Callable[[str], str] | None:
    """Return how the blind index of an encrypted field folds its value, if it has one."""
    for other in field.model._meta.concrete_fields:
        if isinstance(other, BlindIndexField) and other.source == field.name:
            return other.normalise
    return None
