"""A plain site installs the wheel, declares one ledger, and has everything a ledger has."""

import json
import re

import pytest

from tests.plugin.conftest import PLAIN_SITE, ROOT, names_in

pytestmark = pytest.mark.once

LIMIT = 40


def declared_lines(*files):
    """Lines that say something: no blank ones, no comments, no docstring of the module."""
    lines = []
    for path in files:
        text = re.sub(r'\A""".*?"""', "", path.read_text(), flags=re.DOTALL)
        lines += [line for line in text.splitlines() if line.strip() and line.strip()[0] != "#"]
    return len(lines)


def test_the_ledger_of_the_plain_site_is_short():
    app = PLAIN_SITE / "loans"

    assert declared_lines(app / "models.py", app / "ledgers.py") <= LIMIT


def test_the_wheel_holds_everything_under_one_name(wheel):
    names = names_in(wheel)
    inside = {name for name in names if not name.startswith("tonghu-")}

    assert {name.split("/")[0] for name in inside} == {"tonghu"}
    assert [name for name in inside if name.startswith("tonghu/config")] == []
    # Each module, migration, template, static file, catalogue and fixture of the rooms.
    for room, folder in {"core": "site/core", "search": "search", "caseadmin": "caseadmin"}.items():
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix not in {".pyc", ".mo"}:
                assert f"tonghu/{room}/{path.relative_to(ROOT / folder)}" in inside
    assert inside >= {
        "tonghu/core/access/locale/zh_Hans/LC_MESSAGES/django.mo",
        "tonghu/core/territories/locale/zh_Hans/LC_MESSAGES/django.mo",
        "tonghu/core/accounts/fixtures/roles.json",
        "tonghu/core/territories/fixtures/territories.json",
        "tonghu/caseadmin/ledgers/static/ledgers/list.js",
        "tonghu/caseadmin/desk/static/desk/desk.css",
        "tonghu/publicity/home/static/portal/portal.css",
        "tonghu/publicity/home/templates/base.html",
    }


@pytest.mark.slow
def test_a_plain_site_gets_every_page_of_a_ledger(plain_site):
    found = json.loads(plain_site.run("probe.py").stdout.splitlines()[-1])

    assert found == {
        "add": 302,
        "list": True,
        "view": True,
        "edit": [302, "back"],
        "history": [2, True],
        "import": [["L-1", "spade", "back"], ["L-2", "ladder", "out"], ["L-3", "saw", "back"]],
        "export": ["L-1,spade", "L-2,ladder", "L-3,saw"],
        "search": [True, False],
        "filter": [True, False],
        "search of the site": True,
        "static": True,
        "chinese": "导入",
        "child protection": [],
    }


def test_a_missing_app_is_named_before_any_model_is_loaded(plain_site):
    wrong = "from .plugin import *\nINSTALLED_APPS.remove('tonghu.core.jobs')\n"
    (plain_site.folder / "mysite" / "settings" / "wrong.py").write_text(wrong)

    done = plain_site.run("manage.py", "check", settings="mysite.settings.wrong", check=False)

    assert (done.returncode, "INSTALLED_APPS too: tonghu.core.jobs" in done.stderr) == (1, True)
