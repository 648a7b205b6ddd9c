"""Two people at one record, and a record changed with the keyboard alone."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Person
from tests.browser.inspection import accessibility_faults, english_words, wider_than_screen
from tests.browser.test_walk import MAIN_BUTTON, PASSWORD, press

# A focus ring, a changed border or a shadow: something that shows where the keyboard is.
IS_VISIBLE = """
() => {
    const here = document.activeElement;
    if (!here || here === document.body) return false;
    const style = getComputedStyle(here);
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return ring || style.boxShadow !== 'none';
}
"""


@dataclass
class Inspector:
    """Looks at a page in light and dark, on the desk and on the phone."""

    faults: list[str] = field(default_factory=list)
    looks: int = 0

    def look(self, page: Page, *, dark: bool = True) -> None:
        for screen in (PHONE, DESKTOP):
            page.set_viewport_size(screen)  # type: ignore[arg-type]
            found = [*accessibility_faults(page), *(f"English: {w}" for w in english_words(page))]
            if sideways := wider_than_screen(page):
                found.append(f"{sideways} px wider than the screen")
            self.note(page, f"at {screen['width']}", found)
        if dark:
            page.emulate_media(color_scheme="dark")
            self.note(page, "in the dark", accessibility_faults(page))
            page.emulate_media(color_scheme="light")

    def note(self, page: Page, how: str, found: list[str]) -> None:
        self.looks += 1
        self.faults += [f"{page.url} {how}: {fault}" for fault in found]


def test_two_people_who_change_one_record_lose_nothing(person: Callable[..., Person]):
    inspector, mine, theirs = Inspector(), person(), person()
    mine.sign_in("clerk-liuhe", PASSWORD)
    theirs.sign_in("officer", PASSWORD)
    page = mine.goto("/admin/child-files/?status=registered")
    address = page.locator("main tbody tr td a").nth(2).get_attribute("href") or ""
    record = address.split("?")[0]
    mine.watch.refused.append(record)

    here = mine.goto(f"{record}edit/")
    here.fill("[name=notes]", "我写的备注")
    there = theirs.goto(f"{record}edit/")
    there.fill("[name=notes]", "他们写的备注")
    press(there)
    press(here)

    expect(here.locator("main")).to_contain_text("他们写的备注")
    expect(here.locator("[name=notes]")).to_have_value("我写的备注")
    inspector.look(here)
    here.check("[name=overwrite]")
    press(here)
    history = mine.goto(f"{record}history/").locator("main").inner_text()
    assert ("我写的备注" in history, "他们写的备注" in history) == (True, True)
    assert inspector.faults == []


def tab_to(page: Page, wanted: str, most: int = 500) -> None:
    """Press Tab until the wanted element has the focus, and see that each stop is visible."""
    for _step in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", wanted):
            assert page.evaluate(IS_VISIBLE), f"{wanted} does not show that it has the focus"
            return
    pytest.fail(f"{wanted} cannot be reached with Tab on {page.url}")


def enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_record_is_found_changed_and_saved_with_the_keyboard_alone(
    person: Callable[..., Person],
):
    clerk = person()
    page = clerk.goto("/admin/login/")
    tab_to(page, "input[name=username]") if not page.evaluate(
        "document.activeElement.name === 'username'"
    ) else None
    page.keyboard.type("clerk-liuhe")
    tab_to(page, "input[name=password]")
    page.keyboard.type(PASSWORD)
    enter(page)

    tab_to(page, "a.desk__number[href='/admin/child-files/']")
    enter(page)
    tab_to(page, "main tbody tr td a")
    enter(page)
    tab_to(page, "a[href*='/edit/']")
    enter(page)
    record = page.url.split("edit/")[0]
    tab_to(page, "textarea[name=notes]")
    page.keyboard.press("Control+End")
    page.keyboard.type("键盘录入")
    tab_to(page, f"form {MAIN_BUTTON}")
    enter(page)

    assert page.url.split("?")[0] == record
    expect(page.locator("main")).to_contain_text("键盘录入")
