"""Every address of the product, asked by people it does not concern.

The whole cross of roles and villages is ``benchmarks/probe_isolation.py``.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import NoReverseMatch, reverse

from caseadmin.children.models import Kin
from caseadmin.ledgers.registry import ledgers
from core.access import walls
from core.access.rights import ALL, FieldRights
from core.access.scope import unscoped
from tests.factories.core import approve
from tests.probe.walk import Report, Walk, unprobed
from tests.probe.world import World, build, case_models

pytestmark = pytest.mark.django_db


SHORT = ("district_officer", "village")
"""Who walks in the test suite: the widest rights over the smallest place."""


WITHOUT_A_FACTORY = {"approvals.Seal", "rights.Erasure"}
"""Case models of which no place has a record: a seal hides what lies there, an erasure is
what is left of a file."""


@pytest.fixture
def world(db) -> World:
    return build(["village", "foreign"])


@pytest.fixture
def tell(capsys):
    """Print a count past the capture: the issue asks for the figures."""

    def told(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return told


@pytest.mark.slow
def test_nobody_meets_what_is_not_theirs_on_any_route(world, client, tell):
    """One world, asked by GET, HEAD and POST; then without tokens; then for what is missing."""
    wanted = {model._meta.label for model in case_models()} - WITHOUT_A_FACTORY
    assert {name: wanted - place.rows.keys() for name, place in world.places.items()} == {
        "village": set(),
        "foreign": set(),
    }
    assert all(len(place.words) >= 20 for place in world.places.values())

    report = Report()
    role, place = SHORT
    person = world.person(role, place)
    walk = Walk(world, report, ways="short")
    walk.go(person, role, ["foreign"])
    assert report.of("field") == []
    tell(f"{report.probes} probes, {len(report.asked)} routes, {dict(report.statuses)}")
    assert (report.of("leak"), report.of("changed"), report.of("5xx")) == ([], [], [])
    assert (report.of("changed by reading"), unprobed(report)) == ([], [])

    asked, wrong = walk.without_token(person)
    tell(f"{asked} routes asked without a token")
    assert wrong == []

    client.force_login(person)
    pairs, told_apart = compare_with_missing(world, client)
    tell(f"{pairs} pairs of a foreign and a missing record")
    assert (told_apart, pairs >= 20) == ([], True)


def compare_with_missing(world: World, client: Any) -> tuple[int, list[Any]]:
    """Ask for records elsewhere and for none at all; return the pairs told apart (threat A6).

    Neither status nor length nor target of the answers may differ.  Where the person has
    no right on the ledger at all, both lead to the same page.
    """
    missing, told_apart, pairs = UUID(int=7), [], 0
    for one in ledgers:
        row = world.places["foreign"].rows.get(one.model._meta.label)
        if row is None:
            continue
        foreign = row.pk
        for name in ("view", "edit", "history", "delete"):
            for method in (client.get, client.post):
                answers = []
                for key in (foreign, missing):
                    try:
                        address = reverse(f"{one.namespace()}:{name}", args=[key])
                    except NoReverseMatch:
                        break
                    answer = method(address)
                    text = answer.content.decode().replace(str(key), "")
                    answers.append((answer.status_code, len(text), answer.get("Location", "")))
                if answers:
                    pairs += 1
                    if answers[0] != answers[1] or answers[0][0] == 200:
                        told_apart.append((one.slug, name, answers))
    return pairs, told_apart


# --- The probe itself would notice --------------------------------------------------


def walked(world: World, role: str = "town_clerk", place: str = "foreign") -> Report:
    """Walk the ledger of child files and the search page only."""
    report = Report()
    walk = Walk(world, report, ways="short")
    walk.routes = [route for route in walk.routes if route.namespace in {"child_files", "search"}]
    person = world.person(role, "village")
    # Approvals close what reach opens; here each layer of the others is asked alone.
    approve(person, world.district.village)
    walk.go(person, role, [place])
    return report


def everything_opens(user, model, rows, told=None):
    """Approvals open whatever is asked for."""
    return {row.pk for row in rows}


def test_what_another_department_keeps_stays_closed(db, tell):
    """Same village, other department: no approval opens it, and what is sealed is not there."""
    world = build(["village", "department", "sealed"])
    police = world.person("police", "village")
    world.open_own(police)
    report = Report()
    walk = Walk(world, report, ways="short")
    walk.routes = [route for route in walk.routes if route.namespace in {"child_files", "search"}]
    walk.go(police, "police", ["village", "department", "sealed"])
    found, probes = [str(finding) for finding in report.findings], report.probes

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.access.opening.openable", everything_opens)
        for name in ("exporting", "bulk"):
            patch.setattr(f"caseadmin.ledgers.{name}.services.openable", everything_opens)
        closed = walk.closed
        patch.setattr(walk, "closed_to", lambda person, scope: closed)
        walk.go(police, "police", ["department"])
    with pytest.MonkeyPatch.context() as patch:
        for name in ("managers", "opening"):
            patch.setattr(f"core.access.{name}.without_sealed", lambda rows: rows)
        patch.setattr("core.history.records.without_sealed", lambda rows: rows)
        walk.go(police, "police", ["sealed"])

    tell(f"{probes} probes of another department's records")
    assert (found, probes > 100) == ([], True)
    assert (bool(report.of("unapproved")), bool(report.of("leak"))) == (True, True)


def without_context(monkeypatch):
    """Layer 1: the middleware lets everybody see everything."""
    monkeypatch.setattr("core.access.middleware.in_scope", lambda scope: unscoped("drill"))


def without_managers(monkeypatch):
    """Layer 2: managers no longer look at the scope."""
    monkeypatch.setattr("core.access.managers.scope_filter", lambda: None)
    monkeypatch.setattr("core.history.records.scope_filter", lambda: None)


def without_rights(monkeypatch):
    """Layer 4: every field is everybody's."""
    monkeypatch.setattr(FieldRights, "_look_up", lambda self, held, model, name: ALL)


