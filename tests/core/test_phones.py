"""Telephone numbers: one written form, and what is refused."""

import pytest
from django.core.exceptions import ValidationError

from core.phones import normalise_phone, validate_phone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("199 0000 1234", "19900001234"),
        ("199-0000-1234", "19900001234"),
        ("+86 19900001234", "19900001234"),
        ("008619900001234", "19900001234"),
        ("8619900001234", "19900001234"),
        ("（０２２）２５１２３４５６", "02225123456"),
        ("'19900001234", "19900001234"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_telephone_has_one_written_form(typed, kept):
    assert normalise_phone(typed) == kept


@pytest.mark.parametrize("typed", ["19900001234", "022-25123456", "0315 2512345", ""])
def test_good_telephones_pass(typed):
    validate_phone(typed)


@pytest.mark.parametrize("typed", ["1990000123", "199000012345", "29900001234", "25123456", "无"])
def test_wrong_telephones_are_refused(typed):
    with pytest.raises(ValidationError) as caught:
        validate_phone(typed)

    assert caught.value.code == "phone"
