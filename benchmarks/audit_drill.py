"""Look at records at random and tamper with the log at random; count what is noticed.

    .venv/bin/python benchmarks/audit_drill.py [--views 1000] [--tamperings 200] [--entries 20000]

1. ``--views`` random pages of random records are opened through the product's addresses by
   people who may; the log must hold exactly as many entries more.
2. ``--tamperings`` times the log is edited, shortened, reordered or lengthened directly in
   the database, with the triggers lifted, as somebody could who owns the database but has
   no key; ``verify`` must say so each time, and say nothing once it is put back.
3. What an entry costs, beside the same row without a chain, and what verifying costs.
"""

import argparse
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]

PAGES = ("view", "edit", "history", "looks")


def set_up(folder: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/drill.sqlite3")
    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.WARNING)
    call_command("migrate", verbosity=0)


# Views


def random_views(client: Any, addresses: list[str], count: int, chance: random.Random) -> int:
    """Open random addresses; return how many entries the log gained."""
    from core.audit.models import CaseLogEntry

    reads = CaseLogEntry.objects.filter(action__in=("tonghu.view", "tonghu.reveal"))
    before = reads.count()
    for _ in range(count):
        answer = client.get(chance.choice(addresses))
        assert answer.status_code == 200, answer.status_code
    return reads.count() - before


# Tampering


@contextmanager
def unguarded() -> Iterator[None]:
    """Lift the triggers, and put everything back afterwards."""
    from django.db import connection, transaction

    from core.audit import append_only

    class PutBack(Exception):
        pass

    append_only.remove(connection)
    try:
        with transaction.atomic():
            yield
            raise PutBack
    except PutBack:
        pass
    finally:
        append_only.install(connection)


def entry_at(chance: random.Random) -> Any:
    from core.audit.models import CaseLogEntry

    count = CaseLogEntry.objects.count()
    return CaseLogEntry.objects.order_by("sequence")[chance.randrange(count)]


def put(entry: Any, **values: Any) -> None:
    from core.audit.models import CaseLogEntry

    CaseLogEntry.objects.filter(pk=entry.pk).update(**values)


def edit(chance: random.Random) -> None:
    """Change one column of one entry to something else."""
    from datetime import timedelta
    from uuid import uuid4

    entry = entry_at(chance)
    column, value = chance.choice(
        [
            ("user_id", uuid4()),
            ("action", "tonghu.print" if entry.action != "tonghu.print" else "tonghu.view"),
            ("label", entry.label + "0"),
            ("label", "" if entry.label else "0"),
            ("data", {**entry.data, "hits": 0, "edited": True}),
            ("object_id", str(uuid4())),
            ("territory_code", "990101009009"),
            ("timestamp", entry.timestamp + timedelta(seconds=1)),
            ("uuid", uuid4()),
            ("deleted", not entry.deleted),
            ("content_changed", not entry.content_changed),
            ("code", entry.code[::-1]),
            ("previous", "f" * 64),
            ("key_number", entry.key_number + 1),
            ("label_digest", "0" * 64),
            ("data_digest", "0" * 64),
        ]
    )
    put(entry, **{column: value})


def delete(chance: random.Random) -> None:
    """Take one entry out of the middle, or several in a row."""
    from core.audit.models import CaseLogEntry

    last = CaseLogEntry.objects.order_by("-sequence").values_list("sequence", flat=True)[0]
    entry = entry_at(chance)
    until = min(entry.sequence + chance.choice([0, 0, 1, 5]), last - 1)
    first = min(entry.sequence, last - 1)
    _take(CaseLogEntry.objects.filter(sequence__range=(first, until)))


def cut_front(chance: random.Random) -> None:
    """Take the beginning away, and say in the head that it was purged."""
    from core.audit.models import CaseLogEntry, ChainHead

    entry = entry_at(chance)
    ChainHead.objects.update(purged_through=entry.sequence)
    _take(CaseLogEntry.objects.filter(sequence__lte=entry.sequence))


def reorder(chance: random.Random) -> None:
    """Let two entries change places."""
    one = entry_at(chance)
    other = entry_at(chance)
    while other.pk == one.pk:
        other = entry_at(chance)
    _detach(one, other)
    free = 10**12
    put(one, sequence=free)
    put(other, sequence=one.sequence)
    if chance.random() < 0.5:
        put(one, sequence=other.sequence)
    else:  # with the links mended by hand
        put(one, sequence=other.sequence, previous=other.previous)
        put(other, previous=one.previous)


def truncate(chance: random.Random) -> None:
    """Take the end away; half of the time with the head set back to match."""
    from core.audit.models import CaseLogEntry, ChainHead

    last = CaseLogEntry.objects.order_by("-sequence")[0].sequence
    first = last - chance.choice([0, 1, 7])
    _take(CaseLogEntry.objects.filter(sequence__gte=first))
    left = CaseLogEntry.objects.order_by("-sequence").first()
    if chance.random() < 0.5 and left is not None:
        ChainHead.objects.update(sequence=left.sequence, code=left.code)


def insert(chance: random.Random) -> None:
    """Put an entry of one's own at the end, or into a place somebody else had."""
    from core.audit.models import CaseLogEntry, ChainHead

    entry = entry_at(chance)
    last = CaseLogEntry.objects.order_by("-sequence")[0]
    fresh = CaseLogEntry.objects.get(pk=entry.pk)
    fresh.pk = None
    fresh.sequence, fresh.previous = last.sequence + 1, last.code
    fresh.data = {}
    _insert_as_it_is(fresh)
    ChainHead.objects.update(sequence=fresh.sequence, code=fresh.code)


