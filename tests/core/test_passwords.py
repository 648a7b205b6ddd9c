"""Passwords: two profiles, a list of common ones, words nobody may use."""

import random

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from core.accounts.passwords import common_passwords, is_common
from tests.factories.core import UserFactory

GOOD = [
    "an invented pass phrase",
    "riverbank lantern 42 mule",
    "Kq7vZ0m3xR9s",
    "正月十五看花灯去河边",
    "tuesday-Plum-oven",
    "xW9 krt lmpq 77",
]


def codes(password, user=None):
    try:
        validate_password(password, user)
    except ValidationError as error:
        return [one.code for one in error.error_list]
    return []


def test_the_list_holds_far_more_than_ten_thousand(capsys):
    listed = common_passwords()

    with capsys.disabled():
        pass
    assert len(listed) > 20_000


@pytest.mark.django_db
@pytest.mark.parametrize("profile", ["asvs", "djcp3"])
def test_none_of_a_thousand_common_passwords_is_taken(settings, profile):
    settings.PASSWORD_PROFILE = profile
    listed = sorted(common_passwords())
    chance = random.Random(20261125)
    sample = chance.sample(listed, 900)
    sample += chance.sample([one for one in listed if len(one) >= 12], 100)

    taken = [one for one in sample if not codes(one)]

    assert (len(sample), taken) == (1000, [])


@pytest.mark.parametrize(
    "password",
    [
        "wangwei19900808",
        "Zhang@123456",
        "woaini5201314",
        "5201314woaini",
        "WOAINI1314520!",
        "qwertyuiop123",
        "1qaz2wsx3edc4rfv",
        "asdfghjkl;123"[:9] + "456",
        "aaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "123456789012345",
        "minzhengju2026",
        "p@$$w0rd1234",
        "ｗａｎｇｗｅｉ１２３４５６",
        "liuyang20010101",
        "beijing20081234",
    ],
)
def test_habits_are_known_with_trifles_added(password):
    assert is_common(password)


@pytest.mark.parametrize("password", GOOD)
def test_a_password_of_ones_own_is_taken(password):
    assert not is_common(password)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "password",
    [
        "xx clerk-liuhe yy zz",
        "xx 周丽萍 yy zz kk ll",
        "xx zhouliping yy zz",
        "my 童护 is a good one",
        "my TongHu is a good one",
        "示例区 in the summer",
        "xx shiliqu yy zz kk",
        "xx liping.zhou yy zz",
    ],
)
def test_names_of_the_person_the_product_and_the_district_are_refused(district, password):
    person = UserFactory.build(
        username="clerk-liuhe", name="周丽萍", email="liping.zhou@example.invalid"
    )

    assert codes(password, person) == ["password_in_context"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("profile", "password", "expected"),
    [
        ("asvs", "k7 plum oven", []),
        ("asvs", "plum ovens a", []),
        ("asvs", "k7 plum ove", ["password_too_short"]),
        ("asvs", "x y" * 50, ["password_too_long", "password_too_common"]),
        ("djcp3", "k7 Plumo", []),
        ("djcp3", "k7 Plum", ["password_too_short"]),
        ("djcp3", "plum ovens a", ["password_too_uniform"]),
    ],
)
def test_each_profile_has_its_rules(settings, profile, password, expected):
    settings.PASSWORD_PROFILE = profile

    assert codes(password) == expected


def test_argon2_comes_first():
    from config.settings import base

    assert base.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
