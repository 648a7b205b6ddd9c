"""The main job of the product, walked by the people who do it, from the law to the pairing."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from elasticsearch_node import ElasticsearchNode
from playwright.sync_api import Page, expect

from publicity.intake.forms import SHORTEST_FILLING
from tests.browser.conftest import Person, RunningSite
from tests.browser.inspection import Inspector

ROOT = Path(__file__).resolve().parents[2]
SHEET = ROOT / "fixtures" / "sheets" / "child-ledger-12-wrong-gb18030.csv"
PASSWORD = "binhe-demo-2026"
RECORD = re.compile(r"/admin/([a-z-]+)/([0-9a-f-]{36})/")
MAIN_BUTTON = "button[type=submit]:not(.button-secondary)"
APPLICANT = "欧阳守望"
TELEPHONE = "19900007788"
# A person takes longer than a robot; the form counts whole seconds.
FILLING_MS = (SHORTEST_FILLING.seconds + 1) * 1000


def press(page: Page) -> None:
    """Send the form of the page by its main button."""
    with page.expect_navigation():
        page.locator(f"main form[method=post] {MAIN_BUTTON}").first.click()


def today(days: int = 0) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def read_the_law_and_apply(citizen: Person, inspector: Inspector) -> None:
    page = citizen.goto("/")
    inspector.look(page)
    page.locator("main a[href*='/laws/']").first.click()
    page.locator("main a[href*='/laws/']").last.click()
    expect(page.locator("h1")).to_have_count(1)
    inspector.look(page)

    call = citizen.goto("/").locator("main a[href*='/volunteer/']").first.get_attribute("href")
    page = citizen.goto(call or "")
    if not page.locator("[name=full_name]").count():
        page.locator("main a[href*='/volunteer/']").last.click()
    inspector.look(page)
    page.fill("[name=full_name]", APPLICANT)
    page.fill("[name=phone]", TELEPHONE)
    page.fill("[name=born_on]", "1988-08-08")
    page.select_option("[name=team]", index=1)
    page.select_option("[name=village]", index=1)
    page.locator("[name=available_times]").first.check()
    press(page)
    # Consent was forgotten: the form says so and has lost nothing.
    expect(page.locator("[name=full_name]")).to_have_value(APPLICANT)
    inspector.look(page)
    page.check("[name=consent]")
    page.wait_for_timeout(FILLING_MS)
    press(page)
    expect(page.locator("[name=full_name]")).to_have_count(0)
    inspector.look(page)


def find(staff: Person, ledger: str, words: str) -> Page:
    """Type into the search box of a ledger and wait for its one hit."""
    page = staff.goto(f"/admin/{ledger}/")
    page.fill("#ledger-words", words)
    expect(page.locator("main tbody tr")).to_have_count(1)
    assert words not in page.url
    return page


def open_the_hit(page: Page) -> str:
    """Open the record the search found and return its address."""
    with page.expect_navigation():
        page.locator("main tbody tr a").first.click()
    found = RECORD.search(page.url)
    assert found, page.url
    return found.group(0)


def approve_and_vet(coordinator: Person, inspector: Inspector) -> str:
    page = find(coordinator, "volunteer-applications", APPLICANT[2:])
    inspector.look(page)
    application = open_the_hit(page)
    inspector.look(page)
    page.goto(f"{coordinator.site.url}{application}do/approve/")
    inspector.look(page)
    press(page)

    page = find(coordinator, "volunteers", APPLICANT[1:3])
    volunteer = open_the_hit(page)
    inspector.look(page)
    page.goto(f"{coordinator.site.url}{volunteer}do/vet/")
    inspector.look(page)
    for name in ("identity_checked_on", "queried_on", "interviewed_on", "trained_on"):
        page.fill(f"[name={name}]", today(-3))
    page.keyboard.press("Escape")
    page.fill("[name=queried_unit]", "滨禾区公安分局")
    page.select_option("[name=conclusion]", "clear")
    press(page)
    return volunteer


def import_the_ledger(clerk: Person, inspector: Inspector) -> None:
    page = clerk.goto("/admin/child-files/import/")
    inspector.look(page)
    page.set_input_files("[name=file]", SHEET)
    press(page)
    inspector.look(page)
    press(page)
    counts = [
        int(text) for text in page.locator(".sheet-tile__count").all_inner_texts() if text.strip()
    ]
    assert sorted(counts) == [0, 0, 12, 488]
    inspector.look(page)
    with page.expect_navigation():
        page.locator("form[action$='/confirm/'] button").click()
    expect(page.locator(".sheet-tile--new .sheet-tile__count")).to_have_text("488")
    inspector.look(page)


def a_child_of_the_sheet() -> tuple[str, str]:
    """Return name and village of a child whose given name nobody else in the town bears."""
    with SHEET.open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    return rows[1]["姓名"], rows[1]["所在村"].split(" / ")[-1]


def find_the_child(clerk: Person, inspector: Inspector) -> str:
    """Find one imported child by part of the name and by the village, and open the file."""
    name, village = a_child_of_the_sheet()
    page = clerk.goto("/admin/child-files/")
    inspector.look(page)
    page.fill("#ledger-words", f"{name[1:]} {village}")
    expect(page.locator("main tbody tr", has_text=name).first).to_be_visible()
    inspector.look(page)
    with page.expect_navigation():
        page.locator("main tbody tr", has_text=name).first.locator("a").first.click()
    found = RECORD.search(page.url)
    assert found, page.url
    inspector.look(page)
    page.goto(f"{clerk.site.url}{found.group(0)}history/")
    inspector.look(page)
    return found.group(0)


def file_number(staff: Person, child: str) -> str:
    found = re.search(r"990101-\d{4}-\d{5}", staff.goto(child).locator("main").inner_text())
    assert found
    return found.group(0)


def pair(coordinator: Person, volunteer: str, number: str, inspector: Inspector) -> None:
    volunteer_id = volunteer.rstrip("/").rsplit("/", 1)[-1]
    page = coordinator.goto(f"/admin/pairings/new/?volunteer={volunteer_id}")
    inspector.look(page)
    page.fill("[name=child_file]", number)
    page.select_option("[name=kind]", index=1)
    page.fill("[name=guardian_consent_by]", "祖父")
    page.select_option("[name=guardian_consent_method]", index=1)
    page.select_option("[name=child_consent_method]", index=1)
    for name in ("guardian_consent_on", "child_consent_on", "volunteer_agreed_on", "started_on"):
        if page.locator(f"[name={name}]").count():
            page.fill(f"[name={name}]", today())
    page.keyboard.press("Escape")
    press(page)
    expect(page).to_have_url(re.compile(r"/admin/pairings/"))
    expect(page.locator("main")).to_contain_text(number)
    inspector.look(page)


def sees_nothing(stranger: Person, child: str, inspector: Inspector) -> None:
    """A clerk of another town: no address of the child answers, no search finds it."""
    for page in ("", "edit/", "delete/", "history/", "no-such-page/"):
        stranger.goto(f"{child}{page}", status=404)
    name, village = a_child_of_the_sheet()
    page = stranger.goto("/admin/child-files/")
    page.fill("#ledger-words", f"{name[1:]} {village}")
    page.wait_for_timeout(1500)
    expect(page.locator("main tbody tr", has_text=village)).to_have_count(0)
    page = stranger.goto("/admin/case-search/")
    inspector.look(page)
    page.locator("main form [name=words]").first.fill(f"{name[1:]} {village}")
    press(page)
    expect(page.locator("main", has_text=f"柳河镇 / {village}")).to_have_count(0)
    inspector.look(page)


def walk(
    seat: Callable[..., Person],
    at: RunningSite,
    inspector: Inspector,
    half_way: Callable[[], None] = lambda: None,
) -> None:
    def staff(username: str) -> Person:
        someone = seat(at=at)
        someone.sign_in(username, PASSWORD)
        return someone

    read_the_law_and_apply(seat(at=at), inspector)
    coordinator, clerk = staff("coordinator"), staff("clerk-liuhe")
    volunteer = approve_and_vet(coordinator, inspector)
    import_the_ledger(clerk, inspector)
    half_way()
    child = find_the_child(clerk, inspector)
    pair(coordinator, volunteer, file_number(clerk, child), inspector)
    sees_nothing(staff("clerk-shiqiao"), child, inspector)


@pytest.mark.slow
def test_from_the_law_to_the_pairing(person: Callable[..., Person], site: RunningSite):
    inspector = Inspector()

    walk(person, site, inspector)

    assert inspector.pages >= 40
    assert inspector.faults == []


class Blind(Inspector):
    """Looks at nothing: the same pages were looked at in the other walk."""

    def look(self, page: Page) -> None:
        self.pages += 1


@pytest.mark.slow
@pytest.mark.elasticsearch
def test_the_walk_goes_on_when_the_search_node_dies(
    person: Callable[..., Person],
    start_site: Callable[..., RunningSite],
    mortal_node: ElasticsearchNode,
):
    address = mortal_node.environment()["TEST_ELASTICSEARCH_URL"]
    site = start_site(SEARCH_ENGINE="elasticsearch", ELASTICSEARCH_URL=address)
    site.manage("search_rebuild", "--engine", "elasticsearch")

    walk(person, site, Blind(), half_way=lambda: mortal_node.stop(at_once=True))

    assert not mortal_node.is_ready()