def other_rows(chance: random.Random) -> None:
    """Take a record off the list of an export, or put one on it."""
    from uuid import uuid4

    from core.audit.models import CaseLogRow

    row = chance.choice(list(CaseLogRow.objects.all()[:200]))
    if chance.random() < 0.5:
        CaseLogRow.objects.filter(pk=row.pk)._raw_delete("default")
    else:
        CaseLogRow.objects.filter(pk=row.pk).update(object_id=str(uuid4()))


def _insert_as_it_is(entry: Any) -> None:
    from django.db import models

    models.QuerySet(type(entry)).bulk_create([entry])


def _take(entries: Any) -> None:
    from core.audit.models import CaseLogRow

    numbers = list(entries.values_list("sequence", flat=True))
    CaseLogRow.objects.filter(entry_id__in=numbers)._raw_delete("default")
    entries.order_by()._raw_delete("default")


def _detach(*entries: Any) -> None:
    from core.audit.models import CaseLogRow

    for entry in entries:
        CaseLogRow.objects.filter(entry_id=entry.sequence)._raw_delete("default")


KINDS: tuple[Callable[[random.Random], None], ...] = (
    edit,
    delete,
    cut_front,
    reorder,
    truncate,
    insert,
    other_rows,
)


def tamper(count: int, chance: random.Random) -> tuple[Counter[str], Counter[str]]:
    """Tamper so many times, each time with an untouched log.

    Returns:
        How often each kind was tried, and how often it was found.
    """
    from core.audit.services import anchor_line
    from core.audit.verification import verify_lines

    anchors = [anchor_line()]
    assert verify_lines(anchors).is_whole
    tried: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        with unguarded():
            kind(chance)
            tried[kind.__name__] += 1
            found[kind.__name__] += not verify_lines(anchors).is_whole
    assert verify_lines(anchors).is_whole
    return tried, found


# Cost


def cost(entries: int) -> None:
    from django.contrib.contenttypes.models import ContentType
    from django.db import transaction
    from django.utils import timezone

    from caseadmin.children.models import ChildFile
    from core.accounts.selectors import system_account
    from core.audit.models import CaseLogEntry
    from core.audit.services import record
    from core.audit.verification import verify

    actor = system_account()

    def timed(write: Callable[[], Any], count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            with transaction.atomic():
                write()
        return (time.perf_counter() - start) / count * 1e6

    kind = ContentType.objects.get_for_model(ChildFile)

    def bare() -> None:
        with unchained():
            CaseLogEntry(
                content_type=kind,
                label="x",
                action="tonghu.view",
                timestamp=timezone.now(),
                user=actor,
                sequence=next(numbers),
                key_number=1,
            ).save()

    numbers = iter(range(10**13, 10**14))
    chained = timed(lambda: record("tonghu.view", actor=actor, model=ChildFile, label="x"), 500)
    with unguarded():
        plain = timed(bare, 500)
    print(f"an entry: {chained:.0f} µs, without the chain {plain:.0f} µs, each in its transaction")
    with transaction.atomic():
        for _ in range(max(entries - CaseLogEntry.objects.count(), 0)):
            record("tonghu.view", actor=actor, model=ChildFile, label="x")
    start = time.perf_counter()
    report = verify()
    seconds = time.perf_counter() - start
    print(f"verified {report.checked} entries in {seconds:.1f} s, {len(report.faults)} faults")


@contextmanager
def unchained() -> Iterator[None]:
    """Write entries as they are, for comparison."""
    from django.db.models import Model

    from core.audit.models import CaseLogEntry

    chained = CaseLogEntry.save
    CaseLogEntry.save = Model.save  # type: ignore[method-assign]
    try:
        yield
    finally:
        CaseLogEntry.save = chained  # type: ignore[method-assign]


def world(children: int) -> tuple[Any, list[str]]:
    """Make a town with files and a signed-in clerk; return the client and the addresses."""
    from django.test import Client

    from caseadmin.ledgers.registry import ledgers
    from tests.factories.children import ChildFileFactory
    from tests.factories.core import TerritoryFactory, UserFactory

    town = TerritoryFactory(level="town")
    village = TerritoryFactory(level="village", parent=town)
    clerk = UserFactory(role="town_clerk", serves=town)
    files = [ChildFileFactory(village=village) for _ in range(children)]
    client = Client()
    client.force_login(clerk)
    declared = ledgers.get("child-files")
    addresses = [declared.url(page, file.pk) for file in files for page in PAGES]
    answer = client.post(
        declared.url("export"),
        {"download": "1", "columns": ["file_number"], "file_format": "csv"},
    )
    assert answer.status_code == 200, answer.status_code
    b"".join(answer.streaming_content)
    return client, addresses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--views", type=int, default=1000)
    parser.add_argument("--tamperings", type=int, default=200)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=20260101)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        client, addresses = world(20)
        gained = random_views(client, addresses, options.views, chance)
        print(f"{options.views} random views: {gained} read entries")
        tried, found = tamper(options.tamperings, chance)
        for kind, count in tried.items():
            print(f"  {kind:<10} {found[kind]} of {count} found")
        print(f"{sum(tried.values())} tamperings: {sum(found.values())} found")
        cost(options.entries)
    if gained != options.views or found != tried:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
