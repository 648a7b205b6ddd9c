"""Marks what was searched for in a text that is about to be shown.

Works on the text the reader is allowed to see, never on what an engine holds, so it is the
same on every engine and cannot show more than the page would.
"""

from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from search.analysis import normalise

ELLIPSIS = "…"


def _with_places(text: str) -> tuple[str, list[int]]:
    """Return the normalised text, and for each of its characters the place it came from."""
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for letter in normalise(char):
            letters.append(letter)
            places.append(place)
    return "".join(letters), places


def spans(text: str, marks: Sequence[str]) -> list[tuple[int, int]]:
    """Return where marks stand in a text, joined where they touch."""
    plain, places = _with_places(text)
    found: list[tuple[int, int]] = []
    for mark in marks:
        start = plain.find(mark) if mark else -1
        while start >= 0:
            if _at_word_border(plain, start, mark):
                found.append((places[start], places[start + len(mark) - 1] + 1))
            start = plain.find(mark, start + 1)
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _at_word_border(plain: str, start: int, mark: str) -> bool:
    """Return whether a Latin mark begins a word here; Han has no borders to respect."""
    before = plain[start - 1] if start else " "
    return not (mark[0].isascii() and mark[0].isalnum() and before.isascii() and before.isalnum())


def highlight(text: str, marks: Sequence[str]) -> SafeString:
    """Return the text as HTML, escaped, with ``<mark>`` around what was searched for."""
    pieces: list[str] = []
    end = 0
    for start, stop in spans(text, marks):
        pieces.append(escape(text[end:start]))
        pieces.append(f"<mark>{escape(text[start:stop])}</mark>")
        end = stop
    pieces.append(escape(text[end:]))
    return mark_safe("".join(pieces))  # noqa: S308 (every piece is escaped above)


def snippet(text: str, marks: Sequence[str], *, length: int = 120) -> SafeString:
    """Return the part of a long text around the first mark, marked, about ``length`` long."""
    text = " ".join(text.split())
    if len(text) <= length:
        return highlight(text, marks)
    found = spans(text, marks)
    middle = found[0][0] if found else 0
    start = max(0, min(middle - length // 4, len(text) - length))
    part = text[start : start + length]
    before = ELLIPSIS if start else ""
    after = ELLIPSIS if start + length < len(text) else ""
    return mark_safe(before + highlight(part, marks) + after)  # noqa: S308 (escaped by highlight)
