"""Turns what a person typed into levels of conditions, strictest first.

Pure: no Django.  The first level that has a hit is the answer:

``words``  every term as written, or every word of it
``fuzzy``  one term may have a wrong, missing or additional character, or a homophone
``cover``  nearly half of the words
``loose``  any pair of characters
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from search import analysis, pinyin
from search.dictionary import dictionary, words_of
from search.query import (
    NOTHING,
    Lookup,
    Node,
    Phrase,
    Without,
    all_of,
    any_of,
    at_least,
)

QUERY_LENGTH = 64
# Read before the numbers are taken out, so that cutting never leaves a part of one behind.
RAW_LENGTH = 512
MAX_TERMS = 12
MAX_ALTERNATIVES = 6
COVER_UNITS = 8
COVER_SHARE = 0.45
LOOSE_UNITS = 24
FUZZY_LENGTHS = range(2, 13)
FUZZY_TEXT_LENGTH = 4
JOINED_DIGITS = 6

# Sums of these order a result; each outweighs all smaller ones together.
ALL_ENTITIES, ANY_ENTITY, IN_HEAD, AS_WRITTEN, BY_SOUND, ONE_CHARACTER, UNIT = (
    32_000,
    16_000,
    8_000,
    4_000,
    2_000,
    1_000,
    10,
)

_DELIMITERS = r"\s\"“”「」『』，、；。！？：,;:!?|()\[\]{}<>《》〈〉【】\u3014\u3015…"
_TERM = re.compile(
    r"(?P<minus>(?<![^\s])-+)?"
    r'(?:"(?P<straight>[^"]*)"|“(?P<curly>[^”]*)”|「(?P<corner>[^」]*)」|『(?P<white>[^』]*)』'
    rf"|(?P<bare>[^{_DELIMITERS}]+))"
)
_ORDINAL_DIGITS = re.compile("第([0-9]{1,4})")
_ORDINAL_HAN = re.compile("第([一二三四五六七八九十百千零\u3007]+)")
_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")


class LevelName(StrEnum):
    """How closely results match."""

    WORDS = "words"
    FUZZY = "fuzzy"
    COVER = "cover"
    LOOSE = "loose"


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a query, normalised."""

    text: str
    quoted: bool = False
    excluded: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A condition, and what moves a document up among those that meet it."""

    name: LevelName
    match: Node
    ranks: tuple[tuple[int, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class ExactValue:
    """A number that is looked up by blind index, never as text.

    Attributes:
        sort: ``id_number``, ``phone`` or ``number`` (any other long number).
        value: Digits only, a check letter in capitals, no country prefix.
    """

    sort: str
    value: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the engines, the highlighter and the page need to know of a query."""

    terms: tuple[Term, ...] = ()
    levels: tuple[Level, ...] = ()
    exact: tuple[ExactValue, ...] = ()
    marks: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not self.levels and not self.exact


def plan(query: str) -> Plan:
    """Plan a query as typed; any text at all is allowed.

    At most 64 characters and 12 terms are used.  Identity numbers, telephone numbers
    and other long numbers are taken out of the text and returned in ``exact``.
    """
    exact, text = _take_numbers(analysis.normalise(query[:RAW_LENGTH]))
    terms = _terms(text[:QUERY_LENGTH])
    wanted = [term for term in terms if not term.excluded]
    if not terms:
        return Plan(exact=exact)
    unwanted = any_of(
        node for term in terms if term.excluded for node in _as_written(term, unfinished=False)
    )
    levels = _levels(wanted) if wanted else [_everything()]
    if unwanted is not NOTHING:
        levels = [
            Level(level.name, Without(level.match, unwanted), level.ranks) for level in levels
        ]
    return Plan(terms=tuple(terms), levels=tuple(levels), exact=exact, marks=_marks(wanted))


def _take_numbers(text: str) -> tuple[tuple[ExactValue, ...], str]:
    found: dict[ExactValue, None] = {}

    def take(match: re.Match[str]) -> str:
        sort = match.lastgroup or "number"
        value = "".join(char for char in match.group() if char.isalnum()).upper()
        if sort == "phone" and not value.startswith("0"):
            value = value[-11:]  # without +86
        found[ExactValue(sort, value)] = None
        return " ; "

    rest = analysis.PRIVATE_NUMBER.sub(take, text)
    return tuple(found), rest


