"""Signing in: limits, one answer to everybody, factors, sessions, links."""

import re
import time
from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from caseadmin.ledgers.exporting.services import is_sensitive, offered
from caseadmin.ledgers.importing.columns import resource_for
from caseadmin.ledgers.registry import ledgers
from caseadmin.ledgers.sight import Sight
from core.access.scope import scoped_to
from core.accounts import keeping
from core.accounts.factors import role_needs_factor, shows_sensitive
from core.accounts.models import SignInAttempt, User
from core.accounts.selectors import system_account
from core.accounts.services import appoint
from core.crypto.keys import with_new_data_key
from core.crypto.rotation import left
from core.history.context import change_set
from tests.factories.core import PASSWORD, PostFactory, UserFactory, role_called
from tests.probe.way_in import code_of, sign_in, with_app

pytestmark = pytest.mark.django_db

Outcome = SignInAttempt.Outcome
WRONG_PAIR = "用户名与密码不匹配"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def clerk(district):
    return UserFactory(role="town_clerk", serves=district.town)


@pytest.fixture
def factor_needed(settings):
    settings.SECOND_FACTOR_REQUIRED = True


def signed_in(client) -> bool:
    return "_auth_user_id" in client.session


# --- The way in ------------------------------------------------------------------------


def test_name_and_password_open_the_desk(client, clerk):
    page = client.get(reverse("account_login"))
    key = client.session.session_key

    answer = sign_in(client, clerk.username)

    assert page.status_code == 200
    assert (answer.status_code, answer.url) == (302, reverse("wagtailadmin_home"))
    assert client.session.session_key != key
    assert list(SignInAttempt.objects.values_list("user", "outcome")) == [
        (clerk.pk, Outcome.SIGNED_IN)
    ]
    assert client.get(reverse("wagtailadmin_home")).status_code == 200


@pytest.mark.parametrize("address", ["/admin/login/", "/_util/login/"])
def test_stock_ways_in_lead_to_ours_and_read_nothing(client, clerk, address):
    looked = client.get(f"{address}?next=/admin/posts/")
    posted = client.post(address, {"username": clerk.username, "password": PASSWORD})

    assert looked.url == f"{reverse('account_login')}?next=%2Fadmin%2Fposts%2F"
    assert (posted.status_code, posted.url) == (302, reverse("account_login"))
    assert not signed_in(client)
    assert SignInAttempt.objects.count() == 0


def test_nobody_resets_a_password_by_themselves(client, clerk):
    assert client.get("/admin/password_reset/").url.startswith(reverse("account_login"))
    client.force_login(clerk)
    assert client.get("/admin/password_reset/").status_code == 404


def test_unknown_disabled_and_system_accounts_get_the_same_answer(client, clerk):
    UserFactory(username="gone", is_active=False)
    system_account()

    pages = [
        re.sub(r'value="[^"]*"', "", sign_in(client, name, secret).content.decode())
        for name, secret in [
            (clerk.username, "wrong"),
            ("nobody", PASSWORD),
            ("gone", PASSWORD),
            ("system", PASSWORD),
        ]
    ]

    assert WRONG_PAIR in pages[0]
    assert len(set(pages)) == 1


def test_fifteen_bad_tries_then_the_right_password_is_refused(client, clerk):
    for _number in range(15):
        sign_in(client, clerk.username, "wrong")
    sign_in(client, clerk.username)
    first = signed_in(client)
    elsewhere = Client()
    sign_in(elsewhere, clerk.username, address="198.51.100.7")

    assert (first, signed_in(elsewhere)) == (False, True)
    assert SignInAttempt.objects.filter(outcome=Outcome.WRONG).count() == 5
    assert SignInAttempt.objects.filter(outcome=Outcome.LIMITED).count() == 11


def test_one_address_is_stopped_before_it_has_tried_twenty_accounts(client, district):
    people = [UserFactory(role="town_clerk", serves=district.town) for _number in range(20)]

    for person in people:
        sign_in(client, person.username, "wrong")

    assert SignInAttempt.objects.filter(outcome=Outcome.WRONG).count() == 10


def test_neither_password_nor_address_nor_unknown_name_is_kept(client):
    sign_in(client, "geheimnis-getippt", "geheimes Wort", address="203.0.113.9")

    row = SignInAttempt.objects.values().get()
    assert row["user_id"] is None
    assert not {"geheimnis-getippt", "geheimes Wort", "203.0.113.9"} & {
        str(value) for value in row.values()
    }