@contextmanager
def walls_down(*, row_security: bool) -> Iterator[list[str]]:
    """Take the territory column's trigger or the policies away; yield what a check says."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            as_owner(cursor)
        if row_security:
            for model in walls.walled_models():
                cursor.execute(f'ALTER TABLE "{model._meta.db_table}" DISABLE ROW LEVEL SECURITY')
        elif connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE children_kin DISABLE TRIGGER tonghu_place")
        else:
            cursor.execute("DROP TRIGGER tonghu_place_children_kin_update")
        said = walls.missing(connection)
        if role := connection.settings_dict.get("ROLE"):
            cursor.execute(f"SET ROLE {role}")
        yield said


def as_owner(cursor: Any) -> None:
    """Become the owner of the tables, in the middle of a transaction."""
    cursor.execute("RESET ROLE")
    # A table with a foreign key yet to be judged is not altered.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def misplaced(world: World) -> bool:
    """Try to move a relative's row to a village its file does not lie in."""
    kin = world.places["village"].rows["children.Kin"]
    elsewhere = world.places["foreign"].territory.code
    with unscoped("drill"):
        try:
            with transaction.atomic():
                moved = Kin._base_manager.filter(pk=kin.pk).update(territory_code=elsewhere)
                transaction.set_rollback(True)
        except IntegrityError:
            return False
    return moved == 1


def test_each_layer_taken_away_in_turn_is_noticed(world, tell):
    """Layers 1 to 4 everywhere, layer 5 where there is PostgreSQL (threat A2)."""
    noticed = {}
    for role in ("town_clerk", "school"):
        whole = walked(world, role)
        assert ([str(f) for f in whole.findings], whole.probes > 50) == ([], True)

    with pytest.MonkeyPatch.context() as patch:
        without_context(patch)
        noticed["context"] = bool(walked(world).of("leak"))
    with pytest.MonkeyPatch.context() as patch:
        without_managers(patch)
        report = walked(world)
        if connection.vendor == "postgresql":
            # The second wall alone holds; that the first is gone is told by itself.
            assert (report.of("leak"), report.of("changed")) == ([], [])
            with walls_down(row_security=True) as said:
                report = walked(world)
            noticed["row-level security"] = bool(report.of("leak")) and len(said) >= 20
            walls_up()
        noticed["managers"] = bool(report.of("leak"))
    with pytest.MonkeyPatch.context() as patch:
        without_rights(patch)
        # The school reads of its own children what is needed there, and no ID number.
        report = walked(world, "school")
        noticed["field rights"] = bool(report.of("field")) and not report.of("leak")
    held = misplaced(world)
    with walls_down(row_security=False) as said:
        noticed["territory column"] = (held, misplaced(world), len(said)) == (False, True, 1)

    tell(f"layers taken away and noticed: {sum(noticed.values())} of {len(noticed)}: {noticed}")
    assert all(noticed.values())


def walls_up() -> None:
    """Put everything up again, as the owner."""
    with connection.cursor() as cursor:
        as_owner(cursor)
        walls.build(connection)
        if role := connection.settings_dict.get("ROLE"):
            cursor.execute(f"SET ROLE {role}")
