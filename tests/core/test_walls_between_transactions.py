"""Row-level security where nothing holds one transaction around the whole test."""

import pytest
from django.db import DatabaseError, connection
from django.urls import reverse

from caseadmin.children.models import ChildFile
from core.access.scope import Scope, in_scope, unscoped
from tests.conftest import small_district
from tests.core.test_walls import count, postgres, raw
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory

pytestmark = [pytest.mark.walled]


@postgres
@pytest.mark.django_db(transaction=True)
def test_a_request_tells_its_scope_once_and_leaves_nothing_behind(client):
    district = small_district()
    ChildFileFactory(village=district.village)
    client.force_login(UserFactory(role="town_clerk", serves=district.town))
    client.get(reverse("child_files:index"))
    before = connection.walls_told
    answer = client.get(reverse("child_files:index"))

    assert (answer.status_code, connection.walls_told - before) == (200, 1)
    assert raw("SELECT current_setting('tonghu.high', true)") == [("",)]


@postgres
@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_each_statement_brings_its_scope():
    district = small_district()
    for place in (district.village, district.foreign):
        ChildFileFactory(village=place)
    with unscoped("test"):
        streamed = len(list(ChildFile._base_manager.iterator(chunk_size=1)))
        every = count()
    with in_scope(Scope(prefixes=("990101001",))):
        own = count()
        with pytest.raises(DatabaseError):
            raw("SELECT no_such_column FROM children_childfile")
        again = len(list(ChildFile.objects.iterator(chunk_size=1)))
    assert (streamed, every, own, again, count(), connection.get_autocommit()) == (
        2,
        2,
        1,
        1,
        0,
        True,
    )
