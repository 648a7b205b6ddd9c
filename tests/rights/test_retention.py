"""Retention by the clock: all that is due goes or is held, nothing goes early."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from caseadmin.children.models import ChildFile
from caseadmin.rights.models import Erasure
from caseadmin.rights.retention import apply_retention
from core.accounts.selectors import system_account
from core.calendar import months_after
from core.privacy.models import RetentionRule
from core.privacy.selectors import purpose_in_force, rules_in_force
from core.privacy.services import load_privacy
from tests.factories.children import ChildFileFactory
from tests.factories.rights import a_hold
from tests.rights.test_erasure import close

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]

TEN_YEARS = 120


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
        apply_retention(actor=system_account(), day=day)
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

    assert "child_file: 1 due, 0 held, not erased" in out.getvalue()
    assert ChildFile.objects.filter(pk=child.pk).exists()


def test_the_command_erases_and_prints(child, acting):
    close(child, acting)
    out = StringIO()

    call_command("apply_retention", "--day", "2060-01-01", stdout=out)

    assert "child_file: 1 due, 0 held, 1 erased" in out.getvalue()
    assert not ChildFile.objects.filter(pk=child.pk).exists()


def test_a_rule_that_no_longer_holds_disposes_of_nothing(child, acting):
    close(child, acting)
    RetentionRule.objects.filter(code="child_file").update(valid_to=date(2030, 1, 1))

    outcomes = apply_retention(actor=system_account(), day=date(2060, 1, 1))

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
    assert rules_in_force(date(2026, 1, 1)).count() == 4
    assert purpose_in_force("pairing", date(2025, 12, 31)) is None
