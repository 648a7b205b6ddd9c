"""How much slower the ledger of child files gets from a thousand to a million files.

    .venv/bin/python benchmarks/ledger_scale.py [--rows 1000 1000000] [--rounds 30]
        [--database sqlite | postgresql://account:password@host:port/name] [--slow]

For each size a database of its own is filled, then list, view, edit and save are asked of it
through Django's test client by a person who serves the whole district: scope, rights, log,
history and search index included.  The sizes take turns.  Printed
are the medians of the elapsed milliseconds and, for each page, the ratio of the largest size
to the smallest.

Files are written in bulk, past the services but in the shape they leave: each has its own key,
number, village and birth date, its own sealed name (bound to the row, so that pages open it),
a relative, a family situation, and the history of all three; words are made by the search's own
analysis of one in every ``TEMPLATES`` files and given to the others with their number.  A
village has fifty files in every size but the smallest: a district grows by villages.

The databases of one run are kept in ``--folder`` and filled only once.
"""

import argparse
import json
import logging
import os
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

TOWNS, VILLAGES = 40, 25
TEMPLATES = 2_000
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "安宁乐康平和静文思远明华强芳丽敏杰涛磊洋艳勇军娟秀兰霞刚桂英玉"
PAGES = ("list", "view", "edit", "save")


# --- Filling ----------------------------------------------------------------------------


