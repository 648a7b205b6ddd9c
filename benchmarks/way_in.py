"""Ask for every address of the staff site with a password alone, as every role that needs more.

    python benchmarks/way_in.py            on a SQLite database in memory
    DATABASE_URL=... python benchmarks/way_in.py

Prints the number of requests and what opened; exits with 1 where anything did.  The tests send
one role over HTTP and ask the middleware about the others.
"""

import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django  # noqa: E402

django.setup()

import logging  # noqa: E402

from django.conf import settings  # noqa: E402

from benchmarks.throwaway import throwaway_database  # noqa: E402
from tests.conftest import small_district  # noqa: E402
from tests.probe.way_in import (  # noqa: E402
    GET,
    WAYS,
    Tried,
    closed_addresses,
    half_signed_in,
    over_http,
    roles_that_need_a_factor,
)


def walk() -> Tried:
    """Send every role on its way; one of them in every way an address can be asked for."""
    tried, district = Tried(), small_district()
    addresses, needing = closed_addresses(), roles_that_need_a_factor()
    for number, role in enumerate(needing):
        began, before = time.monotonic(), tried.count
        client, _person = half_signed_in(role, district.district, number=number)
        over_http(tried, role, client, addresses, WAYS if role == "district_officer" else [GET])
        seconds = time.monotonic() - began
        print(f"{role:24}{tried.count - before:8,} requests{seconds:8.0f} s", flush=True)
    print(f"{len(needing)} roles, {len(addresses)} addresses")
    return tried


def main() -> int:
    """Build the world, walk, print, and take everything back."""
    logging.disable(logging.CRITICAL)
    settings.SECOND_FACTOR_REQUIRED = True
    with throwaway_database():
        tried = walk()
    print(f"{tried.count:,} requests with a password alone, {len(tried.reached)} reached")
    for reached in tried.reached[:20]:
        print(*reached)
    return 1 if tried.reached else 0


if __name__ == "__main__":
    sys.exit(main())