def _terms(text: str) -> list[Term]:
    found: dict[tuple[str, bool, bool], Term] = {}
    matches = list(_TERM.finditer(text))
    for match in matches:
        bare = match.group("bare")
        words = (match.group(match.lastgroup or 0) if bare is None else bare).strip()
        if not any(run.script != "private" for run in analysis.runs(words)):
            continue
        quoted, excluded = bare is None, bool(match.group("minus"))
        last = not quoted and match is matches[-1]
        if len(found) < MAX_TERMS or (words, quoted, excluded) in found:
            found[words, quoted, excluded] = Term(words, quoted, excluded, last)
    stopwords = dictionary().stopwords
    each = list(found.values())
    telling = [term for term in each if term.quoted or term.text not in stopwords]
    return telling if any(not term.excluded for term in telling) else each


def _everything() -> Level:
    return Level(LevelName.WORDS, Lookup(analysis.EVERY_DOCUMENT))


def _levels(terms: Sequence[Term]) -> list[Level]:
    levels = [_words_level(terms), _fuzzy_level(terms), *_wide_levels(terms)]
    return [level for level in levels if level.match is not NOTHING]


# --- One term -----------------------------------------------------------------------


def node_of(text: str, *, head: bool = False) -> Node:
    """Return the condition "this text stands here, character by character".

    The last run may go on in the document: 柳树 also finds 柳树沟村.
    """
    tokens: list[str] = []
    beside: list[Node] = []
    found = list(analysis.runs(text))
    for index, run in enumerate(found):
        if run.script == "private":
            return NOTHING
        if run.script == "word":
            tokens.extend(map(analysis.word_token, analysis.parts(run.text)))
            continue
        is_last = index == len(found) - 1
        if len(run.text) == 1 and is_last:
            beside.append(_last_character(text, found))
            continue
        tokens.extend(analysis.pairs(run.text))
        if len(run.text) > 1 and not is_last:
            tokens.append(run.text[-1])
    phrase = [Phrase(tuple(tokens), head=head)] if tokens else []
    return all_of([*phrase, *beside])


def _last_character(text: str, found: Sequence[analysis.Run]) -> Node:
    """Return the look-up of a closing single character, with the number before it if there is one.

    In the document the character may begin a longer run (3岁 in 3岁儿童), so it is no
    token of the stream there.
    """
    char = found[-1].text
    before = found[-2] if len(found) > 1 else None
    if before is None or before.script != "word":
        return Lookup(analysis.character(char))
    if before.start + len(before.text) != found[-1].start:
        return Lookup(analysis.character(char))
    return Lookup(analysis.border(analysis.parts(before.text)[-1], char))


def _word_nodes(text: str, *, unfinished: bool) -> Iterator[Node]:
    """Yield further conditions for a term of Latin letters and digits."""
    parts = analysis.query_words(text)
    if not parts:
        return
    together = "".join(parts)[: analysis.TOKEN_LENGTH]
    if len(parts) > 1 or not together.isdigit() or len(together) >= JOINED_DIGITS:
        yield Lookup(analysis.joined_form(together))
    if unfinished and len(together) in analysis.EDGE_LENGTHS:
        yield Lookup(analysis.edge(together))
    for token in pinyin.term_tokens(together, unfinished=unfinished):
        yield Lookup(token)


def _as_written(term: Term, *, unfinished: bool) -> list[Node]:
    nodes = [node_of(term.text)]
    if not term.quoted:
        nodes.extend(_word_nodes(term.text, unfinished=unfinished))
        nodes.extend(map(node_of, alternatives(term.text)))
    return nodes


