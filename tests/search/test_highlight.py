"""Marks in shown texts, and suggestions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.highlight import highlight, snippet
from search.planner import plan
from search.suggest import suggestion_for


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("张雨桐住柳树沟村", "雨桐 柳树", "张<mark>雨桐</mark>住<mark>柳树</mark>沟村"),
        ("留守兒童", "留守儿童", "<mark>留守兒童</mark>"),
        ("ＡＥＤ操作", "aed", "<mark>ＡＥＤ</mark>操作"),
        ("<b>张</b>", "张", "&lt;b&gt;<mark>张</mark>&lt;/b&gt;"),
        ("<script>", "script", "&lt;<mark>script</mark>&gt;"),
        ("paid", "aid", "paid"),
        ("没有", "张", "没有"),
        ("", "张", ""),
    ],
)
def test_highlight_marks_what_was_searched(text: str, query: str, expected: str) -> None:
    assert highlight(text, plan(query).marks) == expected


def test_snippet_is_cut_around_the_first_mark() -> None:
    text = "前" * 300 + "溺水" + "后" * 300

    shown = snippet(text, ("溺水",), length=40)

    assert shown == "…" + "前" * 10 + "<mark>溺水</mark>" + "后" * 28 + "…"


@given(st.text(max_size=60), st.lists(st.text(max_size=4), max_size=4))
def test_highlight_adds_marks_and_nothing_else(text: str, marks: list[str]) -> None:
    from django.utils.html import escape

    shown = highlight(text, marks)

    assert shown.replace("<mark>", "").replace("</mark>", "") == escape(text)


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (["强制抱告"], "强制报告"),
        (["liushouertong"], "留守儿童"),
        (["校圆欺凌"], "校园欺凌"),
        (["溺水"], ""),
        (["张雨桐"], ""),
    ],
)
def test_suggestions_come_from_the_words_of_the_domain(terms: list[str], expected: str) -> None:
    assert suggestion_for(terms) == expected
