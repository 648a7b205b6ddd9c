"""A working day in the ledgers, by the people who work in them, every screen looked at.

A village worker on a phone, a town clerk at a desk, two people at one record, and somebody who
has no mouse.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Person
from tests.browser.inspection import Inspector
from tests.browser.test_walk import MAIN_BUTTON, PASSWORD, press

SHEET = (
    Path(__file__).resolve().parents[2]
    / "fixtures"
    / "sheets"
    / "child-ledger-12-wrong-gb18030.csv"
)
RECORD = re.compile(r"/admin/child-files/[0-9a-f-]{36}/")
FILES = "/admin/child-files/"
ROWS = "main tbody tr"
NAMES = f"{ROWS} .title-wrapper a"
COUNT = ".ledger-count h2"
# Said by Wagtail: how often an open form asks who else is there.
SECONDS_TO_BE_SEEN = 15


def staff(person: Callable[..., Person], username: str, *screen: dict[str, int]) -> Person:
    someone = person(*screen)
    someone.arrive(username, PASSWORD)
    return someone


def address(link: Locator) -> str:
    """Return the record's address that a link of the list leads to."""
    found = RECORD.search(link.get_attribute("href") or "")
    assert found
    return found.group(0)


def follow(page: Page, link: Locator) -> None:
    with page.expect_navigation():
        link.click()


def count(page: Page) -> int:
    """Return the number the list says it has."""
    found = re.search(r"[\d,]+", page.locator(COUNT).inner_text())
    assert found
    return int(found.group(0).replace(",", ""))


@pytest.mark.slow
def test_a_village_worker_on_the_phone(person: Callable[..., Person]):
    inspector = Inspector(dark=True)
    worker = person(PHONE)
    worker.sign_in("worker-liushugou", PASSWORD)
    page = worker.page
    inspector.look(page)
    follow(page, page.locator(f"a.desk__number[href='{FILES}']"))
    everybody = count(page)
    name = page.locator(NAMES).nth(1).inner_text()

    # Search as you type: no button, no reload, and no name in an address.
    page.evaluate("window.stillHere = true")
    page.locator("#ledger-words").press_sequentially(name)
    expect(page.locator(COUNT)).not_to_contain_text(f" {everybody} ")
    expect(page.locator(NAMES).first).to_have_text(name)
    assert (page.evaluate("window.stillHere"), page.url) == (True, f"{worker.site.url}{FILES}")
    inspector.look(page)
    record = address(page.locator(NAMES).first)
    follow(page, page.locator(NAMES).first)
    inspector.look(page)

    # A slip: the summary leads to the field, and nothing typed is lost.
    worker.watch.refused.append(record)
    follow(page, page.locator(f"a[href*='{record}edit/']").first)
    page.fill("[name=full_name]", "")
    page.fill("[name=notes]", "入户走访，祖母身体好转。")
    press(page)
    expect(page.locator(".ledger-errors")).to_be_focused()
    inspector.look(page)
    page.locator(".ledger-errors a").first.click()
    expect(page.locator("[name=full_name]")).to_be_focused()
    expect(page.locator("[name=notes]")).to_have_value("入户走访，祖母身体好转。")
    page.fill("[name=full_name]", name)
    follow(page, page.locator("button[name=next]"))
    assert re.search(r"/edit/", page.url)
    assert record not in page.url

    # Leaving with something unsaved asks first.
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("[name=notes]").press_sequentially("没有保存")
    page.locator("footer a", has_text="取消").click()
    expect(page.locator("[name=notes]")).to_have_value(re.compile("没有保存"))
    assert asked == ["beforeunload"]
    page.once("dialog", lambda dialog: dialog.accept())
    assert "入户走访" in worker.goto(record).locator("main").inner_text()
    assert inspector.faults == []


def choose_filter(page: Page, name: str, value: str) -> None:
    """Tick one choice of a filter in the panel above the list."""
    page.get_by_role("button", name="显示筛选").click()
    page.locator(f"button[aria-controls='drilldown-id_{name}']").click()
    page.locator(f"[data-ledger-filters] [name={name}][value={value}]").check()


