"""Running numbers: in order, without gaps, only inside a transaction."""

import pytest
from django.db import transaction

from caseadmin.children.models import FileNumberSeries
from core.numbering import next_number, next_numbers

pytestmark = pytest.mark.django_db


def test_numbers_count_up_per_prefix():
    taken = [next_number(FileNumberSeries, prefix) for prefix in ("A-2026", "B-2026", "A-2026")]

    assert taken == ["A-2026-00001", "B-2026-00001", "A-2026-00002"]


def test_many_numbers_are_taken_at_once():
    first = next_numbers(FileNumberSeries, "A-2026", 3)

    assert (first, next_number(FileNumberSeries, "A-2026")) == (
        ["A-2026-00001", "A-2026-00002", "A-2026-00003"],
        "A-2026-00004",
    )


def test_a_rolled_back_row_gives_its_number_back():
    with transaction.atomic():
        next_number(FileNumberSeries, "A-2026")
        transaction.set_rollback(True)

    assert next_number(FileNumberSeries, "A-2026") == "A-2026-00001"


@pytest.mark.django_db(transaction=True)
def test_a_number_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        next_number(FileNumberSeries, "A-2026")
