"""The desk shows each person their own numbers, in a fixed number of queries."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from caseadmin.desk.selectors import duties_of, numbers_of
from core.access.scope import scoped_to
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db


def counts(numbers):
    return {number.url.split("/")[2]: number.count for number in numbers}


def test_numbers_count_what_lies_in_ones_own_territories(district):
    ChildFileFactory(village=district.village)
    ChildFileFactory(village=district.foreign)
    clerk = UserFactory(role="town_clerk", serves=district.town)

    with scoped_to(clerk):
        assert counts(numbers_of(clerk))["child-files"] == 1


def test_what_is_done_does_not_wait(district):
    clerk = UserFactory(role="town_clerk", serves=district.town)

    with scoped_to(clerk):
        assert list(duties_of(clerk)) == []


def test_a_sixteenth_birthday_within_ninety_days_waits(district):
    today = timezone.localdate()
    soon = today + timedelta(days=30)
    ChildFileFactory(village=district.village, born_on=soon.replace(year=soon.year - 16))
    clerk = UserFactory(role="town_clerk", serves=district.town)

    with scoped_to(clerk):
        waiting = {str(n.label): n.count for n in duties_of(clerk, today)}

    assert len(waiting) == 2  # the birthday, and that nobody is on file as carer


def test_a_role_without_the_right_to_act_is_asked_for_nothing(district):
    ChildFileFactory(village=district.village)
    auditor = UserFactory(role="auditor", serves=district.district)

    with scoped_to(auditor):
        assert list(duties_of(auditor)) == []


@pytest.mark.parametrize("files", [1, 30])
def test_the_home_page_takes_the_same_queries_for_one_file_and_for_thirty(
    client, district, files, django_assert_max_num_queries
):
    ChildFileFactory.create_batch(files, village=district.village)
    client.force_login(UserFactory(role="town_clerk", serves=district.town))
    client.get(reverse("wagtailadmin_home"))

    with django_assert_max_num_queries(25):
        page = client.get(reverse("wagtailadmin_home"))

    assert (page.status_code, 'class="desk"' in page.content.decode()) == (200, True)


def test_nothing_on_the_home_page_leads_out_of_the_server(client, district):
    client.force_login(UserFactory(role="editor", serves=district.district))

    page = client.get(reverse("wagtailadmin_home")).content.decode()

    assert re.findall(r"https?://[^\s\"]+", page) == []
