"""The citizen identity number: every rule, and properties over invented numbers."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from core.identity import (
    IdentitySex,
    birth_date_of,
    check_digit,
    cross_check,
    normalise_id_number,
    parse_id_number,
    sex_of,
    validate_id_number,
)

TODAY = date(2026, 6, 15)
GOOD = "990101201605200024"

days = st.dates(min_value=date(1900, 1, 1), max_value=TODAY)
orders = st.integers(min_value=0, max_value=999)


def number_of(born_on: date, order: int) -> str:
    first = f"990101{born_on:%Y%m%d}{order:03d}"
    return first + check_digit(first)


@given(days, orders)
def test_a_made_number_tells_its_birth_date_and_sex(born_on, order):
    identity = parse_id_number(number_of(born_on, order), today=TODAY)

    assert (identity.born_on, identity.sex) == (
        born_on,
        IdentitySex.MALE if order % 2 else IdentitySex.FEMALE,
    )


@given(days, orders, st.integers(min_value=0, max_value=16), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_is_always_found(born_on, order, place, step):
    number = number_of(born_on, order)
    wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]

    with pytest.raises(ValidationError):
        parse_id_number(wrong, today=TODAY)


@given(days, orders, st.integers(min_value=0, max_value=15))
def test_two_swapped_neighbours_are_always_found(born_on, order, place):
    number = number_of(born_on, order)
    if number[place] == number[place + 1]:
        return
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

    with pytest.raises(ValidationError):
        parse_id_number(swapped, today=TODAY)


@given(st.text(max_size=25))
def test_no_text_breaks_the_parser(text):
    refused = ""
    try:
        number = parse_id_number(text, today=TODAY).number
    except ValidationError as error:
        number, refused = normalise_id_number(text), error.code or ""

    assert number == normalise_id_number(text)
    assert refused == "" or refused.startswith("id_number_")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        pytest.param("99010120160520002", "id_number_length", id="seventeen"),
        pytest.param("9901012016052000248", "id_number_length", id="nineteen"),
        pytest.param("99010120160520O028", "id_number_characters", id="letter-o"),
        pytest.param("99010120160520002Y", "id_number_characters", id="wrong-letter-at-the-end"),
        pytest.param("9901012016052000²8", "id_number_characters", id="digit-that-is-none"),
        pytest.param("000101201605200028", "id_number_region", id="no-such-region"),
        pytest.param("990101201602300028", "id_number_birth_date", id="30-february"),
        pytest.param("990101201713200028", "id_number_birth_date", id="month-13"),
        pytest.param("990101209901010028", "id_number_birth_date", id="born-in-the-future"),
        pytest.param("990101189905200028", "id_number_birth_date", id="born-before-1900"),
        pytest.param("990101201605200025", "id_number_check_digit", id="check-digit"),
    ],
)
def test_a_wrong_number_is_refused_by_the_rule_it_breaks(typed, code):
    with pytest.raises(ValidationError) as caught:
        parse_id_number(typed, today=TODAY)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("990101 20160520 002 4", GOOD),
        ("'990101201605200024", GOOD),
        ("990101-20160520-0024", GOOD),
        ("９９０１０１２０１６０５２０００２４", GOOD),
        ("99010120160520000x", "99010120160520000X"),
        ("　", ""),
        (None, ""),
    ],
)
def test_a_number_has_one_written_form(typed, kept):
    assert normalise_id_number(typed) == kept


def test_birth_date_and_sex_of_nothing_are_nothing():
    assert [birth_date_of(""), sex_of(None), birth_date_of("12"), sex_of("12")] == [None] * 4
    assert (birth_date_of(GOOD), sex_of(GOOD)) == (date(2016, 5, 20), IdentitySex.FEMALE)


def test_an_empty_number_passes_the_validator_and_a_wrong_one_does_not():
    validate_id_number("")

    with pytest.raises(ValidationError):
        validate_id_number("1")


@pytest.mark.parametrize(
    ("number", "born_on", "sex", "fields"),
    [
        pytest.param(GOOD, date(2016, 5, 20), "female", [], id="all-agree"),
        pytest.param(GOOD, None, "", [], id="nothing-to-compare"),
        pytest.param("", date(2016, 5, 20), "male", [], id="no-number"),
        pytest.param(GOOD, date(2016, 5, 21), "female", ["born_on"], id="other-day"),
        pytest.param(GOOD, date(2016, 5, 20), "male", ["sex"], id="other-sex"),
        pytest.param(GOOD, date(2015, 1, 1), "male", ["born_on", "sex"], id="both"),
        pytest.param("123", date(2016, 5, 20), "male", ["id_number"], id="number-itself"),
    ],
)
def test_cross_check_names_the_entry_that_disagrees(number, born_on, sex, fields):
    assert sorted(cross_check(number, born_on=born_on, sex=sex)) == fields
