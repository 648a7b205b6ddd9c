"""Does the time of an answer tell whether a record exists somewhere else (threat A6)?

    python benchmarks/foreign_timing.py            on a SQLite database in memory
    DATABASE_URL=... python benchmarks/foreign_timing.py

For each ledger and each page of a record (view, edit, history) it asks for a record of
another town, for one that is sealed for others, and for one that does not exist, in turns,
and prints the ratio of the median times.  The noise is the same ratio between two keys that
do not exist.  ``--clock cpu`` counts the time of this process only, which a busy machine does not
disturb (and which leaves out the server of PostgreSQL).  Exits with 1 where a ratio is
outside ``LIMITS``.
"""

import argparse
import gc
import os
import random
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django  # noqa: E402

django.setup()

import logging  # noqa: E402

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from benchmarks.throwaway import throwaway_database  # noqa: E402
from caseadmin.ledgers.registry import ledgers  # noqa: E402
from core.access.opening import needs_approval  # noqa: E402
from tests.probe.world import World, build  # noqa: E402

PAGES = ("view", "edit", "history")
LIMITS = (0.9, 1.1)


CLOCKS = {"wall": perf_counter, "cpu": process_time}


def medians(
    client: Client, addresses: dict[str, str], rounds: int, clock: Callable[[], float]
) -> dict[str, float]:
    """Return the median time of each address in milliseconds; the order changes each round."""
    times: dict[str, list[float]] = defaultdict(list)
    order = list(addresses)
    for turn in range(rounds + 3):
        random.shuffle(order)
        for name in order:
            began = clock()
            answer = client.get(addresses[name])
            spent = clock() - began
            if answer.status_code != 404:
                raise SystemExit(f"{addresses[name]}: {answer.status_code}")
            # The first rounds load templates and compile queries.
            if turn >= 3:
                times[name].append(spent * 1000)
    return {name: median(spent) for name, spent in times.items()}


def measure(world: World, rounds: int, clock: Callable[[], float]) -> list[tuple[str, float]]:
    """Print a line for each page; return every ratio with what it is of."""
    client = Client()
    client.force_login(world.person("district_officer", "village"))
    found: list[tuple[str, float]] = []
    noise: list[float] = []
    print(f"{'page':34}{'missing ms':>11}{'other town':>12}{'sealed':>9}{'noise':>8}")
    for one in ledgers:
        label = one.model._meta.label
        if label not in world.places["foreign"].rows:
            continue
        for page in PAGES:
            if page == "edit" and not one.can_edit:
                continue
            keys = {
                "missing": uuid4(),
                "missing too": uuid4(),
                "other town": world.places["foreign"].rows[label].pk,
            }
            if needs_approval(one.model):
                keys["sealed"] = world.places["sealed"].rows[label].pk
            addresses = {name: one.url(page, key) for name, key in keys.items()}
            if client.get(addresses["missing"]).status_code != 404:
                continue  # no right on this page at all: every key leads elsewhere
            spent = medians(client, addresses, rounds, clock)
            ratios = {name: spent[name] / spent["missing"] for name in spent}
            noise.append(ratios["missing too"])
            found += [
                (f"{one.slug} {page}, {name}", ratios[name])
                for name in ("other town", "sealed")
                if name in ratios
            ]
            sealed = f"{ratios['sealed']:.3f}" if "sealed" in ratios else "-"
            print(
                f"{one.slug + ' ' + page:34}{spent['missing']:11.2f}"
                f"{ratios['other town']:12.3f}{sealed:>9}{ratios['missing too']:8.3f}",
                flush=True,
            )
    print(f"\nnoise, missing against missing: {min(noise):.3f} to {max(noise):.3f}")
    return found


def main() -> int:
    """Build the world, measure, print, and take everything back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="requests of each kind")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--keep", help="SQLite file that keeps the migrated database between runs")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with throwaway_database(options.keep):
        world = build(["village", "foreign", "sealed"])
        gc.disable()
        found = measure(world, options.rounds, CLOCKS[options.clock])
    wide = [f"{name}: {ratio:.3f}" for name, ratio in found if not LIMITS[0] < ratio < LIMITS[1]]
    ratios = sorted(ratio for _name, ratio in found)
    print(
        f"\n{len(found)} comparisons of {options.rounds} requests each on {connection.vendor},"
        f" {options.clock} clock:"
        f" ratios {ratios[0]:.3f} to {ratios[-1]:.3f}, median {median(ratios):.3f};"
        f" outside {LIMITS[0]} to {LIMITS[1]}: {wide or 'none'}"
    )
    return int(bool(wide))


if __name__ == "__main__":
    sys.exit(main())
