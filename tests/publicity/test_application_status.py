"""Asking how an application stands."""

import pytest
from django.core.cache import cache

from publicity.intake.services import receipt_of

pytestmark = pytest.mark.django_db

STATUS = "/application/status/"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def receipt(client, portal, answers):
    client.post("/volunteer/reading/", answers())
    client.cookies.clear()
    return receipt_of("a-form-key-of-the-tests")


def ask(client, number: str, code: str):
    return client.post(STATUS, {"application_number": number, "check_code": code})


def test_status_is_told_to_whoever_has_the_receipt(client, receipt):
    response = ask(client, receipt.application_number, receipt.check_code)

    assert response.context["application"].application_number == receipt.application_number
    assert response.context["form"].errors == {}


def test_status_takes_the_numbers_however_they_are_typed(client, receipt):
    number = receipt.application_number.lower().replace("-", " ")
    code = " ".join([receipt.check_code[:4], receipt.check_code[4:]])

    assert ask(client, number, code).context["application"] is not None


def test_status_page_shows_nothing_personal(client, receipt):
    page = ask(client, receipt.application_number, receipt.check_code).content.decode()

    assert "周小满" not in page
    assert "19900000001" not in page


@pytest.mark.parametrize(
    "wrong", [{"check_code": "000000000000"}, {"application_number": "SQ202601-00000"}]
)
def test_status_of_a_wrong_pair_is_refused_in_the_same_words(client, receipt, wrong):
    asked = {
        "application_number": receipt.application_number,
        "check_code": receipt.check_code,
        **wrong,
    }
    if asked["check_code"] == receipt.check_code and "application_number" not in wrong:
        pytest.fail("the code of the test is the real one")

    response = client.post(STATUS, asked)

    assert response.context["application"] is None
    assert [error.code for error in response.context["form"].errors.as_data()["__all__"]] == [None]


@pytest.mark.parametrize(
    ("number", "code", "field"),
    [
        ("", "1" * 12, "application_number"),
        ("SQ1", "1" * 12, "application_number"),
        ("SQ202611-04827", "123", "check_code"),
        ("SQ202611-04827", "", "check_code"),
    ],
)
def test_status_form_names_the_field_at_fault(client, portal, number, code, field):
    assert list(ask(client, number, code).context["form"].errors) == [field]


def test_sixth_look_up_of_a_number_in_ten_minutes_is_refused(client, receipt):
    for _attempt in range(5):
        ask(client, receipt.application_number, "0" * 12)

    response = ask(client, receipt.application_number, receipt.check_code)

    assert response.context["application"] is None


def test_status_takes_no_secret_from_an_address(client, receipt):
    response = client.get(
        STATUS,
        {"application_number": receipt.application_number, "check_code": receipt.check_code},
    )

    assert response.context["application"] is None
