"""A village worker puts a file on a child's record, opens it and deletes it, on a phone."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Person
from tests.browser.inspection import Inspector
from tests.browser.test_walk import PASSWORD, press
from tests.corpus.photos import photo, traces


def test_upload_refusal_download_and_delete(person: Callable[..., Person]):
    inspector = Inspector()
    worker = person(PHONE)
    worker.sign_in("worker-liushugou", PASSWORD)
    page = worker.goto("/admin/child-files/")
    with page.expect_navigation():
        page.locator("main tbody tr a").first.click()
    record = re.sub(r"\?.*", "", page.url)
    files = page.locator("section[aria-labelledby=files]")
    inspector.look(page)

    # Refused first: the sentence stands there, and what it shows is still chosen.
    with page.expect_navigation():
        files.get_by_role("link", name="添加文件").click()
    inspector.look(page)
    address = page.url.removeprefix(worker.site.url)
    worker.watch.refused.append(address)
    page.select_option("[name=kind]", "visit")
    page.set_input_files(
        "[name=file]", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"MZ"}
    )
    press(page)
    expect(page.locator(".ledger-errors")).to_contain_text("文件内容与扩展名不符")
    expect(page.locator("[name=kind]")).to_have_value("visit")
    inspector.look(page)

    page.set_input_files(
        "[name=file]",
        {"name": "入户照片.jpg", "mimeType": "image/jpeg", "buffer": photo(1, "jpeg")},
    )
    press(page)
    expect(page).to_have_url(record)
    row = files.locator("tbody tr", has_text="入户照片.jpg")
    expect(row).to_have_count(1)
    inspector.look(page)

    with page.expect_download() as started:
        row.get_by_role("link", name="下载").click()
    assert started.value.suggested_filename == "入户照片.jpg"
    content = Path(started.value.path()).read_bytes()
    assert (content[:3], traces(content)) == (b"\xff\xd8\xff", [])

    with page.expect_navigation():
        row.get_by_role("link", name="删除").click()
    inspector.look(page)
    page.fill("[name=reason]", "传错了")
    press(page)
    expect(page).to_have_url(record)
    expect(row).to_have_count(0)
    expect(page.locator("main")).to_contain_text("暂无")
    assert inspector.faults == []
