"""Every role × every text field of every ledger × six surfaces, generated from the matrix.

One world, a canary in each field that can hold one; each surface is drawn once for each
role, and every canary is looked for in it.
"""

import sys
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import Permission
from django.db import models

from caseadmin.children.enums import CarerKind, HealthStatus
from caseadmin.children.models import ChildFile, CustodySpell, Kin
from caseadmin.ledgers.registry import ledgers
from caseadmin.ledgers.views.revealing import told_fields
from core.access.register import Kind, class_of
from core.access.rights import Seeing
from core.access.scope import Scope, in_scope, scope_of, unscoped
from core.accounts.models import Role
from core.accounts.selectors import system_account
from core.audit.models import CaseLogEntry
from core.history.context import change_set
from search.service import search
from tests.factories.children import ChildFileFactory, invented_id_number
from tests.factories.core import UserFactory, approve, role_called
from tests.factories.intake import VolunteerApplicationFactory
from tests.factories.pairings import PairingFactory
from tests.factories.volunteers import VolunteerFactory

LEDGERS = ("child-files", "volunteers", "pairings", "volunteer-applications")
SURFACES = ("form", "view", "history", "search", "export", "log")
# Two signs of their own for each canary, so that no search takes one for another.
SIGNS = iter(chr(0x6C34 + 7 * n) + chr(0x7389 + 11 * n) for n in range(200))


@dataclass
class Canary:
    """One field of one ledger that holds a value found nowhere else."""

    slug: str
    path: str
    field: Any
    text: str


def canary_text(field: Any, order: int) -> str:
    kind = class_of(field.model, field.name).kind
    if kind is Kind.NAME:
        return f"欧{next(SIGNS)}"
    if kind is Kind.PHONE:
        return f"199000077{order:02d}"
    if kind is Kind.ID_NUMBER:
        return invented_id_number(date(1985, 3, 2), 700 + order)
    return f"{next(SIGNS)}字样"


def holds_text(field: Any) -> bool:
    is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
    return is_text and field.editable and type(field).__name__ != "EncryptedDateField"


def plant(district: Any) -> tuple[dict[str, Any], list[Canary]]:
    """Write one record of each ledger, and a canary into each text field of it."""
    child = ChildFileFactory(village=district.village, health=HealthStatus.ILL, illness="x")
    volunteer = VolunteerFactory(village=district.village, ready=True)
    rows = {
        "child-files": child,
        "volunteers": volunteer,
        "pairings": PairingFactory(child_file=child, volunteer=volunteer),
        "volunteer-applications": VolunteerApplicationFactory(village=district.village),
    }
    with unscoped("test"), change_set(actor=system_account(), source="command"):
        kin = Kin(child_file=child, relation="father", full_name="x")
        kin.save()
        CustodySpell.objects.filter(child_file=child).delete()
        spell = CustodySpell(
            child_file=child, starts_on=child.opened_on, carer_kind=CarerKind.OTHER_KIN
        )
        spell.carer_name = "x"
        spell.save()
        owners = {ChildFile: child, Kin: kin, CustodySpell: spell}
        canaries = []
        for slug in LEDGERS:
            declared = ledgers.get(slug)
            owners[declared.model] = rows[slug]
            for path, field in told_fields(declared):
                row = owners.get(field.model)
                if row is None or not holds_text(field):
                    continue
                canary = Canary(slug, path, field, canary_text(field, len(canaries)))
                setattr(row, field.name, canary.text)
                canaries.append(canary)
        for row in dict.fromkeys(owners.values()):
            row.save()
    return rows, canaries


