"""What a site has not set up is told by the name of the setting."""

import copy

import pytest
from django.conf import settings

from caseadmin.ledgers.host import (
    SCOPE_MIDDLEWARE,
    SIGN_IN_MIDDLEWARE,
    check_host,
    missing_apps,
    needed_apps,
)
from core.access.scope import NOBODY, Scope, scope_of, whole_site
from core.crypto.checks import check_key_ring
from tests.factories.core import UserFactory


class Nameless:
    """A user model without a name."""

    class _meta:
        label = "people.Nameless"

    def has_perm(self, name):
        return True


def without(name):
    return [entry for entry in settings.MIDDLEWARE if entry != name]


def templates(**changes):
    engine = copy.deepcopy(settings.TEMPLATES[0])
    return [{**engine, **changes}]


WRONG = [
    ({"MIDDLEWARE": without(SCOPE_MIDDLEWARE)}, "ledgers.E201", SCOPE_MIDDLEWARE),
    (
        {"MIDDLEWARE": [SCOPE_MIDDLEWARE, *without(SCOPE_MIDDLEWARE)]},
        "ledgers.E202",
        SIGN_IN_MIDDLEWARE,
    ),
    ({"TONGHU_SCOPE": "nowhere.rule"}, "ledgers.E204", "TONGHU_SCOPE"),
    ({"TONGHU_SCOPE": "core.access.scope.NOTHING"}, "ledgers.E204", "TONGHU_SCOPE"),
    ({"TEMPLATES": templates(APP_DIRS=False)}, "ledgers.E205", "APP_DIRS"),
    ({"TEMPLATES": templates(OPTIONS={})}, "ledgers.E206", "context_processors.request"),
]


def test_the_product_s_own_settings_pass():
    assert check_host() == []


@pytest.mark.parametrize(("changed", "number", "named"), WRONG, ids=[w[1] for w in WRONG])
def test_a_wrong_setting_is_named(settings, changed, number, named):
    for name, value in changed.items():
        setattr(settings, name, value)

    (message,) = check_host()

    assert (message.id, named in message.msg) == (number, True)


def test_a_user_model_that_cannot_be_named_is_refused(monkeypatch):
    monkeypatch.setattr("caseadmin.ledgers.host.get_user_model", lambda: Nameless)

    (message,) = check_host()

    assert (message.id, "people.Nameless has no get_full_name" in message.msg) == (
        "ledgers.E203",
        True,
    )


def test_missing_keys_are_named(settings):
    settings.TONGHU_KEYS = ""

    (message,) = check_key_ring()

    assert (message.id, "TONGHU_KEYS" in message.msg) == ("crypto.E001", True)


@pytest.mark.parametrize("app", needed_apps())
def test_a_missing_app_is_named(app):
    rest = [name for name in settings.INSTALLED_APPS if name != app]

    assert (missing_apps(settings.INSTALLED_APPS), missing_apps(rest)) == ([], [app])


def test_a_site_may_bring_its_own_rule_of_scope(settings, db, district):
    user = UserFactory()
    assert scope_of(user) == Scope(user_id=user.pk)
    settings.TONGHU_SCOPE = "core.access.scope.whole_site"

    assert scope_of(user) == whole_site(user)
    assert (scope_of(user).covers("0"), scope_of(user).covers("")) == (True, False)
    user.is_active = False
    assert scope_of(user) is NOBODY
