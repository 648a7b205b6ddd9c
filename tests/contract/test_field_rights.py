"""Every role × every field of every ledger × six surfaces, generated from the matrix.

One world, a canary in each field: a text or a day or a number that stands nowhere else, a
choice whose label is renamed, a foreign key to a row with a name of its own.  Each surface
is drawn once for each role, and every canary is looked for in it.  Answers by yes or no are
left out: the word stands everywhere.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, models
from django.utils import timezone
from django.utils.formats import date_format, number_format

from caseadmin.children.enums import CarerKind, HealthStatus
from caseadmin.children.models import ChildFile, CustodySpell, FamilySituation, Kin
from caseadmin.ledgers.forms import records
from caseadmin.ledgers.registry import ledgers
from caseadmin.ledgers.views.revealing import told_fields
from caseadmin.volunteers.models import BackgroundCheck
from core.access.models import CaseModel
from core.access.register import Kind, class_of
from core.access.rights import Seeing
from core.access.scope import Scope, in_scope, scope_of, unscoped
from core.accounts.models import Role
from core.accounts.selectors import system_account
from core.audit.models import CaseLogEntry
from core.crypto.fields import EncryptedDateField
from core.fields import ChoiceListField
from core.history.context import change_set
from core.territories.models import Territory
from search.service import search
from tests.factories.children import ChildFileFactory, invented_id_number
from tests.factories.core import TerritoryFactory, UserFactory, approve, role_called
from tests.factories.intake import VolunteerApplicationFactory
from tests.factories.pairings import PairingFactory
from tests.factories.volunteers import VolunteerFactory

LEDGERS = ("child-files", "volunteers", "pairings", "volunteer-applications")
SURFACES = ("form", "view", "history", "search", "export", "log")
# Two signs of their own for each canary, so that no search takes one for another.
SIGNS = iter(chr(0x6C34 + 7 * n) + chr(0x7389 + 11 * n) for n in range(200))
# Days and numbers of their own: later days for later fields, so that spans keep their order.
DAYS = iter(date(2019, 1, 11) + timedelta(days=9 * n) for n in range(200))
NUMBERS = iter(range(20011, 30000, 101))


@dataclass
class Canary:
    """One field of one ledger that holds a value found nowhere else."""

    slug: str
    path: str
    field: Any
    text: str
    further: tuple[str, ...] = ()

    def stands_in(self, page: str) -> bool:
        """Return whether the value stands on a page in any of the ways it is written."""
        return any(text in page for text in (self.text, *self.further))


def canary_text(field: Any, order: int) -> str:
    kind = class_of(field.model, field.name).kind
    if kind is Kind.NAME:
        return f"欧{next(SIGNS)}"
    if kind is Kind.PHONE:
        # Mobile and fixed by turns: both are numbers, and no words of the index.
        return f"19900007{order:03d}" if order % 2 else f"0990651{order:04d}"
    if kind is Kind.ID_NUMBER:
        return invented_id_number(date(1985, 3, 2), 700 + order)
    return f"{next(SIGNS)}字样"


def holds_text(field: Any) -> bool:
    is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
    return is_text and field.editable and type(field).__name__ != "EncryptedDateField"


def relabel(patch: Any, field: Any, code: Any, label: str) -> None:
    """Give one choice of a field another label, on the record and in its history."""
    history = field.model.history.model._meta.get_field(field.name)
    for each in (field, history):
        name = "options" if isinstance(each, ChoiceListField) else "choices"
        patch.setattr(
            each, name, [(c, label if c == code else old) for c, old in getattr(each, name)]
        )


def named_row(field: Any, row: Any) -> str:
    """Give the row a foreign key leads to a name of its own; return how pages call it."""
    target = getattr(row, field.name)
    if isinstance(target, Territory):
        target.name = f"{next(SIGNS)}村"
        Territory._base_manager.filter(pk=target.pk).update(name=target.name)
        return str(target.name)
    return str(target)


def canary_of(slug: str, path: str, field: Any, row: Any, order: int, patch: Any) -> Canary | None:
    """Put a value of its own into a field of a row; None where the field can hold none."""
    if isinstance(field, models.BooleanField):
        return None
    if not field.editable and not getattr(row, field.name) and connection.vendor != "sqlite":
        return None  # only a record that has ended has it, and the database insists on that
    if holds_text(field):
        text = canary_text(field, order)
        setattr(row, field.name, text)
        return Canary(slug, path, field, text)
    if isinstance(field, ChoiceListField):
        code = field.options[0][0]
        label = f"{next(SIGNS)}选"
        relabel(patch, field, code, label)
        setattr(row, field.name, [code])
        return Canary(slug, path, field, label)
    if field.choices:
        code = getattr(row, field.name) or field.flatchoices[-1][0]
        label = f"{next(SIGNS)}选"
        relabel(patch, field, code, label)
        setattr(row, field.name, code)
        return Canary(slug, path, field, label)
    if isinstance(field, models.ForeignKey):
        return Canary(slug, path, field, named_row(field, row))
    if isinstance(field, models.DateTimeField):
        at = timezone.make_aware(datetime.combine(next(DAYS), time(9, 30)))
        setattr(row, field.name, at)
        return Canary(slug, path, field, date_format(at, "DATETIME_FORMAT"))
    if isinstance(field, models.DateField | EncryptedDateField):
        day = next(DAYS)
        setattr(row, field.name, day)
        return Canary(slug, path, field, day.isoformat(), (date_format(day, "DATE_FORMAT"),))
    if isinstance(field, models.IntegerField):
        number = next(NUMBERS)
        setattr(row, field.name, number)
        return Canary(slug, path, field, str(number), (number_format(number),))
    return None  # the number of the record, which is its name


def plant(district: Any, patch: Any) -> tuple[dict[str, Any], list[Canary]]:
    """Write one record of each ledger, and a canary into each field of it."""
    child = ChildFileFactory(village=district.village, health=HealthStatus.ILL, illness="x")
    volunteer = VolunteerFactory(village=district.sibling, ready=True)
    third = TerritoryFactory(parent=district.town)
    rows = {
        "child-files": child,
        "volunteers": volunteer,
        "pairings": PairingFactory(child_file=child, volunteer=volunteer),
        "volunteer-applications": VolunteerApplicationFactory(village=third),
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
        ended = CustodySpell(
            child_file=child, starts_on=child.opened_on, carer_kind=CarerKind.OTHER_KIN
        )
        owners = {
            ChildFile: child,
            Kin: kin,
            CustodySpell: spell,
            FamilySituation: FamilySituation._base_manager.get(child_file=child),
            BackgroundCheck: BackgroundCheck._base_manager.get(volunteer=volunteer),
        }
        canaries = []
        for slug in LEDGERS:
            declared = ledgers.get(slug)
            owners[declared.model] = rows[slug]
            for path, field in told_fields(declared):
                # A sheet holds the present carer only: another spell has ended.
                over = (field.model, field.name) == (CustodySpell, "ends_on")
                row = ended if over else owners[field.model]
                canary = canary_of(slug, path, field, row, len(canaries), patch)
                if canary is not None:
                    canaries.append(canary)
        with unchecked():
            for row in dict.fromkeys([*owners.values(), ended]):
                write(row, [c.field.attname for c in canaries if c.field.model is type(row)])
    return rows, canaries


def write(row: Any, names: list[str]) -> None:
    """Save a row; a record check, which is never changed, as if it had been so from the first."""
    if not isinstance(row, BackgroundCheck):
        row.save()
        return
    for model in (BackgroundCheck, BackgroundCheck.history.model):
        values = {name: getattr(row, name) for name in names}
        model._base_manager.filter(id=row.pk).update(**values)


@contextmanager
def unchecked() -> Iterator[None]:
    """Let a record hold every value at once, those of an end and those of a beginning too."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        yield
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


