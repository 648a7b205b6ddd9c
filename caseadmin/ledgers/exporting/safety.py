"""Keep a spreadsheet program from running what somebody typed into a form.

A cell that begins with one of these signs is taken as a formula by Excel, WPS or
LibreOffice. In CSV an apostrophe is put before it; reading the file back takes exactly
that one apostrophe away, so that nothing is lost. In XLSX cells are typed as text, which
is never a formula, and are left as they are.
"""

import re
import unicodedata

RISKY_SIGNS = frozenset("=+-@|%＝＋－＠")
PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*%?")


def is_risky(text: str) -> bool:
    """Return whether a program may take the text for a formula.

    What cannot be seen (blanks, byte order marks, control and format characters) is
    skipped, because programs skip it too. A plain number such as ``-3`` is no formula.
    """
    for position, character in enumerate(text):
        if character.isspace() or unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}:
            continue
        if character not in RISKY_SIGNS:
            return text[0] in "\t\r\n"
        return position > 0 or PLAIN_NUMBER.fullmatch(text) is None
    return bool(text) and text[0] in "\t\r\n"


def escape(text: str) -> str:
    """Return the text as a CSV cell may carry it; ``unescape`` is its inverse."""
    return f"'{text}" if is_risky(text.lstrip("'")) else text


def unescape(text: str) -> str:
    """Take away the apostrophe ``escape`` has put before a text."""
    return text[1:] if text.startswith("'") and is_risky(text.lstrip("'")) else text