def set_up(address: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["DATABASE_URL"] = address
    import django

    django.setup()
    logging.disable(logging.WARNING)


def make_district() -> tuple[Any, list[Any]]:
    from core.territories.models import Territory
    from tests.factories.core import TerritoryFactory, UserFactory

    root = TerritoryFactory(level="district", code="990101000000", name="示例区", parent=None)
    villages = []
    for t in range(1, TOWNS + 1):
        town = TerritoryFactory(
            level="town", code=f"990101{t:03d}000", name=f"示例{t}镇", parent=root
        )
        villages += [
            Territory(
                level="village",
                kind="village_committee",
                code=f"990101{t:03d}{v:03d}",
                name=f"示例{t}-{v}村",
                parent=town,
                valid_from=date(2020, 1, 1),
            )
            for v in range(1, VILLAGES + 1)
        ]
    Territory.objects.bulk_create(villages)
    return UserFactory(username="bench", role="town_clerk", serves=root), villages


@contextmanager
def bare_tables(models: Iterable[Any]) -> Iterator[None]:
    """Let PostgreSQL take rows by COPY: its walls, triggers and indexes stand again afterwards.

    Row-level security lets no COPY in, and an index is made faster than it grows.
    """
    from django.db import connection

    if connection.vendor != "postgresql":
        yield
        return
    tables = [model._meta.db_table for model in models]
    quoted = [connection.ops.quote_name(table) for table in tables]
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute(
            "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i"
            " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid"
            " WHERE t.relname = ANY(%s) AND NOT EXISTS"
            " (SELECT 1 FROM pg_constraint n WHERE n.conindid = i.indexrelid)",
            [tables],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
        for table in quoted:
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    with connection.cursor() as cursor:
        for table in quoted:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for _name, definition in indexes:
            cursor.execute(definition)


def insert(model: Any, rows: Iterator[tuple[Any, ...]], columns: list[str]) -> None:
    """Insert plain tuples, many at once."""
    from django.db import connection

    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as stream:
                for row in rows:
                    stream.write_row(row)
        else:
            places = ", ".join(["?"] * len(columns))
            raw = connection.connection
            raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)


def shape_of(instance: Any) -> dict[str, Any]:
    """Return a row's columns as the database takes them, blanks where nothing is typed."""
    from django.db import connection

    values = {}
    for field in instance._meta.concrete_fields:
        value = field.pre_save(instance, True) if field.name != "id" else instance.pk
        prepared = field.get_db_prep_save(value, connection)
        # A JSON value comes wrapped for the driver; COPY takes its text.
        values[field.column] = (
            json.dumps(value) if field.get_internal_type() == "JSONField" else prepared
        )
    return values


def fill(size: int) -> None:
    from django.db import connection, transaction
    from django.utils import timezone

    from caseadmin.children.models import ChildFile, FamilySituation, Kin
    from core.access.scope import unscoped
    from core.crypto.seal import seal
    from core.history.context import change_set
    from core.history.records import stamp_record
    from search.models import SearchEntry

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # A database that is being filled may break: it is filled again.
            for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000"):
                cursor.execute(f"PRAGMA {setting}")
    user, villages = make_district()
    chance = random.Random(7)
    sqlite = connection.vendor == "sqlite"
    key: Callable[[uuid.UUID], Any] = (lambda value: value.hex) if sqlite else (lambda v: v)
    now = timezone.now()

    def stamped(instance: Any) -> Any:
        instance.created_at = instance.updated_at = now
        instance.created_by = instance.updated_by = user
        instance.version = 1
        instance.territory_code = villages[0].code
        return instance

    name_field = ChildFile._meta.get_field("full_name").binding_label
    kin_field = Kin._meta.get_field("full_name").binding_label
    base = shape_of(
        stamped(
            ChildFile(
                village=villages[0],
                file_number="990101-2025-00000",
                status="registered",
                opened_on=date(2025, 3, 1),
                sex="male",
                born_on=date(2015, 1, 1),
                school_status="primary",
                both_parents_away=True,
                one_away_other_incapable=False,
                situation_since=date(2025, 3, 1),
                care_type="fair",
                school_name="示例小学",
            )
        )
    )
    situation = shape_of(
        stamped(
            FamilySituation(
                child_file_id=uuid.uuid4(),
                starts_on=date(2025, 3, 1),
                rural_household=True,
                both_parents_away=True,
                one_away_other_incapable=False,
            )
        )
    )
    kin = shape_of(stamped(Kin(child_file_id=uuid.uuid4(), relation="father", full_name="")))
    files = []
    per_village = max(1, size // len(villages))
    for number in range(size):
        village = villages[min(number // per_village, len(villages) - 1)]
        name = chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(GIVEN)
        files.append((uuid.UUID(int=chance.getrandbits(128), version=4), number, village, name))
    chance.shuffle(files)

    def day(value: date) -> Any:
        return value.isoformat() if sqlite else value

    def moment(number: int) -> Any:
        at = now - timedelta(seconds=number * 7)
        return at.replace(tzinfo=None).isoformat(" ") if sqlite else at

    def child_rows() -> Iterator[tuple[Any, ...]]:
        for pk, number, village, name in files:
            yield tuple(
                {
                    **base,
                    "id": key(pk),
                    "territory_code": village.code,
                    "village_id": key(village.pk),
                    "file_number": f"990101-{2020 + number % 6}-{number:07d}",
                    "full_name": str(seal(name, f"{name_field}:{pk}")),
                    "status": ("registered", "registered", "draft", "submitted")[number % 4],
                    "care_type": ("fair", "good", "carer_weak", "nobody")[number * 7 % 4],
                    "sex": ("male", "female")[number % 2],
                    "born_on": day(date(2010, 6, 1) + timedelta(days=number * 37 % 4500)),
                    "created_at": moment(number),
                    "updated_at": moment(number),
                }.values()
            )

    def part_rows(shape: dict[str, Any], **made: Any) -> Iterator[tuple[Any, ...]]:
        for pk, _number, village, name in files:
            own = uuid.UUID(int=chance.getrandbits(128), version=4)
            extra = {column: make(own, name) for column, make in made.items()}
            yield tuple(
                {
                    **shape,
                    "id": key(own),
                    "child_file_id": key(pk),
                    "territory_code": village.code,
                    **extra,
                }.values()
            )

    tracked = (ChildFile, FamilySituation, Kin)
    written = (*tracked, *(model.history.model for model in tracked), SearchEntry)
    with bare_tables(written), transaction.atomic(), unscoped("benchmark"):
        insert(ChildFile, child_rows(), list(base))
        insert(FamilySituation, part_rows(situation), list(situation))
        insert(
            Kin,
            part_rows(
                kin, full_name=lambda pk, name: str(seal(name[0] + "建国", f"{kin_field}:{pk}"))
            ),
            list(kin),
        )
        with change_set(actor=user, source="command"):
            for model in tracked:
                copy_history(model, stamp_record, now)
        index(files, key)
    with connection.cursor() as cursor:
        # What the server would come round to by itself.
        cursor.execute("ANALYZE" if sqlite else "VACUUM (ANALYZE)")
        if sqlite:
            cursor.execute("PRAGMA journal_mode = WAL")


def copy_history(model: Any, stamp: Callable[[Any], None], now: Any) -> None:
    """Write a ``+`` history row for each row, each its own change set, in one statement."""
    from django.db import connection

    history = model.history.model
    record = history(history_date=now, history_type="+")
    stamp(record)
    quote = connection.ops.quote_name
    tracked = {f.attname for f in history.tracked_fields}
    copied = [f for f in history._meta.concrete_fields if f.attname in tracked]
    said = [
        f
        for f in history._meta.concrete_fields
        if f.attname not in tracked and not f.primary_key and f.name != "change_set"
    ]
    sources = {f.attname: f.column for f in model._meta.concrete_fields}
    fresh = "lower(hex(randomblob(16)))" if connection.vendor == "sqlite" else "gen_random_uuid()"
    into = ", ".join(quote(f.column) for f in (*copied, *said))
    taken = ", ".join(quote(sources[f.attname]) for f in copied)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(history._meta.db_table)} ({into}, change_set) "
            f"SELECT {taken}, {', '.join(['%s'] * len(said))}, {fresh} "
            f"FROM {quote(model._meta.db_table)}",
            # No reason is given, and the empty text stays empty when it is sealed.
            [
                ""
                if f.name == "history_change_reason"
                else f.get_db_prep_save(getattr(record, f.attname), connection)
                for f in said
            ],
        )


def index(files: list[Any], key: Any) -> None:
    """Give each file an entry of the search index, with words of its own name and number."""
    from django.db import connection
    from django.utils import timezone

    from search.backends.postgres import tsvector
    from search.documents import SearchDocument
    from search.indexing import row_of, version
    from search.models import IndexState, SearchEntry

    now = timezone.now()
    sqlite = connection.vendor == "sqlite"
    moment = now.replace(tzinfo=None).isoformat(" ") if sqlite else now
    shapes: dict[str, Any] = {}

    def made(number: int, village: Any, name: str) -> Any:
        if len(shapes) < TEMPLATES or name in shapes:
            if name not in shapes:
                document = SearchDocument(
                    body="",
                    names=(name, name[0] + "建国"),
                    places=(village.path_name, "示例小学"),
                    codes=(f"990101-{2020 + number % 6}-{number:07d}",),
                    territory_code=village.code,
                )
                tokens = row_of("child-files", "x", document, confidential=True).tokens
                shapes[name] = (
                    tuple(" ".join(part) for part in (tokens.head, tokens.body, tokens.lookup))
                    if sqlite
                    else tsvector(tokens)
                )
            return shapes[name]
        names = list(shapes)
        return shapes[names[number % len(names)]]

    columns = [
        "id", "kind", "object_id", "confidential", "territory_code", "language", "recency",
        "fingerprint", "indexed_at",
    ]  # fmt: skip
    if not sqlite:
        columns.append("words")
    words: list[Any] = []

    def rows() -> Iterator[tuple[Any, ...]]:
        for entry, (pk, number, village, name) in enumerate(files, start=1):
            found = made(number, village, name)
            common = (
                entry, "child-files", pk.hex, True, village.code, "", 0, uuid.uuid4().hex[:24],
                moment,
            )  # fmt: skip
            if sqlite:
                words.append((entry, *found))
                yield common
            else:
                yield (*common, found)

    insert(SearchEntry, rows(), columns)
    with connection.cursor() as cursor:
        if sqlite:
            connection.connection.executemany(
                "INSERT INTO search_words (rowid, head, body, lookup) VALUES (?, ?, ?, ?)", words
            )
        else:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('search_entry', 'id'), max(id)) "
                "FROM search_entry"
            )
    IndexState.objects.update_or_create(
        engine="database", defaults={"version": version(), "rebuilt_at": now}
    )