def test_a_clerk_filters_keeps_a_view_and_changes_all_that_match(person: Callable[..., Person]):
    inspector = Inspector(dark=True)
    clerk = staff(person, "clerk-liuhe")
    page = clerk.goto(FILES)
    everybody = count(page)

    page.evaluate("window.stillHere = true")
    choose_filter(page, "status", "under_review")
    expect(page.locator(".w-active-filters")).to_contain_text("状态")
    matching = count(page)
    assert 0 < matching < everybody
    assert page.locator(ROWS).count() == matching
    assert page.evaluate("window.stillHere")
    assert "status=under_review" in page.url
    inspector.look(page)
    page.keyboard.press("Escape")

    # The same filters under a name, with other columns, for the colleagues too.
    follow(page, page.locator(".ledger-viewbar__arrange"))
    page.locator("[name=columns][value=sex]").uncheck()
    page.locator("[name=columns][value=school_name]").check()
    page.fill("[name=name]", "正在复核")
    page.check("[name=is_shared]")
    inspector.look(page)
    press(page)
    expect(page.locator(".ledger-viewbar [aria-current]")).to_have_text("正在复核")
    headings = page.locator("main thead th").all_inner_texts()
    assert ("就读学校" in headings, "性别" in headings, count(page)) == (True, False, matching)
    inspector.look(page)
    colleague = staff(person, "worker-liushugou", PHONE).goto(FILES)
    follow(colleague, colleague.locator(".ledger-viewbar a", has_text="正在复核"))
    expect(colleague.locator(".w-active-filters")).to_contain_text("状态")

    # All that match: the number stands first, and one press takes it back.
    page.get_by_text(re.compile("列表中全部")).click()
    follow(page, page.get_by_role("button", name="设定学校"))
    expect(page.locator("main h2").first).to_contain_text(f"{matching} 条")
    page.fill("[name=school_name]", "柳河镇中心小学")
    page.fill("[name=reason]", "学校合并")
    inspector.look(page)
    press(page)
    expect(page.locator("main dl.ledger-values dd").first).to_have_text(str(matching))
    inspector.look(page)
    page.fill("[name=reason]", "名称写错")
    follow(page, page.locator("main form button.no"))
    expect(page.locator("main h2").first).to_contain_text("已撤销")
    inspector.look(page)
    assert inspector.faults == []


def test_a_clerk_meets_a_namesake_merges_and_undoes(person: Callable[..., Person]):
    inspector = Inspector(dark=True)
    clerk = staff(person, "clerk-liuhe")
    page = clerk.goto(f"{FILES}?status=registered")
    first = address(page.locator(NAMES).first)
    page = clerk.goto(f"{first}edit/")
    known = {
        name: page.locator(f"[name={name}]").input_value()
        for name in ("full_name", "born_on", "village", "sex", "reporting_unit", "filled_on")
    }

    # Written down a second time: the form stops and shows who is on file already.
    clerk.watch.refused.append(f"{FILES}new/")
    page = clerk.goto(f"{FILES}new/")
    inspector.look(page)
    for name, value in known.items():
        box = page.locator(f"[name={name}]")
        box.select_option(value) if name in ("village", "sex") else box.fill(value)
    press(page)
    expect(page.locator("#ledger-likely-title")).to_be_visible()
    assert page.locator(f".ledger-errors a[href='{first}']").count() == 1
    inspector.look(page)
    page.check("[name=another_person]")
    press(page)
    twin = address_of(page)

    # It was the same child after all: one file of two, and back again.
    page.locator("header [data-w-dropdown-target=toggle]").first.click()
    follow(page, page.locator("a[href$='/duplicates/']").first)
    inspector.look(page)
    follow(page, page.locator(f"a[href*='/merge/{first.split('/')[-2]}/']"))
    page.fill("[name=reason]", "同一儿童登记了两次")
    inspector.look(page)
    press(page)
    assert page.url.endswith(f"{twin}history/")
    inspector.look(page)
    clerk.watch.refused.append(first)
    clerk.goto(first, status=404)
    page = clerk.goto(f"{twin}history/")
    follow(page, page.locator("a[href*='/undo/']").first)
    page.fill("[name=reason]", "不是同一人")
    inspector.look(page)
    press(page)
    clerk.goto(first)

    assert inspector.faults == []


