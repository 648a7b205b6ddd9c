"""Tokens of texts, by example and by property."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search import analysis, documents, pinyin
from search.documents import SearchDocument

WILD = st.text(max_size=80)
# Han characters newer than Python's own tables are letters too: people bear them as names.
OUTPUT = re.compile("(?:[^\\W_]|[\U00020000-\U000323af])+")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＡＥＤ", "aed"),
        ("留守兒童", "留守儿童"),
        ("Café", "cafe"),
        ("阿依古丽·买买提", "阿依古丽买买提"),
        ("阿依古丽 • 买买提", "阿依古丽买买提"),
        ("張\u200b三", "张三"),
        ("a\x00b", "a b"),
    ],
)
def test_normalise_folds_what_people_write_differently(text: str, expected: str) -> None:
    assert analysis.normalise(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("儿童主任", ["儿童", "童主", "主任", "任"]),
        ("任", ["任"]),
        ("LS-2024-00317", ["ls", "2024", "00317"]),
        ("第11条规定", ["第", "11", "条规", "规定", "定"]),
        ("PHQ9量表", ["phq", "9", "量表", "表"]),
        ("zqg", ["zqtzqg"]),
        ("𠮷野家", ["𠮷野", "野家", "家"]),
        ("", []),
        ("，。！", []),
    ],
)
def test_stream_holds_pairs_tails_and_parts(text: str, expected: list[str]) -> None:
    assert analysis.stream(analysis.normalise(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "990101201501011234",
        "99010120150101123X",
        "990101 20150101 1234",
        "19900001234",
        "199-0000-1234",
        "+86 199 0000 1234",
        "6222021234567890123",
    ],
)
def test_private_numbers_leave_no_token(text: str) -> None:
    normalised = analysis.normalise(f"电话{text}，住址")

    assert analysis.stream(normalised) == ["电话", "话", analysis.GAP, "住址", "址"]
    assert not any(char.isdigit() for token in analysis.lookups(normalised) for char in token)


def test_lookups_cover_characters_beginnings_joined_forms_and_borders() -> None:
    assert analysis.lookups("wi-fi 3岁") == {
        "zqewi", "zqewif", "zqewifi", "zqewifi3", "zqefi", "zqefi3",
        "zqjwifi", "zqjwifi3", "zqjfi3", "zqb3岁", "zqc岁",
    }  # fmt: skip


def test_names_are_spelt_with_every_reading_of_the_surname() -> None:
    tokens = set(pinyin.name_tokens("单小明"))

    assert {pinyin.whole("shanxiaoming"), pinyin.whole("danxiaoming")} <= tokens
    assert pinyin.from_beginning("xiaom") in tokens
    assert pinyin.from_initials("sxm") in tokens


def test_compound_surname_leaves_the_given_name() -> None:
    assert pinyin.whole("mingyue") in set(pinyin.name_tokens("欧阳明月"))


def test_keyed_tokens_are_ten_letters_and_tell_nothing() -> None:
    key = documents.keyed(b"k" * 32)

    assert re.fullmatch("[a-z2-7]{10}", key("张雨"))
    assert key("张雨") == documents.keyed(b"k" * 32)("张雨")
    assert key("张雨") != documents.keyed(b"m" * 32)("张雨")
    assert key(analysis.GAP) == analysis.GAP


def test_a_word_is_counted_only_as_often_as_every_engine_can() -> None:
    tokens = documents.tokens_of(SearchDocument(body="一二，" * 400))

    assert tokens.body.count("一二") == analysis.OCCURRENCES


def test_streams_are_cut_to_what_every_engine_holds() -> None:
    tokens = documents.tokens_of(SearchDocument(title="甲乙" * 900, body="丙丁" * 20_000))

    assert (len(tokens.head), len(tokens.head) + len(tokens.body)) == (1_000, 16_000)


@given(WILD)
def test_normalise_is_settled_after_one_go(text: str) -> None:
    once = analysis.normalise(text)

    assert analysis.stream(analysis.normalise(once)) == analysis.stream(once)


@example(title="\ufada", name="\ufaff", place="", code="", body="\ufa6e")
@given(title=WILD, name=WILD, place=WILD, code=WILD, body=WILD)
def test_tokens_are_letters_and_digits_only(
    title: str, name: str, place: str, code: str, body: str
) -> None:
    document = SearchDocument(title=title, names=(name,), places=(place,), codes=(code,), body=body)

    tokens = documents.tokens_of(document)

    for token in (*tokens.head, *tokens.body, *tokens.lookup):
        assert OUTPUT.fullmatch(token), token
        assert len(token) <= 60
        token.encode()


@given(st.text(alphabet="张王柳树沟村小学一二三12abLS-./ ，·", max_size=20))
def test_any_part_of_a_han_run_is_found_in_it(text: str) -> None:
    normalised = analysis.normalise(text)
    stream = analysis.stream(normalised)

    for run in analysis.runs(normalised):
        if run.script == "han" and len(run.text) > 1:
            for start in range(len(run.text) - 1):
                wanted = analysis.pairs(run.text[start : start + 3])
                assert any(stream[at : at + len(wanted)] == wanted for at in range(len(stream)))


@given(WILD)
def test_text_of_a_user_never_makes_a_reserved_token(text: str) -> None:
    reserved = [token for token in analysis.stream(analysis.normalise(text)) if token[:2] == "zq"]

    assert all(token == analysis.GAP or token.startswith("zqtzq") for token in reserved)