# --- Measuring --------------------------------------------------------------------------


def measure(rounds: int, *, slow: bool) -> Iterator[dict[str, float]]:
    """Yield the milliseconds of each page, round by round."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import (
        CaptureQueriesContext,
        setup_test_environment,
        teardown_test_environment,
    )
    from django.urls import reverse

    from caseadmin.children.models import ChildFile
    from core.access.scope import unscoped
    from core.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(username="bench"))
    index_url = reverse("child_files:index")
    with unscoped("benchmark"):
        some = list(ChildFile.objects.order_by("file_number")[: rounds + 1])
        rows = ChildFile.objects.count()

    def timed(told: dict[str, float], name: str, ask: Callable[[], Any], *wanted: int) -> Any:
        began = time.perf_counter()
        answer = ask()
        told[name] = (time.perf_counter() - began) * 1000
        if answer.status_code not in (wanted or (200,)):
            raise SystemExit(f"{name}: {answer.status_code}")
        return answer

    def typed(answer: Any) -> dict[str, Any]:
        form = answer.context["record_form"].form
        values = {bound.name: bound.value() for bound in form}
        return {name: "" if v is None else v for name, v in values.items()} | {
            "version": answer.context["version"]
        }

    deep = max(1, min(rows, 10_000) // 20 // 2)
    for turn, child in enumerate(some):
        told: dict[str, float] = {}
        steps: dict[str, Callable[[], Any]] = {
            "list": lambda: client.get(index_url),
            "list, filtered": lambda: client.get(f"{index_url}?status=submitted&care_type=nobody"),
            "list, one village": lambda: client.get(f"{index_url}?village=990101007005"),
            "list, sorted": lambda: client.get(f"{index_url}?ordering=born_on"),
            "list, searched": lambda: client.post(index_url, {"q": "赵安宁"}),
            "list, page in the middle": lambda: client.get(f"{index_url}?p={deep}"),
            "view": lambda child=child: client.get(reverse("child_files:view", args=[child.pk])),
        }
        for name, ask in steps.items():
            if slow and turn == 1:
                with CaptureQueriesContext(connection) as seen:
                    timed(told, name, ask)
                print(f"--- {name}: {len(seen)} queries", file=sys.stderr)
                for query in sorted(seen, key=lambda q: -float(q["time"]))[:3]:
                    print(query["time"], query["sql"][:700], file=sys.stderr)
            else:
                timed(told, name, ask)
        edit_url = reverse("child_files:edit", args=[child.pk])
        timed(told, "edit", lambda url=edit_url: client.get(url))
        # Only so does the client keep what a page was drawn from; it costs time.
        setup_test_environment()
        values = {**typed(client.get(edit_url)), "school_name": f"示例{turn}小学", "reason": "核对"}
        teardown_test_environment()
        timed(told, "save", lambda url=edit_url, sent=values: client.post(url, sent), 302)
        yield told


def address_of(database: str, size: int, folder: Path) -> str:
    if database == "sqlite":
        return f"sqlite:///{folder / f'scale-{size}.sqlite3'}"
    server, _, _name = database.rpartition("/")
    return f"{server}/scale_{size}"


def prepare(size: int, database: str, folder: Path) -> None:
    """Make and fill the database of a size, unless an earlier run has done so."""
    from django.core.management import call_command

    mark = folder / f"filled-{database.split(':')[0]}-{size}"
    if mark.exists():
        # What the code has gained since, such as an index, is put in place.
        call_command("migrate", verbosity=0)
        return
    if database == "sqlite":
        for suffix in ("", "-wal", "-shm"):
            (folder / f"scale-{size}.sqlite3{suffix}").unlink(missing_ok=True)
    else:
        import psycopg

        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS scale_{size}")
            connection.execute(f"CREATE DATABASE scale_{size}")
    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    fill(size)
    mark.write_text(f"{time.perf_counter() - began:.0f} s\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "scale")
    parser.add_argument("--slow", action="store_true", help="name the slowest statements")
    parser.add_argument("--fill", action="store_true", help="fill the databases and stop")
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.only:
        set_up(address_of(options.database, options.only, options.folder))
        prepare(options.only, options.database, options.folder)
        told = measure(options.rounds, slow=options.slow)
        # One round for each line that comes in.
        while not options.fill and sys.stdin.readline():
            print(json.dumps(next(told)), flush=True)
        return
    # A process for each size: settings are read once.  They take turns, so that a busy
    # machine is busy for all; the first round warms them up.
    began = [
        subprocess.Popen(
            [sys.executable, __file__, *sys.argv[1:], "--only", str(size)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for size in options.rows
    ]
    if options.fill:
        for process in began:
            process.communicate()
        return
    times: dict[int, dict[str, list[float]]] = {size: {} for size in options.rows}
    for turn in range(options.rounds + 1):
        for size, process in zip(options.rows, began, strict=True):
            assert process.stdin
            assert process.stdout
            process.stdin.write("\n")
            process.stdin.flush()
            for name, value in json.loads(process.stdout.readline()).items():
                if turn:
                    times[size].setdefault(name, []).append(value)
    for process in began:
        process.communicate()
    found = {
        size: {name: statistics.median(each) for name, each in told.items()}
        for size, told in times.items()
    }
    small, large = found[options.rows[0]], found[options.rows[-1]]
    print(f"database: {options.database.split(':')[0]}, {options.rounds} rounds, median ms")
    print(f"{'page':<26}" + "".join(f"{size:>12,}" for size in options.rows) + f"{'ratio':>8}")
    for name in small:
        times = "".join(f"{found[size][name]:>12.1f}" for size in options.rows)
        print(f"{name:<26}{times}{large[name] / small[name]:>8.2f}")
    worst = max(large[name] / small[name] for name in PAGES)
    print(f"worst of {', '.join(PAGES)}: {worst:.2f} (goal: at most 1.5)")


if __name__ == "__main__":
    main()
