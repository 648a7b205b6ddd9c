"""Every shape of a cell that clerks write, and that what is written is read back."""

from datetime import date

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from caseadmin.children.models import ChildFile, Kin
from caseadmin.ledgers.importing.reasons import CellRefused
from caseadmin.ledgers.importing.widgets import widget_for

DAY = date(2015, 4, 6)


def widget(name, **kwargs):
    return widget_for(ChildFile._meta.get_field(name), **kwargs)


@pytest.mark.parametrize(
    "text",
    [
        "2015-04-06", "2015-4-6", "2015/4/6", "2015.4.6", "2015.04.06", "2015年4月6日",
        "2015年04月06日", "2015 年 4 月 6 日", "20150406", "42100", "２０１５年４月６日",
        "2015-04-06 00:00:00", "2015-04-06T00:00:00", "2015年4月6号",
    ],
)  # fmt: skip
def test_date_shapes(text):
    assert widget("born_on").clean(text) == DAY


@pytest.mark.parametrize(
    "text",
    [
        "2015年13月1日", "2015-02-30", "明天", "06/04/2015", "2015", "4月6日", "420", "99999999",
        "2015-04-06 14:30:00", "0000-00-00", "2015-04-06 2015-04-07",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused(text):
    with pytest.raises(CellRefused) as refused:
        widget("born_on").clean(text)

    assert refused.value.code == "date"


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_dates_come_back(day):
    assert widget("born_on").clean(widget("born_on").render(day)) == day


@pytest.mark.parametrize(
    ("text", "value"),
    [("是", True), ("√", True), ("Y", True), ("TRUE", True), ("1", True), ("有", True),
     ("否", False), ("无", False), ("×", False), ("no", False), ("0", False), ("", None)],
)  # fmt: skip
def test_yes_and_no(text, value):
    assert widget("boards_at_school").clean(text) is value


def test_choice_by_code_by_label_and_by_word_of_the_paper():
    sex = widget("sex", words={"男": "male"})

    found = {sex.clean(text) for text in ("male", "MALE", "Male", "男", " 男 ")}

    assert found == {"male"}


def test_label_of_either_language_is_read_in_either_language():
    with translation.override("en"):
        in_english = widget("school_status").render("primary")
    with translation.override("zh-hans"):
        in_chinese = widget("school_status").render("primary")
        assert widget("school_status").clean(in_english) == "primary"
    with translation.override("en"):
        assert widget("school_status").clean(in_chinese) == "primary"


def test_several_choices_by_any_comma():
    relief = widget("reliefs")

    assert relief.clean("medical、subsistence") == ["subsistence", "medical"]
    assert relief.clean("medical，subsistence") == ["subsistence", "medical"]
    assert relief.clean("") == []


def test_number_that_lost_its_digits_is_refused():
    with pytest.raises(CellRefused) as refused:
        widget("id_number").clean("9.90101E+17")

    assert refused.value.code == "digits_lost"


@pytest.mark.parametrize(
    "text",
    ["990101201504060011", "９９０１０１２０１５０４０６００１１", "990101 20150406 0011",
     "'990101201504060011"],
)  # fmt: skip
def test_id_number_has_one_written_form(text):
    assert widget("id_number").clean(text) == "990101201504060011"


def test_telephone_comes_out_as_the_model_keeps_it():
    phone = widget_for(Kin._meta.get_field("phone"))

    assert phone.clean("+86 199-0000-0001") == "19900000001"


@pytest.mark.parametrize("text", ["", " ", "—", "－", "/", "　"])
def test_blanks_and_dashes_are_nothing(text):
    assert widget("full_name").clean(text) == ""
    assert widget("born_on").clean(text) is None


@pytest.mark.parametrize(
    ("text", "code"), [("#N/A", "spreadsheet_error"), ("#FORMULA!", "formula")]
)
def test_broken_cells_are_refused(text, code):
    with pytest.raises(CellRefused) as refused:
        widget("full_name").clean(text)

    assert refused.value.code == code


@given(st.text(max_size=30))
def test_any_text_is_a_value_or_a_coded_refusal(text):
    codes = []
    for name in ("born_on", "sex", "id_number", "full_name", "boards_at_school", "reliefs"):
        try:
            widget(name).clean(text)
        except CellRefused as refused:
            codes.append(refused.code)

    assert all(codes)
