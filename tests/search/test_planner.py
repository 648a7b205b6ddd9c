"""Plans of queries, by example and by property."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import planner, query
from search.backends.elasticsearch9 import elasticsearch_query
from search.backends.postgres import tsquery
from search.backends.sqlite import fts5
from search.documents import clear
from search.planner import ExactValue, LevelName, plan

TOKEN = "(?:[^\\W_]|[\U00020000-\U000323af])+"
WILD = st.one_of(
    st.text(max_size=120),
    st.text(alphabet="张三'\"“”「」-*():&|!<>\\ ANDORNEARzq\0;%_第1一条", max_size=80),
)


def terms(text: str) -> list[tuple[str, bool, bool]]:
    return [(term.text, term.quoted, term.excluded) for term in plan(text).terms]


def test_terms_quotes_and_exclusions_are_told_apart() -> None:
    assert terms('张雨桐 “心理 辅导” -溺水 -"柳树沟"') == [
        ("张雨桐", False, False),
        ("心理 辅导", True, False),
        ("溺水", False, True),
        ("柳树沟", True, True),
    ]


@pytest.mark.parametrize(
    "text", ["张三，李四", "张三、李四", "张三:李四", "（张三）李四", "张三　李四", '张三"李四']
)
def test_punctuation_separates_terms(text: str) -> None:
    assert terms(text) == [("张三", False, False), ("李四", False, False)]


def test_a_hyphen_inside_a_code_excludes_nothing() -> None:
    assert terms("CF-2026-00317") == [("cf-2026-00317", False, False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("990101201501011234", ExactValue("id_number", "990101201501011234")),
        ("９９０１０１２０１５０１０１１２３ｘ", ExactValue("id_number", "99010120150101123X")),
        ("990101 20150101 1234", ExactValue("id_number", "990101201501011234")),
        ("19900001234", ExactValue("phone", "19900001234")),
        ("+86 199-0000-1234", ExactValue("phone", "19900001234")),
        ("6222021234567890123", ExactValue("number", "6222021234567890123")),
    ],
)
def test_private_numbers_are_never_text(text: str, expected: ExactValue) -> None:
    planned = plan(f"张三 {text} 李四")

    assert planned.exact == (expected,)
    assert [term.text for term in planned.terms] == ["张三", "李四"]
    assert not any(
        char.isdigit()
        for level in planned.levels
        for token in query.tokens(level.match)
        for char in token
    )


def test_a_number_across_the_cut_is_taken_out_whole() -> None:
    planned = plan("字" * 60 + " 990101201501011234")

    assert planned.exact == (ExactValue("id_number", "990101201501011234"),)
    assert [len(term.text) for term in planned.terms] == [60]


@pytest.mark.parametrize(
    ("number", "han"),
    [(0, "零"), (7, "七"), (10, "十"), (11, "十一"), (20, "二十"), (101, "一百零一"),
     (110, "一百一十"), (132, "一百三十二"), (1001, "一千零一"), (1260, "一千二百六十")],
)  # fmt: skip
def test_ordinals_are_read_in_both_scripts(number: int, han: str) -> None:
    assert (planner.han_number(number), planner.number_of(han)) == (han, number)
    assert planner.alternatives(f"第{han}条")[-1:] == [f"第{number}条"]
    assert f"第{han}条" in planner.alternatives(f"第{number}条")


def test_synonyms_are_put_in_place_inside_a_longer_term() -> None:
    assert "校园欺凌事件" in planner.alternatives("校园霸凌事件")


def test_stop_words_go_where_others_remain() -> None:
    assert terms("怎么办 溺水") == [("溺水", False, False)]
    assert terms("怎么办") == [("怎么办", False, False)]


def test_only_exclusions_start_from_everything() -> None:
    assert [level.name for level in plan("-溺水").levels] == [LevelName.WORDS]


def test_caps_hold() -> None:
    assert len(plan("一 " * 80).terms) == 1
    assert len(plan(" ".join(f"a{n}" for n in range(40))).terms) <= planner.MAX_TERMS
    assert sum(len(term.text) for term in plan("字词" * 500).terms) == planner.QUERY_LENGTH


@pytest.mark.parametrize("text", ["", " ", "\0", "-", "--", '""', "，。", "“”", "*", "\ud800"])
def test_nothing_to_search_for_is_an_empty_plan(text: str) -> None:
    assert plan(text).is_empty


@given(WILD)
def test_any_text_can_be_planned_and_stays_small(text: str) -> None:
    planned = plan(text)

    for level in planned.levels:
        assert level.match is not query.NOTHING
        for node in (level.match, *(node for _weight, node in level.ranks)):
            assert query.leaves(node) <= 900
            assert all(re.fullmatch(TOKEN, token) for token in query.tokens(node))


@given(WILD)
def test_no_text_can_reach_an_engines_syntax(text: str) -> None:
    for level in plan(text).levels:
        words = rf'(?:lookup|\{{head(?: body)?\}}) : "{TOKEN}(?: {TOKEN})*"'
        rest = re.sub(words, "", fts5(level.match, clear))
        assert re.fullmatch(r"(?:[() ]|AND|OR|NOT)*", rest), rest
        rest = re.sub(rf"'{TOKEN}'(?::A)?", "", tsquery(level.match, clear))
        assert re.fullmatch(r"(?:[() &|!]|<->)*", rest), rest
        assert _leaf_words(elasticsearch_query(level.match, clear)) == query.tokens(level.match)


def _leaf_words(asked: object) -> set[str]:
    """Return the words of a query, having checked that only known kinds of query occur."""
    if isinstance(asked, list):
        return set().union(*map(_leaf_words, asked)) if asked else set()
    assert isinstance(asked, dict)
    ((kind, inner),) = asked.items()
    if kind == "bool":
        assert set(inner) <= {"filter", "should", "must_not", "minimum_should_match"}
        parts = [part for key, part in inner.items() if key != "minimum_should_match"]
        return set().union(*map(_leaf_words, parts))
    if kind == "match_phrase":
        ((_field, words),) = inner.items()
        assert re.fullmatch(f"{TOKEN}(?: {TOKEN})*", words["query"])
        return set(words["query"].split())
    assert kind == "term"
    assert re.fullmatch(TOKEN, inner["lookup"]["value"])
    return {inner["lookup"]["value"]}
