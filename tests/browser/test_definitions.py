"""An administrator adds a field and makes a ledger; a clerk works with both at once."""

import csv
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, Person
from tests.browser.inspection import Inspector
from tests.browser.test_walk import PASSWORD, press

HEAD = "欧阳守望"


def save(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form[method=post] button[type=submit]").last.click()
    expect(page.locator(".ledger-errors")).to_have_count(0)


def add_field(page: Page, url: str, inspector: Inspector | None = None, **values: str) -> None:
    page.goto(url)
    for name, value in values.items():
        box = page.locator(f"main [name={name}]")
        if name in ("kind", "section", "sensitivity", "state"):
            box.select_option(value)
        elif name in ("listed", "filterable", "searchable"):
            box.check()
        else:
            box.fill(value)
    if inspector is not None:
        inspector.look(page)
    save(page)


def define_both(admin: Person, inspector: Inspector) -> None:
    page = admin.goto("/admin/definitions/")
    inspector.look(page)
    base = admin.site.url
    add_field(
        page,
        f"{base}/admin/definitions/child-files/fields/new/",
        inspector,
        key="shoe_size",
        label_zh="鞋码",
        kind="integer",
        minimum="10",
        maximum="50",
        listed="on",
        filterable="on",
    )
    inspector.look(page)
    page.goto(f"{base}/admin/definitions/new/")
    for name, value in {
        "slug": "play-groups",
        "label_zh": "课后小组",
        "one_zh": "小组",
        "beginning": "XZ",
    }.items():
        page.fill(f"main [name={name}]", value)
    page.select_option("main [name=state]", "active")
    for action in ("view", "add", "change", "import", "export", "view_history"):
        page.check(f"main [name=role_town_clerk][value={action}]")
    inspector.look(page)
    save(page)
    fields = f"{base}/admin/definitions/play-groups/fields/new/"
    add_field(page, fields, key="title", label_zh="组名", kind="text", listed="on", searchable="on")
    add_field(page, fields, key="seats", label_zh="名额", kind="integer", listed="on")
    add_field(
        page, fields, key="head", label_zh="组长", kind="name", sensitivity="3", searchable="on"
    )
    # Order by the keyboard alone: the button is reached and pressed without a mouse.
    page.locator("#field-head button[value=field-up]").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".defs-field").nth(1)).to_contain_text("组长")
    inspector.look(page)
    for name in ("preview", "versions", "import"):
        page.goto(f"{base}/admin/definitions/play-groups/{name}/")
        inspector.look(page)


def fill_filter_and_tell(clerk: Person, inspector: Inspector) -> None:
    page = clerk.goto("/admin/child-files/")
    with page.expect_navigation():
        page.locator("main tbody tr a").first.click()
    record = page.url
    page.goto(f"{record}edit/")
    clerk.watch.refused.append(page.url.removeprefix(clerk.site.url))
    page.fill("[name=x_shoe_size]", "99")
    with page.expect_navigation():
        page.locator("button[data-w-kbd-key-value='mod+s']").click()
    expect(page.locator("[name=x_shoe_size]")).to_have_value("99")  # too big, and not lost
    inspector.look(page)
    page.fill("[name=x_shoe_size]", "33")
    with page.expect_navigation():
        page.locator("button[data-w-kbd-key-value='mod+s']").click()
    expect(page.locator("main")).to_contain_text("鞋码")
    inspector.look(page)
    page.goto(f"{record}history/")
    expect(page.locator("main")).to_contain_text("鞋码")
    page = clerk.goto("/admin/child-files/?x_shoe_size_min=30&x_shoe_size_max=35")
    expect(page.locator("main tbody tr")).to_have_count(1)
    inspector.look(page)
    page = clerk.goto("/admin/child-files/export/?x_shoe_size_min=30")
    expect(page.locator("[name=columns][value=x_shoe_size]")).to_have_count(1)


def import_and_find(clerk: Person, inspector: Inspector, folder: Path) -> None:
    # The first is the town as a whole.
    place = clerk.goto("/admin/l/play-groups/new/").locator("[name=territory] option").nth(2)
    code = str(place.evaluate("o => o.parentElement.label + ' / ' + o.textContent"))
    sheet = folder / "groups.csv"
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "街镇或村居", "组名", "名额", "组长"])
        for number in range(1, 51):
            head = HEAD if number == 17 else ""
            writer.writerow(["", code, f"第{number}组", number, head])
    page = clerk.goto("/admin/l/play-groups/import/")
    inspector.look(page)
    page.set_input_files("[name=file]", sheet)
    press(page)
    press(page)
    inspector.look(page)
    with page.expect_navigation():
        page.locator("form[action$='/confirm/'] button").click()
    expect(page.locator(".sheet-tile--new .sheet-tile__count")).to_have_text("50")
    page = clerk.goto("/admin/l/play-groups/")
    page.fill("#ledger-words", HEAD[2:])
    expect(page.locator("main tbody tr")).to_have_count(1)
    expect(page.locator("main tbody tr")).to_contain_text("第17组")
    inspector.look(page)


def test_what_an_administrator_defines_works_at_once(
    person: Callable[..., Person], tmp_path: Path
) -> None:
    inspector = Inspector()
    admin = person(DESKTOP)
    admin.arrive("system-admin", PASSWORD)
    define_both(admin, inspector)
    clerk = person(DESKTOP)
    clerk.arrive("clerk-liuhe", PASSWORD)

    fill_filter_and_tell(clerk, inspector)
    import_and_find(clerk, inspector, tmp_path)

    assert inspector.faults == []
