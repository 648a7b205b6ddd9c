"""The language of rules: when a field is shown, and what values must agree.

    height >= 40 and height <= 220
    if boards = yes then school is filled
    left_on >= came_on + 30 days
    若 residence = "school" 则 school 已填

A value that is not given makes a comparison neither true nor false but unknown: a rule
complains only where it is broken for certain, and a field is shown only where its
condition is certainly true.

Rules are read once into a tree and walked; nothing an administrator types is executed.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

MAX_LENGTH = 400
MAX_DEPTH = 20

# What people write, and the one word the parser knows.
WORDS = {
    "若": "if",
    "如果": "if",
    "则": "then",
    "那么": "then",
    "且": "and",
    "并且": "and",
    "或": "or",
    "或者": "or",
    "非": "not",
    "已填": "filled",
    "未填": "empty",
    "包含": "has",
    "今天": "today",
    "天": "days",
    "是": "yes",
    "否": "no",
    "day": "days",
}
KEYWORDS = frozenset(
    ["if", "then", "and", "or", "not", "is", "filled", "empty", "has", "today", "days", "yes", "no"]
)
SIGNS = {"≤": "<=", "≥": ">=", "≠": "!=", "“": '"', "”": '"'}
TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"[^"]{0,100}")
      | (?P<date>\d{4}-\d{2}-\d{2})
      | (?P<number>-?\d{1,12}(?:\.\d{1,4})?)
      | (?P<sign><=|>=|!=|=|<|>|\(|\)|\+|-|,)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]{0,39}|HAN|[\u4e00-\u9fff])
    )""".replace(
        # Chinese leaves no blanks between words: the longest known one is meant.
        "HAN",
        "|".join(sorted((w for w in WORDS if not w.isascii()), key=len, reverse=True)),
    ),
    re.VERBOSE,
)

COMPARISONS = frozenset(["=", "!=", "<", "<=", ">", ">="])

Node = tuple[Any, ...]


class BadRule(ValueError):
    """A rule cannot be read; the argument is a sentence in the reader's language."""


@dataclass(frozen=True)
class Token:
    """One word or sign of a rule."""

    kind: str
    text: str


