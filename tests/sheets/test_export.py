"""What leaves the product: which rows, which columns, with which trace."""

import csv
import io

import openpyxl
import pytest
from django.urls import reverse

from caseadmin.children.ledgers import ChildFileLedger
from caseadmin.children.models import ChildFile
from caseadmin.ledgers.exporting.services import export_file
from caseadmin.ledgers.exporting.writer import FileFormat
from caseadmin.ledgers.importing.columns import resource_for
from caseadmin.ledgers.importing.services import confirm_batch
from core.access.scope import scoped_to
from core.audit.models import CaseLogEntry, StatedReason
from fixtures.sheets import build
from tests.factories.children import ChildFileFactory
from tests.factories.core import PostFactory, TerritoryFactory, UserFactory, approve, role_called

pytestmark = pytest.mark.django_db

EXPORT = "child_files:export"


@pytest.fixture
def signed_in(client, clerk):
    client.force_login(clerk)
    return client


def body(response):
    return b"".join(response.streaming_content)


def lines_of(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def ask(client, *columns, query="", **more):
    return client.post(
        reverse(EXPORT) + query,
        {"download": "1", "columns": columns, "file_format": "csv", "reason": "", **more},
    )


def test_only_rows_in_scope_leave(signed_in, district):
    own = ChildFileFactory(village=district.village)
    ChildFileFactory(village=district.foreign)

    lines = lines_of(body(ask(signed_in, "file_number")))

    assert [line[0] for line in lines[1:-1]] == [own.file_number]
    assert lines[-1][0].startswith("※ ")


def test_filter_of_the_list_holds(signed_in, district):
    ChildFileFactory(village=district.village, sex="male", id_number="")
    girl = ChildFileFactory(village=district.village, sex="female", id_number="")

    lines = lines_of(body(ask(signed_in, "file_number", query="?sex=female")))

    assert [line[0] for line in lines[1:-1]] == [girl.file_number]


def test_sensitive_column_needs_a_reason(signed_in, district):
    child = ChildFileFactory(village=district.village)

    refused = ask(signed_in, "file_number", "id_number")
    given = ask(signed_in, "file_number", "id_number", reason="上级核查")

    assert refused.status_code == 422
    assert lines_of(body(given))[1] == [child.file_number, child.id_number]


def test_sensitive_columns_are_off_at_first(signed_in, district):
    form = signed_in.get(reverse(EXPORT)).context["form"]

    chosen = [box.data["value"] for box in form["columns"] if box.data["selected"]]
    off = [path for path in form.sensitive if path not in chosen]
    assert ("full_name" in chosen, off) == (True, form.sensitive)
    assert form.sensitive[:4] == ["id_number", "hukou_place", "residence", "illness"]
    assert set(chosen) | set(off) == {column.path for column in resource_for(ChildFileLedger)}


def test_columns_one_neither_reads_nor_reveals_are_not_offered(client, district):
    ChildFileFactory(village=district.village, full_name="张小明")
    client.force_login(UserFactory(role="education", serves=district.town))

    answers = [
        ask(client, path, reason="x")
        for path in ("full_name", "id_number", "notes", "kin.father.phone")
    ]

    assert [answer.status_code for answer in answers] == [200, 422, 422, 422]


def test_each_row_leaves_with_the_right_of_its_place(client, district):
    worker = UserFactory(role="town_clerk", serves=district.village)
    PostFactory(user=worker, role=role_called("education"), territory=district.sibling)
    approve(worker, district.sibling)
    here = ChildFileFactory(village=district.village, notes="家访三次")
    there = ChildFileFactory(village=district.sibling, notes="转学在即")
    client.force_login(worker)

    lines = lines_of(body(ask(client, "file_number", "notes", reason="交接")))

    assert {tuple(line) for line in lines[1:-1]} == {
        (here.file_number, "家访三次"),
        (there.file_number, ""),
    }


def test_export_is_logged_without_values(signed_in, district, clerk):
    child = ChildFileFactory(village=district.village, full_name="张小明")
    response = ask(signed_in, "full_name", "id_number", reason="核查", query="?sex=" + child.sex)

    name = response["Content-Disposition"]
    entry = CaseLogEntry.objects.get(action="tonghu.export")

    assert "child-files-" in name
    assert entry.data["rows"] == 1
    assert entry.data["columns"] == ["full_name", "id_number"]
    assert entry.data["sensitive"] == ["id_number"]
    assert entry.data["filters"] == {"sex": [child.sex]}
    assert "张小明" not in str(entry.data)
    assert child.id_number not in str(entry.data)
    assert "核查" not in str(entry.data)
    assert StatedReason._base_manager.get(entry=entry).text == "核查"


def test_workbook_says_who_and_when(signed_in, district, clerk):
    ChildFileFactory(village=district.village)

    content = body(ask(signed_in, "file_number", file_format="xlsx"))

    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.properties.creator == clerk.get_full_name()
    assert clerk.get_full_name() in book.active.cell(book.active.max_row, 1).value
    assert "※" in book.active.oddFooter.left.text


@pytest.mark.parametrize("file_format", list(FileFormat))
def test_export_is_read_back_unchanged(preview, district, file_format):
    for code, name in build.VILLAGES.items():
        TerritoryFactory(code=code, name=name, level="village", parent=district.town)
    clerk = UserFactory(role="town_clerk", serves=district.town)
    rows = build.Sample().children(40)
    texts = ["=1+1", "'=1", "+86 199", "@x", "多\n行", 'a,b"c', " 空格 ", "—", "-3", "\tx"]
    for each, text in zip(rows, texts, strict=False):
        each["备注"] = text
    form = (build.ROOT / "fixtures/sheets/registration-form-one.xlsx").read_bytes()
    for content in (build.csv_bytes(build.lines_of(rows), "utf-8"), form):
        with scoped_to(clerk):
            confirm_batch(batch=preview(content, user=clerk), actor=clerk)
    with scoped_to(clerk):
        exported = b"".join(
            export_file(
                ledger=ChildFileLedger,
                queryset=ChildFile.objects.order_by("file_number"),
                paths=list(resource_for(ChildFileLedger).columns),
                file_format=file_format,
                actor=clerk,
                reason="test",
            )
        )

    again = preview(exported, user=clerk)
    cleared = preview(exported, user=clerk, blanks="clear")

    for batch in (again, cleared):
        assert (batch.new, batch.changed, batch.unchanged, batch.wrong) == (0, 0, 41, 0)


def test_queries_do_not_grow_with_the_rows(signed_in, district):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    costs = []
    for _round in range(2):
        for _number in range(3):
            ChildFileFactory(village=district.village)
        with CaptureQueriesContext(connection) as captured:
            body(ask(signed_in, "file_number", "village", "kin.father.full_name"))
        costs.append(len(captured))
    assert costs[0] == costs[1]