def alternatives(text: str) -> list[str]:
    """Return other ways to write a normalised text: synonyms in place, ordinals in both scripts."""
    found: dict[str, None] = {}
    lists = dictionary()
    for start in range(len(text)):
        longest = min(len(text) - start, lists.longest_synonym)
        for length in range(longest, 0, -1):
            others = lists.synonyms.get(text[start : start + length], ())
            for other in others:
                found[text[:start] + other + text[start + length :]] = None
            if others:
                break
    for other in (_with_han_ordinals(text), _with_digit_ordinals(text)):
        found[other] = None
    found.pop(text, None)
    return list(found)[:MAX_ALTERNATIVES]


def _with_han_ordinals(text: str) -> str:
    return _ORDINAL_DIGITS.sub(lambda match: "第" + han_number(int(match[1])), text)


def _with_digit_ordinals(text: str) -> str:
    return _ORDINAL_HAN.sub(lambda match: f"第{number_of(match[1])}", text)


def han_number(number: int) -> str:
    """Write 0 to 9999 as law texts do: 11 is 十一, 110 is 一百一十, 1001 is 一千零一."""
    digits = [int(digit) for digit in str(number)]
    written = ""
    for index, digit in enumerate(digits):
        place = len(digits) - index - 1
        if digit:
            written += _DIGITS[digit] + _PLACES[place]
        elif not written.endswith("零") and any(digits[index:]):
            written += "零"
    if 10 <= number < 20:
        written = written[1:]
    return written or "零"


def number_of(han: str) -> int:
    """Read a number below 10,000 written in Han characters; a list of digits is read as such."""
    han = han.replace("\u3007", "零")
    if not any(place in han for place in _PLACES[1:]):
        return int("".join(str(_DIGITS.index(char)) for char in han))
    total = 0
    digit = 0
    for char in han:
        if char in _DIGITS:
            digit = _DIGITS.index(char)
        else:
            total += (digit or 1) * 10 ** _PLACES.index(char)
            digit = 0
    return total + digit


def _words(text: str) -> list[str]:
    """Return the words of a text without those that carry nothing; a code stays one word."""
    stopwords = dictionary().stopwords
    found: list[str] = []
    code_start = 0
    for run in analysis.runs(text):
        if run.script == "han":
            found.extend(words_of(run.text))
        elif run.script == "word" and run.joined:
            found[-1] = text[code_start : run.start + len(run.text)]
        elif run.script == "word":
            code_start = run.start
            found.append(run.text)
    return [word for word in dict.fromkeys(found) if word not in stopwords]


def _word_by_word(text: str) -> Node:
    """Return "every word of this text, anywhere", where its words say enough on their own."""
    words = _words(text)
    if not any(len(word) > 1 and analysis.is_han(word) for word in words):
        return NOTHING
    return all_of(map(_unit, words))


def _unit(word: str) -> Node:
    """Return the condition for one word of a longer text, synonyms included."""
    return any_of([node_of(word), *map(node_of, dictionary().synonyms.get(word, ()))])


# --- Levels -------------------------------------------------------------------------


def _term_node(term: Term) -> Node:
    nodes = _as_written(term, unfinished=term.last)
    if not term.quoted:
        nodes.append(_word_by_word(term.text))
    return any_of(nodes)


def _words_level(terms: Sequence[Term]) -> Level:
    entities = [Lookup(analysis.entity(term.text)) for term in terms]
    whole = Lookup(analysis.entity("".join(term.text for term in terms)))
    in_head = all_of(any_of([node_of(term.text, head=True), *_sound_nodes(term)]) for term in terms)
    ranks = (
        (ALL_ENTITIES, any_of([whole, all_of(entities)])),
        (ANY_ENTITY, any_of(entities)),
        (IN_HEAD, in_head),
        (AS_WRITTEN, all_of(node_of(term.text) for term in terms)),
    )
    return Level(LevelName.WORDS, all_of(map(_term_node, terms)), _possible(ranks))


def _sound_nodes(term: Term) -> list[Node]:
    if term.quoted:
        return []
    return [Lookup(token) for token in pinyin.term_tokens(term.text, unfinished=term.last)]


def _possible(ranks: Sequence[tuple[int, Node]]) -> tuple[tuple[int, Node], ...]:
    return tuple((weight, node) for weight, node in ranks if node is not NOTHING)