# Rights are told in Python; only SQLite lets a row past its own constraints.
@pytest.mark.once
def test_every_role_sees_of_every_field_what_the_matrix_says(client, district, capsys, monkeypatch):
    # Forms made by earlier tests hold the true names of choices, those made here the planted.
    monkeypatch.setattr(records, "_kept_form_class", records._kept_form_class.__wrapped__)
    rows, canaries = plant(district, monkeypatch)
    role_called("town_clerk")
    everything = Permission.objects.filter(
        content_type__app_label__in=["children", "volunteers", "pairings", "intake"]
    )
    nowhere = in_no_index(canaries, district)
    cells, shown, mismatches = 0, 0, []
    for role in Role.objects.order_by("code"):
        user = UserFactory(role=role.code, serves=district.town)
        user.user_permissions.set(everything)
        # Whether a record opens at all is another question (tests/audit/test_approvals.py).
        approve(user, district.town)
        client.force_login(user)
        scope = scope_of(user)
        drawn = {
            slug: {name: draw(client, slug, row, name) for name in ("form", "view", "history")}
            | {"export": export_of(client, slug)}
            for slug, row in rows.items()
        }
        told = dict(zip(("log", "data"), logged(), strict=True))
        for canary in canaries:
            pages, row = drawn[canary.slug] | told, rows[canary.slug]
            for surface in SURFACES:
                expected, found = judge(canary, surface, pages, scope, row, nowhere)
                cells, shown = cells + 1, shown + found
                if expected is not found:
                    cell = (role.code, canary.slug, canary.path, surface)
                    mismatches.append((*cell, expected, found))

    with capsys.disabled():
        sys.stdout.write(f"\n{cells} cells, {shown} shown, {len(mismatches)} mismatches\n")
    assert mismatches == [], "\n".join(map(str, mismatches))
    assert cells == Role.objects.count() * len(canaries) * len(SURFACES)
    assert (len(canaries) >= 100, shown > 1500) == (True, True)


