"""What never reaches a reader, and what a reader makes of what does."""

import io
import time
import tracemalloc
import zipfile
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseadmin.ledgers.importing.gate import decode, kind_of
from caseadmin.ledgers.importing.reasons import FILE_REASONS, FileRefused
from caseadmin.ledgers.importing.tables import read_upload
from caseadmin.ledgers.importing.xlsx import column_letters, column_of, number_text
from fixtures.sheets.build import SHEET, bare_workbook, hostile_files, text_cell

HOSTILE = {
    "hostile-zip-bomb.xlsx": "inflates_too_much",
    "hostile-empty-rows.xlsx": "inflates_too_much",
    "hostile-dtd.xlsx": "dtd",
    "hostile-external-entity.xlsx": "dtd",
    "hostile-far-cell.xlsx": "far_cell",
    "hostile-macros.xlsx": "macros",
    "hostile-many-parts.xlsx": "too_many_parts",
    "hostile-not-a-sheet.xlsx": "not_a_sheet",
    "hostile-page.xls": "html_table",
}


@pytest.fixture(scope="module")
def hostile():
    return hostile_files()


@pytest.mark.parametrize(("name", "code"), HOSTILE.items())
def test_hostile_file_is_refused_fast_and_small(hostile, name, code):
    began = time.process_time()
    with pytest.raises(FileRefused) as refused:
        read_upload(hostile[name], max_rows=20_000)
    seconds = time.process_time() - began
    tracemalloc.start()
    with pytest.raises(FileRefused):
        read_upload(hostile[name], max_rows=20_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert refused.value.code == code
    assert seconds < 1
    assert peak < 50 * 1024 * 1024
    assert refused.value.sentence


def test_archive_that_lies_about_its_sizes_is_caught_while_inflating(hostile):
    content = hostile["hostile-zip-bomb.xlsx"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        true = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = content.replace(true.to_bytes(4, "little"), (900).to_bytes(4, "little"))

    with pytest.raises(FileRefused) as refused:
        read_upload(lying, max_rows=20_000)

    assert refused.value.code in {"inflates_too_much", "broken_zip", "broken_xml"}


def test_encrypted_workbook_is_told_from_an_old_one():
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)

    with pytest.raises(FileRefused, match="old_xls"):
        kind_of(ole)
    with pytest.raises(FileRefused, match="encrypted"):
        kind_of(ole + "EncryptedPackage".encode("utf-16-le"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_is_decoded_in_its_encoding(encoding):
    assert decode("姓名,性别\r\n张小明,男\r\n".encode(encoding)).text.startswith("姓名")


def test_byte_at_fault_is_named():
    content = "姓名,性别\r\n张小明,男\r\n".encode("gb18030")

    with pytest.raises(FileRefused) as refused:
        decode(content + b"\xff\xff")

    assert refused.value.params == {"offset": len(content), "line": 3}


def test_fault_at_the_very_end_is_found():
    content = ("姓名,性别\r\n" + "张小明,男\r\n" * 100_000).encode("gb18030")

    with pytest.raises(FileRefused, match="encoding"):
        decode(content[:-3] + b"\xff\r\n")


@given(st.binary(max_size=400))
def test_any_bytes_give_rows_or_a_reason(content):
    sentences = []
    try:
        read_upload(content, max_rows=100)
    except FileRefused as refused:
        sentences.append((refused.code in FILE_REASONS, bool(refused.sentence)))

    assert sentences in ([], [(True, True)])


@given(st.binary(max_size=300))
def test_any_bytes_in_an_archive_give_rows_or_a_reason(part):
    content = bare_workbook("x", {"xl/worksheets/sheet1.xml": part})

    with pytest.raises(FileRefused) as refused:
        read_upload(content, max_rows=100)

    assert refused.value.code in FILE_REASONS


@given(st.integers(0, 16_383))
def test_column_letters_and_numbers_agree(column):
    assert column_of(f"{column_letters(column)}7") == column


def sheet_of(cells):
    return bare_workbook(SHEET.format(before="", rows=f'<row r="1">{cells}</row>'))


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ('<c r="A1"><v>42</v></c>', "42"),
        ('<c r="A1"><v>19900000001</v></c>', "19900000001"),
        ('<c r="A1"><v>0.30000000000000004</v></c>', "0.3"),
        ('<c r="A1"><v>9.9010120150406E+17</v></c>', "9.90101E+17"),
        ('<c r="A1"><v>990101201504060016</v></c>', "9.90101E+17"),
        ('<c r="A1" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="A1" t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c r="A1" t="str"><f>B1</f><v>已算</v></c>', "已算"),
        ('<c r="A1"><f>1+1</f></c>', "#FORMULA!"),
        ('<c t="inlineStr"><is><r><t>富</t></r><r><t>文本</t></r></is></c>', "富文本"),
        ('<c t="inlineStr"><is><t>重</t><rPh sb="0" eb="1"><t>zhong</t></rPh></is></c>', "重"),
    ],
)
def test_cell_becomes_the_text_the_program_shows(xml, text):
    assert read_upload(sheet_of(xml), max_rows=10).sheets[0].rows == [(1, [text])]


def test_dates_of_a_workbook_come_out_as_dates():
    book = openpyxl.Workbook()
    book.active.append([date(2015, 4, 6), datetime(2015, 4, 6, 14, 30), 42_100])
    buffer = io.BytesIO()
    book.save(buffer)

    rows = read_upload(buffer.getvalue(), max_rows=10).sheets[0].rows

    assert rows == [(1, ["2015-04-06", "2015-04-06 14:30:00", "42100"])]


def test_empty_styled_cells_far_away_are_no_fault():
    cells = text_cell("A1", "姓名") + '<c r="XFD1" s="0"/>'

    assert read_upload(sheet_of(cells), max_rows=10).sheets[0].rows == [(1, ["姓名"])]


def test_hidden_sheet_is_not_read():
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    hidden = book.create_sheet("选项")
    hidden.append(["c"])
    hidden.sheet_state = "hidden"
    buffer = io.BytesIO()
    book.save(buffer)

    assert [sheet.name for sheet in read_upload(buffer.getvalue(), max_rows=10).sheets] == ["Sheet"]


def test_unclosed_quotation_mark_names_its_row():
    with pytest.raises(FileRefused) as refused:
        read_upload('姓名,性别\n张,男\n"李,女\n王,男\n'.encode(), max_rows=10)

    assert (refused.value.code, refused.value.params["row"]) == ("csv_broken", 3)


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_delimiter_is_recognised(sign):
    rows = read_upload(f"姓名{sign}性别\n张{sign}男\n".encode(), max_rows=10).sheets[0].rows

    assert rows == [(1, ["姓名", "性别"]), (2, ["张", "男"])]


@given(st.decimals(allow_nan=False, places=3, min_value=-1e11, max_value=1e11))
def test_numbers_keep_their_value(number):
    assert Decimal(number_text(number)) == number
