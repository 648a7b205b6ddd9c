"""The citizen identity number: its check digit, and the birth date and sex inside it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

NUMBER_LENGTH = 18
EARLIEST_BIRTH_YEAR = 1900

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_DIGITS = frozenset("0123456789")

# The first two digits name the province-level region of GB/T 2260; 81 to 83 are the
# residence permits of people from Hong Kong, Macao and Taiwan, 91 to 98 the cards of
# foreign permanent residents. 99 belongs to nobody: it is what invented people carry,
# so that no sample can collide with a living person.
_REGION_RANGES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
_REGIONS = frozenset(
    [str(code) for first, last in _REGION_RANGES for code in range(first, last + 1)]
    + [str(code) for code in range(91, 100)]
)


class IdentitySex(StrEnum):
    """Sex as the seventeenth digit tells it: odd is male, even is female."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a valid number says about its holder."""

    number: str
    born_on: date
    sex: IdentitySex


def normalise_id_number(value: str | None) -> str:
    """Return the number in its one written form: half-width, no blanks, ``X`` in capitals.

    Full-width digits, the blanks a typist puts between groups, and the apostrophe a
    spreadsheet puts before a long number are dropped. Nothing is checked here.
    """
    if not value:
        return ""
    text = str(value)
    folded = "".join(
        chr(ord(char) - 0xFEE0) if 0xFF01 <= ord(char) <= 0xFF5E else char for char in text
    )
    return "".join(char for char in folded if not char.isspace() and char not in "'`-").upper()


def check_digit(first_seventeen: str) -> str:
    """Return the check digit for the first seventeen digits of a number.

    Legal source: GB 11643-1999 (ISO 7064, MOD 11-2).
    """
    total = sum(
        int(digit) * weight for digit, weight in zip(first_seventeen, _WEIGHTS, strict=True)
    )
    return _CHECK_DIGITS[total % 11]


def parse_id_number(value: str | None, *, today: date | None = None) -> Identity:
    """Read a number, or say which rule it breaks.

    Args:
        value: The number as typed. It is normalised first.
        today: The day after which nobody can be born. Defaults to the local date.

    Raises:
        ValidationError: The number has a wrong length, holds a sign that is not a
            digit, names no region, holds an impossible birth date, or its check digit
            does not fit. The message says which, the code is stable.

    Legal source: GB 11643-1999 (six digits region, eight digits birth date, three
    digits order, one check digit).
    """
    number = normalise_id_number(value)
    if len(number) != NUMBER_LENGTH:
        raise ValidationError(
            _("An ID number has 18 characters; this one has %(length)d.") % {"length": len(number)},
            code="id_number_length",
        )
    if not _DIGITS.issuperset(number[:-1]) or number[-1] not in _CHECK_DIGITS:
        raise ValidationError(
            _("An ID number is 17 digits followed by a digit or X."), code="id_number_characters"
        )
    if number[:2] not in _REGIONS:
        raise ValidationError(
            _("The first two digits of this ID number name no region."), code="id_number_region"
        )
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise ValidationError(
            _("The 7th to 14th digits of this ID number are not a date of birth."),
            code="id_number_birth_date",
        ) from None
    if not date(EARLIEST_BIRTH_YEAR, 1, 1) <= born_on <= (today or timezone.localdate()):
        raise ValidationError(
            _("The date of birth inside this ID number is not possible."),
            code="id_number_birth_date",
        )
    if check_digit(number[:-1]) != number[-1]:
        raise ValidationError(
            _("The last character of this ID number does not fit the others. Check every digit."),
            code="id_number_check_digit",
        )
    sex = IdentitySex.MALE if int(number[16]) % 2 else IdentitySex.FEMALE
    return Identity(number=number, born_on=born_on, sex=sex)


def validate_id_number(value: str | None) -> None:
    """Model and form validator; an empty value passes, a wrong one raises."""
    if normalise_id_number(value):
        parse_id_number(value)


def birth_date_of(value: str | None) -> date | None:
    """Return the birth date inside a valid number, or None for an empty or wrong one."""
    identity = _identity_or_none(value)
    return identity.born_on if identity else None


def sex_of(value: str | None) -> IdentitySex | None:
    """Return the sex inside a valid number, or None for an empty or wrong one."""
    identity = _identity_or_none(value)
    return identity.sex if identity else None


def cross_check(
    value: str | None, *, born_on: date | None = None, sex: str | None = None
) -> dict[str, ValidationError]:
    """Compare a number with the birth date and sex written beside it.

    Args:
        value: The ID number; empty means there is nothing to compare.
        born_on: The birth date written beside it, if any.
        sex: ``"male"`` or ``"female"``; any other value is not compared.

    Returns:
        Errors by field name (``id_number``, ``born_on``, ``sex``); empty when all agree.
    """
    if not normalise_id_number(value):
        return {}
    try:
        identity = parse_id_number(value)
    except ValidationError as error:
        return {"id_number": error}
    errors: dict[str, ValidationError] = {}
    if born_on is not None and born_on != identity.born_on:
        errors["born_on"] = ValidationError(
            _("The date of birth is %(given)s but the ID number says %(inside)s.")
            % {"given": born_on.isoformat(), "inside": identity.born_on.isoformat()},
            code="id_number_disagrees",
        )
    if sex in set(IdentitySex) and sex != identity.sex:
        errors["sex"] = ValidationError(
            _("The sex does not agree with the ID number (17th digit: odd male, even female)."),
            code="id_number_disagrees",
        )
    return errors


def _identity_or_none(value: str | None) -> Identity | None:
    try:
        return parse_id_number(value)
    except ValidationError:
        return None
