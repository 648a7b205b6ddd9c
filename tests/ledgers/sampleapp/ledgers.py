"""Everything it takes to have a ledger."""

from caseadmin.ledgers import (
    IO,
    Child,
    Ledger,
    LedgerAction,
    Related,
    Risk,
    SearchFields,
    Section,
    ledger,
)

from .models import Case, Keeper


def give_back(instance, *, actor, reason):
    instance.returned = True
    return CaseLedger.save(instance, actor=actor, reason=reason)


@ledger
class CaseLedger(Ledger):
    model = Case
    slug, group, icon, key = "tool-loans", "samples", "form", "number"
    columns = [
        "full_name",
        "number",
        "village",
        Risk("risk", tones={"high": "critical", "low": "positive"}),
        "lent_on",
        "phone",
    ]
    filters = ["risk", "village", "returned", "lent_on", "uses"]
    search = SearchFields(
        names=["full_name"],
        places=["village.path_name"],
        text=["notes", "items.name"],
        codes=["number"],
    )
    sections = [
        Section("借用人", ["number", "full_name", "phone", "village"]),
        Section("借用情况", ["risk", "lent_on", "returned", "uses", "keeper", "notes"]),
    ]
    children = [Child("items", fields=["name", "count", "serial"])]
    reason_required = ["risk"]
    runtime_fields = True
    attachments = True
    io = IO(fields=["number", "full_name", "village", "risk"], aliases={"名字": "full_name"})
    actions = [
        LedgerAction(
            "give-back",
            "归还",
            handler=give_back,
            available=lambda case: not case.returned,
            reason_required=True,
        )
    ]


@ledger
class KeeperLedger(Ledger):
    model, slug, group, key = Keeper, "keepers", "samples", "number"
    columns = ["full_name", "number", "town"]
    search = SearchFields(names=["full_name"], codes=["number"])
    related = [Related("tool-loans", by="keeper")]
