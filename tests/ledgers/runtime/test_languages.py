"""The judge of values, the language of rules and that of patterns, with whatever comes."""

import datetime
import re
import time

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from caseadmin.ledgers.runtime import kinds
from caseadmin.ledgers.runtime.cleaning import clean_extra, missing
from caseadmin.ledgers.runtime.patterns import BadPattern, matches, parse_pattern
from caseadmin.ledgers.runtime.rules import BadRule, check_rule, fields_of, holds, parse_rule
from caseadmin.ledgers.runtime.spec import read_set
from tests.ledgers.runtime.conftest import EXAMPLES, document, field

pytestmark = pytest.mark.once

TODAY = datetime.date(2026, 11, 25)
SET = read_set("x", document(*EXAMPLES))
SORTS = {spec.key: spec.sort for spec in SET.fields}

ANY = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.booleans(),
    st.dates(),
    st.lists(st.text(max_size=5), max_size=3),
    st.sampled_from(["red", "bag", "是", "否", "2026-02-30", "1e9", "１２", "nan", "-0"]),
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*SORTS, "unknown"]), ANY, max_size=9))
def test_whatever_is_given_is_cleaned_or_refused_and_survives_json(values):
    found, refused = {}, None
    try:
        found = clean_extra(SET, values, is_new=True, today=TODAY)
    except ValidationError as error:
        refused = error
    if refused is not None:
        assert set(refused.error_dict) <= {f"x_{key}" for key in SORTS}
        return

    kept = {key: kinds.to_json(value) for key, value in found.items()}
    again = {key: kinds.from_json(SET.by_key[key].kind, value) for key, value in kept.items()}
    assert again == found
    # Cleaning what is clean changes nothing.
    assert clean_extra(SET, found, kept=found, today=TODAY) == found
    assert clean_extra(SET, found, is_new=True, today=TODAY) == found


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(list(SORTS)), ANY, max_size=5),
    st.dictionaries(st.sampled_from(["gone", "older"]), st.text(min_size=1), max_size=2),
)
def test_what_no_active_field_answers_for_is_never_lost(values, old):
    try:
        found = clean_extra(SET, values, kept=old, today=TODAY)
    except ValidationError:
        return
    assert {key: found[key] for key in old} == old


DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9
)


@given(DECIMALS)
def test_decimals_come_back_exactly(number):
    spec = read_set("x", document(field("nn", "decimal"))).by_key["nn"]

    cleaned = kinds.clean_value(spec, number)

    assert kinds.from_json("decimal", kinds.to_json(cleaned)) == number


@settings(max_examples=300)
@given(
    st.text(
        alphabet='abx_ 0123456789."=<>!()+-,且或非若则已填未今天是否 andornotifthen', max_size=60
    )
)
def test_any_text_is_read_as_a_rule_or_refused(text):
    try:
        node = parse_rule(text)
    except BadRule:
        return
    assert holds(node, dict.fromkeys(fields_of(node), 1), today=TODAY) in (True, False, None)


@settings(max_examples=200)
@given(
    st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
    st.one_of(st.none(), st.integers(-99, 99), DECIMALS, st.dates(), st.text(max_size=3)),
    st.one_of(st.none(), st.integers(-99, 99), DECIMALS, st.dates(), st.text(max_size=3)),
)
def test_a_comparison_and_its_contrary_never_agree(sign, left, right):
    values = {"aa": left, "bb": right}
    said = holds(parse_rule(f"aa {sign} bb"), values, today=TODAY)
    contrary = holds(parse_rule(f"not (aa {sign} bb)"), values, today=TODAY)

    assert (said, contrary) in [(True, False), (False, True), (None, None)]


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("aa <= bb", {"aa": 1, "bb": 2}, True),
        ("aa <= bb", {"aa": 1}, None),
        ("aa >= 1 and bb = yes", {"aa": 1, "bb": True}, True),
        ("若 aa = 是 则 bb 已填", {"aa": True}, False),
        ("若aa=是则bb已填", {"aa": True, "bb": "x"}, True),
        ("if aa = yes then bb is filled", {"aa": False}, True),
        ("aa 未填 或 bb ≥ 3", {"bb": 2}, True),
        (
            "aa >= bb + 30 days",
            {"aa": datetime.date(2026, 2, 1), "bb": datetime.date(2026, 1, 1)},
            True,
        ),
        ("aa <= 今天", {"aa": TODAY}, True),
        ("aa <= today - 1 day", {"aa": TODAY}, False),
        ('aa has "oil"', {"aa": ["bag", "oil"]}, True),
        ("not aa = 1 and bb = 2", {"aa": 2, "bb": 2}, True),
        ("非 (aa = 1 且 bb = 2)", {"aa": 1}, None),
    ],
)
def test_rules_say_what_they_say(rule, values, expected):
    assert holds(parse_rule(rule), values, today=TODAY) is expected


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "height",
        "height =",
        "height = = 2",
        "nothing = 1",
        "height = due_on",
        "due_on > 3",
        'colour < "red"',
        "due_on >= due_on + 3",
        "height >= height + 3 days",
        "((((((((((((((((((((((height = 1",
        "import os",
        "height = 1; height = 2",
        "height = 2026-13-40",
        'height has "x"',
        "x" * 500,
    ],
)
def test_rules_that_make_no_sense_are_refused(rule):
    with pytest.raises(BadRule):
        check_rule(rule, SORTS)


