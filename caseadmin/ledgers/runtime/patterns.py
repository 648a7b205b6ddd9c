"""Shapes of text an administrator may ask for, matched in linear time.

No regular expression of a user ever runs: a pattern such as ``(a+)+b`` could hold the
server for hours.  This language has no alternatives and no nesting, and matching walks the
text once with the set of places it may be at.

=========  ==============================================
``9``      a digit
``A``      a capital Latin letter
``a``      a Latin letter of either kind
``字``     a Chinese character
``?``      any one character
``\\9``     the sign itself
``{3}``    the last sign three times
``{1,4}``  the last sign one to four times
others     themselves
=========  ==============================================
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

MAX_PATTERN = 60
MAX_REPEAT = 200

Test = Callable[[str], bool]


class BadPattern(ValueError):
    """A pattern cannot be read; the argument is the position of the fault, from one."""


@dataclass(frozen=True)
class Step:
    """One sign of a pattern and how often it may stand."""

    test: Test
    least: int = 1
    most: int = 1


def _is_digit(sign: str) -> bool:
    return "0" <= sign <= "9"


def _is_capital(sign: str) -> bool:
    return "A" <= sign <= "Z"


def _is_letter(sign: str) -> bool:
    return "A" <= sign <= "Z" or "a" <= sign <= "z"


def _is_han(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff" or "\U00020000" <= sign <= "\U0003ffff"


def _is_any(sign: str) -> bool:
    return True


CLASSES: dict[str, Test] = {
    "9": _is_digit,
    "A": _is_capital,
    "a": _is_letter,
    "字": _is_han,
    "?": _is_any,
}


@lru_cache(maxsize=500)
def parse_pattern(pattern: str) -> tuple[Step, ...]:
    """Read a pattern.

    Raises:
        BadPattern: It is too long, or a brace or backslash stands where none may.
    """
    if len(pattern) > MAX_PATTERN:
        raise BadPattern(MAX_PATTERN)
    steps: list[Step] = []
    index = 0
    while index < len(pattern):
        sign = pattern[index]
        if sign == "{":
            end = pattern.find("}", index)
            if end < 0 or not steps or pattern[index - 1] == "}":
                raise BadPattern(index + 1)
            steps[-1] = Step(steps[-1].test, *_repeat(pattern[index + 1 : end], index))
            index = end + 1
            continue
        if sign == "}":
            raise BadPattern(index + 1)
        if sign == "\\":
            if index + 1 == len(pattern):
                raise BadPattern(index + 1)
            steps.append(Step(pattern[index + 1].__eq__))
            index += 2
            continue
        steps.append(Step(CLASSES.get(sign, sign.__eq__)))
        index += 1
    return tuple(steps)


def _repeat(text: str, index: int) -> tuple[int, int]:
    low, comma, high = text.partition(",")
    try:
        least = int(low)
        most = int(high) if comma else least
    except ValueError:
        raise BadPattern(index + 1) from None
    if not 0 <= least <= most <= MAX_REPEAT or most == 0:
        raise BadPattern(index + 1)
    return least, most


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole text has the shape; at most 200 × 60 steps for each sign."""
    steps = parse_pattern(pattern)
    places = _onward(steps, {(0, 0)})
    for sign in text:
        reached = set()
        for step, count in places:
            if step < len(steps) and count < steps[step].most and steps[step].test(sign):
                reached.add((step, count + 1))
        places = _onward(steps, reached)
        if not places:
            return False
    return (len(steps), 0) in places


def _onward(steps: tuple[Step, ...], places: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Add the places that are reached without reading a further sign."""
    found = set(places)
    waiting = list(places)
    while waiting:
        step, count = waiting.pop()
        if step < len(steps) and count >= steps[step].least and (step + 1, 0) not in found:
            found.add((step + 1, 0))
            waiting.append((step + 1, 0))
    return found