def _tokens(text: str) -> Iterator[Token]:
    text = unicodedata.normalize("NFKC", "".join(SIGNS.get(sign, sign) for sign in text)).rstrip()
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise BadRule(
                _("“%(text)s” cannot be read here.") % {"text": text[position : position + 12]}
            )
        kind = str(match.lastgroup)
        found = match[kind]
        if kind == "word":
            word = WORDS.get(found, found)
            if word in KEYWORDS:
                yield Token("key", word)
            elif not found.isascii():
                raise BadRule(_("“%(word)s” is no word of a rule.") % {"word": found})
            else:
                yield Token("name", found)
        else:
            yield Token(kind, found)
        position = match.end()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.index = 0
        self.depth = 0

    def peek(self, *texts: str) -> bool:
        token = self.tokens[self.index] if self.index < len(self.tokens) else None
        return token is not None and token.kind in ("key", "sign") and token.text in texts

    def take(self, *texts: str) -> bool:
        if self.peek(*texts):
            self.index += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise BadRule(_("“%(word)s” is missing.") % {"word": text})

    def rule(self) -> Node:
        if self.take("if"):
            condition = self.either()
            self.expect("then")
            node: Node = ("if", condition, self.either())
        else:
            node = self.either()
        if self.index < len(self.tokens):
            raise BadRule(
                _("“%(text)s” cannot be read here.") % {"text": self.tokens[self.index].text}
            )
        return node

    def either(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise BadRule(_("The rule has too many brackets."))
        node = self.both()
        while self.take("or"):
            node = ("or", node, self.both())
        self.depth -= 1
        return node

    def both(self) -> Node:
        node = self.single()
        while self.take("and"):
            node = ("and", node, self.single())
        return node

    def single(self) -> Node:
        negations = 0
        while self.take("not"):
            negations += 1
        node = self.term()
        return ("not", node) if negations % 2 else node

    def term(self) -> Node:
        if self.take("("):
            node = self.either()
            self.expect(")")
            return node
        left = self.operand()
        self.take("is")
        if self.take("filled"):
            return ("filled", left)
        if self.take("empty"):
            return ("not", ("filled", left))
        if self.take("has"):
            return ("has", left, self.operand())
        for sign in COMPARISONS:
            if self.take(sign):
                return ("compare", sign, left, self.operand())
        raise BadRule(_("A comparison such as = or <= is missing."))

    def operand(self) -> Node:
        node = self.value()
        while self.peek("+", "-"):
            sign = 1 if self.tokens[self.index].text == "+" else -1
            self.index += 1
            number = self.value()
            if number[0] != "value" or not isinstance(number[1], Decimal):
                raise BadRule(_("After + or - a number is expected."))
            days = self.take("days")
            node = ("shift", node, sign * number[1], days)
        return node

    def value(self) -> Node:
        if self.index >= len(self.tokens):
            raise BadRule(_("The rule ends too early."))
        token = self.tokens[self.index]
        self.index += 1
        if token.kind == "name":
            return ("field", token.text)
        if token.kind == "text":
            return ("value", token.text[1:-1])
        if token.kind == "number":
            return ("value", Decimal(token.text))
        if token.kind == "date":
            try:
                return ("value", datetime.date.fromisoformat(token.text))
            except ValueError:
                raise BadRule(
                    _("“%(text)s” is no day of the calendar.") % {"text": token.text}
                ) from None
        if token.kind == "key" and token.text in ("yes", "no"):
            return ("value", token.text == "yes")
        if token.kind == "key" and token.text == "today":
            return ("today",)
        raise BadRule(_("“%(text)s” cannot be read here.") % {"text": token.text})


@lru_cache(maxsize=1000)
def _parse(text: str) -> Node:
    return _Parser(text).rule()


def parse_rule(text: str) -> Node:
    """Read a rule.

    Raises:
        BadRule: Says what is wrong.
    """
    if len(text) > MAX_LENGTH:
        raise BadRule(_("A rule has at most %(limit)d characters.") % {"limit": MAX_LENGTH})
    return _parse(text)


def fields_of(node: Node) -> set[str]:
    """Return the keys of the fields a rule looks at."""
    if node[0] == "field":
        return {node[1]}
    return {key for part in node[1:] if isinstance(part, tuple) for key in fields_of(part)}


def holds(node: Node, values: Mapping[str, Any], *, today: datetime.date | None = None) -> Any:
    """Return whether a rule holds for some values: ``True``, ``False`` or ``None`` (unknown).

    Args:
        node: A rule, as ``parse_rule`` returns it.
        values: Python values by key; a blank one may be missing.
        today: The day that ``today`` means; the local one by default.
    """
    kind = node[0]
    if kind == "if":
        return _or(_not(holds(node[1], values, today=today)), holds(node[2], values, today=today))
    if kind == "and":
        first = holds(node[1], values, today=today)
        return _not(_or(_not(first), _not(holds(node[2], values, today=today))))
    if kind == "or":
        return _or(holds(node[1], values, today=today), holds(node[2], values, today=today))
    if kind == "not":
        return _not(holds(node[1], values, today=today))
    if kind == "filled":
        return _value(node[1], values, today) is not None
    if kind == "has":
        listed, sought = _value(node[1], values, today), _value(node[2], values, today)
        if listed is None or sought is None:
            return None
        return sought in listed if isinstance(listed, list | tuple | str) else None
    return _compare(node[1], _value(node[2], values, today), _value(node[3], values, today))


def _not(value: Any) -> Any:
    return None if value is None else not value


def _or(one: Any, other: Any) -> Any:
    if one or other:
        return True
    return None if one is None or other is None else False


def _value(node: Node, values: Mapping[str, Any], today: datetime.date | None) -> Any:
    if node[0] == "field":
        found = values.get(node[1])
        return None if found in ("", [], ()) else found
    if node[0] == "today":
        return today or timezone.localdate()
    if node[0] == "shift":
        base = _value(node[1], values, today)
        return _shift(base, node[2])
    return node[1]


def _shift(base: Any, by: Decimal) -> Any:
    if isinstance(base, datetime.date):
        try:
            return base + datetime.timedelta(days=int(by))
        except OverflowError:
            return None
    if isinstance(base, int | Decimal) and not isinstance(base, bool):
        return Decimal(base) + by
    return None


def _compare(sign: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None or _sort(left) != _sort(right):
        return None
    if sign == "=":
        return bool(left == right)
    if sign == "!=":
        return bool(left != right)
    if _sort(left) not in ("number", "date"):
        return None
    if sign == "<":
        return bool(left < right)
    if sign == "<=":
        return bool(left <= right)
    return bool(left > right) if sign == ">" else bool(left >= right)


def _sort(value: Any) -> str:
    """Return with what a value may be compared."""
    if isinstance(value, bool):
        return "yes_no"
    if isinstance(value, int | Decimal):
        return "number"
    if isinstance(value, datetime.date):
        return "date"
    return "text" if isinstance(value, str) else "other"


def check_rule(text: str, sorts: Mapping[str, str]) -> Node:
    """Read a rule and see that its fields exist and its comparisons make sense.

    Args:
        text: The rule.
        sorts: What each field holds: ``number``, ``date``, ``text``, ``yes_no`` or ``list``.

    Raises:
        BadRule: Says what is wrong.
    """
    node = parse_rule(text)
    for key in sorted(fields_of(node)):
        if key not in sorts:
            raise BadRule(_("There is no field “%(key)s”.") % {"key": key})
    _check(node, sorts)
    return node


def _check(node: Node, sorts: Mapping[str, str]) -> None:
    if node[0] == "compare":
        left, right = _sort_of(node[2], sorts), _sort_of(node[3], sorts)
        if left != right or left == "list":
            raise BadRule(
                _("“%(left)s” and “%(right)s” cannot be compared.")
                % {"left": said(node[2]), "right": said(node[3])}
            )
        if node[1] not in ("=", "!=") and left not in ("number", "date"):
            raise BadRule(_("Only numbers and dates are smaller or greater."))
    elif node[0] == "has":
        if _sort_of(node[1], sorts) != "list" or _sort_of(node[2], sorts) != "text":
            raise BadRule(_("“has” asks a field of several choices for one of its codes."))
    else:
        for part in node[1:]:
            if isinstance(part, tuple) and part[0] not in ("field", "value", "today", "shift"):
                _check(part, sorts)


def _sort_of(node: Node, sorts: Mapping[str, str]) -> str:
    if node[0] == "field":
        return sorts[node[1]]
    if node[0] == "today":
        return "date"
    if node[0] == "shift":
        base = _sort_of(node[1], sorts)
        if base not in ("number", "date") or (base == "date") != node[3]:
            raise BadRule(
                _("“%(what)s” cannot be added to: a date takes days, a number a number.")
                % {"what": said(node[1])}
            )
        return base
    return _sort(node[1])


def as_tree(node: Node) -> list[Any]:
    """Return a rule as JSON, for the script that shows and hides fields."""
    found: list[Any] = []
    for part in node:
        if isinstance(part, tuple):
            found.append(as_tree(part))
        elif isinstance(part, Decimal):
            found.append(float(part))
        else:
            found.append(part.isoformat() if isinstance(part, datetime.date) else part)
    return found


def said(node: Node) -> str:
    """Return an operand as it may have been typed."""
    if node[0] == "shift":
        return f"{said(node[1])} {'+' if node[2] >= 0 else '-'} {abs(node[2])}"
    return str(node[1]) if len(node) > 1 else "today"
