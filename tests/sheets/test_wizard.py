"""The wizard's pages, from the upload to the result, and who may open them."""

import io
import json

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from caseadmin.children.models import ChildFile
from caseadmin.ledgers.importing.models import ImportBatch, ImportRow, ImportSource
from caseadmin.ledgers.importing.services import LedgerChanged, confirm_batch, expire_batches
from core.access.scope import scoped_to, unscoped
from core.audit.models import CaseLogEntry
from core.history.context import change_set
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory

from .conftest import HEADER, csv_bytes
from .test_import import row

pytestmark = pytest.mark.django_db

UPLOAD = "child_files:import"


@pytest.fixture
def signed_in(client, clerk):
    client.force_login(clerk)
    return client


def upload(client, content, name="台账.csv"):
    return client.post(reverse(UPLOAD), {"file": SimpleUploadedFile(name, content)})


def url(name, batch):
    return reverse(f"child_files:import_{name}", args=[batch.number])


def mapping(batch, **kwargs):
    chosen = {f"column-{position}": path for position, path in batch.mapping.items()}
    return {"mode": "valid_rows", "blanks": "keep", "reason": "春季核对", **chosen, **kwargs}


def test_the_whole_way(signed_in, clerk):
    good, bad = row(姓名="李安"), row(姓名="")

    response = upload(signed_in, csv_bytes([HEADER, good, bad], "gb18030"))
    batch = ImportBatch.objects.get()
    assert response.url == url("map", batch)
    assert signed_in.get(response.url).status_code == 200

    response = signed_in.post(url("map", batch), mapping(batch))
    assert response.url == url("preview", batch)
    page = signed_in.get(response.url)
    assert page.context["tiles"][0][2] == 1
    assert [shown.number for shown in page.context["rows"]] == [3]

    response = signed_in.post(url("confirm", batch))
    assert response.url == url("result", batch)
    assert signed_in.get(response.url).status_code == 200
    again = signed_in.post(url("confirm", batch))
    assert again.url == url("result", batch)

    with unscoped("test"):
        child = ChildFile.objects.get()
        assert child.full_name == "李安"
        assert "春季核对" in child.history.get().history_change_reason
    assert ImportSource._base_manager.count() == 0
    assert [r.action for r in ImportRow._base_manager.all()] == ["wrong"]


def test_wrong_rows_come_back_as_a_workbook_that_can_be_uploaded(signed_in):
    bad = row(姓名="王小", 性别="特", 备注="=1+1")
    upload(signed_in, csv_bytes([HEADER, bad]))
    batch = ImportBatch.objects.get()
    signed_in.post(url("map", batch), mapping(batch))

    response = signed_in.get(url("wrong", batch))
    content = b"".join(response.streaming_content)

    assert "王" not in response["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    lines = [[cell.value or "" for cell in line] for line in sheet.iter_rows()]
    assert lines[1][: len(HEADER)] == bad
    assert "特" in lines[1][-1]
    upload(signed_in, content, "改.xlsx")
    second = ImportBatch.objects.exclude(pk=batch.pk).get()
    assert set(second.mapping.values()) == set(batch.mapping.values())


def test_columns_are_remembered_for_the_same_header(signed_in):
    content = csv_bytes([["孩子", *HEADER[3:6]], ["张明", "男", "2015-04-06", ""]])
    upload(signed_in, content)
    batch = ImportBatch.objects.get()
    assert "full_name" not in batch.mapping.values()
    signed_in.post(url("map", batch), mapping(batch, **{"column-0": "full_name"}))

    upload(signed_in, content)

    latest = ImportBatch.objects.exclude(pk=batch.pk).get()
    assert latest.mapping["0"] == "full_name"


def test_column_taken_twice_is_refused_and_nothing_is_lost(signed_in):
    upload(signed_in, csv_bytes([HEADER, row()]))
    batch = ImportBatch.objects.get()

    response = signed_in.post(url("map", batch), mapping(batch, **{"column-8": "full_name"}))

    assert response.status_code == 422
    assert response.context["form"]["reason"].value() == "春季核对"


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7\x00", b"PK\x03\x04broken", b"\xff\xfe\xff", b"a,b\n1,2\n"]
)
def test_bad_file_is_refused_with_a_reason(signed_in, content):
    response = upload(signed_in, content)

    assert response.status_code == 422
    assert response.context["form"].errors["file"]
    assert ImportBatch.objects.count() == 0


def test_ledger_changed_since_the_preview(preview, clerk, district):
    child = ChildFileFactory(village=district.village)
    batch = preview(csv_bytes([["档案号", "备注"], [child.file_number, "新"]]))
    with unscoped("test"), change_set(actor=clerk):
        fresh = ChildFile.objects.get()
        fresh.school_name = "别的学校"
        fresh.save()

    with scoped_to(clerk), pytest.raises(LedgerChanged):
        confirm_batch(batch=batch, actor=clerk)

    batch.refresh_from_db()
    with unscoped("test"):
        assert ChildFile.objects.get().notes == ""
    assert (batch.state, batch.ledger_changed) == ("preview", True)
    with scoped_to(clerk):
        assert confirm_batch(batch=batch, actor=clerk).state == "done"


def test_all_or_nothing_stores_nothing_while_a_row_is_wrong(signed_in):
    upload(signed_in, csv_bytes([HEADER, row(), row(姓名="")]))
    batch = ImportBatch.objects.get()
    signed_in.post(url("map", batch), mapping(batch, mode="all_or_nothing"))

    signed_in.post(url("confirm", batch))

    with unscoped("test"):
        assert ChildFile.objects.count() == 0


