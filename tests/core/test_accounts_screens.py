"""Accounts and posts are kept by two people who cannot be one."""

import pytest
from django.urls import reverse

from core.accounts.models import Post, User
from tests.factories.core import UserFactory, role_called

pytestmark = pytest.mark.django_db


@pytest.fixture
def system_admin(client, district):
    user = UserFactory(role="system_admin", serves=district.district)
    client.force_login(user)
    return user


@pytest.fixture
def security_admin(client, district):
    user = UserFactory(role="security_admin", serves=district.district)
    client.force_login(user)
    return user


def test_an_account_is_made_with_one_name_and_without_rights(client, system_admin):
    page = client.get(reverse("wagtailusers_users:add"))
    assert page.status_code == 200

    answer = client.post(
        reverse("wagtailusers_users:add"),
        {
            "username": "new-clerk",
            "name": "新来的专干",
            "email": "",
            "password1": "an invented pass phrase",
            "password2": "an invented pass phrase",
            "is_superuser": "on",
        },
    )

    made = User.objects.get(username="new-clerk")
    assert (answer.status_code, made.name, made.is_superuser, made.groups.count()) == (
        302,
        "新来的专干",
        False,
        0,
    )


def test_an_account_is_switched_off_on_its_page(client, system_admin):
    person = UserFactory(name="要停用的人")

    client.post(
        reverse("wagtailusers_users:edit", args=[person.pk]),
        {"username": person.username, "name": person.name, "email": person.email},
    )

    assert User.objects.get(pk=person.pk).is_active is False


def test_a_post_is_given_and_ended(client, security_admin, district):
    person = UserFactory()
    assert client.get(reverse("posts:index")).status_code == 200

    client.post(
        reverse("posts:add"),
        {
            "user": person.pk,
            "role": role_called("town_clerk").pk,
            "territory": district.town.pk,
            "held_from": "2026-01-01",
        },
    )
    post = Post.objects.get(user=person)
    client.post(reverse("posts:edit", args=[post.pk]), {"held_to": "2026-06-30"})

    post.refresh_from_db()
    assert post.held_to.isoformat() == "2026-06-30"
    assert [(h.history_type, h.history_user) for h in post.history.order_by("history_id")] == [
        ("+", security_admin),
        ("~", security_admin),
    ]


@pytest.mark.parametrize("name", ["posts:index", "posts:add"])
def test_whoever_makes_accounts_cannot_give_posts(client, system_admin, name):
    answer = client.get(reverse(name))

    assert (answer.status_code, answer.url) == (302, reverse("wagtailadmin_home"))


def test_a_refused_post_says_why_and_keeps_what_was_entered(client, security_admin, district):
    person = UserFactory(role="town_clerk", serves=district.town)

    answer = client.post(
        reverse("posts:add"),
        {
            "user": person.pk,
            "role": role_called("audit_admin").pk,
            "territory": district.town.pk,
            "held_from": "2026-01-01",
        },
    )

    assert answer.status_code == 200
    assert "role" in answer.context["form"].errors
    assert Post.objects.filter(user=person).count() == 1


def test_ones_own_page_shows_one_name_that_nobody_changes_alone(client, security_admin):
    security_admin.name = "欧阳明"
    security_admin.save()
    panel = {"name_email-email": "own@example.invalid", "name_email-name": "另一个人"}
    page = client.get(reverse("wagtailadmin_account")).content.decode()

    answer = client.post(
        reverse("wagtailadmin_account"), {**panel, "locale-preferred_language": ""}
    )

    security_admin.refresh_from_db()
    assert page.count('name="name_email-name"') == 1
    assert ("first_name" in page, "last_name" in page) == (False, False)
    assert answer.status_code in (200, 302)
    assert security_admin.name == "欧阳明"
