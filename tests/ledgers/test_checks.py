"""A wrong name in a declaration stops the start and is named."""

import pytest
from django.contrib.contenttypes.models import ContentType

from caseadmin.ledgers import (
    IO,
    Badge,
    BulkAction,
    Child,
    Column,
    Condition,
    Ledger,
    LedgerAction,
    Related,
    SearchFields,
    Section,
)
from caseadmin.ledgers.checks import check_ledger
from core.access.masking import mask_phone
from core.access.models import CaseModel
from core.access.register import FieldClasses
from tests.ledgers.sampleapp.models import Case


def declared(**attributes):
    base = {"model": Case, "slug": "wrong", "key": "number", "columns": ["number"]}
    return type("WrongLedger", (Ledger,), base | attributes)


def every(rows, day):
    return rows


@pytest.mark.parametrize(
    ("attributes", "number", "named"),
    [
        ({"key": ""}, "E010", "no key"),
        ({"key": "nummer"}, "E011", "'nummer'"),
        ({"key": "risk"}, "E012", "'risk'"),
        ({"columns": []}, "E020", "no columns"),
        ({"columns": ["nmae"]}, "E022", "'nmae'"),
        ({"columns": ["village.nmae"]}, "E022", "'village.nmae'"),
        (
            {"columns": [Column("phone", value=str)]},
            "E023",
            "'phone'",
        ),
        ({"columns": [Badge("risk", tones={"high": "purple"})]}, "E024", "'purple'"),
        ({"columns": ["items.name"]}, "E025", "'items.name'"),
        ({"filters": ["stauts"]}, "E030", "'stauts'"),
        ({"filters": ["full_name"]}, "E032", "'full_name'"),
        ({"filters": ["keeper"]}, "E034", "'keeper'"),
        ({"filters": ["notes"]}, "E035", "'notes'"),
        ({"sections": [Section("x", ["nmae"])]}, "E040", "'nmae'"),
        ({"sections": [Section("x", ["risk"]), Section("y", ["risk"])]}, "E041", "'risk'"),
        ({"children": [Child("itmes")]}, "E050", "'itmes'"),
        ({"children": [Child("keeper")]}, "E051", "'keeper'"),
        ({"children": [Child("items", fields=["nmae"])]}, "E054", "'nmae'"),
        ({"search": SearchFields(names=["nmae"])}, "E060", "'nmae'"),
        ({"search": SearchFields(text=["items.nmae"])}, "E060", "'items.nmae'"),
        ({"columns": [Column("n", value=str, reads=["nmae"])]}, "E022", "'nmae'"),
        ({"columns": ["pk"]}, "E070", "'pk'"),
        ({"search": SearchFields(text=["items.pk"])}, "E070", "'items.pk'"),
        ({"sensitive": {"phone": mask_phone}}, "E071", "sensitive"),
        ({"untold": ["phone"]}, "E071", "untold"),
        ({"reason_required": ["stauts"]}, "E080", "'stauts'"),
        ({"filters": [Condition("a-b", "x", every, ["risk"])]}, "E036", "'a-b'"),
        ({"filters": [Condition("risk", "x", every, ["risk"])]}, "E037", "'risk'"),
        ({"filters": [Condition("mine", "x", every, [])]}, "E038", "'mine'"),
        ({"filters": [Condition("mine", "x", every, ["rsik"])]}, "E022", "'rsik'"),
        ({"io": IO(fields=["nmae"])}, "E090", "'nmae'"),
        ({"io": IO(fields=["number"], aliases={"姓名": "full_name"})}, "E091", "'姓名'"),
        ({"actions": [LedgerAction("go", "Go")]}, "E095", "'go'"),
        ({"actions": [LedgerAction("go", "Go", url=str)] * 2}, "E094", "'go'"),
        ({"bulk": [BulkAction("go", "Go")]}, "E110", "'go'"),
        ({"bulk": [BulkAction("go", "Go", change=dict)] * 2}, "E111", "'go'"),
        ({"bulk": [BulkAction("runs", "Go", change=dict)]}, "E111", "'runs'"),
        ({"ordering": "-nmae"}, "E100", "'nmae'"),
        ({"ordering": "full_name"}, "E101", "'full_name'"),
        ({"per_page": 0}, "E102", "0 rows"),
        ({"related": [Related("nothing", by="x")]}, "E096", "'nothing'"),
        ({"related": [Related("tool-loans", by="village")]}, "E098", "village"),
    ],
)
def test_a_wrong_declaration_is_named(attributes, number, named):
    messages = [m for m in check_ledger(declared(**attributes)) if m.id == f"ledgers.{number}"]

    assert len(messages) == 1
    assert ("WrongLedger" in messages[0].msg, named in messages[0].msg) == (True, True)


def test_a_model_that_nothing_scopes_is_refused():
    wrong = declared(model=ContentType, key="id", columns=["model"])

    assert {m.id for m in check_ledger(wrong)} >= {"ledgers.E001", "ledgers.E002", "ledgers.E003"}


def test_a_right_declaration_passes():
    assert check_ledger(declared()) == []


def test_a_secret_is_not_searched_by_its_parts(monkeypatch):
    secret = FieldClasses(office=["number"], secret=["phone"])
    monkeypatch.setattr("caseadmin.ledgers.checks.class_of", lambda m, n: dict(secret).get(n))

    found = check_ledger(declared(search=SearchFields(text=["phone"], codes=["phone"])))

    assert [m.id for m in found if "E06" in m.id] == ["ledgers.E061"]


def test_a_model_that_is_drafted_or_previewed_is_refused(monkeypatch):
    # A model with Wagtail's own mixins would need tables here; the class is what is judged.
    monkeypatch.setattr("caseadmin.ledgers.checks.FORBIDDEN_MIXINS", (CaseModel,))

    (message,) = [m for m in check_ledger(declared()) if m.id == "ledgers.E004"]

    assert ("WrongLedger" in message.msg, "sampleapp.Case has CaseModel" in message.msg) == (
        True,
        True,
    )


def test_a_snippet_is_refused(monkeypatch):
    monkeypatch.setattr("caseadmin.ledgers.checks._is_snippet", lambda model: model is Case)

    (message,) = [m for m in check_ledger(declared()) if m.id == "ledgers.E005"]

    assert "sampleapp.Case is a snippet" in message.msg
