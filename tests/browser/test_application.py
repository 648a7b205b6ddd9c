"""A citizen applies as a volunteer: with the keyboard, on a phone, without JavaScript."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, Person
from tests.browser.inspection import faults_of
from tests.browser.test_walk import FILLING_MS


def open_call(citizen: Person) -> Page:
    """Go to the first call on the portal that shows its form."""
    sitemap = citizen.context.request.get(f"{citizen.site.url}/sitemap.xml").text()
    for found in re.findall(r"<loc>([^<]+)</loc>", sitemap):
        path = urlsplit(found).path
        if not path.startswith("/volunteer/"):
            continue
        answer = citizen.context.request.get(f"{citizen.site.url}{path}").text()
        if 'name="full_name"' in answer:
            return citizen.goto(path)
    raise AssertionError("no call of the demonstration takes applications")


def fill_in(page: Page, *, phone: str) -> None:
    page.fill("[name=full_name]", "周小满")
    page.fill("[name=phone]", phone)
    page.fill("[name=born_on]", "1990年5月6日")
    page.select_option("[name=team]", index=1)
    page.select_option("[name=village]", index=2)
    page.locator("[name=available_times]").first.check()
    page.locator("[name=consent]").check()


def send(page: Page) -> None:
    """Send the form and wait for the answer to be there whole."""
    with page.expect_navigation():
        page.click("form.form button[type=submit]")


def test_application_is_handed_in_without_javascript(person: Callable[..., Person]):
    page = open_call(person(PHONE, javascript=False))
    page.fill("[name=full_name]", "周小满")
    send(page)

    assert page.title().startswith("错误")
    assert page.locator(":focus").get_attribute("class") == "error-summary"
    assert page.input_value("[name=full_name]") == "周小满"
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("href") == "#id_phone"

    fill_in(page, phone="199 0000 7001")
    page.wait_for_timeout(FILLING_MS)
    send(page)
    number, code = page.locator(".receipt__number").all_inner_texts()
    page.click(".receipt a.button")
    page.fill("[name=application_number]", number)
    page.fill("[name=check_code]", code)
    send(page)

    assert number in page.locator(".receipt").inner_text()
    assert number not in page.url


@pytest.mark.parametrize(
    ("screen", "phone"),
    [
        pytest.param(PHONE, "19900007002", id="phone"),
        pytest.param(DESKTOP, "19900007003", id="desktop"),
    ],
)
def test_each_step_of_an_application_is_usable_and_chinese(
    person: Callable[..., Person], screen, phone
):
    page = open_call(person(screen))
    send(page)
    found = {"errors": faults_of(page)}
    fill_in(page, phone=phone)
    page.wait_for_timeout(FILLING_MS)
    send(page)
    number, code = page.locator(".receipt__number").all_inner_texts()
    found["receipt"] = faults_of(page)
    page.click(".receipt a.button")
    page.fill("[name=application_number]", number)
    page.fill("[name=check_code]", code.replace(code[0], "x"))
    send(page)
    found["wrong code"] = faults_of(page)
    page.fill("[name=check_code]", code)
    send(page)
    found["status"] = faults_of(page)

    assert found == {"errors": [], "receipt": [], "wrong code": [], "status": []}


def test_first_tab_leads_past_the_menu(person: Callable[..., Person]):
    page = person().goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.locator(":focus").get_attribute("id") == "main"
