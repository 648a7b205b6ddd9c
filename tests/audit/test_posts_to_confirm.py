"""Once a year somebody else says of each post whether it is still needed."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from caseadmin.desk.selectors import duties_of
from core.access.scope import scoped_to
from core.accounts.models import Post
from core.accounts.services import appoint, confirm_post, end_unconfirmed_post
from tests.factories.core import UserFactory, role_called

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/posts-to-confirm/"


@pytest.fixture
def keeper(client, district):
    user = UserFactory(role="security_admin", serves=district.district, name="郑安全")
    user.posts.update(confirmed_on=timezone.localdate())
    client.force_login(user)
    return user


def held_since(district, days, role="town_clerk"):
    """Give somebody a post that nobody has confirmed since it began."""
    user = UserFactory(role=role, serves=district.town)
    post = user.posts.get()
    Post.objects.filter(pk=post.pk).update(held_from=timezone.localdate() - timedelta(days=days))
    post.refresh_from_db()
    return post


@pytest.mark.parametrize(
    ("held_from", "confirmed_on", "held_to", "day", "listed"),
    [
        (date(2025, 1, 10), None, None, date(2025, 12, 10), False),
        (date(2025, 1, 10), None, None, date(2025, 12, 11), True),
        (date(2020, 1, 10), date(2025, 1, 10), None, date(2025, 12, 10), False),
        (date(2020, 1, 10), date(2025, 1, 10), None, date(2025, 12, 11), True),
        (date(2020, 1, 10), date(2025, 1, 10), date(2025, 12, 10), date(2025, 12, 11), False),
        (date(2026, 6, 1), date(2025, 1, 10), None, date(2026, 5, 1), False),
    ],
)
def test_a_post_is_listed_by_the_clock(district, held_from, confirmed_on, held_to, day, listed):
    post = held_since(district, 1)
    Post.objects.filter(pk=post.pk).update(
        held_from=held_from, confirmed_on=confirmed_on, held_to=held_to
    )

    assert list(Post.objects.to_confirm(day)) == ([post] if listed else [])


def test_an_appointment_counts_as_confirmed_whatever_its_first_day(district, keeper):
    post = appoint(
        user=UserFactory(),
        role=role_called("town_clerk"),
        territory=district.town,
        held_from=timezone.localdate() - timedelta(days=4000),
        actor=keeper,
    )

    assert (post.confirmed_on, list(Post.objects.to_confirm())) == (timezone.localdate(), [])


def test_the_ticked_are_confirmed_on_record_and_leave_the_list(client, district, keeper):
    due, other = held_since(district, 340), held_since(district, 370)
    with scoped_to(keeper):
        number = [duty for duty in duties_of(keeper) if duty.url == ADDRESS]
    page = client.get(ADDRESS)

    answer = client.post(ADDRESS, {"post": [str(due.pk)], "deed": "confirm"}, follow=True)

    assert [line["post"] for line in page.context["lines"]] == [other, due]
    assert [line["late"] for line in page.context["lines"]] == [True, False]
    assert [one.count for one in number] == [2]
    assert [line["post"] for line in answer.context["lines"]] == [other]
    due.refresh_from_db()
    row = due.history.latest("history_date")
    assert (row.confirmed_on, row.history_user, row.history_change_reason) == (
        timezone.localdate(),
        keeper,
        "确认续任一年",
    )
    entry = ModelLogEntry.objects.get(action="tonghu.post_confirmed")
    assert (entry.user, entry.object_id) == (keeper, str(due.pk))
    # Nothing else happens: what nobody has confirmed goes on.
    assert list(Post.objects.held().filter(pk__in=[due.pk, other.pk]).order_by("held_from")) == [
        other,
        due,
    ]


def test_a_post_that_is_needed_no_more_ends_today(client, district, keeper):
    due = held_since(district, 400)

    client.post(ADDRESS, {"post": [str(due.pk)], "deed": "end"})

    due.refresh_from_db()
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert (due.held_to, list(Post.objects.held(tomorrow).filter(pk=due.pk))) == (
        timezone.localdate(),
        [],
    )
    assert ModelLogEntry.objects.filter(action="tonghu.post_ended", user=keeper).count() == 1


@pytest.mark.parametrize("deed", [confirm_post, end_unconfirmed_post])
def test_nobody_confirms_or_ends_their_own_post(client, district, keeper, deed):
    long_ago = timezone.localdate() - timedelta(days=400)
    keeper.posts.update(held_from=long_ago, confirmed_on=None)
    own = keeper.posts.get()

    page = client.get(ADDRESS)
    with pytest.raises(ValidationError):
        deed(post=own, actor=keeper)
    client.post(ADDRESS, {"post": [str(own.pk)], "deed": "confirm"})

    own.refresh_from_db()
    assert ([line["own"] for line in page.context["lines"]], own.confirmed_on) == ([True], None)
    assert f'value="{own.pk}"' not in page.content.decode()


def test_a_post_that_has_ended_is_not_confirmed(district, keeper):
    due = held_since(district, 400)
    Post.objects.filter(pk=due.pk).update(held_to=timezone.localdate() - timedelta(days=1))

    with pytest.raises(ValidationError):
        confirm_post(post=due, actor=keeper)


@pytest.mark.parametrize(
    "data", [{}, {"deed": "confirm"}, {"post": "x"}, {"post": "x", "deed": "nonsense"}]
)
def test_nothing_ticked_and_nonsense_are_said(client, district, keeper, data):
    due = held_since(district, 400)
    answer = client.post(ADDRESS, data, follow=True)

    assert [str(message) for message in answer.context["messages"]] == [
        "请先勾选岗位，再选择处理方式。"
    ]
    assert list(Post.objects.to_confirm().filter(pk=due.pk)) == [due]


@pytest.mark.parametrize("role", ["system_admin", "audit_admin", "district_officer", "town_clerk"])
def test_nobody_else_sees_the_list(client, district, role):
    client.force_login(UserFactory(role=role, serves=district.district))
    due = held_since(district, 400)

    for answer in (client.get(ADDRESS), client.post(ADDRESS, {"post": due.pk, "deed": "end"})):
        assert (answer.status_code, answer.url) == (302, reverse("wagtailadmin_home"))
    assert list(Post.objects.to_confirm().filter(pk=due.pk)) == [due]


@pytest.mark.parametrize("count", [1, 20])
def test_the_list_costs_the_same_for_one_and_many(
    client, district, keeper, count, django_assert_max_num_queries
):
    for _ in range(count):
        held_since(district, 400)
    client.get(ADDRESS)

    with django_assert_max_num_queries(16):
        assert len(client.get(ADDRESS).context["lines"]) == count
