"""Time wrong sign-ins of existing, unknown, disabled and system accounts, and guess at them.

    .venv/bin/python benchmarks/sign_in_timing.py [--tries 20]

1. ``--tries`` wrong passwords for each kind of account, in turn, with the hash that
   production uses; the medians must lie within a tenth of each other, and the answers
   must be the same to the letter but for the name that was typed and the token.
2. Fifteen wrong passwords and then the right one for one account from one address; the
   right one from another address; one password for a hundred accounts from one address.
"""

import argparse
import logging
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]

WIDEST = 0.1


def set_up(folder: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/timing.sqlite3")
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    # Tests use a cheap hash; only the dear one shows what a stop-watch could learn.
    from config.settings import base

    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    logging.disable(logging.WARNING)
    call_command("migrate", verbosity=0)


def sign_in(username: str, password: str, address: str) -> tuple[Any, Any]:
    from django.test import Client
    from django.urls import reverse

    client = Client()
    answer = client.post(
        reverse("account_login"),
        {"username": username, "password": password},
        REMOTE_ADDR=address,
    )
    return client, answer


def timing(tries: int) -> dict[str, float]:
    """Return the median of each kind of account, in milliseconds."""
    from core.accounts.selectors import system_account
    from tests.factories.core import UserFactory

    kinds = {
        "existing": UserFactory(role="town_clerk").username,
        "unknown": "nobody-of-this-name",
        "disabled": UserFactory(is_active=False).username,
        "system": system_account().username,
    }
    sign_in("warm-up", "wrong", "198.51.100.1")
    taken: dict[str, list[float]] = {kind: [] for kind in kinds}
    pages = set()
    for number in range(tries):
        for place, (kind, username) in enumerate(kinds.items()):
            address = f"10.{place}.{number // 250}.{number % 250 + 1}"
            begun = time.perf_counter()
            _client, answer = sign_in(username, "not the password", address)
            taken[kind].append((time.perf_counter() - begun) * 1000)
            pages.add(re.sub(r'value="[^"]*"', "", answer.content.decode()))
    if len(pages) != 1:
        sys.exit(f"{len(pages)} different answers")
    return {kind: statistics.median(times) for kind, times in taken.items()}


def guessing() -> dict[str, object]:
    from core.accounts.models import SignInAttempt
    from tests.factories.core import PASSWORD, UserFactory

    victim = UserFactory(role="town_clerk")
    for _number in range(15):
        sign_in(victim.username, "wrong", "192.0.2.1")
    here, _answer = sign_in(victim.username, PASSWORD, "192.0.2.1")
    there, _answer = sign_in(victim.username, PASSWORD, "192.0.2.2")
    before = SignInAttempt.objects.filter(outcome=SignInAttempt.Outcome.WRONG).count()
    for number in range(100):
        sign_in(f"account-{number}", "one password", "192.0.2.3")
    after = SignInAttempt.objects.filter(outcome=SignInAttempt.Outcome.WRONG).count()
    return {
        "right after fifteen wrong": "_auth_user_id" in here.session,
        "right from another address": "_auth_user_id" in there.session,
        "of a hundred accounts tried": after - before,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tries", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        medians = timing(options.tries)
        for kind, median in medians.items():
            print(f"{kind:<10} {median:7.1f} ms (median of {options.tries})")
        spread = max(medians.values()) / min(medians.values()) - 1
        print(f"spread     {spread:7.1%} (at most {WIDEST:.0%}); answers equal to the letter")
        found = guessing()
        for name, value in found.items():
            print(f"{name}: {value}")
    expected = {
        "right after fifteen wrong": False,
        "right from another address": True,
        "of a hundred accounts tried": 10,
    }
    if spread > WIDEST or found != expected:
        sys.exit("not as it should be")


if __name__ == "__main__":
    main()