def _fuzzy_level(terms: Sequence[Term]) -> Level:
    options: list[Node] = []
    by_sound: list[Node] = []
    by_name: list[Node] = []
    for index, term in enumerate(terms):
        others = [_term_node(other) for place, other in enumerate(terms) if place != index]
        if term.quoted:
            continue
        for misspelt, rest in _misspellings(term.text):
            beside = [*others, *map(_unit, rest)]
            sounds, names, texts = _near(misspelt)
            by_sound.append(all_of([*beside, sounds]) if sounds is not NOTHING else NOTHING)
            by_name.append(all_of([*beside, names]) if names is not NOTHING else NOTHING)
            if not rest and texts is not NOTHING:
                options.append(all_of([*beside, texts]))
    sound, name = any_of(by_sound), any_of(by_name)
    ranks = _possible(((BY_SOUND, sound), (ONE_CHARACTER, name)))
    return Level(LevelName.FUZZY, any_of([sound, name, *options]), ranks)


def _misspellings(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what may be misspelt in a term, with the words beside it that are not."""
    if not analysis.is_han(text):
        return
    if len(text) in FUZZY_LENGTHS:
        yield text, ()
    words = _words(text)
    if len(words) > 1:
        for word in words:
            if len(word) in analysis.FUZZY_ENTITY_LENGTHS:
                yield word, tuple(other for other in words if other != word)


def _near(text: str) -> tuple[Node, Node, Node]:
    """Return what is near a Han text: names by sound, names by one character, running text."""
    sounds = any_of(map(Lookup, pinyin.sound_tokens(text)))
    shorter = analysis.deletions(text)
    names = any_of(
        [
            Lookup(analysis.deletion(text)),
            *(Lookup(analysis.entity(other)) for other in shorter),
            *(Lookup(analysis.deletion(other)) for other in shorter),
        ]
    )
    if len(text) < FUZZY_TEXT_LENGTH:
        return sounds, names, NOTHING
    splits = [(text[:i], text[i + 1 :]) for i in range(len(text))]
    splits += [(text[:i], text[i:]) for i in range(1, len(text))]
    texts = any_of(all_of(node_of(piece) for piece in split if piece) for split in splits)
    return sounds, names, texts


def _wide_levels(terms: Sequence[Term]) -> Iterator[Level]:
    """Yield the levels that ask for a part of the words only; quoted terms stay required."""
    required = [node_of(term.text) for term in terms if term.quoted]
    words = [word for term in terms if not term.quoted for word in _words(term.text)]
    units = [_unit(word) for word in dict.fromkeys(words)][:COVER_UNITS]
    if len(units) > 1:
        enough = math.ceil(COVER_SHARE * len(units))
        yield Level(
            LevelName.COVER,
            all_of([*required, at_least(enough, units)]),
            tuple((UNIT, unit) for unit in units),
        )
    pieces: dict[Node, None] = {}
    for term in terms:
        if not term.quoted:
            pieces.update(dict.fromkeys(Phrase((token,)) for token in _pieces(term.text)))
    loose = list(pieces)[:LOOSE_UNITS]
    if len(loose) > 1:
        yield Level(
            LevelName.LOOSE,
            all_of([*required, any_of(loose)]),
            tuple((UNIT, piece) for piece in loose),
        )


def _pieces(text: str) -> Iterator[str]:
    stopwords = dictionary().stopwords
    for run in analysis.runs(text):
        if run.script == "han" and len(run.text) > 1:
            yield from (pair for pair in analysis.pairs(run.text) if pair not in stopwords)
        elif run.script == "word":
            yield from map(analysis.word_token, analysis.parts(run.text))


def _marks(terms: Sequence[Term]) -> tuple[str, ...]:
    """Return the texts to mark in a result, longest first."""
    found: dict[str, None] = {}
    for term in terms:
        found[term.text] = None
        if not term.quoted:
            found.update(dict.fromkeys([*alternatives(term.text), *_words(term.text)]))
    return tuple(sorted(found, key=len, reverse=True))
