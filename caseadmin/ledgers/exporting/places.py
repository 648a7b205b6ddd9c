"""Where an action on a whole ledger belongs, for the log."""

from typing import Any

from core.access.guards import scope_for


def place_of(user: Any) -> str:
    """Return the code of the smallest place that holds everything the person serves.

    The log shows an entry to those who serve its place.
    """
    return scope_for(user).place
