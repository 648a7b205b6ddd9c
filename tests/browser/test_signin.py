"""Somebody whose role needs a second factor, with a security key and without inline scripts."""

from collections.abc import Callable
from dataclasses import replace

from tests.browser.conftest import PHONE, Person, RunningSite
from tests.browser.inspection import faults_of

PASSWORD = "binhe-demo-2026"
KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_security_key_is_set_up_under_compulsion_and_opens_the_next_time(
    person: Callable[..., Person], start_site: Callable[..., RunningSite]
):
    site = start_site(SECOND_FACTOR_REQUIRED="1")
    # Keys belong to a name, never to a number.
    clerk = person(PHONE, at=replace(site, url=site.url.replace("127.0.0.1", "localhost")))
    page, faults = clerk.page, []
    device = clerk.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})

    def look(where: str) -> None:
        faults.extend(f"{where}: {fault}" for fault in faults_of(page))

    clerk.sign_in("clerk-liuhe", PASSWORD)
    clerk.goto("/admin/child-files/")
    led_to = page.url
    look("second factor")
    clerk.goto("/staff/factors/keys/add/")
    look("add a key")
    page.click("#add-key")
    page.wait_for_url("**/staff/factors/codes/")
    look("codes")
    opened = clerk.goto("/admin/child-files/").url
    clerk.goto("/staff/sessions/")
    look("sessions")
    clerk.goto("/staff/logout/")
    page.click("main button[type=submit]")
    page.wait_for_url("**/staff/login/")
    page.fill("input[name=username]", "clerk-liuhe")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/staff/login/code/")
    look("code")
    page.click("#use-key")
    page.wait_for_url("**/admin/")

    assert led_to.endswith("/staff/factors/?next=%2Fadmin%2Fchild-files%2F")
    assert opened.endswith("/admin/child-files/")
    assert faults == []