def in_no_index(canaries: list[Canary], district: Any) -> set[str]:
    """Return the values that even the widest rights over the whole district do not find.

    Nobody with less finds them, and nobody else is made to try.
    """
    scope = scope_of(UserFactory(role="district_officer", serves=district.district))
    with in_scope(scope):
        return {
            canary.text
            for canary in canaries
            if not holds_text(canary.field) and not found_by(canary, f'"{canary.text}"', scope)
        }


def found_by(canary: Canary, words: str, scope: Scope) -> bool:
    """Return whether search finds the canary's record by these words."""
    return search(words, kinds=[canary.slug], scope=scope).total > 0


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


def logged() -> tuple[str, str]:
    """Return all that the log says, and that without the labels of the entries."""
    with unscoped("test"):
        entries = list(CaseLogEntry.objects.values_list("label", "data"))
    data = "\n".join(str(data) for _label, data in entries)
    return "\n".join([*(label for label, _data in entries), data]), data


def judge(
    canary: Canary, surface: str, pages: Any, scope: Scope, row: Any, nowhere: set[str]
) -> tuple[bool, bool]:
    """Return whether the whole value should stand on a surface, and whether it does."""
    declared = ledgers.get(canary.slug)
    see = scope.field_rights.of(canary.field.model, canary.field.name, row.territory_code).see
    if surface == "log":
        # The log calls every record by its number: what else it says must not name another.
        told = "data" if names_a_record(canary.field) else "log"
        return False, canary.stands_in(pages[told])
    if surface == "search":
        searched = declared.search is not None and any(
            path == canary.path or path.startswith(f"{canary.path}.")
            for path in declared.search.paths()
        )
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
            hit = canary.text not in nowhere and found_by(canary, words, scope)
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
        return inside and see >= Seeing.REVEAL, canary.stands_in(pages["export"])
    if surface == "form":
        in_form = declared.can_edit and (
            "." not in canary.path or not declared.child(canary.path.split(".")[0]).read_only
        )
        return in_form and see is Seeing.READ, canary.stands_in(pages["form"])
    return see is Seeing.READ, canary.stands_in(pages[surface])


def names_a_record(field: Any) -> bool:
    """Whether the value is the number of another record."""
    return field.is_relation and issubclass(field.related_model, CaseModel)


def getattr_of(canary: Canary, name: str, value: Any) -> bool:
    """Whether the planted child row is the one a column of the sheet means."""
    planted = {"relation": "father", "ends_on": None}
    return planted.get(name) == value
