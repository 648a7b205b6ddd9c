"""Picking a place in two steps: the script that the forms and filters share, by keyboard."""

import json
from pathlib import Path
from urllib.parse import unquote

from playwright.sync_api import Browser, Route, expect

SCRIPT = Path(__file__).resolve().parents[2] / "site" / "static" / "ledgers" / "widgets.js"
PAGE = """<!doctype html><html lang="zh-hans"><title>x</title><body><form>
<label for="v">所在村</label>
<select id="v" name="village" data-ledger-territory data-places-url="/places/?by=pk">
<option value="">请选择地点</option>
<optgroup label="柳河镇"><option value="1">柳树沟村</option></optgroup>
<optgroup label="石桥镇"><option value="town:石桥镇">显示石桥镇的村居</option></optgroup>
</select></form></body></html>"""


def test_a_town_is_chosen_then_only_its_villages_are_offered(browser: Browser):
    page = browser.new_page()
    asked: list[str] = []

    def places(route: Route) -> None:
        asked.append(unquote(route.request.url))
        route.fulfill(json={"places": [["7", "白杨村"], ["8", "上白杨村"]]})

    page.route(
        "http://tonghu.test/",
        lambda route: route.fulfill(body=PAGE, content_type="text/html; charset=utf-8"),
    )
    page.route("**/places/**", places)
    page.goto("http://tonghu.test/")
    page.add_script_tag(path=SCRIPT)
    towns = page.get_by_label("所在村 1/2")

    towns.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")

    expect(page.locator("#v optgroup:not([disabled]) option")).to_have_text(["白杨村", "上白杨村"])
    assert asked == ["http://tonghu.test/places/?by=pk&town=石桥镇"]
    page.select_option("#v", "8")
    sent = page.evaluate("() => Object.fromEntries(new FormData(document.forms[0]))")
    assert json.dumps(sent) == '{"village": "8"}'
    expect(towns).to_have_value("石桥镇")
    page.close()
