"""A running copy of the product, and people with browsers in front of it.

The copy is what ``make run`` starts, in a process of its own with a database of its own: nothing
is mocked, and no test's clean-up can empty its page tree.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import chromium
import pytest
from local_server import free_port
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.machine import cannot_run

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
# What the settings for tests put into the environment of this very process.
SETTINGS = "tests.browser.settings"
OF_THE_TESTS = ("SECRET_KEY", "TONGHU_KEYS", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "CI")
# Two browsers and two sites share two cores.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class RunningSite:
    """One copy of the product on loopback.

    Args:
        folder: Database, keys and files of this copy.
        environment: What the processes of this copy were started with.
    """

    folder: Path
    environment: dict[str, str]
    url: str
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start web server and worker; return once the home page answers."""
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "tools/serve.py", "--no-prepare", "--quiet"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/", timeout=10):
                    return
            except OSError:
                time.sleep(0.2)
        pytest.fail(f"The site did not start:\n{self.log()}", pytrace=False)

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)

    def manage(self, *arguments: str) -> str:
        """Run a management command on this copy's database and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log(self) -> str:
        logs = (self.folder / name for name in ("serve.log", "server.log"))
        return "\n".join(log.read_text(errors="replace")[-4000:] for log in logs if log.exists())


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A loaded demonstration that nobody changes; sites are started on copies of it.

    Loading takes about a minute, so one worker does it for all.  ``PREPARED_DEMO=folder`` keeps
    it from one run to the next; delete the folder when models or demo data change.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    folder = Path(os.environ.get("PREPARED_DEMO") or shared / "prepared")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            prepare(folder)
            (folder / "whole").touch()
    return folder


def prepare(folder: Path) -> None:
    """Load the demonstration into a folder."""
    done = subprocess.run(
        [sys.executable, "tools/serve.py", "--prepare"],
        cwd=ROOT,
        env=site_environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.fail(f"The demonstration could not be loaded:\n{done.stderr[-4000:]}", pytrace=False)


def site_environment(folder: Path, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
    return inherited | {"TONGHU_VAR": str(folder)} | more


@pytest.fixture(scope="module")
def start_site(
    prepared_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., RunningSite]]:
    """``start_site(SEARCH_ENGINE="elasticsearch", …)`` serves a fresh copy of the demonstration."""
    sites: list[RunningSite] = []

    def start(**variables: str) -> RunningSite:
        folder = tmp_path_factory.mktemp("site")
        shutil.copytree(prepared_folder, folder, dirs_exist_ok=True)
        port = free_port()
        site = RunningSite(
            folder=folder,
            environment=site_environment(
                folder, PORT=str(port), **{"DJANGO_SETTINGS_MODULE": SETTINGS, **variables}
            ),
            url=f"http://127.0.0.1:{port}",
        )
        sites.append(site)
        site.start()
        return site

    yield start
    for site in sites:
        site.stop()


@pytest.fixture(scope="module")
def site(start_site: Callable[..., RunningSite]) -> RunningSite:
    """The product as ``make run`` starts it, shared by the tests of one module."""
    return start_site()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The Chromium of this machine."""
    path = chromium.find()
    if path is None:
        cannot_run(chromium.MISSING)
    running = playwright.chromium.launch(executable_path=path, args=chromium.flags())
    yield running
    running.close()


@dataclass
class Watch:
    """What must not happen while a person looks at a page."""

    origin: str
    problems: list[str] = field(default_factory=list)
    # Addresses, or their beginnings, that a test means to be refused.
    refused: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Begin watching; a request to anybody else is noted, and goes nowhere."""
        context.on("request", self.on_request)
        context.on("response", self.on_response)
        context.on("console", self.on_console)
        context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))

    def is_ours(self, url: str) -> bool:
        return url.startswith((f"{self.origin}/", "data:", "blob:", "about:"))

    def on_request(self, request: Any) -> None:
        if not self.is_ours(request.url):
            self.problems.append(f"request to another server: {request.url}")

    def on_response(self, response: Any) -> None:
        expected = response.url.removeprefix(self.origin).startswith(tuple(self.refused))
        if response.status >= 500 or (response.status >= 400 and not (self.refused and expected)):
            self.problems.append(f"{response.status} {response.request.method} {response.url}")

    def on_console(self, message: Any) -> None:
        # A refused answer is judged by its status above.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(f"console: {message.text}")


@dataclass
class Person:
    """One person at one device: a browser context with its own cookies."""

    site: RunningSite
    context: BrowserContext
    page: Page
    watch: Watch

    def goto(self, path: str, *, status: int = 200) -> Page:
        """Open an address of the site and check the status of the answer."""
        if status >= 400:
            self.watch.refused.append(path)
        answer = self.page.goto(f"{self.site.url}{path}")
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return self.page

    def sign_in(self, username: str, password: str) -> None:
        self.goto("/admin/login/")
        self.page.fill("input[name=username]", username)
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit], input[type=submit]")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def arrive(self, username: str, password: str) -> None:
        """Be signed in already: the pages for it are not what the test is about."""
        ask = self.context.request
        form = ask.get(f"{self.site.url}/admin/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text())
        assert token
        answer = ask.post(
            form.url,
            form={
                "csrfmiddlewaretoken": token.group(1),
                "username": username,
                "password": password,
            },
            headers={"Referer": form.url},
            max_redirects=0,
        )
        assert answer.status == 302, answer.text()


@pytest.fixture
def person(browser: Browser, site: RunningSite) -> Iterator[Callable[..., Person]]:
    """``person(PHONE, javascript=False)`` seats somebody in front of the site.

    At the end the test fails if any page asked another server for something, answered with an
    error nobody expected, or left an error in the browser's console.
    """
    seated: list[Person] = []

    def seat(
        viewport: dict[str, int] = DESKTOP,
        *,
        javascript: bool = True,
        language: str = "zh-CN",
        at: RunningSite | None = None,
    ) -> Person:
        place = at or site
        context = browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]
            locale=language,
            timezone_id="Asia/Shanghai",
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        context.set_default_timeout(30_000)
        watch = Watch(place.url)
        watch.over(context)
        who = Person(place, context, context.new_page(), watch)
        seated.append(who)
        return who

    yield seat
    problems = [problem for who in seated for problem in who.watch.problems]
    for who in seated:
        who.context.close()
    assert problems == []