def test_only_what_our_proxies_wrote_is_believed(client, clerk, settings):
    settings.TRUSTED_PROXY_COUNT = 1
    for number in range(8):
        client.post(
            reverse("account_login"),
            {"username": clerk.username, "password": "wrong"},
            HTTP_X_FORWARDED_FOR=f"10.0.0.{number}, 192.0.2.77",
        )

    assert SignInAttempt.objects.values("address_digest").distinct().count() == 1
    assert SignInAttempt.objects.filter(outcome=Outcome.LIMITED).count() == 3


def test_the_security_administrator_unlocks(client, clerk, district):
    keeper = UserFactory(role="security_admin", serves=district.district)
    for _number in range(6):
        sign_in(client, clerk.username, "wrong")
    desk = Client()
    desk.force_login(keeper)

    answer = desk.post(reverse("account_sign_in_of", args=[clerk.pk]), {"deed": "unlock"})
    sign_in(client, clerk.username)

    assert (answer.status_code, signed_in(client)) == (302, True)


class Gone:
    """A cache that does not answer."""

    def __getattr__(self, name):
        raise ConnectionError("the cache is gone")


def test_tries_are_counted_in_the_database_where_the_cache_is_gone(client, clerk, monkeypatch):
    monkeypatch.setattr("core.accounts.limits.cache", Gone())
    for _number in range(8):
        sign_in(client, clerk.username, "wrong")

    sign_in(client, clerk.username)

    assert not signed_in(client)
    assert SignInAttempt.objects.filter(outcome=Outcome.WRONG).count() == 5


# --- Second factor ---------------------------------------------------------------------


def test_a_code_of_the_app_opens_and_is_good_once(client, clerk, factor_needed):
    secret = with_app(clerk)
    sign_in(client, clerk.username)
    half_way = signed_in(client)
    code = code_of(secret)

    client.post(reverse("mfa_authenticate"), {"code": code})
    again = Client()
    sign_in(again, clerk.username)
    replayed = again.post(reverse("mfa_authenticate"), {"code": code})

    assert (half_way, signed_in(client), signed_in(again)) == (False, True, False)
    assert client.get(reverse("wagtailadmin_home")).status_code == 200
    assert "动态码不正确" in replayed.content.decode()


def test_a_recovery_code_is_good_once(client, clerk, factor_needed):
    with_app(clerk)
    stored = Authenticator.objects.get(user=clerk, type="recovery_codes")
    code = stored.wrap().get_unused_codes()[0]
    sign_in(client, clerk.username)
    client.post(reverse("mfa_authenticate"), {"code": code})
    again = Client()
    sign_in(again, clerk.username)

    again.post(reverse("mfa_authenticate"), {"code": code})

    assert (signed_in(client), signed_in(again)) == (True, False)


@pytest.mark.parametrize("fault", ["gone", "forgetful"])
def test_no_code_is_taken_while_used_ones_cannot_be_remembered(
    client, clerk, factor_needed, monkeypatch, fault
):
    class Forgetful:
        def __getattr__(self, name):
            return lambda *args, **kwargs: True if name == "add" else None

    secret = with_app(clerk)
    sign_in(client, clerk.username)
    monkeypatch.setattr("core.accounts.limits.cache", Gone() if fault == "gone" else Forgetful())

    answer = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    assert (answer.status_code, signed_in(client)) == (200, False)
    assert "暂时无法核验" in answer.content.decode()


def test_codes_cannot_be_guessed(client, clerk, factor_needed):
    secret = with_app(clerk)
    sign_in(client, clerk.username)
    for _number in range(6):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})

    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    assert not signed_in(client)


def test_secrets_of_factors_are_sealed(clerk):
    secret = with_app(clerk)

    rows = Authenticator.objects.filter(user=clerk).values_list("data", flat=True)

    assert secret not in str(list(rows))
    assert all(str(row.get("secret", row.get("seed"))).startswith("k1.") for row in rows)


def test_secrets_of_factors_follow_a_rotation_of_keys(clerk, settings):
    secret = with_app(clerk)
    codes = Authenticator.objects.get(user=clerk, type="recovery_codes").wrap().generate_codes()
    settings.TONGHU_KEYS = with_new_data_key(settings.TONGHU_KEYS)
    before = left()

    call_command("rotate_keys", stdout=StringIO())

    app, recovery = Authenticator.objects.filter(user=clerk).order_by("pk")
    assert (before["mfa_authenticator.data"], left(1).get("mfa_authenticator.data")) == (2, None)
    assert app.wrap().validate_code(code_of(secret))
    assert recovery.wrap().generate_codes() == codes


