"""Guess the signatures of links to files, and count the hits.

    .venv/bin/python benchmarks/link_guesses.py [--guesses 100000]

Each guess is a whole last part of a link, for a file, person and session that exist: the
file's key and the time are right, the 43 letters of the signature are drawn at random or are
the true ones with one letter changed.  Only the check of the signature is asked; the pages ask
reach and rights besides.
"""

import argparse
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["DATABASE_URL"] = "sqlite:///:memory:"
    import django

    django.setup()


def guess(count: int, *, seed: int = 7) -> dict[str, Any]:
    """Return how many of so many guesses opened the file.

    The last of 43 letters carries four bits of the signature and two that say nothing, so
    it is left alone where one letter is changed.
    """
    from core.accounts.models import User
    from core.attachments.links import is_valid, link_token
    from core.attachments.models import Attachment

    row, person, chance = Attachment(), User(pk=1), random.Random(seed)
    token = link_token(row.pk, user=person, session_key="session")
    begin, _, true = token.rpartition("~")
    hits = {"drawn": 0, "one letter changed": 0}
    began = time.monotonic()
    for number in range(count):
        if number % 2:
            kind, letters = "drawn", chance.choices(LETTERS, k=len(true))
        else:
            kind, letters = "one letter changed", list(true)
            place = chance.randrange(len(true) - 1)
            letters[place] = chance.choice(LETTERS.replace(true[place], ""))
        tried = f"{begin}~{''.join(letters)}"
        hits[kind] += is_valid(tried, row.pk, user=person, session_key="session")
        if number % 1000 == 0:
            # The time in the link must not be what refuses it.
            token = link_token(row.pk, user=person, session_key="session")
            begin, _, true = token.rpartition("~")
            assert is_valid(token, row.pk, user=person, session_key="session")
    return {
        "guesses": count,
        **{f"hits, {kind}": number for kind, number in hits.items()},
        "seconds": round(time.monotonic() - began, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--guesses", type=int, default=100_000)
    options = parser.parse_args()
    set_up()
    figures = guess(options.guesses)
    for name, value in figures.items():
        print(f"{name:<26} {value}")
    return int(any(value for name, value in figures.items() if name.startswith("hits")))


if __name__ == "__main__":
    sys.exit(main())
