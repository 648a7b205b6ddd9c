"""The kinds of values a runtime field may hold, and how each is kept, read and checked.

Kept: JSON numbers for numbers (as text, ``>= 100`` would match nothing), ISO text for
dates (it sorts rightly), ``true`` and ``false``, lists of codes.  Read: Python values.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.identity import normalise_id_number, validate_id_number
from core.phones import normalise_phone, validate_phone

from .patterns import matches

if TYPE_CHECKING:
    from .spec import FieldSpec


class Kind(models.TextChoices):
    """What a field holds."""

    TEXT = "text", gettext_lazy("text, one line")
    LONG = "long", gettext_lazy("long text")
    INTEGER = "integer", gettext_lazy("whole number")
    DECIMAL = "decimal", gettext_lazy("decimal number")
    DATE = "date", pgettext_lazy("kind of field", "date")
    YES_NO = "yes_no", gettext_lazy("yes or no")
    CHOICE = "choice", gettext_lazy("one choice")
    CHOICES = "choices", gettext_lazy("several choices")
    NAME = "name", gettext_lazy("name of a person")
    PHONE = "phone", gettext_lazy("telephone number")
    ID_NUMBER = "id_number", gettext_lazy("identity number")


TEXT_LENGTH = 200
LONG_LENGTH = 5000
PLACES = 2
# A double keeps fifteen decimal digits exactly; a JSON number is one.
DIGITS = 15
BIGGEST = 10**DIGITS - 1
EARLIEST, LATEST = datetime.date(1900, 1, 1), datetime.date(2199, 12, 31)

WITH_OPTIONS = frozenset([Kind.CHOICE, Kind.CHOICES])
WITH_RANGE = frozenset([Kind.INTEGER, Kind.DECIMAL, Kind.DATE])
WITH_TEXT = frozenset([Kind.TEXT, Kind.LONG])
AS_TEXT = WITH_TEXT | {Kind.NAME, Kind.PHONE, Kind.ID_NUMBER}
# What tells who a person is is encrypted, whatever else is thought of it.
ALWAYS_SEALED = frozenset([Kind.NAME, Kind.PHONE, Kind.ID_NUMBER])
FILTERABLE = frozenset(
    [Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.YES_NO, Kind.CHOICE, Kind.CHOICES]
)
SORTABLE = frozenset([Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.CHOICE])
# Their digits would be spelt out to whoever searches; names of people may be found.
NOT_SEARCHABLE = frozenset([Kind.PHONE, Kind.ID_NUMBER])

# A field in use may become another kind only where every kept value can be read as that.
SAFE_CHANGES: dict[str, frozenset[str]] = {
    Kind.INTEGER: frozenset([Kind.DECIMAL, Kind.TEXT, Kind.LONG]),
    Kind.DECIMAL: frozenset([Kind.TEXT, Kind.LONG]),
    Kind.DATE: frozenset([Kind.TEXT, Kind.LONG]),
    Kind.TEXT: frozenset([Kind.LONG]),
    Kind.NAME: frozenset([Kind.TEXT, Kind.LONG]),
    Kind.PHONE: frozenset([Kind.TEXT, Kind.LONG]),
    Kind.ID_NUMBER: frozenset([Kind.TEXT, Kind.LONG]),
    Kind.CHOICE: frozenset([Kind.CHOICES]),
}

SORTS = {
    Kind.INTEGER: "number",
    Kind.DECIMAL: "number",
    Kind.DATE: "date",
    Kind.YES_NO: "yes_no",
    Kind.CHOICES: "list",
}

DAY = re.compile(r"(\d{4})\s*[-年./]\s*(\d{1,2})\s*[-月./]\s*(\d{1,2})\s*日?")
BARE_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
WHOLE = re.compile(r"[+-]?\d{1,15}(?:\.0+)?")


def refuse(message: str, code: str) -> ValidationError:
    """Return the error to raise."""
    return ValidationError(message, code=code)


def is_blank(value: Any) -> bool:
    """Return whether a value says nothing."""
    return value is None or value == "" or value == [] or value == ()


def clean_value(spec: "FieldSpec", value: Any, *, kept: Any = None) -> Any:
    """Check one value and return it as Python holds it; ``None`` for a blank one.

    Args:
        spec: The field.
        value: As typed, as read from a sheet, or as Python holds it already.
        kept: The Python value the record has now: an option that was retired since may
            stay in the record that has it.

    Raises:
        ValidationError: In the reader's language, saying what to do.
    """
    if isinstance(value, str):
        value = value.strip()
    if is_blank(value):
        return None
    if spec.kind in AS_TEXT and not isinstance(value, str | int | Decimal | datetime.date):
        raise refuse(_("Enter a text."), "invalid")
    return _CLEANERS[spec.kind](spec, value, kept)


def _clean_text(spec: "FieldSpec", value: Any, kept: Any) -> str:
    text = str(value)
    if any(unicodedata.category(sign) == "Cc" and sign not in "\r\n\t" for sign in text):
        raise refuse(_("Take the control characters out of this text."), "control")
    if spec.kind != Kind.LONG and ("\n" in text or "\r" in text):
        text = " ".join(text.split())
    limit = spec.length
    if len(text) > limit:
        raise refuse(
            _("At most %(limit)d characters, and these are %(length)d.")
            % {"limit": limit, "length": len(text)},
            "max_length",
        )
    if spec.pattern and not matches(spec.pattern, text):
        raise refuse(
            _("This does not have the expected form %(pattern)s.") % {"pattern": spec.pattern},
            "pattern",
        )
    return text


def _number(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise InvalidOperation
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    return Decimal(unicodedata.normalize("NFKC", str(value)).replace(",", "").strip())


def _clean_integer(spec: "FieldSpec", value: Any, kept: Any) -> int:
    try:
        number = _number(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number != number.to_integral_value():
        raise refuse(_("Enter a whole number."), "invalid")
    if abs(number) > BIGGEST:
        raise refuse(_("This number is too big."), "too_big")
    return int(_in_range(spec, number))


def _clean_decimal(spec: "FieldSpec", value: Any, kept: Any) -> Decimal:
    try:
        number = _number(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise refuse(_("Enter a number."), "invalid")
    if abs(number) > BIGGEST:
        raise refuse(_("This number is too big."), "too_big")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > spec.places:
        raise refuse(
            _("At most %(places)d digits after the point.") % {"places": spec.places}, "places"
        )
    if len(number.normalize().as_tuple().digits) > DIGITS:
        raise refuse(_("This number has too many digits."), "too_big")
    return _in_range(
        spec,
        number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize(),
    )


def _clean_date(spec: "FieldSpec", value: Any, kept: Any) -> datetime.date:
    if isinstance(value, datetime.datetime):
        value = value.date()
    if not isinstance(value, datetime.date):
        text = unicodedata.normalize("NFKC", str(value)).strip()
        match = DAY.fullmatch(text) or BARE_DAY.fullmatch(text)
        try:
            value = datetime.date(*map(int, match.groups())) if match else None
        except ValueError:
            value = None
        if value is None:
            raise refuse(_("Enter a date such as 2015-04-06."), "invalid")
    if not EARLIEST <= value <= LATEST:
        raise refuse(_("Enter a day between 1900 and 2199."), "range")
    found: datetime.date = _in_range(spec, value)
    return found


def _in_range(spec: "FieldSpec", value: Any) -> Any:
    if spec.minimum is not None and value < spec.minimum:
        raise refuse(_("At least %(limit)s.") % {"limit": spec.minimum}, "range")
    if spec.maximum is not None and value > spec.maximum:
        raise refuse(_("At most %(limit)s.") % {"limit": spec.maximum}, "range")
    return value


YES = frozenset(["true", "yes", "y", "1", "是", "有", "√", "对"])
NO = frozenset(["false", "no", "n", "0", "否", "无", "×", "没有"])


def _clean_yes_no(spec: "FieldSpec", value: Any, kept: Any) -> bool:
    if isinstance(value, bool):
        return value
    folded = unicodedata.normalize("NFKC", str(value)).strip().casefold()
    if folded in YES:
        return True
    if folded in NO:
        return False
    raise refuse(_("Answer yes or no."), "invalid")


def _clean_choice(spec: "FieldSpec", value: Any, kept: Any) -> str:
    allowed = {option.code for option in spec.options if option.active}
    if value == kept:
        allowed |= {option.code for option in spec.options}
    if not isinstance(value, str) or value not in allowed:
        raise refuse(
            _("Choose one of: %(options)s.") % {"options": "、".join(spec.offered())},
            "invalid_choice",
        )
    return str(value)


def _clean_choices(spec: "FieldSpec", value: Any, kept: Any) -> list[str]:
    given = list(value) if isinstance(value, list | tuple) else [value]
    held = kept if isinstance(kept, list) else []
    allowed = {option.code for option in spec.options if option.active or option.code in held}
    if any(not isinstance(code, str) or code not in allowed for code in given):
        raise refuse(
            _("Choose only from: %(options)s.") % {"options": "、".join(spec.offered())},
            "invalid_choice",
        )
    return [option.code for option in spec.options if option.code in given]


def _clean_phone(spec: "FieldSpec", value: Any, kept: Any) -> str:
    number = normalise_phone(str(value))
    validate_phone(number)
    return number


def _clean_id_number(spec: "FieldSpec", value: Any, kept: Any) -> str:
    number = normalise_id_number(str(value))
    validate_id_number(number)
    return number


_CLEANERS: dict[str, Callable[["FieldSpec", Any, Any], Any]] = {
    Kind.TEXT: _clean_text,
    Kind.LONG: _clean_text,
    Kind.NAME: _clean_text,
    Kind.INTEGER: _clean_integer,
    Kind.DECIMAL: _clean_decimal,
    Kind.DATE: _clean_date,
    Kind.YES_NO: _clean_yes_no,
    Kind.CHOICE: _clean_choice,
    Kind.CHOICES: _clean_choices,
    Kind.PHONE: _clean_phone,
    Kind.ID_NUMBER: _clean_id_number,
}


def to_json(value: Any) -> Any:
    """Return a checked Python value as the JSON column keeps it."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def from_json(kind: str, kept: Any) -> Any:
    """Return a kept value as Python holds it, also one kept while the field was of a safe
    earlier kind; ``None`` where it cannot be read.
    """
    if is_blank(kept):
        return None
    if kind == Kind.INTEGER:
        return int(kept) if isinstance(kept, int | float) else None
    if kind == Kind.DECIMAL:
        return Decimal(repr(kept)) if isinstance(kept, int | float) else None
    if kind == Kind.DATE:
        try:
            return datetime.date.fromisoformat(kept)
        except (TypeError, ValueError):
            return None
    if kind == Kind.YES_NO:
        return kept if isinstance(kept, bool) else None
    if kind == Kind.CHOICES:
        return list(kept) if isinstance(kept, list) else [str(kept)]
    return kept if isinstance(kept, str) else str(kept)
