"""Retention by the clock: all that is due goes or is held, nothing goes early."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from caseadmin.children.models import ChildFile
from caseadmin.ledgers import ledgers
from caseadmin.rights.models import Erasure
from caseadmin.rights.retention import apply_retention, due_list, sweep
from core.access.scope import scoped_to
from core.accounts.models import SignInAttempt
from core.accounts.selectors import system_account
from core.approvals.services import seal_record
from core.calendar import months_after
from core.privacy.models import RetentionRule
from core.privacy.selectors import purpose_in_force, rules_in_force
from core.privacy.services import load_privacy
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory
from tests.factories.rights import a_hold
from tests.rights.test_erasure import close

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]

TEN_YEARS = 120
ERASURES = ledgers.get("erasures")
LONG_AFTER = date(2060, 1, 1)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 6, 1), 120, date(2036, 6, 1)),
    ],
)
def test_months_end_on_the_last_day_there_is(day, months, then):
    assert months_after(day, months) == then


def test_the_clock_passes_every_limit(district, acting):
    """Sixteen files of many ages: at each step exactly the due ones are gone or held."""
    limits, held = {}, set()
    for number in range(16):
        born_on = date(2011, 1, 1) + timedelta(days=240 * number)
        child = ChildFileFactory(village=district.village, born_on=born_on, id_number="")
        close(child, acting)
        adult = months_after(born_on, 18 * 12)
        limits[child.pk] = months_after(max(date(2026, 6, 1), adult), TEN_YEARS)
        if number % 5 == 0:
            a_hold(acting, child_file=child)
            held.add(child.pk)

    wrong = []
    for day in sorted(
        {limit + timedelta(days=step) for limit in limits.values() for step in (-1, 0)}
    ):
        apply_retention(actor=acting, day=day)
        left = set(ChildFile.objects.values_list("pk", flat=True))
        wanted = {pk for pk, limit in limits.items() if limit > day or pk in held}
        if left != wanted:
            wrong.append(day)

    assert wrong == []
    assert (ChildFile.objects.count(), Erasure.objects.count()) == (4, 12)


def test_a_dry_run_counts_and_touches_nothing(child, acting):
    close(child, acting)
    out = StringIO()

    call_command("apply_retention", "--dry-run", "--day", "2060-01-01", stdout=out)

    assert "child_file: 1 due, 0 held, 1 wait to be confirmed" in out.getvalue()
    assert ChildFile.objects.filter(pk=child.pk).exists()


def test_the_command_proposes_and_an_officer_confirms(child, acting):
    close(child, acting)
    printed = []

    for confirmed in ([], ["--confirmed-by", acting.username]):
        out = StringIO()
        call_command("apply_retention", "--day", "2060-01-01", *confirmed, stdout=out)
        printed.append((out.getvalue().splitlines()[1], ChildFile.objects.count()))

    assert printed == [
        ("child_file: 1 due, 0 held, 1 wait to be confirmed", 1),
        ("child_file: 1 due, 0 held, 1 erased", 0),
    ]
    assert Erasure.objects.get().decided_by == acting


def test_neither_the_clock_nor_a_clerk_erases(child, acting, clerk):
    close(child, acting)

    for actor in (system_account(), clerk):
        with pytest.raises(PermissionDenied):
            apply_retention(actor=actor, day=date(2060, 1, 1))
    with pytest.raises(CommandError):
        call_command("apply_retention", "--confirmed-by", clerk.username)
    with pytest.raises(CommandError):
        call_command("apply_retention", "--confirmed-by", "nobody")

    assert ChildFile.objects.filter(pk=child.pk).exists()


def test_an_officer_erases_on_the_page_what_was_ticked_and_nothing_else(
    client, district, acting, clerk
):
    children = [
        ChildFileFactory(village=district.village, born_on=date(1990, 1, number), id_number="")
        for number in (1, 2, 3)
    ]
    for row in children:
        close(row, acting)
    first, second, kept = children
    a_hold(acting, child_file=kept)
    RetentionRule.objects.filter(code="child_file").update(keep_months=1)
    client.force_login(acting)

    page = client.get("/admin/disposal/").content.decode()
    offered = [f'value="child_file:{row.pk}"' in page for row in children]
    none = client.post("/admin/disposal/", follow=True)
    answer = client.post(
        "/admin/disposal/", {"due": [f"child_file:{row.pk}" for row in (first, kept)]}, follow=True
    )

    assert offered == [True, True, False]
    assert (none.status_code, answer.status_code) == (200, 200)
    assert set(ChildFile.objects.values_list("pk", flat=True)) == {second.pk, kept.pk}
    assert Erasure.objects.get().record_number == first.file_number
    client.force_login(clerk)
    assert client.get("/admin/disposal/").status_code in (302, 403)


def test_the_certificate_says_in_words_what_went_by_which_rule(client, child, acting):
    close(child, acting)
    apply_retention(actor=acting, day=LONG_AFTER)
    certificate = Erasure.objects.get()
    client.force_login(acting)

    listed = client.get(ERASURES.url("index")).content.decode()
    page = client.get(ERASURES.url("view", certificate.pk)).content.decode()

    assert ("儿童信息档案" in listed, child.file_number in listed) == (True, True)
    assert "儿童关爱服务信息档案" in page
    assert [word for word in ("child_file", "childfile", "erasure<") if word in page] == []
    assert "家庭成员 1" in page


def test_a_sealed_record_is_proposed_to_and_erased_by_the_named_only(child, district):
    named = UserFactory(role="district_officer", serves=district.district)
    other = UserFactory(role="district_officer", serves=district.district)
    with scoped_to(named):
        close(child, named)
        seal_record(row=child, reason="亲属在机关工作", named=[], actor=named)

    shown, gone = {}, {}
    for person in (other, named):
        with scoped_to(person):
            shown[person] = [due.row.pk for due in due_list(person, LONG_AFTER)]
        for only in (None, {f"child_file:{child.pk}"}):
            outcome = apply_retention(actor=person, day=LONG_AFTER, only=only)["child_file"]
            gone[person] = gone.get(person, 0) + outcome.gone

    assert shown == {other: [], named: [child.pk]}
    assert gone == {other: 0, named: 1}


def test_what_is_due_elsewhere_is_not_shown(child, acting, district):
    close(child, acting)
    elsewhere = UserFactory(role="civil_affairs", serves=district.other_town)

    lists = [due_list(user, date(2060, 1, 1)) for user in (acting, elsewhere)]

    assert [[due.row.pk for due in found] for found in lists] == [[child.pk], []]


def test_tries_to_sign_in_go_after_half_a_year_and_not_before():
    now = timezone.now()
    ages = (0, 179, 184, 400)
    for age in ages:
        SignInAttempt.objects.create(
            at=now - timedelta(days=age), outcome="wrong", account_digest="a", address_digest="b"
        )

    counted = sweep(dry_run=True)
    swept = sweep()

    left = sorted((now - at).days for at in SignInAttempt.objects.values_list("at", flat=True))
    assert (counted, swept, left) == ({"sign_in_attempt": 2}, {"sign_in_attempt": 2}, [0, 179])


def test_a_rule_that_no_longer_holds_disposes_of_nothing(child, acting):
    close(child, acting)
    RetentionRule.objects.filter(code="child_file").update(valid_to=date(2030, 1, 1))

    outcomes = apply_retention(actor=acting, day=date(2060, 1, 1))

    assert "child_file" not in outcomes


def test_a_version_that_was_consented_to_is_never_rewritten():
    stored = purpose_in_force("pairing", date(2026, 5, 1))
    row = {
        "code": "pairing",
        "version": stored.version,
        "valid_from": "2026-01-01",
        "label_zh": stored.label_zh,
        "label_en": stored.label_en,
        "source": stored.source,
        "basis": stored.basis,
        "text_zh": "别的文字",
    }

    with pytest.raises(ValidationError):
        load_privacy({"purposes": [row]})


def test_rules_and_purposes_hold_by_date():
    assert rules_in_force(date(2025, 12, 31)).count() == 0
    assert rules_in_force(date(2026, 1, 1)).count() == 5
    assert purpose_in_force("pairing", date(2025, 12, 31)) is None
