"""Turns text into tokens; the same function serves the index and the query.

Pure: no Django, no database.  Every engine receives the tokens separated by blanks and
needs only its plainest tokenizer, so all engines see the same words at the same places.

A *stream* is the text itself as tokens with positions: overlapping pairs of Han
characters, each run closed by its last character alone (儿童主任 → 儿童 童主 主任 任), and
words of other scripts and numbers as they are.  *Look-ups* are tokens without a
position, made beside the stream: single characters, beginnings of words, joined forms,
names as a whole.  They replace every prefix or fuzzy query an engine might offer, which
is what allows tokens to be keyed: a digest has no prefix.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

# Raise when a token of any kind changes its form: the check command then asks for a rebuild.
VERSION = 2

# Reserved beginnings.  A word of a text that begins with the same letters is escaped.
RESERVED = "zq"
GAP = "zqg"
EVERY_DOCUMENT = "zqa"
_CHARACTER = "zqc"
_EDGE = "zqe"
_BORDER = "zqb"
_JOINED = "zqj"
_ENTITY = "zqn"
_DELETION = "zqd"
_ESCAPED = "zqt"

TOKEN_LENGTH = 40
EDGE_LENGTHS = range(2, 21)
JOINED_PARTS = 4
FUZZY_ENTITY_LENGTHS = range(3, 9)
# PostgreSQL keeps positions up to 16,383 and 255 of them for one word; what lies beyond
# is left out everywhere, or the engines would disagree about it.
STREAM_LENGTH = 16_000
HEAD_LENGTH = 1_000
OCCURRENCES = 255

# The compatibility block has holes that no version of Unicode has filled.
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufa6d\ufa70-\ufad9\U00020000-\U000323af"
# Identity numbers, telephones and other long numbers are answered by blind index, never as text.
_ID_NUMBER = r"(?<![0-9a-z])[0-9]{6}[ -]?[0-9]{8}[ -]?[0-9]{3}[0-9x](?![0-9a-z])"
_MOBILE = r"(?:\+?86[ -]?)?1[0-9]{2}[ -]?[0-9]{4}[ -]?[0-9]{4}"
_FIXED = r"0[0-9]{2,3}[ -]?[1-9][0-9]{6,7}"
_PHONE = rf"(?<![0-9a-z])(?:{_MOBILE}|{_FIXED})(?![0-9a-z])"
_LONG_NUMBER = r"(?<![0-9])[0-9]{15,}(?![0-9])"
PRIVATE_NUMBER = re.compile(
    f"(?P<id_number>{_ID_NUMBER})|(?P<phone>{_PHONE})|(?P<number>{_LONG_NUMBER})"
)
_RUN = re.compile(
    f"(?P<private>{_ID_NUMBER}|{_PHONE}|{_LONG_NUMBER})|(?P<han>[{_HAN}]+)|(?P<word>[^\\W_{_HAN}]+)"
)
_PART = re.compile("[0-9]+|[^0-9]+")
_JOINER = re.compile("[-_./]|(?<=[^0-9]) (?=[0-9])")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ACCENTED = re.compile("[\u00c0-\u024f\u0300-\u036f\u1e00-\u1eff]")
_ACCENT = re.compile("[\u0300-\u036f]")
_NAME_DOT = re.compile(f"(?<=[{_HAN}])\\s*[·•‧・⋅∙]\\s*(?=[{_HAN}])")
_HAN_RANGES = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0x20000, 0x323AF),
)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one script: ``han``, ``word``, or a ``private`` number to be left out."""

    script: str
    text: str
    start: int
    joined: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an engine stores for one document: two streams and the look-ups."""

    head: tuple[str, ...]
    body: tuple[str, ...]
    lookup: tuple[str, ...]


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    """Return the map from traditional to simplified characters, one to one.

    Character by character on purpose: a converter that looks at whole phrases writes
    the same character differently in a document and in a query that quotes part of it.
    """
    import opencc  # slow import

    converter = opencc.OpenCC("t2s")
    characters = [chr(code) for first, last in _HAN_RANGES for code in range(first, last + 1)]
    converted = converter.convert("\n".join(characters)).split("\n")
    table = {old: new for old, new in zip(characters, converted, strict=True) if old != new}
    for old, new in table.items():
        while table.get(new, new) != new:
            new = table[new]
        table[old] = new
    return {ord(old): new for old, new in table.items() if len(new) == 1}


def normalise(text: str) -> str:
    """Return the text in the one form that is compared.

    Full-width forms become half-width, capitals small, accents of Latin letters go,
    traditional characters become simplified, invisible characters vanish, control
    characters become blanks, and the dot inside a transcribed name (阿依古丽·买买提) goes.
    """
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if _ACCENTED.search(text):
        bare = _ACCENT.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", bare)
    return _NAME_DOT.sub("", text.translate(_simplified()))


def runs(text: str) -> Iterator[Run]:
    """Yield the runs of a normalised text; punctuation only separates."""
    end = -1
    previous = ""
    for match in _RUN.finditer(text):
        script = match.lastgroup or ""
        between = text[end : match.start()] if end >= 0 else " "
        joined = (
            script == previous == "word"
            and len(between) == 1
            and _JOINER.match(text, end) is not None
        )
        yield Run(script, match.group(), match.start(), joined)
        end, previous = match.end(), script


def is_han(text: str) -> bool:
    """Return whether a normalised text is one run of Han characters."""
    match = _RUN.fullmatch(text)
    return match is not None and match.lastgroup == "han"


def parts(word: str) -> list[str]:
    """Split a word where letters meet digits: ``phq9`` → ``phq``, ``9``."""
    return [part[:TOKEN_LENGTH] for part in _PART.findall(word)]


def pairs(han: str) -> list[str]:
    """Return the overlapping pairs of a Han run; a single character stays itself."""
    return [first + second for first, second in pairwise(han)] or [han]


def word_token(word: str) -> str:
    """Return a word as a token of the stream, escaped where it would look reserved."""
    return _ESCAPED + word if word.startswith(RESERVED) else word


def character(char: str) -> str:
    """Return the look-up for "this Han character stands somewhere"."""
    return _CHARACTER + char


def edge(beginning: str) -> str:
    """Return the look-up for "a word or code begins like this"."""
    return _EDGE + beginning


def border(part: str, char: str) -> str:
    """Return the look-up for "this number or word is followed by this Han character"."""
    return f"{_BORDER}{part}{char}"


def joined_form(text: str) -> str:
    """Return the look-up for parts written together: ``Wi-Fi`` is also ``wifi``."""
    return _JOINED + text


def compact(text: str) -> str:
    """Return only the words and numbers of a normalised text, at most a token long."""
    return "".join(run.text for run in runs(text) if run.script != "private")[:TOKEN_LENGTH]


def entity(name: str) -> str:
    """Return the look-up for "this whole name, place, title or code"."""
    return _ENTITY + compact(name)


def deletions(name: str) -> tuple[str, ...]:
    """Return the name with each one character left out, shortest form two characters."""
    if len(name) < FUZZY_ENTITY_LENGTHS.start:
        return ()
    return tuple(dict.fromkeys(name[:i] + name[i + 1 :] for i in range(len(name))))


def deletion(name: str) -> str:
    """Return the look-up for "a name that reads like this once a character is left out"."""
    return _DELETION + name


def entity_tokens(name: str) -> Iterator[str]:
    """Yield the look-ups by which a whole name is found, also with one wrong character."""
    plain = compact(normalise(name))
    if not plain:
        return
    yield _ENTITY + plain
    if is_han(plain) and len(plain) in FUZZY_ENTITY_LENGTHS:
        yield from map(deletion, deletions(plain))


def stream(text: str) -> list[str]:
    """Return the tokens of a normalised text in order, one for each position."""
    tokens: list[str] = []
    for run in runs(text):
        if run.script == "private":
            tokens.append(GAP)
        elif run.script == "han":
            tokens.extend(pairs(run.text))
            if len(run.text) > 1:
                tokens.append(run.text[-1])
        else:
            tokens.extend(map(word_token, parts(run.text)))
    return tokens


def lookups(text: str) -> set[str]:
    """Return the look-ups of a normalised text: characters, beginnings, joined forms, borders."""
    found: set[str] = set()
    group: list[str] = []
    for run in runs(text):
        if not run.joined:
            _close_group(group, found)
            group = []
        if run.script == "word":
            group.extend(parts(run.text))
        elif run.script == "han":
            found.update(map(character, run.text))
        last_part, last_end = _end_of_word(run)
        if last_part and last_end < len(text) and is_han(text[last_end]):
            found.add(border(last_part, text[last_end]))
    _close_group(group, found)
    return found


def _end_of_word(run: Run) -> tuple[str, int]:
    if run.script != "word":
        return "", 0
    return parts(run.text)[-1], run.start + len(run.text)


def _close_group(group: list[str], found: set[str]) -> None:
    """Add what a group of joined parts can be found by: 2024, 00317, 202400317 and beginnings."""
    for start in range(len(group)):
        together = "".join(group[start : start + JOINED_PARTS])[:TOKEN_LENGTH]
        found.update(edge(together[:length]) for length in EDGE_LENGTHS if length <= len(together))
        for stop in range(start + 2, min(start + JOINED_PARTS, len(group)) + 1):
            found.add(joined_form("".join(group[start:stop])[:TOKEN_LENGTH]))


def joined_streams(texts: Iterable[str]) -> list[str]:
    """Return several fields as one stream; a gap keeps phrases inside their field."""
    tokens: list[str] = []
    for text in texts:
        piece = stream(text)
        if piece and tokens:
            tokens.append(GAP)
        tokens.extend(piece)
    return tokens


def limited(head: list[str], body: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Cut both streams to what every engine can hold, the head first."""
    seen: Counter[str] = Counter()

    def keep(token: str) -> str:
        seen[token] += 1
        return token if seen[token] <= OCCURRENCES else GAP

    kept_head = tuple(map(keep, head[:HEAD_LENGTH]))
    kept_body = tuple(map(keep, body[: STREAM_LENGTH - len(kept_head)]))
    return kept_head, kept_body


def query_words(text: str) -> list[str]:
    """Return the parts of a normalised text when it holds words and numbers only, else nothing."""
    found: list[str] = []
    for run in runs(text):
        if run.script != "word":
            return []
        found.extend(parts(run.text))
    return found