def test_every_role_sees_of_every_field_what_the_matrix_says(client, district, capsys):
    rows, canaries = plant(district)
    role_called("town_clerk")
    everything = Permission.objects.filter(
        content_type__app_label__in=["children", "volunteers", "pairings", "intake"]
    )
    cells, shown, mismatches = 0, 0, []
    for role in Role.objects.order_by("code"):
        user = UserFactory(role=role.code, serves=district.town)
        user.user_permissions.set(everything)
        # Whether a record opens at all is another question (tests/audit/test_approvals.py).
        approve(user, district.town)
        client.force_login(user)
        scope = scope_of(user)
        for slug, row in rows.items():
            own = [canary for canary in canaries if canary.slug == slug]
            pages = {name: draw(client, slug, row, name) for name in ("form", "view", "history")}
            pages["export"] = export_of(client, slug)
            pages["log"] = logged()
            for canary in own:
                for surface in SURFACES:
                    expected, found = judge(canary, surface, pages, scope, row)
                    cells, shown = cells + 1, shown + found
                    if expected is not found:
                        mismatches.append((role.code, slug, canary.path, surface, expected, found))

    with capsys.disabled():
        sys.stdout.write(f"\n{cells} cells, {shown} shown, {len(mismatches)} mismatches\n")
    assert mismatches == []
    assert cells == Role.objects.count() * len(canaries) * len(SURFACES)
    assert (len(canaries) >= 35, shown > 500) == (True, True)


def draw(client: Any, slug: str, row: Any, name: str) -> str:
    declared = ledgers.get(slug)
    if name == "form" and not declared.can_edit:
        return ""
    page = {"form": "edit", "view": "view", "history": "history"}[name]
    return client.get(declared.url(page, row.pk)).content.decode()


def export_of(client: Any, slug: str) -> str:
    declared = ledgers.get(slug)
    if declared.io is None:
        return ""
    page = client.get(declared.url("export"))
    if page.status_code != 200:
        return ""
    columns = [value for value, _label in page.context["form"].fields["columns"].choices]
    answer = client.post(
        declared.url("export"),
        {"download": "1", "columns": columns, "file_format": "csv", "reason": "核查"},
    )
    return b"".join(answer.streaming_content).decode() if answer.streaming else ""


def logged() -> str:
    with unscoped("test"):
        entries = CaseLogEntry.objects.values_list("label", "data")
        return "\n".join(f"{label} {data}" for label, data in entries)


def judge(canary: Canary, surface: str, pages: Any, scope: Scope, row: Any) -> tuple[bool, bool]:
    """Return whether the whole value should stand on a surface, and whether it does."""
    declared = ledgers.get(canary.slug)
    see = scope.field_rights.of(canary.field.model, canary.field.name, row.territory_code).see
    if surface == "log":
        return False, canary.text in pages["log"]
    if surface == "search":
        searched = declared.search is not None and canary.path in declared.search.paths()
        number = class_of(canary.field.model, canary.field.name).kind in (
            Kind.PHONE,
            Kind.ID_NUMBER,
        )
        # A number is looked up in all fields that have a digest, named as words or not.
        indexed = any(
            getattr(other, "source", None) == canary.field.name
            for other in canary.field.model._meta.concrete_fields
        )
        words = canary.text if number else f'"{canary.text}"'
        with in_scope(scope):
            hit = search(words, kinds=[canary.slug], scope=scope).total > 0
        least = Seeing.REVEAL if number else Seeing.READ
        return (indexed if number else searched) and see >= least, hit
    if surface == "export":
        io = declared.io
        inside = io is not None and (
            canary.path in io.fields
            or any(
                f"{group.relation}.{name}" == canary.path
                and all(getattr_of(canary, name_, value) for name_, value in group.match.items())
                for group in io.rows
                for name in group.fields
            )
        )
        return inside and see >= Seeing.REVEAL, canary.text in pages["export"]
    if surface == "form":
        in_form = declared.can_edit and (
            "." not in canary.path or not declared.child(canary.path.split(".")[0]).read_only
        )
        return in_form and see is Seeing.READ, canary.text in pages["form"]
    return see is Seeing.READ, canary.text in pages[surface]


def getattr_of(canary: Canary, name: str, value: Any) -> bool:
    """Whether the planted child row is the one a column of the sheet means."""
    planted = {"relation": "father", "ends_on": None}
    return planted.get(name) == value
