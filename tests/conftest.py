"""Fixtures every test may use."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from caseadmin.ledgers import chrome
from caseadmin.ledgers.runtime.store import forget
from config.gunicorn import spare_what_was_loaded
from core.access.scope import scoped_to, unscoped
from core.territories.models import Territory
from tests.factories.core import TerritoryFactory

pytest_plugins = [
    "tests.machine",
    "tests.migrated",
    "tests.outbound",
    "tests.walled",
    "tests.triggers",
]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long: the last one to be begun has no company."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Spend no time on garbage that is none: it took a tenth of it."""
    spare_what_was_loaded()


@dataclass
class District:
    """One district, two towns of two villages each."""

    district: Territory
    town: Territory
    other_town: Territory
    village: Territory
    sibling: Territory
    foreign: Territory
    foreign_sibling: Territory


@pytest.fixture
def district(db: Any) -> District:
    """A small world: ``village`` and ``sibling`` in ``town``, ``foreign`` in ``other_town``."""
    return small_district()


def small_district() -> District:
    """Make that small world, quickly: half of the tests stand in it."""
    root = TerritoryFactory(level="district", code="990101000000", name="示例区", parent=None)

    def place(code: str, name: str, parent: Territory) -> Territory:
        level = "town" if parent is root else "village"
        return TerritoryFactory.build(level=level, code=code, name=name, parent=parent)

    first, second = place("990101001000", "柳河镇", root), place("990101002000", "石桥镇", root)
    made = District(
        district=root,
        town=first,
        other_town=second,
        village=place("990101001001", "柳树沟村", first),
        sibling=place("990101001002", "上柳树沟村", first),
        foreign=place("990101002001", "白杨村", second),
        foreign_sibling=place("990101002002", "柳树沟村", second),
    )
    Territory.objects.bulk_create(place for place in vars(made).values() if place is not root)
    return made


@pytest.fixture(autouse=True, scope="session")
def _no_minute_ends() -> None:
    """What is asked for again once a minute is asked for once: a minute may end anywhere."""
    chrome.KEPT_SECONDS = 24 * 3600


@pytest.fixture(autouse=True)
def _fresh_definitions() -> None:
    """Read the runtime definitions anew: the last test's were rolled back."""
    forget()


@pytest.fixture
def as_user() -> Callable[[Any], AbstractContextManager[Any]]:
    """``with as_user(clerk): …`` acts with that person's scope and name."""
    return scoped_to


@pytest.fixture
def everything() -> Any:
    """Reach every row in a test that looks at what was stored."""
    with unscoped("test"):
        yield
