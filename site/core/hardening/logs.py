"""What a log line may hold: no person, and exactly one line.

Legal source: 个人信息保护法 art. 51 (technical measures), ASVS 16.2.5 and 16.4.1.
"""

import json
import logging
import re
from datetime import UTC, datetime

# Digits that stand in a longer row of digits or letters are part of a key or a digest.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # The database repeats the row it refused.
    (re.compile(r"(DETAIL:|Failing row contains|Key \().*"), r"\1 [row]"),
    # What was asked for or typed, behind the question mark of an address.
    (re.compile(r"(\s|^|[\"'/\w])\?[^\s\"'<>]*=[^\s\"'<>]*"), r"\1?[query]"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "[mail]"),
    (re.compile(r"(?<![0-9A-Za-z])\d{6}[\s-]?\d{8}[\s-]?\d{3}[\dXx](?![0-9A-Za-z])"), "[id]"),
    (re.compile(r"(?<![0-9A-Za-z-])\d{15}(?![0-9A-Za-z])"), "[id]"),
    (
        re.compile(
            r"(?<![0-9A-Za-z-])(?:\+?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?![0-9A-Za-z])"
        ),
        "[phone]",
    ),
    (re.compile(r"(?<![0-9A-Za-z-])0\d{2,3}-?[1-9]\d{6,7}(?![0-9A-Za-z])"), "[phone]"),
    # Bank cards and guardians' passports.
    (re.compile(r"(?<![0-9A-Za-z-])\d{16,19}(?![0-9A-Za-z])"), "[number]"),
    # Our own messages are English.  Chinese in a log line is somebody's word: a name, an
    # address, a note.  Also where a program wrote it as an escape.
    (
        re.compile(
            r"(?:[\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·]+\s?)+"
        ),
        "[text]",
    ),
    (re.compile(r"(?:\\u[2-9a-fA-F][0-9a-fA-F]{3})+"), "[text]"),
    (re.compile(r"(?:%(?:E[0-9A-Fa-f]|F[0-9A-Fa-f])(?:%[89ABab][0-9A-Fa-f]){2,3})+"), "[text]"),
)
_FULL_WIDTH = {ord("０") + n: str(n) for n in range(10)}


def without_persons(text: str) -> str:
    """Take ID numbers, phones, mail addresses, queries and Chinese words out of a text."""
    if text.isascii() and text.isalpha():
        return text
    text = text.translate(_FULL_WIDTH)
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


class PersonFilter(logging.Filter):
    """Clean the record itself, so that whatever handler comes after sees no person."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            # Arguments that do not fit are a fault of the caller; the line is still wanted.
            message = str(record.msg)
        record.msg, record.args = without_persons(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = without_persons(record.exc_text)
        # The exception itself holds what was typed; its cleaned text is enough.
        record.exc_info = None
        if record.stack_info:
            record.stack_info = without_persons(record.stack_info)
        # Django hangs the whole request on some records.
        record.__dict__.pop("request", None)
        return True


class LineFormatter(logging.Formatter):
    """One JSON object a line: a line break in a value is two characters, never a new line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_persons(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = without_persons(self.formatException(record.exc_info))
        elif record.exc_text:
            line["trace"] = without_persons(record.exc_text)
        if record.stack_info:
            line["stack"] = without_persons(record.stack_info)
        # ASCII only: no terminal command and no other line end (U+2028, U+0085) gets through.
        return json.dumps(line, ensure_ascii=True)
