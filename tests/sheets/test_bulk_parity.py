"""The set-based path leaves what the services leave, row for row and history for history."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caseadmin.children.ledgers import ChildFileLedger
from caseadmin.children.models import (
    ChildFile,
    CustodySpell,
    FamilySituation,
    FileNumberSeries,
    Kin,
)
from caseadmin.ledgers.importing.services import confirm_batch
from caseadmin.ledgers.importing.writing import write_one_by_one
from core.access.scope import scoped_to, unscoped
from fixtures.sheets import build
from search.models import SearchEntry
from tests.factories.core import TerritoryFactory, UserFactory

pytestmark = pytest.mark.django_db

VOLATILE = {
    "id", "child_file_id", "created_at", "updated_at", "history_id", "history_date", "change_set",
    "history_change_reason",
}  # fmt: skip
MODELS = (ChildFile, Kin, CustodySpell, FamilySituation)


@pytest.fixture
def clerk(district):
    for code, name in build.VILLAGES.items():
        TerritoryFactory(code=code, name=name, level="village", parent=district.town)
    return UserFactory(role="town_clerk", serves=district.town)


def snapshot():
    """Return all rows and their history without what differs from run to run."""

    def plain(instance, names):
        values = {n: getattr(instance, n) for n in names if n not in VOLATILE}
        owner = getattr(instance, "child_file_id", None)
        number = numbers.get(owner) if owner else None
        return (*sorted((n, str(v)) for n, v in values.items()), str(number))

    with unscoped("test"):
        numbers = dict(ChildFile._base_manager.values_list("pk", "file_number"))
        found = {}
        for model in MODELS:
            names = [f.attname for f in model._meta.concrete_fields]
            history = model.history.model
            history_names = [f.attname for f in history._meta.concrete_fields]
            found[model.__name__] = sorted(plain(r, names) for r in model._base_manager.all())
            found[f"{model.__name__} history"] = sorted(
                plain(r, history_names) for r in history._base_manager.all()
            )
        return found


def entries():
    return sorted(SearchEntry.objects.values_list("kind", "territory_code", "fingerprint"))


def forget():
    with unscoped("test"):
        for model in MODELS:
            model.history.model._base_manager.all()._raw_delete("default")
        for model in reversed(MODELS):
            model._base_manager.all()._raw_delete("default")
        FileNumberSeries._base_manager.all().delete()
    SearchEntry.objects.all().delete()


def one_by_one(monkeypatch):
    monkeypatch.setattr(
        ChildFileLedger,
        "save_many",
        classmethod(
            lambda cls, writes, *, actor, reason="", source="import": write_one_by_one(
                cls, writes, actor=actor, reason=reason, source=source
            )
        ),
    )


def stored_through(preview, clerk, *contents):
    for content in contents:
        with scoped_to(clerk):
            confirm_batch(batch=preview(content), actor=clerk)


def test_new_and_changed_rows_come_out_the_same(preview, clerk, monkeypatch):
    rows = build.Sample().children(24)
    first = build.csv_bytes(build.lines_of(rows), "gb18030")
    changed = [dict(row) for row in rows]
    changed[0]["就学情况"] = "辍学"
    changed[1]["父亲联系电话"] = build.phone(9001)
    changed[2]["监护人姓名"] = "另外人"
    changed[3]["所在村"] = "990101001006"
    changed[4] |= {"父母双方同时外出": "否", "一方外出另一方无监护能力": "否", "无监护能力方": ""}
    changed[5]["备注"] = "新备注"
    second = build.csv_bytes(build.lines_of(changed), "gb18030")
    stored_through(preview, clerk, first, second)
    by_sets, by_sets_index = snapshot(), entries()
    forget()
    with monkeypatch.context() as patch:
        one_by_one(patch)

        stored_through(preview, clerk, first, second)

    one_at_a_time, one_at_a_time_index = snapshot(), entries()
    assert by_sets.keys() == one_at_a_time.keys()
    for name in by_sets:
        assert by_sets[name] == one_at_a_time[name], name
    assert by_sets_index == one_at_a_time_index


def test_statements_do_not_grow_with_the_rows(preview, clerk):
    def statements(count, made):
        sample = build.Sample(made=made)
        content = build.csv_bytes(build.lines_of(sample.children(count)), "gb18030")
        batch = preview(content)
        with scoped_to(clerk), CaptureQueriesContext(connection) as captured:
            confirm_batch(batch=batch, actor=clerk)
        return len(captured)

    few, many = statements(5, 0), statements(50, 100)

    assert many <= few * 2
