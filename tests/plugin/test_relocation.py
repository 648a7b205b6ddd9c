"""Moving the rooms under one name touches names of rooms, and nothing else."""

import pytest

from tools.plugin import packages, relocated

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from core.access import scope\n", "from tonghu.core.access import scope\n"),
        (
            "if x:\n    from search.service import narrow\n",
            "if x:\n    from tonghu.search.service import narrow\n",
        ),
        (
            "import core.crypto.fields\nx = core.crypto.fields.F\n",
            "import tonghu.core.crypto.fields\nx = tonghu.core.crypto.fields.F\n",
        ),
        ('name = "caseadmin.ledgers"\n', 'name = "tonghu.caseadmin.ledgers"\n'),
        ("class A:\n    name = 'search.apps'\n", "class A:\n    name = 'tonghu.search.apps'\n"),
    ],
)
def test_names_of_rooms_move(before, after):
    assert relocated(before) == after


@pytest.mark.parametrize(
    "source",
    [
        "import re\nre.search('x', 'y')\n",
        "search = form.search\nsearch.registry\n",
        "from .core import x\n",
        "raise A from search\n",
        "from wagtail import search\n",
        'path = "search/case_search.html"\n',
        'right = "search.view_words"\n',
        '"""Call ``core.access.scope`` first."""\n',
        'message = "core.access is missing"\n',
        'topic = "search"\n',
    ],
)
def test_everything_else_stays(source):
    assert relocated(source) == source


def test_no_package_of_the_product_s_own_settings_is_shipped():
    assert {name.split(".")[0] for name in packages()} == {"tonghu"}
    assert "tonghu.config" not in packages()
