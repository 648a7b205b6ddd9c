"""Telephone numbers of the mainland, mobile and fixed."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_MOBILE = re.compile(r"1[3-9]\d{9}")
_FIXED = re.compile(r"0\d{2,3}[1-9]\d{6,7}")
_NOT_PART_OF_NUMBER = re.compile(r"[\s()（）'`\-\u2010-\u2015]")


def normalise_phone(value: str | None) -> str:
    """Return the number in its one written form: digits only, without ``+86``.

    Nothing is checked here; letters stay and are refused by ``validate_phone``.
    """
    if not value:
        return ""
    folded = "".join(
        chr(ord(char) - 0xFEE0) if 0xFF01 <= ord(char) <= 0xFF5E else char for char in str(value)
    )
    text = _NOT_PART_OF_NUMBER.sub("", folded)
    for country in ("+86", "0086"):
        text = text.removeprefix(country)
    if len(text) == 13 and text.startswith("86"):
        text = text[2:]
    return text


def validate_phone(value: str | None) -> None:
    """Model and form validator; an empty value passes.

    Raises:
        ValidationError: Neither eleven digits of a mobile nor an area code with a
            fixed number.
    """
    number = normalise_phone(value)
    if number and not (_MOBILE.fullmatch(number) or _FIXED.fullmatch(number)):
        raise ValidationError(
            _("Enter a mobile number of 11 digits, or a fixed number with its area code."),
            code="phone",
        )