def test_setting_up_an_app_opens_the_desk_at_once(client, clerk, factor_needed):
    sign_in(client, clerk.username)
    home = client.get(reverse("wagtailadmin_home"))
    page = client.get(reverse("mfa_activate_totp"))
    secret = re.search(r'class="secret">([A-Z2-7]+)<', page.content.decode()).group(1)
    key = client.session.session_key

    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    codes = client.get(answer.url)

    assert home.url == f"{reverse('mfa_index')}?next=%2Fadmin%2F"
    assert answer.url == reverse("mfa_view_recovery_codes")
    assert len(re.findall(r"<li><code>\d{8}</code></li>", codes.content.decode())) == 10
    assert "<code>" not in client.get(answer.url).content.decode()
    assert client.session.session_key != key
    assert client.get(reverse("wagtailadmin_home")).status_code == 200


def test_the_last_factor_of_somebody_who_needs_one_is_not_removed(client, clerk, factor_needed):
    secret = with_app(clerk)
    sign_in(client, clerk.username)
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    client.post(reverse("mfa_deactivate_totp"))

    assert Authenticator.objects.filter(user=clerk, type="totp").count() == 1


@pytest.mark.parametrize(
    ("role", "needed"),
    [
        ("district_officer", True),
        ("town_clerk", True),
        ("village_worker", True),
        ("police", True),
        ("education", True),
        ("civil_affairs", True),
        ("volunteer_coordinator", True),
        ("system_admin", True),
        ("security_admin", True),
        ("audit_admin", True),
        ("school", True),
        ("auditor", False),
        ("editor", False),
    ],
)
def test_who_needs_a_factor_follows_from_the_rights(role, needed):
    assert role_needs_factor(role_called(role)) is needed


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ({"3": "masked", "@name": "read"}, False),
        ({"3": "reveal"}, True),
        ({"models": {"volunteers": {"3": "masked", "@name": "write"}}}, False),
        ({"models": {"volunteers": {"4": "reveal"}}}, True),
        ({"models": {"children.kin": {"@phone": "read"}}}, True),
    ],
)
def test_values_shown_on_one_kind_of_record_ask_for_a_factor_too(matrix, shown):
    assert shows_sensitive(matrix) is shown


# --- Sessions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "goes_on"), [([29, 58], True), ([31], False), ([25] * 30, False)]
)
def test_sessions_end_when_idle_and_after_twelve_hours(
    client, clerk, monkeypatch, minutes, goes_on
):
    sign_in(client, clerk.username)
    now = time.time()
    clock = {"now": now}
    monkeypatch.setattr("core.accounts.sessions.time.time", lambda: clock["now"])
    last = 0
    for number, minute in enumerate(minutes):
        last = minute if minute > last else last + minute
        clock["now"] = now + (last if len(minutes) < 3 else 25 * (number + 1)) * 60
        answer = client.get(reverse("wagtailadmin_home"))

    assert (answer.status_code == 200) is goes_on


def test_a_disabled_person_and_one_without_a_post_are_out_at_the_next_click(client, district):
    person = UserFactory(role="town_clerk", serves=district.town)
    sign_in(client, person.username)
    User.objects.filter(pk=person.pk).update(is_active=False)
    disabled = client.get(reverse("wagtailadmin_home"))
    other = UserFactory()
    post = PostFactory(user=other, role=role_called("town_clerk"), territory=district.town)
    desk = Client()
    sign_in(desk, other.username, address="192.0.2.2")
    with change_set(actor=system_account()):
        post.held_to = timezone.localdate() - timedelta(days=1)
        post.save()

    without = desk.get(reverse("wagtailadmin_home"))
    anew = sign_in(desk, other.username, address="192.0.2.2")

    login = reverse("account_login")
    assert [answer.url.partition("?")[0] for answer in (disabled, without, anew)] == [login] * 3
    assert not signed_in(desk)


def test_a_person_ends_one_session_and_then_all_others(client, clerk):
    devices = [client, Client(), Client(), Client()]
    for device in devices:
        sign_in(device, clerk.username)
    second = UserSession.objects.get(session_key=devices[1].session.session_key)
    page = client.get(reverse("usersessions_list"))

    client.post(reverse("usersessions_list"), {"session": second.pk})
    after_one = [device.get(reverse("wagtailadmin_home")).status_code for device in devices]
    client.post(reverse("usersessions_list"))
    after_all = [device.get(reverse("wagtailadmin_home")).status_code for device in devices]

    assert page.content.decode().count('name="session"') == 3
    assert after_one == [200, 302, 200, 200]
    assert after_all == [200, 302, 302, 302]


