"""Every address of the product, asked by people it does not concern.

The whole cross of roles and villages is ``benchmarks/probe_isolation.py``.
"""

import pytest

from tests.probe.walk import Report, Walk, unprobed
from tests.probe.world import World, build, case_models, make

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db) -> World:
    return build()


def test_nobody_meets_what_is_not_theirs_on_any_route(world):
    report = Report()
    walk = Walk(world, report, ways="short")
    walk.go(world.person("district_officer", "village"), "district_officer", ["foreign"])
    print(f"{report.probes} probes, {len(report.asked)} routes, {dict(report.statuses)}")

    assert (report.of("leak"), report.of("changed"), report.of("5xx")) == ([], [], [])
    assert (report.of("changed by reading"), unprobed(report)) == ([], [])
