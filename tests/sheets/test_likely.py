"""Rows of a sheet that may be somebody on file wait until somebody has compared them."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caseadmin.children.ledgers import ChildFileLedger
from caseadmin.children.models import ChildFile
from caseadmin.ledgers.importing.models import ImportBatch
from caseadmin.ledgers.importing.services import confirm_batch
from caseadmin.ledgers.likeness import likely_rows
from core.access.scope import scoped_to, unscoped
from tests.factories.children import ChildFileFactory, KinFactory
from tests.sheets.conftest import HEADER, csv_bytes

pytestmark = pytest.mark.django_db

BORN = date(2016, 5, 20)


def line(name: str, born: str = "2016-05-20", village: str = "柳树沟村") -> list[str]:
    return ["", village, name, "男", born, "", "小学", "是", ""]


@pytest.fixture
def child(district: Any) -> ChildFile:
    return ChildFileFactory(
        village=district.village, full_name="王晨曦", born_on=BORN, id_number=""
    )


def counts(batch: ImportBatch) -> tuple[int, int, int]:
    batch.refresh_from_db()
    return batch.new, batch.likely, batch.wrong


def on_file() -> int:
    with unscoped("test"):
        return ChildFile._base_manager.count()


def test_a_row_like_somebody_on_file_waits_and_the_others_do_not(clerk, child, preview, client):
    rows = [HEADER, line("王晨曦"), line("王辰熙"), line("李安"), line("王晨曦", "2012-01-09")]
    batch = preview(csv_bytes(rows))
    client.force_login(clerk)

    page = client.get(ChildFileLedger.url("import_preview", batch.number) + "?show=likely")

    assert counts(batch) == (2, 2, 0)
    text = page.content.decode()
    assert (ChildFileLedger.url("view", child.pk) in text, child.file_number in text) == (
        True,
        True,
    )
    assert [row.likely[0][2] for row in page.context["rows"]] == [
        "姓名相同、出生日期相同、同村（居）",
        "出生日期相同、姓名同音、同村（居）",
    ]


def test_nothing_is_stored_of_a_row_nobody_has_compared(clerk, child, preview):
    batch = preview(csv_bytes([HEADER, line("王晨曦"), line("李安")]))

    with scoped_to(clerk):
        confirm_batch(batch=batch, actor=clerk)

    assert (batch.new, on_file()) == (1, 2)
    assert [row.action for row in batch.rows.all()] == ["likely"]


def test_what_waits_is_counted_as_left_out_and_handed_back(clerk, child, preview, client):
    batch = preview(csv_bytes([HEADER, line("王晨曦"), line("李安")]))
    client.force_login(clerk)
    handed_back = ChildFileLedger.url("import_wrong", batch.number)

    before = client.get(handed_back)
    client.post(ChildFileLedger.url("import_confirm", batch.number))
    result = client.get(ChildFileLedger.url("import_result", batch.number))
    after = client.get(handed_back)

    assert (before.status_code, after.status_code) == (200, 200)
    assert result.context["batch"].left_out == 1
    assert (result.context["has_rows_left_out"], handed_back in result.content.decode()) == (
        True,
        True,
    )


def test_whoever_has_compared_stores_it_as_another_person(clerk, child, preview, client):
    batch = preview(csv_bytes([HEADER, line("王晨曦"), line("王晨曦")]))
    client.force_login(clerk)
    address = ChildFileLedger.url("import_likely", batch.number)

    client.post(address, {"row": ["x", "99", "-1"]})
    assert counts(batch) == (0, 2, 0)
    client.post(address, {"row": [str(batch.rows.get(position=1).position)]})
    assert counts(batch) == (1, 1, 0)
    client.post(ChildFileLedger.url("import_confirm", batch.number))

    batch.refresh_from_db()
    assert (batch.state, on_file()) == ("done", 2)


def test_all_or_nothing_waits_for_the_comparison(clerk, child, preview, client):
    batch = preview(csv_bytes([HEADER, line("王晨曦"), line("李安")]), mode="all_or_nothing")
    client.force_login(clerk)

    client.post(ChildFileLedger.url("import_confirm", batch.number))
    batch.refresh_from_db()

    assert (batch.state, on_file()) == ("preview", 1)


def test_a_child_of_another_town_is_told_of_nowhere(clerk, district, preview):
    ChildFileFactory(village=district.foreign, full_name="王晨曦", born_on=BORN, id_number="")

    assert counts(preview(csv_bytes([HEADER, line("王晨曦")]))) == (1, 0, 0)


@pytest.mark.parametrize("rows", [10, 400])
def test_a_long_sheet_asks_no_more_often_than_a_short_one(clerk, district, rows):
    for _each in range(3):
        KinFactory(child_file=ChildFileFactory(village=district.village), phone="19900000001")
    new = [
        (ChildFile(full_name="王晨曦", born_on=BORN.replace(day=1 + n % 28)), {})
        for n in range(rows)
    ]

    with scoped_to(clerk), CaptureQueriesContext(connection) as counted:
        likely_rows(ChildFileLedger, new)

    assert len(counted) == 1