def test_empty_cells_keep_or_clear(preview, clerk, district):
    child = ChildFileFactory(village=district.village, school_name="柳河小学")
    content = csv_bytes([["档案号", "就读学校", "备注"], [child.file_number, "", "x"]])

    kept = json.loads(preview(content).rows.get().payload)["changes"]
    cleared = json.loads(preview(content, blanks="clear").rows.get().payload)["changes"]

    assert kept == {"notes": [None, "x"]}
    assert cleared == {"school_name": ["柳河小学", None], "notes": [None, "x"]}


def test_rows_of_other_towns_are_neither_shown_nor_confirmed(preview, district):
    foreign = ChildFileFactory(village=district.foreign, id_number="")
    known = ChildFileFactory(village=district.foreign)
    missing = "990101-2099-00001"

    batch = preview(
        csv_bytes(
            [
                ["档案号", "所在村", "姓名", "性别", "出生日期", "公民身份号码"],
                [foreign.file_number, "", "甲", "", "", ""],
                [missing, "", "乙", "", "", ""],
                ["", "柳树沟村", "丙", "男" if known.sex == "male" else "女",
                 known.born_on.isoformat(), known.id_number],
            ]
        )
    )  # fmt: skip

    payloads = [json.loads(r.payload) for r in batch.rows.order_by("position")]
    assert [[p["code"] for p in x["problems"]] for x in payloads] == [
        ["key_unknown", "required", "required", "required"],
        ["key_unknown", "required", "required", "required"],
        ["not_available"],
    ]
    assert "record" not in payloads[0]


def test_batch_of_another_person_is_not_there(signed_in, preview, district):
    other = UserFactory(role="town_clerk", serves=district.town)
    batch = preview(csv_bytes([HEADER, row()]), user=other)

    answers = [
        signed_in.get(url(name, batch)).status_code
        for name in ("map", "preview", "result", "progress", "wrong")
    ] + [signed_in.post(url(name, batch)).status_code for name in ("map", "confirm", "cancel")]

    assert answers == [404] * 8


def test_without_the_right_no_page_opens(client, district):
    client.force_login(UserFactory(role="auditor", serves=district.district))

    for name in ("import", "import_template", "export"):
        assert client.get(reverse(f"child_files:{name}")).status_code in {302, 403}


def test_staged_rows_and_file_are_encrypted(preview):
    from django.db import connection

    preview(csv_bytes([HEADER, row(姓名="张小明", 备注="住在河边")]))

    with connection.cursor() as cursor:
        for table in ("importrow", "importsource", "importbatch"):
            cursor.execute(f"SELECT * FROM ledgers_{table}")
            text = str(cursor.fetchall())
            assert "张小明" not in text
            assert "河边" not in text


def test_old_uploads_are_forgotten(preview):
    batch = preview(csv_bytes([HEADER, row()]))
    ImportBatch.objects.update(expires_at="2020-01-01T00:00:00Z")

    assert (expire_batches(), expire_batches()) == (1, 0)

    batch.refresh_from_db()
    assert (batch.state, batch.rows.count()) == ("cancelled", 0)


def test_import_is_logged_by_numbers_only(signed_in):
    upload(signed_in, csv_bytes([HEADER, row(姓名="张小明")]))
    batch = ImportBatch.objects.get()
    signed_in.post(url("map", batch), mapping(batch))
    signed_in.post(url("confirm", batch))

    entry = CaseLogEntry.objects.get(action="tonghu.import")

    assert entry.data == {"batch": batch.number, "new": 1, "changed": 0, "wrong": 0}
    assert entry.territory_code == "990101001000"


def test_cancel_deletes_the_upload(signed_in):
    upload(signed_in, csv_bytes([HEADER, row()]))
    batch = ImportBatch.objects.get()

    signed_in.post(url("cancel", batch))

    assert ImportSource._base_manager.count() == 0
    assert signed_in.get(url("result", batch)).status_code == 200


def test_preview_page_costs_the_same_for_one_row_and_many(signed_in, preview):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    costs = []
    for count in (1, 60):
        batch = preview(csv_bytes([HEADER, *[row(姓名=f"张{n}") for n in range(count)]]))
        with CaptureQueriesContext(connection) as captured:
            page = signed_in.get(url("preview", batch) + "?show=new")
        costs.append(len(captured))
    assert costs[0] == costs[1]
    assert page.context["next_after"] == 49
    assert len(signed_in.get(url("preview", batch) + "?show=new&after=49").context["rows"]) == 10


@pytest.mark.parametrize(
    "query", ["?show=x", "?after=-1", "?after=99999999999999", "?show=new&after=a"]
)
def test_bad_parameters_give_a_page(signed_in, preview, query):
    batch = preview(csv_bytes([HEADER, row()]))

    assert signed_in.get(url("preview", batch) + query).status_code == 200


def test_large_file_is_worked_on_by_a_job(signed_in, monkeypatch):
    monkeypatch.setattr("caseadmin.ledgers.importing.services.INLINE_ROWS", 3)
    rows = [row(姓名=f"张{n}") for n in range(8)]
    upload(signed_in, csv_bytes([HEADER, *rows]))
    batch = ImportBatch.objects.get()

    signed_in.post(url("map", batch), mapping(batch))
    batch.refresh_from_db()

    assert batch.job is not None
    assert signed_in.get(url("progress", batch)).status_code in {200, 302}


def test_template_can_be_filled_in_and_uploaded(signed_in):
    response = signed_in.get(reverse("child_files:import_template"))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    sheet.cell(2, 1).value = None

    assert len(book.worksheets) == 3
    assert len(heads) == len(set(heads))
    buffer = io.BytesIO()
    sheet.cell(2, heads.index("Name") + 1 if "Name" in heads else 5).value = "张明"
    book.save(buffer)
    upload(signed_in, buffer.getvalue(), "模板.xlsx")
    assert len(ImportBatch.objects.get().mapping) == len(heads)
