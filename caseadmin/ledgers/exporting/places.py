"""Where an action on a whole ledger belongs, for the log."""

from itertools import takewhile
from typing import Any

from core.access.scope import scope_of

CODE_LENGTH = 12


def place_of(user: Any) -> str:
    """Return the code of the smallest place that holds everything the person serves.

    The log shows an entry to those who serve its place.
    """
    columns = zip(*scope_of(user).prefixes, strict=False)
    prefix = "".join(digits[0] for digits in takewhile(lambda d: len(set(d)) == 1, columns))
    whole = next((length for length in (12, 9, 6) if len(prefix) >= length), 0)
    return prefix[:whole].ljust(CODE_LENGTH, "0") if whole else ""
