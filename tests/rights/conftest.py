"""Two officers of the district, a clerk, and a child whose file is closed."""

from datetime import date
from typing import Any

import pytest

from core.access.scope import scoped_to
from tests.factories.children import ChildFileFactory, KinFactory
from tests.factories.core import UserFactory
from tests.factories.rights import load_rules


@pytest.fixture
def rules(db: Any) -> None:
    load_rules()


@pytest.fixture
def officer(district: Any) -> Any:
    return UserFactory(role="district_officer", serves=district.district)


@pytest.fixture
def second(district: Any) -> Any:
    return UserFactory(role="civil_affairs", serves=district.district)


@pytest.fixture
def clerk(district: Any) -> Any:
    return UserFactory(role="town_clerk", serves=district.town)


@pytest.fixture
def child(district: Any) -> Any:
    row = ChildFileFactory(village=district.village, born_on=date(2016, 5, 20))
    KinFactory(child_file=row, full_name="赵建国", phone="19900000021")
    return row


@pytest.fixture
def acting(officer: Any) -> Any:
    with scoped_to(officer):
        yield officer
