import csv
import io

import openpyxl
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from caseadmin.ledgers.exporting.safety import escape, is_risky, unescape
from caseadmin.ledgers.exporting.writer import FileFormat, Watermark, file_pieces
from caseadmin.ledgers.importing.tables import read_upload

FORMULAS = [
    "=1+1", "==1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1+1)", "|calc", "%0A=1",
    "＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "　=1", "\u00a0=1",
    "\ufeff=1", "\u200b=1", "\u200e=1", "\u2060=1", "\x00=1", "\x0b=1", "\x0c=1", "\x1c=1",
    '=HYPERLINK("http://example.invalid","x")', "=IMPORTXML(A1)", "-2+3+cmd|' /C calc'!A0",
    "'=1", "''=1", "+A1", "-A1", "@A1", "\tx", "\rx", "=", "+", "-", "@", "\u2028=1", "\u00ad=1",
]  # fmt: skip

PLAIN = [
    "张三", "2015-04-06", "19900000001", "990101201504060011", "-3", "+3", "-3.5", "3%", "-3%",
    "a=b", "柳河镇 / 柳树沟村", "", "'quoted'", "100,000", "010-12345678",
]  # fmt: skip


def watermark() -> Watermark:
    return Watermark("EXP-1", "王某", timezone.now())


@pytest.mark.parametrize("text", FORMULAS)
def test_formula_shapes_are_risky(text):
    assert is_risky(text.lstrip("'")) is True


@pytest.mark.parametrize("text", PLAIN)
def test_plain_values_are_left_alone(text):
    assert escape(text) == text


@given(st.text())
def test_escape_is_undone_exactly(text):
    assert unescape(escape(text)) == text


@given(st.text())
def test_escaped_text_never_begins_a_formula(text):
    assert is_risky(escape(text)) is False


@pytest.mark.parametrize("file_format", [FileFormat.CSV, FileFormat.CSV_GB18030])
def test_csv_holds_no_live_formula(file_format):
    rows = [["heading", "other"], *[["x", text] for text in FORMULAS if "\x00" not in text]]

    content = b"".join(file_pieces(rows, file_format=file_format, title="t", watermark=watermark()))

    text = content.decode("utf-8-sig" if file_format is FileFormat.CSV else "gb18030")
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert [cell for cell in cells if is_risky(cell)] == []


def test_xlsx_holds_only_texts():
    rows = [["heading", "other"], *[["x", text] for text in FORMULAS]]

    content = b"".join(
        file_pieces(rows, file_format=FileFormat.XLSX, title="t", watermark=watermark())
    )

    book = openpyxl.load_workbook(io.BytesIO(content))
    types = {cell.data_type for row in book.active.iter_rows() for cell in row if cell.value}
    assert types == {"inlineStr"} or types == {"s"}


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=40)


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=6))
def test_xlsx_is_read_back_as_written(rows):
    rows = [["a", "b", "c"], *rows]

    content = b"".join(
        file_pieces(rows, file_format=FileFormat.XLSX, title="t", watermark=watermark())
    )

    read = read_upload(content, max_rows=1000).sheets[0].rows
    assert {n: trimmed(cells) for n, cells in read} == expected(rows)


CSV_TEXTS = st.text(
    st.characters(
        exclude_categories=["Cs"],
        exclude_characters="\ufeff" + "".join(map(chr, (*range(9), 11, 12, *range(14, 32)))),
    ),
    max_size=40,
)


@pytest.mark.parametrize("file_format", [FileFormat.CSV, FileFormat.CSV_GB18030])
@given(rows=st.lists(st.lists(CSV_TEXTS, min_size=3, max_size=3), min_size=1, max_size=6))
def test_csv_is_read_back_as_written(file_format, rows):
    rows = [["甲列", "乙列", "丙列"], *rows]

    content = b"".join(file_pieces(rows, file_format=file_format, title="t", watermark=watermark()))

    read = read_upload(content, max_rows=1000).sheets[0].rows
    assert {n: trimmed(cells) for n, cells in read} == expected(rows)


def trimmed(cells):
    """A cell of blanks counts as empty for the reader, wherever it stands."""
    cells = [cell if cell.strip() else "" for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def expected(rows):
    kept = {number: trimmed(list(row)) for number, row in enumerate(rows, start=1)}
    return {
        number: cells
        for number, cells in kept.items()
        if cells and not (len([c for c in cells if c]) == 1 and "".join(cells).startswith("※"))
    }