def test_a_clerk_deletes_a_draft_and_brings_it_back(person: Callable[..., Person]):
    inspector = Inspector(dark=True)
    clerk = staff(person, "clerk-liuhe")
    page = clerk.goto(f"{FILES}?status=draft")
    draft, name = address(page.locator(NAMES).first), page.locator(NAMES).first.inner_text()
    page = clerk.goto(f"{draft}delete/")
    inspector.look(page)
    page.fill("[name=reason]", "重复登记")
    press(page)
    clerk.watch.refused.append(draft)
    clerk.goto(draft, status=404)
    page = clerk.goto(f"{FILES}deleted/")
    expect(page.locator(f"{ROWS} td").last).to_have_text("重复登记")
    inspector.look(page)
    follow(page, page.locator(f"{ROWS} a").first)
    inspector.look(page)
    page.fill("[name=reason]", "删错了")
    press(page)
    expect(clerk.goto(draft).locator("main")).to_contain_text(name)
    assert inspector.faults == []


def address_of(page: Page) -> str:
    found = RECORD.search(page.url)
    assert found, page.url
    return found.group(0)


def change_notes(who: Person, record: str, text: str) -> None:
    page = who.goto(f"{record}edit/")
    page.fill("[name=notes]", text)
    press(page)


def test_a_clerk_reads_the_past_and_goes_back_to_it(person: Callable[..., Person]):
    inspector = Inspector(dark=True)
    clerk = staff(person, "clerk-liuhe")
    page = clerk.goto(f"{FILES}?status=registered")
    record = address(page.locator(NAMES).nth(2))
    for text in ("第一次", "第二次"):
        change_notes(clerk, record, text)

    page = clerk.goto(f"{record}history/")
    inspector.look(page)
    follow(page, page.locator("#compare-versions button"))
    expect(page.locator(".ledger-compare__count")).to_contain_text("1")
    assert page.locator(".ledger-old").inner_text() == "第一次"
    assert page.locator(".ledger-new").inner_text() == "第二次"
    inspector.look(page)

    page = clerk.goto(f"{record}history/")
    follow(page, page.locator(".ledger-entry__links a[href*='/past/']").nth(1))
    expect(page.locator("main")).to_contain_text("第一次")
    inspector.look(page)
    follow(page, page.locator("a[href*='restore=']"))
    expect(page.locator("[name=notes]")).to_have_value("第一次")
    inspector.look(page)
    press(page)
    expect(page.locator("main")).to_contain_text("第一次")
    sources = clerk.goto(f"{record}history/").locator(".ledger-entry__meta").all_inner_texts()
    assert ["恢复" in source for source in sources[:2]] == [True, False]

    page = clerk.goto(f"{FILES}as-of/")
    inspector.look(page)
    page.fill("[name=at]", "2020-01-01T00:00")
    follow(page, page.locator(".ledger-past__form button"))
    expect(page.locator("main")).to_contain_text("暂无")
    inspector.look(page)
    page = clerk.goto(f"{record}looks/")
    inspector.look(page)
    assert inspector.faults == []


def test_two_people_at_one_record_see_each_other_and_lose_nothing(person: Callable[..., Person]):
    inspector = Inspector(dark=True)
    mine, theirs = staff(person, "clerk-liuhe"), staff(person, "officer")
    page = mine.goto(f"{FILES}?status=registered")
    record = address(page.locator(NAMES).nth(3))
    mine.watch.refused.append(record)

    here = mine.goto(f"{record}edit/")
    here.fill("[name=notes]", "我写的备注")
    there = theirs.goto(f"{record}edit/")
    began = time.monotonic()
    expect(here.locator(".presence")).to_contain_text("高卫东", timeout=SECONDS_TO_BE_SEEN * 1000)
    assert time.monotonic() - began < SECONDS_TO_BE_SEEN
    inspector.look(here)
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


OPEN_TOWNS = """
(select) => [...select.querySelectorAll('optgroup')].filter((town) => !town.disabled)
    .map((town) => town.label)
"""


