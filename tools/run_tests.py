"""Run all tests: on SQLite, on PostgreSQL, and in a browser.

The servers the tests need are started here and stopped at the end. What cannot be had is
skipped with its reason; with ``CI=true`` it is a failure.

    python tools/run_tests.py                 everything
    python tools/run_tests.py sqlite browser  some of the passes
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import chromium
from defusedxml import ElementTree
from elasticsearch_node import ElasticsearchNode
from local_server import LocalServer, Unavailable
from postgres_server import PostgresServer

ROOT = Path(__file__).resolve().parents[1]
IN_CI = bool(os.environ.get("CI"))
PASSES = ("sqlite", "postgres", "browser")
FIRST_TESTS = "tests/core/test_access.py"


def pytest_pass(
    name: str, options: list[str], environment: dict[str, str], totals: Counter[str]
) -> bool:
    """Run pytest once and add its counts to ``totals``; tell whether it passed."""
    print(f"\n=== {name} ===", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--quiet", f"--junitxml={report}", *options],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
        )
        if report.exists():
            suite = ElementTree.parse(report).getroot().find("testsuite")
            for count in ("tests", "failures", "errors", "skipped"):
                totals[count] += int(suite.get(count, 0)) if suite is not None else 0
    print(f"=== {name}: {time.monotonic() - started:.0f} s ===", flush=True)
    return done.returncode == 0


def started(server: LocalServer, missing: list[str]) -> dict[str, str]:
    """Start a server; return its variables, or note why it cannot be had."""
    try:
        server.start()
    except Unavailable as reason:
        missing.append(f"{server.kind}: {reason}")
        return {}
    return server.environment()


def begin(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Begin what a later pass needs while an earlier one runs.

    If it fails, that pass does the same work itself and shows why it cannot.
    """
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "CI"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def main() -> int:
    """Run the passes; the exit status says whether all of them passed."""
    passes = [word for word in sys.argv[1:] if word in PASSES] or list(PASSES)
    extra = [word for word in sys.argv[1:] if word not in PASSES]
    node = ElasticsearchNode("test", fresh=True)
    database = PostgresServer("test", fresh=True)
    making = tempfile.TemporaryDirectory()
    migrated = template = demo = None
    missing: list[str] = []
    totals: Counter[str] = Counter()
    passed = True
    try:
        if "sqlite" in passes:
            # The first test with a database makes the one that all workers copy.
            migrated = begin(["-m", "pytest", "--setup-only", FIRST_TESTS], {})
        search = started(node, missing)
        postgres = started(database, missing) if "postgres" in passes else {}
        if "browser" in passes and not chromium.find():
            missing.append(f"browser: {chromium.MISSING}")

        folder = Path(making.name)
        if postgres:
            settings = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
            address = {"DATABASE_URL": postgres["TEST_POSTGRES_URL"]}
            template = begin(["manage.py", "migrate"], settings | address)

        # In the order of tests/conftest.py, not of the number of tests in a file.
        parallel = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
        if migrated:
            migrated.wait()
            options = ["-m", "not browser and not postgres", *parallel, *extra]
            passed &= pytest_pass("tests on SQLite", options, search, totals)
        if "browser" in passes:
            demo = begin(["tools/serve.py", "--prepare"], {"TONGHU_VAR": str(folder)})
        if template:
            options = ["-m", "not browser and not once", *parallel, *extra]
            if template.wait() == 0:
                address["TEST_POSTGRES_TEMPLATE"] = "tonghu"
            passed &= pytest_pass(
                "tests on PostgreSQL", options, search | postgres | address, totals
            )
        if "browser" in passes:
            options = ["-m", "browser", "-p", "no:randomly", *parallel, *extra]
            if demo and demo.wait() == 0:
                (folder / "whole").touch()
                search["PREPARED_DEMO"] = str(folder)
            if search:
                search["TEST_ELASTICSEARCH_MORTAL"] = node.name
            passed &= pytest_pass("tests in a browser", options, search, totals)
    finally:
        for process in (migrated, template, demo):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        node.stop()
        database.stop()
        making.cleanup()

    for reason in missing:
        print(f"{'missing' if IN_CI else 'skipped'}: {reason}")
    failures = totals["failures"] + totals["errors"]
    good = totals["tests"] - failures - totals["skipped"]
    print(f"\ntests: {good} passed, {failures} failed, {totals['skipped']} skipped")
    return 0 if passed and not (IN_CI and missing) else 1


if __name__ == "__main__":
    sys.exit(main())