def test_nobody_ends_the_session_of_another(client, clerk, district):
    sign_in(client, clerk.username)
    stranger = Client()
    other = UserFactory(role="town_clerk", serves=district.town)
    sign_in(stranger, other.username, address="192.0.2.3")
    theirs = UserSession.objects.get(user=other)

    answers = [
        client.post(reverse("usersessions_list"), {"session": value}).status_code
        for value in (theirs.pk, "x")
    ]

    assert (answers, UserSession.objects.filter(user=other).count()) == ([404, 404], 1)


def test_who_leaves_is_out_everywhere_and_their_posts_end(client, clerk, district):
    keeper = UserFactory(role="system_admin", serves=district.district)
    sign_in(client, clerk.username)
    desk = Client()
    desk.force_login(keeper)

    desk.post(reverse("account_sign_in_of", args=[clerk.pk]), {"deed": "left"})

    clerk.refresh_from_db()
    assert (clerk.is_active, clerk.left_on) == (False, timezone.localdate())
    assert clerk.posts.get().held_to == timezone.localdate()
    assert UserSession.objects.filter(user=clerk).count() == 0
    assert client.get(reverse("wagtailadmin_home")).status_code == 302


def test_accounts_unused_for_ninety_days_are_switched_off(district, capsys):
    long_ago = timezone.now() - timedelta(days=91)
    system_account()
    User.objects.update(date_joined=long_ago)
    used = UserFactory(last_login=timezone.now() - timedelta(days=89), date_joined=long_ago)
    unused = UserFactory(last_login=long_ago)
    never = UserFactory(last_login=None, date_joined=long_ago)
    fresh = UserFactory(last_login=None)

    call_command("disable_unused_accounts")

    states = User.objects.in_bulk([used.pk, unused.pk, never.pk, fresh.pk])
    assert [states[u.pk].is_active for u in (used, unused, never, fresh)] == [
        True,
        False,
        False,
        True,
    ]
    assert system_account().is_active
    assert capsys.readouterr().out == "2 accounts switched off\n"
    assert ModelLogEntry.objects.filter(action="tonghu.unused").count() == 2


# --- Links, passwords ------------------------------------------------------------------


def test_a_link_sets_a_password_once(client, clerk, district):
    keeper = UserFactory(role="system_admin", serves=district.district)
    desk = Client()
    desk.force_login(keeper)
    page = desk.post(reverse("account_sign_in_of", args=[clerk.pk]), {"deed": "link"})
    link = re.search(r'id="password-link">([^<]+)<', page.content.decode()).group(1)
    path = link.removeprefix("http://testserver")
    secret = "riverbank lantern 42 mule"

    form = client.get(path, follow=True)
    weak = client.post(form.redirect_chain[-1][0], {"new_password1": "x", "new_password2": "x"})
    client.post(form.redirect_chain[-1][0], {"new_password1": secret, "new_password2": secret})
    used = Client().get(path)

    assert (weak.status_code, used.status_code) == (200, 200)
    assert "此链接已失效" in used.content.decode()
    sign_in(client, clerk.username, secret)
    assert signed_in(client)


def test_rights_over_the_sign_in_of_others_are_split(client, clerk, district):
    wanted = {
        "system_admin": {"link", "left"},
        "security_admin": {"unlock", "sessions", "factors"},
        "audit_admin": set(),
    }
    found = {}
    for role in wanted:
        desk = Client()
        desk.force_login(UserFactory(role=role, serves=district.district))
        address = reverse("account_sign_in_of", args=[clerk.pk])
        page = desk.get(address).content.decode()
        found[role] = set(re.findall(r'name="deed" value="(\w+)"', page))
        others = set().union(*wanted.values()) - wanted[role]
        for deed in others:
            desk.post(address, {"deed": deed})

    clerk.refresh_from_db()
    assert found == wanted
    assert clerk.is_active


def test_an_administrator_takes_factors_away_but_not_their_own(clerk, district):
    keeper = UserFactory(role="security_admin", serves=district.district)
    with_app(clerk)

    assert keeping.reset_factors(user=clerk, actor=keeper) == 1
    assert Authenticator.objects.filter(user=clerk).count() == 0
    with pytest.raises(ValidationError):
        keeping.reset_factors(user=keeper, actor=keeper)