def test_an_officer_picks_a_town_and_then_one_of_its_villages(person: Callable[..., Person]):
    page = staff(person, "officer").goto(f"{FILES}new/")
    villages = page.locator("[name=village]")
    towns = page.locator(".ledger-place select").first
    assert len(villages.evaluate(OPEN_TOWNS)) == 8

    towns.select_option("石桥镇")
    assert villages.evaluate(OPEN_TOWNS) == ["石桥镇"]
    villages.select_option(label="白沙洼村")
    towns.select_option("柳河镇")

    # A village of another town does not stay chosen unseen.
    expect(villages).to_have_value("")
    assert villages.evaluate(OPEN_TOWNS) == ["柳河镇"]


def test_an_emergency_opening_is_reviewed_and_read_about(person: Callable[..., Person]):
    inspector = Inspector(dark=True)
    police, clerk, auditor = (
        staff(person, name) for name in ("police-liuhe", "clerk-liuhe", "audit-admin")
    )
    page = clerk.goto(f"{FILES}?status=registered")
    record, *others = [address(page.locator(NAMES).nth(number)) for number in (4, 5, 6)]

    inspector.look(police.goto(f"{record}ask/"))
    open_at_once(police.page)
    assert address_of(police.page) == record

    # It stands on the desk of whoever may judge it, and on the list of approvals by place.
    page = clerk.goto("/admin/")
    follow(page, page.locator("a.desk__number--duties", has_text="紧急开启"))
    inspector.look(page)
    follow(page, page.locator(NAMES).first)
    inspector.look(page)
    follow(page, page.locator("a[href*='/do/review/']"))
    page.fill("[name=reason]", "确有必要")
    press(page)
    page = clerk.goto("/admin/approvals/?kind=break_glass")
    expect(page.locator("main tbody tr")).to_contain_text("柳河镇 / ")
    inspector.look(page)

    # Three in one day stand out, at whatever hour of the day that is.
    for other in others:
        open_at_once(police.goto(f"{other}ask/"))
    for path in ("/admin/audit/", "/admin/audit/outliers/"):
        inspector.look(auditor.goto(path))
    expect(auditor.page.locator("main tbody")).to_contain_text("police-liuhe")
    officer = staff(person, "officer")
    for path in ("/admin/disposal/", "/admin/case-search/"):
        inspector.look(officer.goto(path))
    assert inspector.faults == []


def open_at_once(page: Page) -> None:
    """Open a file in an emergency, from the page that asks for the reason."""
    page.fill("[name=reason]", "核实人身安全")
    follow(page, page.locator("[name=break_glass]"))


# Where the keyboard is, in words, and whether that can be seen.
FOCUS = """
(wanted) => {
    const here = document.activeElement;
    if (!here || here === document.body) return {found: false, shown: true, where: ''};
    const shows = (element) => {
        const style = getComputedStyle(element);
        const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
        return ring || style.boxShadow !== 'none';
    };
    const box = here.getBoundingClientRect();
    // The calendar button inside a date box is the browser's own, and so is its ring.
    const inside = !here.matches(':focus');
    // A hidden box of a styled choice shows the ring on what stands for it.
    const beside = here.nextElementSibling;
    const seen = inside || shows(here) || (beside && shows(beside));
    return {
        found: here.matches(wanted),
        shown: Boolean(seen) && box.width > 0 && box.height > 0,
        where: here.outerHTML.slice(0, 120),
    };
}
"""


