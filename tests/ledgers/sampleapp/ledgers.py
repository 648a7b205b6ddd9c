"""Everything it takes to have a ledger."""

from django import forms
from django.core.exceptions import ValidationError

from caseadmin.ledgers import (
    IO,
    BulkAction,
    Child,
    Ledger,
    LedgerAction,
    Related,
    Risk,
    SearchFields,
    Section,
    ledger,
    ledger_group,
)

from .models import Case, Keeper
from .models import Risk as Risk_

ledger_group("samples", "样例")


def give_back(instance, *, actor, reason):
    instance.returned = True
    return CaseLedger.save(instance, actor=actor, reason=reason)


def set_risk(instance, *, risk):
    if instance.returned:
        raise ValidationError("已归还。")
    return {"risk": risk}


class RiskForm(forms.Form):
    risk = forms.ChoiceField(choices=Risk_.choices)


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
    bulk = [
        BulkAction("risk", "改风险", change=set_risk, form=RiskForm),
        BulkAction("give-back", "全部归还", handler=give_back),
    ]
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