SIMPLE = st.text(alphabet="9Aa字?-x", max_size=8)


@settings(max_examples=300)
@given(SIMPLE, st.text(alphabet="0Zz村-x", max_size=8))
def test_patterns_agree_with_regular_expressions(pattern, text):
    classes = {"9": "[0-9]", "A": "[A-Z]", "a": "[A-Za-z]", "字": "[\u3400-\u9fff]", "?": "(?s:.)"}
    regex = "".join(classes.get(sign, re.escape(sign)) for sign in pattern)

    assert matches(pattern, text) is bool(re.fullmatch(regex, text))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("LW-9{4}", "LW-2026", True),
        ("LW-9{4}", "LW-202", False),
        ("9{1,3}", "1234", False),
        ("9{0,2}字", "村", True),
        (r"\9\9", "99", True),
        (r"\9", "8", False),
        ("A9{2}-字{1,4}", "B07-柳树沟", True),
    ],
)
def test_patterns_repeat(pattern, text, expected):
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    "pattern", ["{2}", "9{", "9}", "9{2}{3}", "9{3,2}", "9{0}", "9{999}", "\\", "9" * 61]
)
def test_patterns_that_cannot_be_read(pattern):
    with pytest.raises(BadPattern):
        parse_pattern(pattern)


def test_the_worst_pattern_takes_no_time():
    started = time.perf_counter()

    assert not matches("?{0,200}" * 6 + "9", "x" * 900)

    assert time.perf_counter() - started < 5


def test_what_is_missing_counts_only_what_is_shown():
    definitions = read_set(
        "x",
        document(
            field("boards", "yes_no"),
            field("school", required_from="2026-01-01", visible_when="boards = yes"),
            field("later", required_from="2027-01-01"),
        ),
    )

    assert [s.key for s in missing(definitions, {"boards": True}, today=TODAY)] == ["school"]
    assert missing(definitions, {"boards": False}, today=TODAY) == []
    with pytest.raises(ValidationError):
        clean_extra(definitions, {"boards": True}, is_new=True, today=TODAY)
    assert clean_extra(definitions, {"boards": False}, is_new=True, today=TODAY) == {
        "boards": False
    }


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "blob"},
        {"key": "Bad Key"},
        {"label": {"zh": ""}},
        {"section": "none"},
        {"sensitivity": 7},
        {"sensitivity": True},
        {"kind": "phone", "sensitivity": 2},
        {"sensitivity": 4, "searchable": True},
        {"sensitivity": 3, "filterable": True},
        {"kind": "choice"},
        {"options": [{"code": "a", "label": {"zh": "a"}}]},
        {"pattern": "{"},
        {"kind": "integer", "pattern": "9"},
        {"kind": "integer", "minimum": 5, "maximum": 1},
        {"minimum": 5},
        {"visible_when": "xx = 1"},
        {"visible_when": "one 已填"},
        {"required_from": "soon"},
        {"places": 9, "kind": "decimal"},
        {"max_length": -1},
        {"state": "dead"},
        {"filterable": True},
    ],
)
def test_a_document_with_a_fault_is_refused_as_a_whole(broken):
    with pytest.raises(ValidationError):
        read_set("x", document({**field("one"), **broken}))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "fields",
                        "sections",
                        "rules",
                        "ledger",
                        "key",
                        "kind",
                        "label",
                        "zh",
                        "options",
                        "grants",
                        "sensitivity",
                        "minimum",
                        "places",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_no_document_breaks_the_reader(raw):
    refused = None
    try:
        read_set("x", raw)
    except ValidationError as error:
        refused = error
    assert refused is None or refused.messages