class Keyboard:
    """Somebody without a mouse: keys, and a note of each stop where the focus cannot be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.unseen: list[str] = []

    def tab_to(self, wanted: str, *, most: int = 300) -> None:
        """Press Tab until the wanted element has the focus."""
        for _step in range(most):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(FOCUS, wanted)
            if not stop["shown"]:
                self.unseen.append(f"{self.page.url}: {stop['where']}")
            if stop["found"]:
                return
        pytest.fail(f"{wanted} cannot be reached with Tab on {self.page.url}")

    def is_at(self, wanted: str) -> bool:
        return bool(self.page.evaluate(FOCUS, wanted)["found"])

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def go(self, wanted: str = "", key: str = "Enter") -> None:
        """Press a key that opens another page, on the wanted element."""
        if wanted:
            self.tab_to(wanted)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)


def test_everything_is_done_with_the_keyboard_alone(person: Callable[..., Person]):
    clerk = person()
    page = clerk.goto("/admin/login/")
    keys = Keyboard(page)
    if not keys.is_at("input[name=username]"):
        keys.tab_to("input[name=username]")
    keys.type("clerk-liuhe")
    keys.tab_to("input[name=password]")
    keys.type(PASSWORD)
    keys.go()

    # The list: words, a filter, and an order, each without a reload and without losing one's place.
    keys.go(f"a.desk__number[href='{FILES}']")
    everybody = count(page)
    keys.tab_to("#ledger-words")
    keys.type("王")
    expect(page.locator(COUNT)).not_to_contain_text(f" {everybody} ")
    assert keys.is_at("#ledger-words")
    keys.press("Control+a", "Delete")
    expect(page.locator(COUNT)).to_contain_text(f" {everybody} ")
    keys.tab_to("[data-ledger-filters] .w-dropdown__toggle")
    keys.press("Enter")
    keys.tab_to("button[aria-controls='drilldown-id_status']")
    keys.press("Enter")
    keys.tab_to("[name=status][value=registered]")
    keys.press("Space")
    expect(page.locator(".w-active-filters")).to_be_visible()
    assert keys.is_at("[name=status][value=registered]")
    keys.press("Escape")
    assert keys.is_at("[data-ledger-filters] *")
    keys.tab_to("main thead a")
    keys.press("Enter")
    expect(page).to_have_url(re.compile("ordering="))
    expect(page.locator(COUNT)).to_be_focused()

    # A record: a slip, the way to it from the summary, and saved.
    keys.go(".title-wrapper a")
    keys.go("a[href*='/edit/']")
    record = address_of(page)
    clerk.watch.refused.append(record)
    keys.tab_to("[name=full_name]")
    name = page.locator("[name=full_name]").input_value()
    keys.press("Control+a", "Delete", "Control+s")
    expect(page.locator(".ledger-errors")).to_be_focused()
    keys.tab_to(".ledger-errors a")
    keys.press("Enter")
    assert keys.is_at("[name=full_name]")
    keys.type(name)
    keys.tab_to("textarea[name=notes]")
    keys.press("Control+End")
    keys.type("键盘录入")
    keys.go(f"form {MAIN_BUTTON}")
    assert address_of(page) == record
    expect(page.locator("main")).to_contain_text("键盘录入")

    merge(keys, clerk, record)
    bring_in(keys, clerk)
    assert keys.unseen == []


def merge(keys: Keyboard, clerk: Person, record: str) -> None:
    """Make one of two files with the keyboard alone."""
    page = clerk.page
    other = clerk.goto(f"{FILES}?status=registered")
    links = [address(link) for link in other.locator(NAMES).all()]
    gone = next(link for link in reversed(links) if link != record)
    clerk.goto(f"{record}merge/{gone.split('/')[-2]}/")
    keys.tab_to("input[type=radio][value=mine]")
    keys.press("ArrowDown")
    assert keys.is_at("input[type=radio][value=theirs]:checked")
    keys.tab_to("[name=reason]")
    keys.type("同一儿童")
    keys.go("main button.serious")
    assert page.url.endswith(f"{record}history/")
    keys.go("a[href*='/undo/']")
    keys.tab_to("[name=reason]")
    keys.type("不是同一人")
    keys.go("main button.serious")
    clerk.goto(gone)


def bring_in(keys: Keyboard, clerk: Person) -> None:
    """Bring a sheet in with the keyboard alone."""
    page = clerk.page
    # The driver does not wait until the browser has heard that it wants the chooser: asked for just
    # before the key, it came too late in one try of ten. Hence before the page.
    with page.expect_file_chooser() as chooser:
        clerk.goto(f"{FILES}import/").wait_for_load_state("networkidle")
        keys.tab_to("[name=file]")
        keys.press("Space")
    chooser.value.set_files(SHEET)
    keys.go(f"main form[method=post] {MAIN_BUTTON}")
    keys.go(f"main form[method=post] {MAIN_BUTTON}")
    keys.go("form[action$='/confirm/'] button")
    expect(page.locator(".sheet-tile--new .sheet-tile__count")).to_have_text("488")
