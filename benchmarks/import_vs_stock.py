"""How long an import takes, and how much longer stock django-import-export takes.

    .venv/bin/python benchmarks/import_vs_stock.py [--rows 500 5000] [--stock 500]

The same invented child files go through both in one run, on one database. "Ours" is the
whole way: read the CSV, check, stage, preview, check again, store with relatives, carers,
family situations, history and search index. "Stock" is the package's own flow, a dry run
and then the import, with ``clean_model_instances`` and ``skip_unchanged``: the file's row
alone, no relatives, and the search index switched off.

Times are seconds of processor time, so that a busy machine tells the same story; SQLite
works inside the process and is in them. Stock grows with the rows, so it is measured on
few and reckoned per row.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

KINDS = ("fresh", "again", "mixed")


def set_up(folder: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.WARNING)
    call_command("migrate", verbosity=0)


def make_people() -> Any:
    from fixtures.sheets import build
    from tests.factories.core import TerritoryFactory, UserFactory

    root = TerritoryFactory(level="district", code="990101000000", name="示例区", parent=None)
    town = TerritoryFactory(level="town", code="990101001000", name=build.TOWN, parent=root)
    for code, name in build.VILLAGES.items():
        TerritoryFactory(level="village", code=code, name=name, parent=town)
    return UserFactory(role="town_clerk", serves=town)


def invented_rows(count: int, first: int = 0) -> list[dict[str, str]]:
    """Return rows with an ID number each, never the same twice."""
    from fixtures.sheets import build

    rows = build.Sample().children(count)
    for number, row in enumerate(rows, start=first):
        born_on = date(2011, 6, 1) + timedelta(days=number % 3600)
        order = 100 + number // 3600 * 2 + (number % 2 == 0)
        row["性别"] = "男" if number % 2 == 0 else "女"
        row["出生日期"] = born_on.isoformat()
        row["公民身份号码"] = build.id_number(born_on, order)
        row["父亲联系电话"] = build.phone(number)
    return rows


def mixed(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return half of the rows changed, the rest as they were."""
    return [
        {**row, "备注": f"核对 {number}"} if number % 2 else row for number, row in enumerate(rows)
    ]


def clocked(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def ours(content: bytes, user: Any) -> tuple[float, float, Any]:
    """Return seconds of preview, seconds of commit, and the batch."""
    from caseadmin.children.ledgers import ChildFileLedger
    from caseadmin.ledgers.importing import services
    from core.access.scope import scoped_to

    services.INLINE_ROWS = 10**9

    def preview() -> Any:
        batch = services.open_batch(ledger=ChildFileLedger, content=content, actor=user)
        mapping = {int(position): path for position, path in batch.mapping.items()}
        return services.map_columns(
            batch=batch, mapping=mapping, mode="valid_rows", blanks="keep", reason="", actor=user
        )

    with scoped_to(user):
        previewed, batch = clocked(preview)
        if not batch.to_write:
            return previewed, 0.0, batch
        stored, batch = clocked(lambda: services.confirm_batch(batch=batch, actor=user))
    return previewed, stored, batch


def stock(rows: list[dict[str, str]], user: Any) -> float:
    """Return the seconds of a dry run and an import by the package alone."""
    import tablib
    from import_export import resources

    from caseadmin.children.ledgers import ChildFileLedger
    from caseadmin.children.models import ChildFile
    from caseadmin.ledgers.importing.columns import resource_for
    from core.access.scope import scoped_to
    from core.history.context import change_set
    from search.registry import searchable
    from search.signals import connect, disconnect

    fields = (
        "id", "file_number", "status", "opened_on", "village", "full_name", "sex", "ethnic_group",
        "born_on", "id_number", "residence", "health", "school_status", "both_parents_away",
        "one_away_other_incapable", "incapable_parent", "disability_kind",
        "disability_grade", "care_type", "notes",
    )  # fmt: skip
    resource = resources.modelresource_factory(
        ChildFile,
        meta_options={
            "fields": fields,
            "import_id_fields": ("file_number",),
            "clean_model_instances": True,
            "skip_unchanged": True,
        },
    )()
    dataset = tablib.Dataset(headers=[f for f in fields if f != "id"])
    with scoped_to(user):
        ready = resource_for(ChildFileLedger)
        ready.columns["village"].widget.prepare((), scope_for_bench(user))
        known = ready.by_heading
        for number, row in enumerate(rows):
            cells = {}
            for heading, text in row.items():
                path = known.get(heading)
                if path in fields:
                    value = ready.columns[path].widget.clean(text)
                    cells[path] = getattr(value, "pk", value)
            cells |= {
                "file_number": f"990101-2025-{number + 1:05d}",
                "status": "registered",
                "opened_on": "2026-03-12",
            }
            dataset.append([cells.get(field, "") for field in fields if field != "id"])
    kind = searchable(ChildFileLedger.slug)
    disconnect(kind)
    try:
        with scoped_to(user), change_set(actor=user, source="import"):
            seconds, result = clocked(
                lambda: [
                    resource.import_data(dataset, dry_run=dry, raise_errors=False)
                    for dry in (True, False)
                ][-1]
            )
    finally:
        connect(kind)
    if result.has_errors() or result.has_validation_errors():
        first = (result.invalid_rows or result.row_errors())[0]
        raise SystemExit(f"stock import failed: {vars(first)}")
    return seconds


def scope_for_bench(user: Any) -> Any:
    from core.access.scope import scope_of

    return scope_of(user)


def empty() -> None:
    from caseadmin.children.models import ChildFile, CustodySpell, FamilySituation, Kin
    from search.models import SearchEntry

    for model in (Kin, CustodySpell, FamilySituation, ChildFile):
        model.history.model._base_manager.all()._raw_delete("default")
        model._base_manager.all()._raw_delete("default")
    SearchEntry.objects.all().delete()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--stock", type=int, default=500, help="rows the stock package imports")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        from fixtures.sheets import build

        user = make_people()
        ours(build.csv_bytes(build.lines_of(invented_rows(20, 90_000)), "gb18030"), user)
        empty()
        per_row = stock(invented_rows(options.stock), user) / options.stock
        empty()
        print(f"stock, {options.stock} rows: {per_row * 1000:.1f} ms a row (dry run and import)")
        print(
            f"{'rows':>7} {'kind':<6} {'preview s':>10} {'store s':>9} {'stock s':>9} {'ratio':>7}"
        )
        for count in options.rows:
            rows = invented_rows(count)
            for kind in KINDS:
                given = mixed(rows) if kind == "mixed" else rows
                content = build.csv_bytes(build.lines_of(given), "gb18030")
                previewed, stored, batch = ours(content, user)
                if batch.wrong:
                    raise SystemExit(f"{batch.wrong} rows were refused")
                total = previewed + stored
                # Rows that are not written cost the package about as much to compare.
                ratio = per_row * count / total
                print(
                    f"{count:>7} {kind:<6} {previewed:>10.2f} {stored:>9.2f} "
                    f"{per_row * count:>9.1f} {ratio:>6.1f}×"
                )
            empty()


if __name__ == "__main__":
    main()
