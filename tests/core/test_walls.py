"""The walls in the database: row-level security, and the territory column."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import DatabaseError, IntegrityError, connection, transaction

from caseadmin.children.models import ChildFile, Kin
from caseadmin.ledgers.models import ImportBatch, ImportRow, ImportSource
from core.access import walls
from core.access.scope import Scope, in_scope, scope_of, scoped_to, unscoped
from core.access.walls import EVERYTHING_TOLD, NOTHING_SET, Told, told_of
from core.accounts.selectors import system_account
from core.audit import append_only
from core.audit.models import CaseLogEntry
from core.audit.services import record
from core.history.context import change_set
from search.models import SearchEntry
from tests.factories.children import ChildFileFactory, KinFactory
from tests.factories.core import UserFactory

postgres = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="PostgreSQL has row-level security"
)
pytestmark = [pytest.mark.django_db, pytest.mark.walled]

REFUSED = (DatabaseError, "row-level security")


@pytest.fixture
def files(district: Any) -> dict[str, ChildFile]:
    """One file with a relative in each of three villages."""
    made = {}
    for name in ("village", "sibling", "foreign"):
        made[name] = ChildFileFactory(village=getattr(district, name))
        KinFactory(child_file=made[name])
    return made


def raw(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run a statement past models and managers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


def count(table: str = "children_childfile") -> int:
    return int(raw(f"SELECT count(*) FROM {table}")[0][0])


# --- What the database is told -----------------------------------------------------


def test_a_prefix_is_told_as_a_range_and_several_with_their_hull():
    assert [
        told_of(Scope(prefixes=prefixes))
        for prefixes in (
            ("990101001",),
            ("990109",),
            ("990101001001", "990101001003"),
            ("990101002001", "990101001"),
            (),
        )
    ] == [
        Told("990101001", "990101002"),
        Told("990109", "99010:"),
        Told("990101001001", "990101001004", "990101001001,990101001003"),
        Told("990101001", "990101002002", "990101001,990101002001"),
        NOTHING_SET,
    ]


def test_a_range_holds_what_begins_with_the_prefix_and_nothing_else():
    codes = [
        f"9901{a:02d}{b:03d}{c:03d}" for a in (0, 9, 10, 99) for b in (0, 9, 999) for c in (1,)
    ]
    wrong = [
        (prefix, code)
        for prefix in {code[:n] for code in codes for n in (6, 9, 12)}
        for code in codes
        if code.startswith(prefix) != (prefix <= code < walls.end_of(prefix))
    ]
    assert wrong == []


# --- The contract: found from the models -------------------------------------------


def test_every_table_with_a_territory_is_walled_and_nothing_is_missing():
    with_territory = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if any(field.name == "territory_code" for field in model._meta.local_concrete_fields)
    }
    walled = {model._meta.label for model in walls.walled_models()}

    assert (
        with_territory - walled,
        {"ledgers.ImportBatch", "ledgers.ImportRow", "ledgers.ImportSource"} - walled,
        walls.missing(connection),
    ) == (set(), set(), [])
    assert len(with_territory) >= 20


def test_a_wall_that_is_gone_or_altered_is_noticed_and_put_up_again():
    table = "children_kin"
    if connection.vendor == "postgresql":
        pytest.skip("needs the owner; see test_the_owner_puts_walls_up_again")
    raw(f'DROP TRIGGER "tonghu_place_{table}_update"')
    raw(f'DROP TRIGGER "tonghu_place_{table}_insert"')
    raw(
        f'CREATE TRIGGER "tonghu_place_{table}_insert" BEFORE INSERT ON {table}'
        " WHEN 0 BEGIN SELECT 1; END"
    )

    ids = [m.id for m in run_checks(databases=["default"]) if m.id == "access.W001"]
    done = walls.build(connection)

    assert (len(ids), sorted(done), walls.missing(connection)) == (
        3,
        [
            f"create trigger tonghu_place_{table}_insert",
            f"create trigger tonghu_place_{table}_update",
            f"drop trigger tonghu_place_{table}_insert",
        ],
        [],
    )


@pytest.fixture
def as_owner() -> Iterator[None]:
    """Act as the account that migrates."""
    raw("RESET ROLE")
    yield
    if role := connection.settings_dict.get("ROLE"):
        raw(f"SET ROLE {role}")


@postgres
@pytest.mark.parametrize(
    "hole",
    [
        "ALTER TABLE children_kin DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE children_kin NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tonghu_scope ON children_kin",
        "CREATE POLICY all_of_it ON children_kin USING (true)",
        "DROP TRIGGER tonghu_place ON children_kin",
        "ALTER TABLE children_kin DISABLE TRIGGER tonghu_place",
    ],
)
def test_the_owner_puts_walls_up_again(as_owner, hole):
    raw(hole)
    said = walls.missing(connection)
    walls.build(connection)
    assert (len(said), "children_kin" in said[0], walls.missing(connection)) == (1, True, [])


@postgres
def test_the_tests_act_as_an_account_that_owns_nothing_and_bypasses_nothing():
    assert raw(
        "SELECT (SELECT count(*) FROM pg_tables WHERE tableowner = current_user),"
        " rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ) == [(0, False, False)]
    assert [m.id for m in run_checks(databases=["default"]) if m.id.startswith("access")] == []


# --- Row-level security ------------------------------------------------------------


@postgres
def test_nothing_set_nothing_seen(files):
    tables = [model._meta.db_table for model in walls.walled_models()]
    open_rows = {"search_entry": SearchEntry.objects.filter(confidential=False).count()}
    assert {t: n for t in tables if (n := count(t))} == {t: n for t, n in open_rows.items() if n}


@postgres
def test_rows_history_index_and_log_are_seen_by_whom_they_concern(files, district):
    clerk = UserFactory(role="town_clerk", serves=district.town)
    with scoped_to(clerk):
        record("tonghu.view", actor=clerk, instance=files["village"])
    stranger = UserFactory(role="town_clerk", serves=district.other_town)
    tables = [
        "children_childfile",
        "children_historicalchildfile",
        "children_kin",
        "children_historicalkin",
        "search_entry",
        "audit_caselogentry",
    ]

    def seen() -> list[int]:
        return [count(table) for table in tables]

    with in_scope(scope_of(clerk)):
        own = seen()
    with in_scope(scope_of(stranger)):
        others = seen()
    with unscoped("test"):
        every = seen()
    kinds = every[4] - own[4]

    assert (own[0], others[0], every[0]) == (2, 1, 3)
    assert [a + b for a, b in zip(own, others, strict=True)] == every
    assert (own[5], others[5], kinds) == (1, 0, others[4])


@postgres
def test_joins_and_sub_queries_meet_the_wall_too(files, district):
    clerk = UserFactory(role="town_clerk", serves=district.town)
    statement = (
        "SELECT count(*) FROM territories_territory t"
        " LEFT JOIN children_childfile f ON f.village_id = t.id WHERE f.id IS NOT NULL"
    )
    with in_scope(scope_of(clerk)):
        joined = raw(statement)[0][0]
        base = ChildFile._base_manager.count()
        by_key = Kin._base_manager.filter(child_file__pk=files["foreign"].pk).count()
    assert (joined, base, by_key) == (2, 2, 0)


@postgres
def test_a_foreign_update_or_deletion_touches_no_row(files, district):
    clerk = UserFactory(role="town_clerk", serves=district.town)
    foreign = files["foreign"].pk
    with in_scope(scope_of(clerk)):
        touched = [
            raw("UPDATE children_childfile SET school_name = 'x' WHERE id = %s", foreign),
            raw("UPDATE children_historicalchildfile SET school_name = 'x' WHERE id = %s", foreign),
            raw("DELETE FROM children_kin WHERE child_file_id = %s", foreign),
        ]
    assert touched == [[(0,)], [(0,)], [(0,)]]


@postgres
def test_a_foreign_insert_and_a_move_out_of_reach_are_refused(files, district):
    clerk = UserFactory(role="village_worker", serves=district.village)
    with in_scope(scope_of(clerk)), change_set(actor=clerk):
        with pytest.raises(DatabaseError), transaction.atomic():
            Kin(child_file=files["foreign"], relation="other", full_name="童护甲").save()
        with pytest.raises(REFUSED[0], match=REFUSED[1]), transaction.atomic():
            raw(
                "UPDATE children_childfile SET territory_code = %s, village_id = %s WHERE id = %s",
                district.foreign.code,
                district.foreign.pk,
                files["village"].pk,
            )
        with pytest.raises(REFUSED[0], match=REFUSED[1]), transaction.atomic():
            CaseLogEntry.objects.log_action(files["foreign"], "tonghu.view", user=clerk)


@postgres
def test_several_prefixes_are_several_ranges_not_their_hull(files, district):
    with in_scope(Scope(prefixes=(district.village.code, district.foreign.code))):
        seen = {row[0] for row in raw("SELECT territory_code FROM children_childfile")}
    assert seen == {district.village.code, district.foreign.code}


@postgres
def test_scopes_nest_and_a_rolled_back_savepoint_takes_its_scope_along(files, district):
    town, other = Scope(prefixes=("990101001",)), Scope(prefixes=("990101002",))
    with in_scope(town):
        before = count()
        with transaction.atomic(), in_scope(other):
            within = count()
            transaction.set_rollback(True)
        after = count()
        with unscoped("test"):
            every = count()
        again = count()
    assert (before, within, after, every, again, count()) == (2, 1, 2, 3, 2, 0)


@postgres
def test_a_broken_statement_leaves_the_way_back_open(files):
    with in_scope(Scope(prefixes=("990101001",))):
        with pytest.raises(DatabaseError), transaction.atomic():
            raw("SELECT no_such_column FROM children_childfile")
        assert count() == 2


@postgres
def test_an_upload_is_seen_by_the_person_who_made_it(district):
    clerk, colleague = (UserFactory(role="town_clerk", serves=district.town) for _ in "ab")
    with in_scope(scope_of(clerk)):
        batch = ImportBatch.objects.create(ledger="children", owner=clerk, file_kind="csv")
        ImportSource.keep(batch, b"x")
        ImportRow.objects.create(batch=batch, position=0, number=1, payload=json.dumps({}))
    tables = ["ledgers_importbatch", "ledgers_importsource", "ledgers_importrow"]
    with in_scope(scope_of(clerk)):
        own = [count(table) for table in tables]
    with in_scope(scope_of(colleague)):
        others = [count(table) for table in tables]
        with pytest.raises(REFUSED[0], match=REFUSED[1]), transaction.atomic():
            ImportRow.objects.create(batch=batch, position=1, number=2, payload="{}")
    with unscoped("test"):
        every = [count(table) for table in tables]
    assert (own, others, every) == ([1, 1, 1], [0, 0, 0], [1, 1, 1])


@postgres
def test_the_range_is_answered_by_the_index(files, district):
    """Measured with the sequential scan switched off: three rows need no index."""
    raw("SET LOCAL enable_seqscan = off")
    raw("SET LOCAL enable_bitmapscan = off")
    plans = {}
    with in_scope(Scope(prefixes=("990101001",))):
        for table in ("children_childfile", "children_historicalkin", "audit_caselogentry"):
            plan = "\n".join(line for (line,) in raw(f"EXPLAIN SELECT id FROM {table}"))
            plans[table] = re.search(r"Index Cond: .*territory_code.* >= .*low.* < .*high", plan)
    assert [table for table, found in plans.items() if found is None] == []


@postgres
def test_words_are_found_by_their_index_behind_the_wall(district):
    raw("SET LOCAL enable_seqscan = off")
    with in_scope(Scope(prefixes=("990101001",))):
        plan = raw("EXPLAIN SELECT id FROM search_entry WHERE words @@ 'abc'::tsquery")
    assert "search_words_gin" in "\n".join(line for (line,) in plan)


def test_the_settings_for_everything_are_none_a_person_can_have():
    assert all(
        told_of(Scope(prefixes=(prefix,))).high != EVERYTHING_TOLD.high
        for prefix in ("990101", "999999", "999999999999")
    )


# --- The territory column ----------------------------------------------------------


def test_a_part_cannot_lie_elsewhere_than_its_file(files, district):
    with unscoped("test"), change_set(actor=system_account()):
        kin = Kin._base_manager.get(child_file=files["village"])
        with pytest.raises(IntegrityError, match="territory"), transaction.atomic():
            Kin._base_manager.filter(pk=kin.pk).update(territory_code=district.foreign.code)
        with pytest.raises(IntegrityError, match="territory"), transaction.atomic():
            Kin._base_manager.filter(pk=kin.pk).update(child_file=files["foreign"])
        astray = Kin(child_file=files["village"], relation="other", full_name="童护甲")
        astray.stamp()
        astray.territory_code = district.foreign.code
        with pytest.raises(IntegrityError, match="territory"), transaction.atomic():
            Kin._base_manager.bulk_create([astray])
        kin.refresh_from_db()
    assert kin.territory_code == district.village.code


def test_a_file_cannot_lie_elsewhere_than_its_village(files, district):
    with unscoped("test"), pytest.raises(IntegrityError, match="territory"), transaction.atomic():
        ChildFile._base_manager.filter(pk=files["village"].pk).update(
            territory_code=district.foreign.code
        )


def test_history_lies_where_its_row_lies(files, district):
    history = ChildFile.history.model
    with unscoped("test"):
        row = history._base_manager.filter(id=files["village"].pk).latest()
        row.history_id, row.territory_code = None, district.foreign.code
        with pytest.raises(IntegrityError, match="territory"), transaction.atomic():
            history._base_manager.bulk_create([row])


def test_every_case_table_has_its_column_held(files):
    held = {model._meta.label for model in walls.walled_models() if walls.places(model)}
    free = {
        model._meta.label
        for model in walls.walled_models()
        if walls.concrete(model, "territory_code")
    } - held
    # An entry of the log tells of an action; the index copies what it is given.
    tell_of_others = {"audit.CaseLogEntry", "searches.SearchEntry"}
    # These hang on a record of any model, or outlive it, and say so.
    place_themselves = {
        "approvals.AccessRequest",
        "approvals.Approval",
        "approvals.Seal",
        "attachments.Attachment",
        "rights.Erasure",
        "rights.SubjectRequest",
    }
    assert free == tell_of_others | place_themselves


@postgres
def test_migrating_leaves_the_processes_account_no_way_to_rewrite_the_log(
    as_owner, files, district
):
    role = str(connection.settings_dict["ROLE"])
    taken = append_only.take_rights(connection)
    raw(f"SET ROLE {role}")
    user = UserFactory(role="town_clerk", serves=district.town)

    with scoped_to(user):
        record("tonghu.view", actor=user, instance=files["village"])
    for statement in (
        "DELETE FROM audit_caselogentry",
        "UPDATE audit_caselogentry SET action = 'x'",
        "UPDATE audit_chainhead SET purged_through = 9",
        "TRUNCATE audit_caselogrow",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            raw(statement)

    assert taken == [connection.ops.quote_name(role)]
