"""Added fields in sheets: headings, cells, template, export and back."""

import csv
import io

import pytest

from caseadmin.ledgers import ledgers
from caseadmin.ledgers.exporting.services import export_file
from caseadmin.ledgers.exporting.writer import FileFormat
from caseadmin.ledgers.importing.columns import fold_heading, resource_for
from caseadmin.ledgers.importing.plan import RawRow, make_plan
from caseadmin.ledgers.importing.template_file import template_sheets
from caseadmin.ledgers.importing.writing import Write, write_records
from core.access.scope import scoped_to, unscoped
from tests.ledgers.runtime.conftest import define, field
from tests.ledgers.runtime.test_fields import LOANS, SLUG, VALUES, lend_with
from tests.ledgers.sampleapp.models import Case

PATHS = ["number", "full_name", "village", "x_height", "x_colour", "x_extras", "x_due_on"]


def plan_of(clerk, *rows, paths=PATHS):
    raw = [RawRow(i, 1, i + 1, list(cells)) for i, cells in enumerate(rows, 1)]
    with scoped_to(clerk):
        return make_plan(ledgers.get(SLUG), raw, dict(enumerate(paths)), user=clerk)


def write(clerk, plan):
    with scoped_to(clerk):
        write_records(
            LOANS,
            [Write(r.instance, r.stored) for r in plan.writes()],
            actor=clerk,
            reason="",
            source="import",
        )


def test_headings_are_known_by_label_and_key(defined):
    known = resource_for(LOANS).by_heading

    assert known[fold_heading("身高")] == known[fold_heading("x_height")] == "x_height"
    assert known[fold_heading("Height")] == "x_height"


def test_new_and_changed_rows_are_planned_and_written(clerk, district, defined):
    old = lend_with(clerk, district.village, height=100, remark="在")
    new = ["L-7", "王小田", "柳树沟村", "130", "红色", "袋子、机油", "2026年12月1日"]
    changed = ["L-1", "", "", "101", "", "", ""]

    plan = plan_of(clerk, new, changed)
    assert ([r.action for r in plan.records], [r.problems for r in plan.records]) == (
        ["new", "changed"],
        [[], []],
    )
    write(clerk, plan)

    with unscoped("test"):
        values = Case.objects.get(number="L-7").extra_values()
        assert (values["height"], values["colour"], values["extras"]) == (
            130,
            "red",
            ["bag", "oil"],
        )
        assert Case.objects.get(pk=old.pk).extra_values() == {"height": 101, "remark": "在"}
        newest = Case.history.filter(id=old.pk).latest()
        assert (newest.extra["height"], newest.source) == (101, "import")


def test_every_cell_is_judged_by_the_definition(clerk, district, defined):
    row = ["L-7", "王小田", "柳树沟村", "300", "绿色", "袋子", "2026-13-01"]

    (record,) = plan_of(clerk, row).records

    assert sorted(p["path"] for p in record.problems) == ["x_colour", "x_due_on", "x_height"]


def test_a_required_field_is_asked_of_new_rows_only(clerk, district, admin):
    lend_with(clerk, district.village)
    define(admin, field("height", "integer", "身高", required_from="2026-01-01"))
    rows = [["L-1", "改名", "", ""], ["L-8", "王小田", "柳树沟村", ""]]

    plan = plan_of(clerk, *rows, paths=PATHS[:4])

    assert [[p["path"] for p in r.problems] for r in plan.records] == [[], ["x_height"]]


@pytest.mark.parametrize("whole", [False, True])
def test_an_export_says_it_in_words_and_reads_back_unchanged(clerk, district, defined, whole):
    lend_with(clerk, district.village, **VALUES)
    paths = [*PATHS, "x_deposit", "x_insured", "x_remark"]
    paths += ["x_guarantor", "x_guarantor_phone"] if whole else []

    with scoped_to(clerk):
        rows = Case.objects.order_by("number")
        data = b"".join(
            export_file(
                ledger=LOANS, queryset=rows, paths=paths, file_format=FileFormat.CSV, actor=clerk
            )
        ).decode("utf-8-sig")
    lines = [line for line in csv.reader(io.StringIO(data)) if line]
    heading = next(i for i, line in enumerate(lines) if "身高" in line)
    cells = lines[heading + 1]

    assert cells[3:10] == ["120", "红色", "机油", "2026-12-01", "350.5", "是", "借给合作社使用"]
    assert ("19900000002" in cells) is whole
    assert [r.action for r in plan_of(clerk, cells, paths=paths).records] == ["unchanged"]


def test_the_template_has_the_added_columns_and_their_choices(clerk, defined):
    with scoped_to(clerk):
        sheets = template_sheets(LOANS, list(resource_for(LOANS)))

    header = sheets[0].rows[0]
    choices = list(zip(*sheets[2].rows, strict=True))
    assert ("身高" in header, "担保人电话" in header) == (True, True)
    assert ("颜色", "红色", "蓝色") in [column[:3] for column in choices]


def test_what_does_not_belong_into_sheets_is_left_out(admin, defined):
    define(admin, *[{**f, "exportable": f["key"] != "height"} for f in defined.content["fields"]])

    assert "x_height" not in resource_for(LOANS).columns
