"""Applying to volunteer: what is taken, what is refused, and what comes back."""

from datetime import date, timedelta

import pytest
from django.utils import timezone, translation

from core.access.scope import unscoped
from core.calendar import months_after
from core.identity import check_digit
from publicity.intake.models import VolunteerApplication
from tests.factories.portal import RecruitmentPageFactory

pytestmark = pytest.mark.django_db

CALL = "/volunteer/reading/"
RECEIPT = "/application/receipt/"


def invented_id_number(born_on: str = "19900506") -> str:
    first = f"990101{born_on}001"
    return first + check_digit(first)


def stored() -> list[VolunteerApplication]:
    with unscoped("test"):
        return list(VolunteerApplication.objects.order_by("created_at"))


def refusals(response) -> dict[str, list[str]]:
    return {name: list(errors) for name, errors in response.context["form"].errors.items()}


def test_application_is_kept_whole_and_encrypted(client, portal, answers, district):
    response = client.post(CALL, answers(id_number=invented_id_number()))

    (application,) = stored()
    assert (response.status_code, response["Location"]) == (302, RECEIPT)
    assert application.full_name == "周小满"
    assert application.phone == "19900000001"
    assert application.id_number == invented_id_number()
    assert application.born_on == date(1990, 5, 6)
    assert application.village == district.village
    assert application.territory_code == district.village.code
    assert application.available_times == ["weekend"]
    assert application.skills == ["reading", "sports"]
    assert application.consent_version == "2026-11"
    assert application.status == "submitted"
    assert application.call_id == portal.call.pk
    raw = VolunteerApplication._base_manager.raw(
        "SELECT id, phone || full_name || id_number AS seen FROM intake_volunteerapplication"
    )
    assert raw[0].seen
    assert not [told for told in ("199000000", "周小满") if told in raw[0].seen]


def test_application_is_written_into_history_by_the_portal(client, portal, answers):
    client.post(CALL, answers())

    (application,) = stored()
    with unscoped("test"):
        rows = list(application.history.all())
    assert [(row.history_type, row.source, row.actor_name) for row in rows] == [
        ("+", "portal", "公众门户")
    ]


def test_receipt_shows_number_and_code_once_the_form_is_in(client, portal, answers):
    client.post(CALL, answers())

    page = client.get(RECEIPT)
    (application,) = stored()
    receipt = page.context["receipt"]
    assert receipt.application_number == application.application_number
    assert application.opens_with(receipt.check_code)
    assert receipt.check_code not in application.receipt_hash
    assert page["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_receipt_is_not_shown_to_another_browser(client, portal, answers):
    client.post(CALL, answers())
    client.cookies.clear()

    assert client.get(RECEIPT).context["receipt"] is None


def test_receipt_cookie_of_somebody_else_is_refused(client, portal, answers):
    client.post(CALL, answers())
    client.cookies["receipt"] = "a-form-key-of-the-tests:forged:signature"

    assert client.get(RECEIPT).context["receipt"] is None


def test_same_form_sent_twice_is_one_application_with_one_receipt(client, portal, answers):
    filled = answers()

    client.post(CALL, filled)
    first = client.get(RECEIPT).context["receipt"]
    response = client.post(CALL, filled)
    second = client.get(RECEIPT).context["receipt"]

    assert response.status_code == 302
    assert len(stored()) == 1
    assert (first.application_number, first.check_code) == (
        second.application_number,
        second.check_code,
    )


def test_same_form_sent_again_with_other_content_says_so_and_can_be_sent_as_new(
    client, portal, answers
):
    client.post(CALL, answers())
    (first,) = stored()

    response = client.post(CALL, answers(motivation="改了主意。"))

    (refusal,) = refusals(response)["__all__"]
    assert first.application_number in refusal
    assert len(stored()) == 1
    assert response.context["form"]["motivation"].value() == "改了主意。"
    assert response.context["form"]["token"].value() != answers()["token"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"full_name": ""}, "full_name", id="no-name"),
        pytest.param({"full_name": "小"}, "full_name", id="one-character-name"),
        pytest.param({"full_name": "周小满1"}, "full_name", id="digit-in-name"),
        pytest.param({"full_name": "<b>周</b>"}, "full_name", id="markup-in-name"),
        pytest.param({"phone": ""}, "phone", id="no-phone"),
        pytest.param({"phone": "1990000000"}, "phone", id="ten-digits"),
        pytest.param({"phone": "一二三"}, "phone", id="phone-in-words"),
        pytest.param({"born_on": ""}, "born_on", id="no-birth-date"),
        pytest.param({"born_on": "1990-02-30"}, "born_on", id="no-such-day"),
        pytest.param({"born_on": "五月六日"}, "born_on", id="date-in-words"),
        pytest.param({"born_on": "2990-01-01"}, "born_on", id="in-the-future"),
        pytest.param({"id_number": "990101199005060011"}, "id_number", id="check-digit"),
        pytest.param({"id_number": "12345"}, "id_number", id="too-short"),
        pytest.param({"id_number": invented_id_number("19910101")}, "born_on", id="other-birth"),
        pytest.param({"team": ""}, "team", id="no-team"),
        pytest.param({"team": "young_pioneers"}, "team", id="team-of-minors"),
        pytest.param({"village": ""}, "village", id="no-place"),
        pytest.param({"village": "990101000000"}, "village", id="whole-district"),
        pytest.param({"village": "x' OR 1=1"}, "village", id="no-code"),
        pytest.param({"available_times": []}, "available_times", id="no-time"),
        pytest.param({"available_times": ["never"]}, "available_times", id="unknown-time"),
        pytest.param({"skills": ["magic"]}, "skills", id="unknown-skill"),
        pytest.param({"motivation": "长" * 501}, "motivation", id="too-long"),
        pytest.param({"consent": ""}, "consent", id="no-consent"),
    ],
)
def test_form_names_the_field_at_fault_and_loses_nothing(client, portal, answers, changed, field):
    filled = answers(**changed)

    response = client.post(CALL, filled)

    assert response.status_code == 200
    assert list(refusals(response)) == [field]
    assert stored() == []
    form = response.context["form"]
    assert {name: form[name].value() for name in filled if name != "consent"} == {
        name: value for name, value in filled.items() if name != "consent"
    }


