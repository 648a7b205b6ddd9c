"""Make the pictures of README and documentation from the running demonstration.

The demonstration is loaded into a folder of its own, for a fixed day, so that pictures change
only when the product does.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import chromium
from local_server import free_port
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "screenshots"
SHEET = ROOT / "fixtures" / "sheets"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}
# Flat colours on a flat ground: this many tell a page's picture from the page to no eye.
COLOURS = 192
MOST_BYTES = 150_000
MAIN_BUTTON = "main form[method=post] button[type=submit]:not(.button-secondary)"


def open_page(browser: Browser, size: dict[str, int]) -> Page:
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        device_scale_factor=2 if size is PHONE else 1,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    return context.new_page()


def sign_in(page: Page, url: str, username: str) -> None:
    from caseadmin.desk.demo.accounts import PASSWORD

    page.goto(f"{url}/admin/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit], input[type=submit]")
    page.wait_for_url(lambda address: "/login" not in address)


def take(page: Page, name: str) -> None:
    """Write what stands on the screen as a picture of few colours."""
    page.wait_for_load_state("networkidle")
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    size = path.stat().st_size
    print(f"docs/screenshots/{name}.png  {size / 1024:.0f} KiB", flush=True)
    if size > MOST_BYTES:
        sys.exit(f"docs/screenshots/{name}.png is larger than {MOST_BYTES:,} bytes.")


def portal(browser: Browser, url: str) -> None:
    for size, name in ((PHONE, "portal-phone"), (DESK, "portal-desk")):
        page = open_page(browser, size)
        page.goto(f"{url}/")
        take(page, name)
        page.context.close()


def staff(browser: Browser, url: str) -> None:
    page = open_page(browser, DESK)
    sign_in(page, url, "clerk-liuhe")
    page.goto(f"{url}/admin/")
    take(page, "staff-desk")
    page.goto(f"{url}/admin/child-files/?status=registered")
    take(page, "staff-list")
    rows = page.locator("main tbody .title-wrapper a").evaluate_all(
        "links => links.map(a => a.href)"
    )
    record, other = (row.split("?")[0] for row in rows[1:3])
    page.goto(record)
    take(page, "staff-view")
    past(page, record)
    page.goto(f"{record}merge/{other.rstrip('/').rpartition('/')[2]}/")
    take(page, "staff-merge")
    import_preview(page, url)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{url}/admin/child-files/")
    take(page, "staff-dark")
    page.emulate_media(color_scheme="light")


def past(page: Page, record: str) -> None:
    """Change a record twice, and show form, timeline and comparison."""
    for notes, care in (
        ("与父亲通电话，约定每周联系。", "fair"),
        ("祖母住院，姑姑临时照料。", "carer_weak"),
    ):
        page.goto(f"{record}edit/")
        page.fill("[name=notes]", notes)
        page.select_option("[name=care_type]", care)
        page.fill("[name=reason]", "入户走访")
        with page.expect_navigation():
            page.keyboard.press("Control+s")
    page.goto(f"{record}edit/")
    take(page, "staff-edit")
    page.goto(f"{record}history/")
    take(page, "staff-history")
    page.goto(f"{record}history/")
    with page.expect_navigation():
        page.click("#compare-versions button")
    take(page, "staff-compare")


def on_the_phone(browser: Browser, url: str) -> None:
    page = open_page(browser, PHONE)
    sign_in(page, url, "worker-liushugou")
    page.goto(f"{url}/admin/child-files/")
    take(page, "staff-phone")
    with page.expect_navigation():
        page.locator("main tbody .title-wrapper a").first.click()
    take(page, "staff-phone-view")
    page.context.close()


def import_preview(page: Page, url: str) -> None:
    page.goto(f"{url}/admin/child-files/import/")
    sheets = sorted(SHEET.glob("*gb18030*.csv")) or sorted(SHEET.glob("*.csv"))
    page.set_input_files("input[type=file]", sheets[0])
    for _step in ("file", "columns"):
        if "/preview/" not in page.url:
            with page.expect_navigation():
                page.locator(MAIN_BUTTON).first.click()
    page.wait_for_url("**/preview/**", timeout=60_000)
    take(page, "staff-import")


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=10).close()  # noqa: S310  (loopback)
        except OSError:
            time.sleep(0.5)
        else:
            return
    sys.exit("The demonstration did not start.")


def main() -> None:
    path = chromium.find()
    if path is None:
        sys.exit(chromium.MISSING)
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    PICTURES.mkdir(parents=True, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TONGHU_VAR"] = folder
        import django

        django.setup()
        server = subprocess.Popen(
            [sys.executable, "tools/serve.py", "--quiet"],
            cwd=ROOT,
            env=os.environ | {"PORT": str(port)},
            stdin=subprocess.DEVNULL,
        )
        try:
            wait_for(url, server)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=path, args=chromium.flags())
                portal(browser, url)
                staff(browser, url)
                on_the_phone(browser, url)
                browser.close()
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main()