def test_a_password_is_changed_with_the_old_one_and_other_sessions_end(client, clerk):
    sign_in(client, clerk.username)
    other = Client()
    sign_in(other, clerk.username)
    new = "riverbank lantern 42 mule"

    wrong = client.post(
        reverse("account_change_password"),
        {"old_password": "no", "new_password1": new, "new_password2": new},
    )
    right = client.post(
        reverse("account_change_password"),
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    )

    assert (wrong.status_code, right.status_code) == (200, 302)
    assert client.get(reverse("wagtailadmin_home")).status_code == 200
    assert other.get(reverse("wagtailadmin_home")).status_code == 302


def test_the_profile_of_classified_protection_asks_for_a_new_password(client, clerk, settings):
    sign_in(client, clerk.username)
    User.objects.filter(pk=clerk.pk).update(password_changed_at=timezone.now() - timedelta(days=91))
    before = client.get(reverse("wagtailadmin_home")).status_code
    settings.PASSWORD_PROFILE = "djcp3"

    after = client.get(reverse("wagtailadmin_home"))

    assert (before, after.status_code) == (200, 302)
    assert after.url.partition("?")[0] == reverse("account_change_password")


# --- Step-up ---------------------------------------------------------------------------


@pytest.fixture
def old_proof(client, clerk, monkeypatch):
    sign_in(client, clerk.username)
    now = time.time()
    monkeypatch.setattr("core.accounts.confirming.time.time", lambda: now + 16 * 60)
    return client


def test_an_export_asks_again_and_loses_nothing(old_proof, clerk):
    ledger = ledgers.get("child-files")
    address = ledger.url("export")
    with scoped_to(clerk):
        sight = Sight()
        columns = offered(resource_for(ledger), sight)
        column = next(column.path for column in columns if not is_sensitive(column, sight))
    typed = {"columns": [column], "file_format": "csv", "reason": "年度核对", "download": "1"}
    asked = old_proof.post(address, typed)
    page = asked.content.decode()

    wrong = old_proof.post(address, typed | {"confirm-asked": "POST", "confirm-password": "wrong"})
    right = old_proof.post(address, typed | {"confirm-asked": "POST", "confirm-password": PASSWORD})

    assert (asked.status_code, wrong.status_code) == (403, 422)
    assert 'name="reason" value="年度核对"' in page
    assert 'name="reason" value="年度核对"' in wrong.content.decode()
    assert not any("年度核对" in str(value) for value in old_proof.session.values())
    assert (right.status_code, right["Content-Disposition"][:10]) == (200, "attachment")


def test_a_page_that_was_only_opened_is_opened_afterwards(old_proof):
    address = ledgers.get("child-files").url("export")

    asked = old_proof.get(f"{address}?a=1")
    answer = old_proof.post(
        f"{address}?a=1", {"confirm-asked": "GET", "confirm-password": PASSWORD}
    )

    assert asked.status_code == 403
    assert (answer.status_code, answer.url) == (302, f"{address}?a=1")


# --- Administrators exclude each other -------------------------------------------------


def test_no_side_door_leads_to_a_role(clerk):
    keeper = role_called("security_admin")

    with pytest.raises(PermissionDenied), transaction.atomic():
        clerk.groups.add(keeper.group)
    with pytest.raises(PermissionDenied), transaction.atomic():
        keeper.group.user_set.add(clerk)
    clerk.is_superuser = True
    with pytest.raises(PermissionDenied), transaction.atomic():
        clerk.save()

    assert User.objects.get(pk=clerk.pk).is_superuser is False
    assert list(clerk.groups.values_list("role__code", flat=True)) == ["town_clerk"]


def test_the_technical_account_is_shut_once_all_administrators_are_in_office(
    client, district, settings
):
    settings.SUPERUSER_MAY_ENTER = False
    technical = UserFactory(is_superuser=True)
    role_called("system_admin")
    entered = []
    for role in ("system_admin", "security_admin", "audit_admin"):
        sign_in(client, technical.username)
        entered.append(signed_in(client))
        UserFactory(role=role, serves=district.district)
    during = client.get(reverse("wagtailadmin_home")).status_code
    sign_in(client, technical.username)

    assert (entered, during, signed_in(client)) == ([True, True, True], 302, False)


def test_a_technical_account_is_appointed_to_nothing(district):
    keeper = UserFactory(role="security_admin", serves=district.district)

    with pytest.raises(ValidationError):
        appoint(
            user=UserFactory(is_superuser=True),
            role=role_called("audit_admin"),
            territory=district.district,
            held_from=timezone.localdate(),
            actor=keeper,
        )
