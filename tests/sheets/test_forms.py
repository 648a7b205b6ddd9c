"""The printed form's reader: labels, merged cells, boxes ticked in every way."""

import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseadmin.children.forms_printed import REGISTRATION_FORM
from caseadmin.ledgers.importing.declaration import Boxes
from caseadmin.ledgers.importing.forms import boxes_in, read_form, ticked
from caseadmin.ledgers.importing.tables import Sheet, read_upload
from fixtures.sheets import build

HEALTH = Boxes(
    "health", ("身体情况",), ("健康", "残疾", "患病"), details={"残疾": "kind", "患病": "illness"}
)
YES = Boxes("yes", ("是否",), ("是", "否"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("☑健康 □残疾（类别及等级：____） □患病", {"health": "健康", "kind": "", "illness": ""}),
        (
            "□健康 √残疾（残疾类别及等级：肢体二级） □患病",
            {"health": "残疾", "kind": "肢体二级", "illness": ""},
        ),
        ("□健康 □残疾 ■患病（患病类型：哮喘）", {"health": "患病", "kind": "", "illness": "哮喘"}),
        ("健康√ 残疾□ 患病□", {"health": "健康", "kind": "", "illness": ""}),
        ("[x]健康 [ ]残疾 [ ]患病", {"health": "健康", "kind": "", "illness": ""}),
        ("【√】健康【 】残疾", {"health": "健康", "kind": "", "illness": ""}),
        ("健康", {"health": "健康", "kind": "", "illness": ""}),
        ("□健康 □残疾 □患病", {"health": "", "kind": "", "illness": ""}),
        ("☑健康 ☑患病：哮喘", {"health": "健康、患病", "kind": "", "illness": "哮喘"}),
        ("", {"health": "", "kind": "", "illness": ""}),
    ],
)  # fmt: skip
def test_boxes(text, found):
    assert ticked(text, HEALTH) == found


@pytest.mark.parametrize(
    ("text", "answer"),
    [("☑是 □否", "是"), ("□是 ☑否", "否"), ("（√）是（ ）否", "是"), ("（ ）是（√）否", "否"),
     ("是□ 否☑", "否"), ("是", "是"), ("○是 ●否", "否")],
)  # fmt: skip
def test_yes_or_no(text, answer):
    assert ticked(text, YES)["yes"] == answer


@given(st.text(max_size=60))
def test_boxes_never_fail(text):
    boxes_in(text)
    ticked(text, HEALTH)


def forms_of(book):
    buffer = io.BytesIO()
    book.save(buffer)
    sheets = read_upload(buffer.getvalue(), max_rows=200).sheets
    return [read_form(sheet, REGISTRATION_FORM) for sheet in sheets]


def test_rows_put_in_above_move_nothing():
    plain = forms_of(build.printed_form(build.filled_forms()[:1]))
    book = build.printed_form(build.filled_forms()[:1])
    sheet = book.worksheets[0]
    merged = [str(area) for area in sheet.merged_cells.ranges]
    for area in merged:
        sheet.unmerge_cells(area)
    sheet.insert_rows(1, 2)
    for area in merged:
        moved = openpyxl.worksheet.cell_range.CellRange(area)
        moved.shift(row_shift=2)
        sheet.merge_cells(str(moved))

    assert forms_of(book) == plain


def test_empty_blank_is_not_filled_from_the_next_person():
    texts = forms_of(build.printed_form([dict.fromkeys(build.FORM_BLANKS, "") | {
        "姓名": "卫小满", "祖母": "韩桂花"}]))[0]  # fmt: skip

    assert texts["kin.paternal_grandfather.full_name"] == ""
    assert texts["kin.paternal_grandmother.full_name"] == "韩桂花"
    assert texts["born_on"] == ""


def test_other_sheets_are_no_form():
    sheet = Sheet("x", [(1, ["姓名", "性别"]), (2, ["张", "男"])])

    assert read_form(sheet, REGISTRATION_FORM) is None
