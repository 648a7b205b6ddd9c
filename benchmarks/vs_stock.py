"""The same model on stock wagtail-modeladmin, on stock ModelViewSet and on the engine.

    .venv/bin/python benchmarks/vs_stock.py [--rows 200] [--rounds 40] [--profile list]
        [--folder FOLDER]

One run, one database, one person with the same rights, the same columns, filters and fields.
Printed are the queries and the processor time (median, milliseconds) of each page; SQLite
works inside the process and is in it.

The engine does more on each page than the stock views: it scopes the rows, masks values,
writes the view into the log, keeps child rows, and its history is that of values, where the
stock history is a list of log entries.  Stock edits write a log entry as the engine does.

With ``--folder`` the database is kept there and made only once.
"""

import argparse
import cProfile
import logging
import os
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

PAGES = ("list", "view", "edit", "save", "history")
COLUMNS = ["full_name", "number", "village", "risk", "lent_on", "phone"]
FILTERS = ["risk", "returned", "lent_on"]
FIELDS = [
    "number", "full_name", "phone", "village", "risk", "lent_on", "returned", "uses", "notes",
]  # fmt: skip


def set_up(folder: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.WARNING)
    register_stock()
    call_command("migrate", verbosity=0)


def register_stock() -> None:
    """Register the sample model twice more, the way the packages' own guides show."""
    from wagtail import hooks
    from wagtail.admin.panels import FieldPanel
    from wagtail.admin.viewsets.model import ModelViewSet
    from wagtail_modeladmin.options import ModelAdmin, modeladmin_register

    from tests.ledgers.sampleapp.models import Case

    class StockAdmin(ModelAdmin):  # type: ignore[misc]
        model = Case
        base_url_path = "stock-admin"
        list_display = COLUMNS
        list_filter = FILTERS
        list_per_page = 20
        list_select_related = ["village"]
        inspect_view_enabled = True
        inspect_view_fields = FIELDS
        history_view_enabled = True
        ordering = ["-updated_at"]
        panels = [FieldPanel(name) for name in FIELDS]

    class StockViewSet(ModelViewSet):  # type: ignore[misc]
        model = Case
        name = "stock_viewset"
        url_prefix = "stock-viewset"
        list_display = COLUMNS
        list_filter = FILTERS
        list_per_page = 20
        ordering = ["-updated_at"]
        inspect_view_enabled = True
        inspect_view_fields = FIELDS
        panels = [FieldPanel(name) for name in FIELDS]

    modeladmin_register(StockAdmin)
    hooks.register("register_admin_viewset", lambda: StockViewSet())


def make_rows(count: int) -> Any:
    from core.accounts.models import User
    from tests.factories.core import TerritoryFactory, UserFactory, approve
    from tests.ledgers.conftest import grant, lend

    if found := User.objects.filter(username="bench").first():
        return found

    root = TerritoryFactory(level="district", code="990101000000", name="示例区", parent=None)
    town = TerritoryFactory(level="town", code="990101001000", name="柳河镇", parent=root)
    villages = [
        TerritoryFactory(level="village", code=f"990101001{n:03d}", name=f"{n}村", parent=town)
        for n in range(1, 21)
    ]
    clerk = grant(
        UserFactory(username="bench", role="town_clerk", serves=town),
        "view", "add", "change", "delete", "view_history", "view_sensitive",
    )  # fmt: skip
    # The engine opens records by approval only, and asks for it on each page.
    approve(clerk, town)
    for number in range(count):
        lend(clerk, villages[number % 20], f"L-{number:05d}", lent_on=date(2026, 1, 1), items=())
    return clerk


def addresses(pk: Any) -> dict[str, dict[str, str]]:
    from django.urls import reverse

    from caseadmin.ledgers import ledgers

    engine = ledgers.get("tool-loans")
    admin = "stock-admin_modeladmin_{}"
    return {
        "modeladmin": {
            "list": reverse(admin.format("index")),
            "view": reverse(admin.format("inspect"), args=[pk]),
            "edit": reverse(admin.format("edit"), args=[pk]),
            "history": reverse(admin.format("history"), args=[pk]),
        },
        "ModelViewSet": {
            "list": reverse("stock_viewset:index"),
            "view": reverse("stock_viewset:inspect", args=[pk]),
            "edit": reverse("stock_viewset:edit", args=[pk]),
            "history": reverse("stock_viewset:history", args=[pk]),
        },
        "engine": {
            "list": engine.url("index"),
            "view": engine.url("view", pk),
            "edit": engine.url("edit", pk),
            "history": engine.url("history", pk),
        },
    }


