"""A test that empties the tables leaves behind what the migrations wrote."""

import pytest
from django.core.management import call_command
from wagtail.models import Page, Site

from core.accounts.models import User
from tests.factories.core import UserFactory


@pytest.mark.django_db(transaction=True)
def test_emptying_keeps_the_rows_of_the_migrations(everything):
    pages, sites = Page.objects.count(), Site.objects.count()
    UserFactory()

    call_command("flush", interactive=False, verbosity=0)

    assert (Page.objects.count(), Site.objects.count(), User.objects.count()) == (pages, sites, 0)
    assert (pages > 0, sites > 0) == (True, True)