def test_form_takes_a_town_as_a_whole(client, portal, answers, district):
    client.post(CALL, answers(village=district.town.code))

    assert [application.territory_code for application in stored()] == [district.town.code]


@pytest.mark.parametrize(
    "written", ["1990-05-06", "1990/5/6", "1990年5月6日", "19900506", "１９９０.5.6"]
)
def test_form_reads_dates_as_people_write_them(client, portal, answers, written):
    client.post(CALL, answers(born_on=written))

    assert [application.born_on for application in stored()] == [date(1990, 5, 6)]


@pytest.mark.parametrize(("days", "count"), [(0, 1), (1, 0)])
def test_applicant_must_be_eighteen(client, portal, answers, days, count):
    birthday = months_after(timezone.localdate(), -18 * 12) + timedelta(days=days)

    response = client.post(CALL, answers(born_on=birthday.isoformat()))

    assert len(stored()) == count
    if not count:
        assert list(refusals(response)) == ["born_on"]


def test_form_filled_in_by_a_machine_is_refused_and_can_be_sent_again(client, portal, answers):
    response = client.post(CALL, answers(company="Spam Ltd"))

    assert list(refusals(response)) == ["__all__"]
    assert stored() == []
    assert response.context["form"]["company"].value() == ""


def test_form_sent_within_five_seconds_is_refused_and_keeps_its_key(client, portal, answers, token):
    fresh = token(age=1)

    response = client.post(CALL, answers(token=fresh))

    assert list(refusals(response)) == ["__all__"]
    assert stored() == []
    assert response.context["form"]["token"].value() == fresh


@pytest.mark.parametrize("bad", ["", "forged", "a:b:c"])
def test_form_with_a_token_of_somebody_else_gets_a_fresh_one(client, portal, answers, bad):
    response = client.post(CALL, answers(token=bad))

    assert list(refusals(response)) == ["__all__"]
    assert response.context["form"]["token"].value() != bad
    assert response.context["form"]["full_name"].value() == "周小满"


def test_form_open_for_more_than_a_day_gets_a_fresh_token(client, portal, answers, token):
    old = token(age=25 * 3600)

    response = client.post(CALL, answers(token=old))

    assert list(refusals(response)) == ["__all__"]
    assert response.context["form"]["token"].value() != old


def test_fourth_application_of_a_number_in_a_day_is_refused(client, portal, answers, token):
    for count in range(3):
        client.post(CALL, answers(token=token(key=f"form-number-{count}")))

    response = client.post(CALL, answers(token=token(key="form-number-four")))

    assert list(refusals(response)) == ["phone"]
    assert len(stored()) == 3


def test_call_that_closed_while_the_form_was_filled_in_keeps_the_answers(client, portal, answers):
    RecruitmentPageFactory(
        parent=portal.calls, slug="over", closes_on=timezone.localdate() - timedelta(days=1)
    )

    response = client.post("/volunteer/over/", answers())

    assert list(refusals(response)) == ["__all__"]
    assert response.context["form"]["full_name"].value() == "周小满"
    assert stored() == []


def test_closed_call_shows_no_form(client, portal):
    RecruitmentPageFactory(
        parent=portal.calls, slug="over", closes_on=timezone.localdate() - timedelta(days=1)
    )

    assert client.get("/volunteer/over/").context["form"] is None


def test_page_with_errors_says_so_in_its_title_and_takes_the_focus(client, portal, answers):
    with translation.override("en"):
        page = client.post(f"/en{CALL}", answers(phone="", available_times=[])).content.decode()

    assert "<title>Error: " in page
    assert 'class="error-summary" role="alert" tabindex="-1" autofocus' in page
    assert 'href="#id_phone"' in page
    assert 'href="#id_available_times_0"' in page
    assert 'id="id_available_times_0"' in page


def test_form_without_a_token_of_django_is_refused(portal, answers, client):
    client.handler.enforce_csrf_checks = True

    assert client.post(CALL, answers()).status_code == 403
    assert stored() == []


@pytest.mark.parametrize("count", [1, 3])
def test_taking_an_application_needs_a_fixed_number_of_queries(
    client, portal, answers, token, count, django_assert_max_num_queries
):
    for number in range(count):
        client.post(CALL, answers(token=token(key=f"before-{number}"), phone=f"1990000010{number}"))

    with django_assert_max_num_queries(40):
        client.post(CALL, answers(token=token(key="measured"), phone="19900000200"))