def posted(case: Any, turn: int) -> dict[str, Any]:
    return {
        "number": case.number,
        "full_name": case.full_name,
        "phone": case.phone,
        "village": str(case.village_id),
        "risk": case.risk,
        "lent_on": "2026-01-01",
        "notes": f"第 {turn} 次",
        "version": str(case.version),
        "reason": "核对",
    }


def measure(rounds: int, clerk: Any) -> dict[str, dict[str, tuple[int, float]]]:
    """Return queries and median milliseconds by page and by way."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from core.access.scope import scoped_to
    from tests.ledgers.sampleapp.models import Case

    client = Client()
    client.force_login(clerk)
    found: dict[str, dict[str, tuple[int, float]]] = {page: {} for page in PAGES}
    with scoped_to(clerk):
        case = Case.objects.order_by("number")[0]

    def ask(way: str, page: str, turn: int) -> Callable[[], Any]:
        address = addresses(case.pk)[way]["edit" if page == "save" else page]
        if page != "save":
            return lambda: client.get(address)
        with scoped_to(clerk):
            values = posted(Case.objects.select_related("village").get(pk=case.pk), turn)
        return lambda: client.post(address, values)

    ways = list(addresses(case.pk))
    for page in PAGES:
        times: dict[str, list[float]] = {way: [] for way in ways}
        counts: dict[str, int] = {}
        # One way after the other in each round: a busy machine is busy for all.
        for turn in range(rounds + 2):
            for place, way in enumerate(ways):
                work = ask(way, page, turn * 10 + place)
                if turn < 2:
                    with CaptureQueriesContext(connection) as seen:
                        answer = work()
                    counts[way] = len(seen)
                    wanted = 302 if page == "save" else 200
                    if answer.status_code != wanted:
                        raise SystemExit(f"{way}, {page}: {answer.status_code}")
                    continue
                began = time.process_time()
                work()
                times[way].append((time.process_time() - began) * 1000)
        for way in ways:
            found[page][way] = counts[way], statistics.median(times[way])
    return found


def profile(page: str, clerk: Any) -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from core.access.scope import scoped_to
    from tests.ledgers.sampleapp.models import Case

    client = Client()
    client.force_login(clerk)
    with scoped_to(clerk):
        case = Case.objects.order_by("number")[0]
    address = addresses(case.pk)["engine"]["edit" if page == "save" else page]

    def work(turn: int) -> None:
        if page == "save":
            with scoped_to(clerk):
                fresh = Case.objects.select_related("village").get(pk=case.pk)
            client.post(address, posted(fresh, turn + 100))
        else:
            client.get(address)

    work(0)
    with CaptureQueriesContext(connection) as seen:
        work(1)
    for query in seen:
        print(query["sql"][:230])
    watched = cProfile.Profile()
    watched.enable()
    for turn in range(20):
        work(turn)
    watched.disable()
    pstats.Stats(watched).sort_stats("cumulative").print_stats(70)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--profile", choices=PAGES)
    parser.add_argument("--folder", type=Path, help="keep the database here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        if options.folder:
            options.folder.mkdir(parents=True, exist_ok=True)
        set_up(str(options.folder or passing))
        clerk = make_rows(options.rows)
        if options.profile:
            profile(options.profile, clerk)
            return
        found = measure(options.rounds, clerk)
    ways = list(next(iter(found.values())))
    print(f"{options.rows} rows, {options.rounds} rounds: queries, median CPU ms")
    print(f"{'page':<10}" + "".join(f"{way:>22}" for way in ways) + "   first")
    for page, by_way in found.items():
        cells = "".join(f"{by_way[way][0]:>13} {by_way[way][1]:>8.1f}" for way in ways)
        fewest = by_way["engine"][0] <= min(by_way[way][0] for way in ways)
        fastest = by_way["engine"][1] <= min(by_way[way][1] for way in ways)
        first = f"queries {'yes' if fewest else 'NO'}, CPU {'yes' if fastest else 'NO'}"
        print(f"{page:<10}{cells}   {first}")


if __name__ == "__main__":
    main()
