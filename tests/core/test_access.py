"""Scope: fails closed, follows posts by date, follows merges."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.access.masking import mask_address, mask_id_number, mask_name, mask_phone
from core.access.scope import NOBODY, Scope, current_scope, scope_of, scoped_to, unscoped
from core.accounts.models import Post, User
from core.accounts.selectors import system_account
from core.accounts.services import appoint, end_post
from core.history.context import MissingActor, change_set
from core.territories.models import Territory
from core.territories.selectors import name_on
from core.territories.services import add_territory, merge_territory, rename_territory
from tests.factories.core import PostFactory, TerritoryFactory, UserFactory, role_called

pytestmark = pytest.mark.django_db


def test_a_town_clerk_reaches_the_town_and_no_other(district):
    clerk = UserFactory(role="town_clerk", serves=district.town)

    scope = scope_of(clerk)

    assert scope.prefixes == ("990101001",)
    assert [scope.covers(t.code) for t in (district.village, district.foreign)] == [True, False]


@pytest.mark.parametrize("role", ["editor", "system_admin", "security_admin", "audit_admin"])
def test_roles_without_cases_reach_nothing(district, role):
    assert scope_of(UserFactory(role=role, serves=district.district)).prefixes == ()


def test_a_superuser_without_a_post_reaches_nothing(district):
    assert scope_of(UserFactory(is_superuser=True)).prefixes == ()


def test_a_post_counts_from_its_first_day_to_its_last(district):
    today = timezone.localdate()
    clerk = UserFactory()
    post = PostFactory(
        user=clerk, territory=district.town, held_from=today, held_to=today + timedelta(days=1)
    )

    assert [
        bool(Post.objects.held(today + timedelta(days=n)).filter(pk=post.pk)) for n in (-1, 0, 1, 2)
    ] == [
        False,
        True,
        True,
        False,
    ]


def test_an_ended_post_gives_no_rights_whatever_the_groups_say(district):
    clerk = UserFactory(role="town_clerk", serves=district.town)
    Post.objects.filter(user=clerk).update(held_to=timezone.localdate() - timedelta(days=1))

    fresh = User.objects.get(pk=clerk.pk)

    assert (fresh.has_perm("wagtailadmin.access_admin"), scope_of(fresh).prefixes) == (False, ())


def test_a_system_account_cannot_sign_in(client):
    account = system_account()
    account.set_password("an invented pass phrase")
    account.save()

    assert client.login(username="system", password="an invented pass phrase") is False


def test_scope_resolution_takes_one_query(district, django_assert_num_queries):
    clerk = UserFactory(role="town_clerk", serves=district.town)

    with django_assert_num_queries(1):
        scope_of(clerk)


def test_whoever_serves_a_successor_sees_what_was_merged_into_it(district):
    actor = system_account()
    worker = UserFactory(role="village_worker", serves=district.sibling)
    assert scope_of(worker).covers(district.village.code) is False

    merge_territory(
        territory=district.village, into=district.sibling, on=date(2026, 1, 1), actor=actor
    )

    assert scope_of(worker).prefixes == (district.village.code, district.sibling.code)


def test_chains_of_merges_are_followed(district):
    actor = system_account()
    third = TerritoryFactory(level="village", code="990101001003", parent=district.town)
    merge_territory(
        territory=district.village, into=district.sibling, on=date(2025, 1, 1), actor=actor
    )
    district.sibling.refresh_from_db()
    merge_territory(territory=district.sibling, into=third, on=date(2026, 1, 1), actor=actor)

    worker = UserFactory(role="village_worker", serves=third)

    assert scope_of(worker).prefixes == ("990101001001", "990101001002", "990101001003")


@pytest.mark.parametrize("case", ["itself", "other level", "twice"])
def test_a_merge_that_makes_no_sense_is_refused(district, case):
    actor = system_account()
    into = {"itself": district.village, "other level": district.town, "twice": district.sibling}[
        case
    ]
    if case == "twice":
        merge_territory(territory=district.village, into=into, on=date(2025, 1, 1), actor=actor)

    with pytest.raises(ValidationError):
        merge_territory(territory=district.village, into=into, on=date(2026, 1, 1), actor=actor)


def test_a_new_name_leaves_the_old_one_to_earlier_days(district):
    actor = system_account()
    village = add_territory(
        code="990101001009",
        level="village",
        kind="village_committee",
        name="旧名村",
        parent=district.town,
        valid_from=date(2020, 1, 1),
        actor=actor,
    )

    rename_territory(territory=village, name="新名村", on=date(2026, 3, 1), actor=actor)

    village.refresh_from_db()
    assert [name_on(village, day) for day in (date(2026, 2, 28), date(2026, 3, 1))] == [
        "旧名村",
        "新名村",
    ]
    assert [h.name for h in village.history.order_by("history_id")] == ["旧名村", "新名村"]


def test_a_code_must_continue_that_of_its_parent(district):
    with pytest.raises(ValidationError) as caught:
        add_territory(
            code="990102001001",
            level="village",
            kind="village_committee",
            name="错码村",
            parent=district.town,
            valid_from=date(2020, 1, 1),
            actor=system_account(),
        )
    assert list(caught.value.message_dict) == ["code"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("system_admin", "audit_admin"), ("security_admin", "town_clerk"), ("editor", "system_admin")],
)
def test_administrator_roles_exclude_every_other_role(district, first, second):
    person = UserFactory(role=first, serves=district.district)

    with pytest.raises(ValidationError) as caught:
        appoint(
            user=person,
            role=role_called(second),
            territory=district.district,
            held_from=date(2026, 1, 1),
            actor=system_account(),
        )

    assert (list(caught.value.message_dict), Post.objects.filter(user=person).count()) == (
        ["role"],
        1,
    )


def test_two_case_roles_may_be_held_at_once_and_a_post_can_end(district):
    person = UserFactory(role="editor", serves=district.district)
    post = appoint(
        user=person,
        role=role_called("town_clerk"),
        territory=district.town,
        held_from=date(2026, 1, 1),
        actor=system_account(),
    )
    assert {g.role.code for g in person.groups.all()} == {"editor", "town_clerk"}

    end_post(post=post, on=date(2026, 1, 31), actor=system_account())

    assert {g.role.code for g in person.groups.all()} == {"editor"}
    assert [h.history_type for h in post.history.order_by("history_id")] == ["+", "~"]


def test_nobody_appoints_themselves(district):
    person = UserFactory()
    with pytest.raises(ValidationError):
        appoint(
            user=person,
            role=role_called("town_clerk"),
            territory=district.town,
            held_from=date(2026, 1, 1),
            actor=person,
        )


def test_a_tracked_write_without_an_actor_fails(district):
    village = Territory.objects.get(pk=district.village.pk)
    village.name = "无名氏改的村"

    with pytest.raises(MissingActor):
        village.save()

    assert Territory.objects.get(pk=village.pk).name == "柳树沟村"


def test_an_inner_change_set_of_the_same_person_is_the_same_action(district):
    actor, other = system_account(), UserFactory()

    with change_set(actor=actor, source="import") as outer:
        with change_set(actor=actor, reason="复核") as inner:
            joined = (inner.id == outer.id, inner.source, inner.reason)
        with change_set(actor=other) as apart:
            separate = apart.id != outer.id

    assert (joined, separate) == ((True, "import", "复核"), True)


def test_nothing_is_in_scope_until_someone_says_so(district):
    assert current_scope() is None
    with scoped_to(UserFactory(role="town_clerk", serves=district.town)) as scope:
        assert current_scope() == scope
    assert current_scope() is None
    with pytest.raises(ValueError, match="reason"), unscoped(" "):
        pass


def test_no_grant_covers_nothing():
    assert [NOBODY.covers(""), Scope().covers("990101001001")] == [False, False]


def test_masks_keep_the_ends_only():
    assert [
        mask_name("张小明"),
        mask_id_number("990101201501011234"),
        mask_phone("19900001234"),
        mask_address("滨禾区柳河镇柳树沟村3组"),
    ] == ["张**", "990101********1234", "199****1234", "滨禾区柳河镇****"]
