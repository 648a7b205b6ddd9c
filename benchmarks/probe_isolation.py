"""Ask for every address as every role, and count what should not have been shown or changed.

    python benchmarks/probe_isolation.py            on a SQLite database in memory
    DATABASE_URL=... python benchmarks/probe_isolation.py

Prints the number of probes and of findings; exits with 1 where there is one.
"""

import argparse
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

from benchmarks.throwaway import throwaway_database  # noqa: E402
from tests.probe.walk import Report, Walk, unprobed  # noqa: E402
from tests.probe.world import PLACES, World, build  # noqa: E402

AT_LEAST = 5_000


def progress(role: str, routes: int, report: Report) -> None:
    """Say now and then how far a role has come."""
    if routes % 100 == 0:
        print(f"  {role}: {routes} routes, {report.probes:,} probes in all", flush=True)


def walk_all(
    world: World, roles: list[str], reach: list[str], places: list[str], ways: str
) -> Report:
    """Send every role on its way, once for each reach."""
    report = Report()
    for serves in reach:
        for role in roles:
            began, before, known = time.monotonic(), report.probes, len(report.findings)
            seen = world.of_department(role)
            person = seen.person(role, serves)
            seen.open_own(person)
            walk = Walk(seen, report, ways=ways)
            walk.go(
                person,
                f"{role} of {serves}",
                places,
                told=lambda routes, role=role: progress(role, routes, report),
            )
            seconds = time.monotonic() - began
            print(
                f"{role:24}{serves:10}{report.probes - before:8,} probes"
                f"{len(report.findings) - known:6} findings{seconds:8.0f} s",
                flush=True,
            )
            for finding in list(dict.fromkeys(map(str, report.findings[known:])))[:40]:
                print(f"  {finding}", flush=True)
    return report


def main() -> int:
    """Build the world, walk, print, and take everything back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--roles", nargs="*", help="codes of roles (default: all)")
    parser.add_argument("--reach", nargs="*", default=["village"])
    parser.add_argument("--places", nargs="*", default=list(PLACES[:5]), choices=PLACES)
    parser.add_argument("--ways", choices=["short", "whole", "full"], default="whole")
    parser.add_argument("--keep", help="SQLite file that keeps the migrated database between runs")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with throwaway_database(options.keep):
        world = build(dict.fromkeys(["village", *options.places]))
        roles = options.roles or [role["code"] for role in world.roles]
        report = walk_all(world, roles, options.reach, options.places, options.ways)
    missed = unprobed(report)
    counted = ("leak", "unapproved", "field", "changed", "5xx", "changed by reading")
    kinds = {kind: len(report.of(kind)) for kind in counted}
    print(
        f"\n{report.probes:,} probes of {len(report.asked)} routes, {len(roles)} roles,"
        f" {len(options.places)} places: {kinds}, {len(missed)} routes not asked;"
        f" answers {dict(sorted(report.statuses.items()))}"
    )
    return int(bool(report.findings or missed or report.probes < AT_LEAST))


if __name__ == "__main__":
    sys.exit(main())
