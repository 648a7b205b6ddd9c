"""How an article's number is written in each language."""

from django.utils.translation import get_language

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
LARGEST = 9999


def chinese_numeral(number: int) -> str:
    """Return a whole number from 0 to 9999 in Chinese numerals, as laws write it.

    10 is 十 and 12 is 十二, but 110 is 一百一十; a gap is one 零 (1204 is 一千二百零四).

    Raises:
        ValueError: The number is outside that range.
    """
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} is not between 0 and {LARGEST}")
    if number == 0:
        return _DIGITS[0]
    digits = [int(digit) for digit in str(number)]
    written = ""
    gap = False
    for digit, unit in zip(digits, reversed(_UNITS[: len(digits)]), strict=True):
        if digit == 0:
            gap = True
            continue
        if gap:
            written += _DIGITS[0]
            gap = False
        written += _DIGITS[digit] + unit
    return written.removeprefix("一") if 10 <= number < 20 else written


def article_label(number: int, sub: int = 0, language: str | None = None) -> str:
    """Return “第二十二条”, “第十七条之一”, “Article 22” or “Article 17-1”.

    Args:
        number: The article.
        sub: 0, or the position among the articles inserted after it.
        language: A language code; the active one if left out.
    """
    if (language or get_language() or "").startswith("en"):
        return f"Article {number}-{sub}" if sub else f"Article {number}"
    label = f"第{chinese_numeral(number)}条"
    return f"{label}之{chinese_numeral(sub)}" if sub else label
