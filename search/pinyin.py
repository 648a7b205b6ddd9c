"""Tokens by which a Chinese name or place is found from its pronunciation.

Pure: no Django.  Tones are dropped; ü is written v, as keyboards have it.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from search.analysis import compact, is_han, normalise

_SYLLABLES = "zqp"
_BEGINNING = "zqq"
_INITIALS = "zqi"
_WHOLE = "zqw"

READINGS = 4
NAME_LENGTH = 12
TERM_LENGTHS = range(2, 41)

# Surnames that are read differently from the same character elsewhere, both as keyboards
# produce them: the right reading first, the one people type second.
_SURNAMES = {
    "曾": ("zeng", "ceng"),
    "单": ("shan", "dan"),
    "仇": ("qiu", "chou"),
    "解": ("xie", "jie"),
    "任": ("ren",),
    "查": ("zha", "cha"),
    "区": ("ou", "qu"),
    "盖": ("ge", "gai"),
    "朴": ("piao", "pu"),
    "翟": ("zhai", "di"),
    "华": ("hua",),
    "尉": ("wei", "yu"),
    "缪": ("miao", "mou"),
    "覃": ("qin", "tan"),
    "乐": ("yue", "le"),
    "召": ("shao", "zhao"),
    "员": ("yun", "yuan"),
    "牟": ("mu", "mou"),
    "洗": ("xian", "xi"),
    "冼": ("xian",),
    "宓": ("mi", "fu"),
    "折": ("she", "zhe"),
    "种": ("chong", "zhong"),
    "重": ("chong", "zhong"),
    "秘": ("bi", "mi"),
    "繁": ("po", "fan"),
    "燕": ("yan",),
    "葛": ("ge",),
    "纪": ("ji",),
    "晟": ("cheng", "sheng"),
    "吕": ("lv", "lu"),
}
COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "钟离",
        "宇文",
        "长孙",
        "司徒",
        "夏侯",
        "端木",
        "南宫",
        "独孤",
    ]
)


@lru_cache(maxsize=30_000)
def readings(char: str) -> tuple[str, ...]:
    """Return the toneless readings of a character, the usual one first; empty if none is known."""
    import pypinyin  # slow import

    found = pypinyin.pinyin(
        char, style=pypinyin.Style.NORMAL, heteronym=True, errors="ignore", v_to_u=False
    )
    usual = pypinyin.lazy_pinyin(char, errors="ignore", v_to_u=False)
    each = [*usual, *(found[0] if found else ())]
    plain = [reading for reading in each if reading.isascii() and reading.isalpha()]
    return tuple(dict.fromkeys(plain))


def _surname_length(name: str) -> int:
    return 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1


def spellings(name: str) -> list[tuple[str, ...]]:
    """Return the ways to spell a Han name, each as its syllables.

    The surname gets all its readings; of the other characters one at a time takes its
    second reading.  At most `READINGS` spellings.
    """
    if not is_han(name) or len(name) > NAME_LENGTH:
        return []
    each = [readings(char) for char in name]
    if not all(each):
        return []
    firsts = list(dict.fromkeys([*_SURNAMES.get(name[0], ()), *each[0][:2]]))
    usual = [options[0] for options in each[1:]]
    rests = [tuple(usual)]
    for index, options in enumerate(each[1:]):
        if len(options) > 1:
            rests.append((*usual[:index], options[1], *usual[index + 1 :]))
    return [(first, *rest) for rest, first in product(rests, firsts)][:READINGS]


def name_tokens(name: str) -> Iterator[str]:
    """Yield the look-ups of a person's name: whole, from any syllable on, and initials."""
    plain = compact(normalise(name))
    given = _surname_length(plain)
    for syllables in spellings(plain):
        if len(syllables) - given > 1:
            yield whole("".join(syllables[given:]))
        yield whole("".join(syllables))
        for start in range(len(syllables)):
            yield from _beginnings(syllables[start:])


def place_tokens(place: str) -> Iterator[str]:
    """Yield the look-ups of a place or school: whole and from its first syllable on."""
    for syllables in spellings(compact(normalise(place)))[:1]:
        yield whole("".join(syllables))
        yield from _beginnings(syllables)


def _beginnings(syllables: tuple[str, ...]) -> Iterator[str]:
    sound = ""
    for syllable in syllables:
        sound += syllable
        yield from_syllables(sound)
    for length in range(2, len(sound) + 1):
        yield from_beginning(sound[:length])
    initials = "".join(syllable[0] for syllable in syllables)
    for length in range(2, len(initials) + 1):
        yield from_initials(initials[:length])


def whole(sound: str) -> str:
    """Return the look-up for "a whole name, or a given name, sounds like this"."""
    return _WHOLE + sound


def from_syllables(sound: str) -> str:
    """Return the look-up for "whole syllables of a name sound like this"."""
    return _SYLLABLES + sound


def from_beginning(sound: str) -> str:
    """Return the look-up for "the rest of a name begins to sound like this"."""
    return _BEGINNING + sound


def from_initials(initials: str) -> str:
    """Return the look-up for "syllables of a name begin with these letters"."""
    return _INITIALS + initials


def term_tokens(term: str, *, unfinished: bool) -> tuple[str, ...]:
    """Return the look-ups a typed term may stand for; none when it is not plain letters.

    Args:
        term: A normalised term.
        unfinished: The last syllable may be cut short.
    """
    if not (term.isascii() and term.isalpha() and len(term) in TERM_LENGTHS):
        return ()
    tokens = [from_syllables(term), from_initials(term)]
    if unfinished:
        tokens.append(from_beginning(term))
    return tuple(tokens)


def sound_tokens(term: str) -> tuple[str, ...]:
    """Return the look-ups for names that sound like this Han term."""
    return tuple(dict.fromkeys(whole("".join(syllables)) for syllables in spellings(term)))
