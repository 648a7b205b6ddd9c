"""A test that empties the tables leaves behind what the migrations wrote."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from wagtail.models import Page

from tests.factories.core import UserFactory


@pytest.mark.django_db(transaction=True)
def test_emptying_keeps_the_rows_of_the_migrations(everything):
    before = connection.creation.serialize_db_to_string()
    assert Page.objects.exists()
    UserFactory()
    # Nobody knows the kinds of records by heart, as at the start of a process.
    ContentType.objects.clear_cache()

    call_command("flush", interactive=False, verbosity=0)

    assert connection.creation.serialize_db_to_string() == before
