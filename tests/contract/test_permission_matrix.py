"""Role × ledger × deed, generated from the data in force; every step a table does not allow.

Each cell of the matrix is put to the very views that people go through.  Three kinds of
people try: every role of ``fixtures/roles.json``; somebody who holds every right, and must be
let in everywhere; for each right somebody who lacks only that one, and must be refused
wherever the matrix says it is needed.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from django.urls import reverse
from openpyxl import load_workbook

from caseadmin.ledgers import ledgers
from caseadmin.ledgers.matrix import (
    VIEW,
    Deed,
    deeds_of,
    every_ledger,
    every_role,
    fields_of,
)
from caseadmin.ledgers.runtime.services import save_version
from caseadmin.ledgers.runtime.spec import ACTIONS
from caseadmin.ledgers.urls import ledger_urls
from core.access.scope import in_scope, scope_of, unscoped
from core.accounts.models import Role
from core.audit.models import CaseLogEntry
from core.states import require_transition
from tests.factories.children import ChildFileFactory
from tests.factories.core import UserFactory, role_called
from tests.factories.intake import VolunteerApplicationFactory
from tests.factories.pairings import PairingFactory
from tests.factories.rights import a_request, load_rules
from tests.factories.volunteers import VolunteerFactory
from tests.ledgers.runtime.conftest import document, field

pytestmark = pytest.mark.django_db


HOMES = "care-homes"


def define_homes(roles: list[str]) -> None:
    """Define a ledger without code, in which each role may do one thing more than the last."""
    grants = {code: list(ACTIONS[: 1 + n % len(ACTIONS)]) for n, code in enumerate(roles)}
    grants["everything"] = list(ACTIONS)
    words = {"zh": "养护机构", "en": "Care homes"}
    entry = {"label": words, "one": words, "icon": "home", "group": words, "prefix": "YH"}
    save_version(
        slug=HOMES,
        content=document(
            field("title", "text", "名称"),
            field("head", "name", "负责人", sensitivity=3),
            ledger={**entry, "state": "active", "grants": grants},
        ),
        actor=UserFactory(role="system_admin"),
        base=0,
    )


def make_role(code: str, rights: list[Permission], *, sees_cases: bool = True) -> Role:
    group = Group.objects.create(name=code)
    group.permissions.set(rights)
    role: Role = Role.objects.create(
        code=code, label_zh=code, label_en=code, group=group, sees_cases=sees_cases
    )
    return role


def doors(declared: Any, deed: Deed) -> Iterator[Any]:
    """Yield the views a deed goes through, as the addresses of the ledger make them."""
    for pattern in ledger_urls(declared):
        # The page of a bulk run finds the run of its owner first, and asks with its action.
        if pattern.name in deed.pages and pattern.name != "bulk_run":
            view = pattern.callback.view_class(**pattern.callback.view_initkwargs)
            view.ledger, view.kwargs = declared, {"action": deed.code.partition(":")[2]}
            yield view


def is_open(view: Any, user: Any) -> bool:
    """Return whether a view lets a person in, before any row is looked up."""
    view.request = RequestFactory().get("/")
    view.request.user = user
    try:
        view.check_permission()
    except PermissionDenied:
        return False
    return True


def test_every_door_opens_and_stays_shut_as_the_matrix_says(district, capsys):
    role_called("district_officer")
    own = list(Role.objects.order_by("code").values_list("code", flat=True))
    rights = list(
        Permission.objects.filter(
            content_type__app_label__in={one.model._meta.app_label for one in ledgers}
        )
    )
    rights += Permission.objects.filter(codename="view_looks")
    needs = {n.split(".")[-1] for one in ledgers for deed in deeds_of(one) for n in deed.needs}
    make_role("everything", rights)
    make_role("no_cases", rights, sees_cases=False)
    for need in sorted(needs):
        kept = [p for p in rights if need not in (p.codename, p.codename.rsplit("_", 1)[0])]
        make_role(f"lacks_{need}", kept)
    define_homes(own)
    asked, opened, mismatches = 0, 0, []
    for who in every_role():
        user = UserFactory(role=who.role.code, serves=district.town)
        scope = scope_of(user)
        with in_scope(scope):
            for declared in every_ledger():
                for deed in deeds_of(declared):
                    expected = who.may(declared, deed)
                    # Whoever reaches no case file is let in, and finds no record: 404.
                    finds = bool(scope.prefixes) or not deed.on_row
                    action = next(
                        (a for a in declared.actions if deed.code == f"do:{a.name}"), None
                    )
                    if action is not None and action.url is not None:
                        # A link: the button is drawn for those who may go where it leads.
                        views = is_open(next(doors(declared, VIEW)), user) and finds
                        found = {views and declared.allows(user, action.permission)}
                    else:
                        found = {is_open(view, user) and finds for view in doors(declared, deed)}
                    asked, opened = asked + 1, opened + expected
                    if found != {expected}:
                        cell = (who.role.code, declared.slug, deed.code)
                        mismatches.append((*cell, expected, found))

    every = [(one, deed) for one in every_ledger() for deed in deeds_of(one)]
    who = {one.role.code: one for one in every_role()}
    with capsys.disabled():
        sys.stdout.write(
            f"\n{asked} cells of role × ledger × deed, {opened} open, "
            f"{len(mismatches)} mismatches\n"
        )
    assert mismatches == [], mismatches
    assert asked == len(who) * len(every)
    assert [deed.code for one, deed in every if not who["everything"].may(one, deed)] == []
    assert [
        deed.code for one, deed in every if who["no_cases"].may(one, deed) and deed.on_row
    ] == []


def test_the_matrix_knows_every_address_of_every_ledger():
    for declared in ledgers:
        known = {page for deed in deeds_of(declared) for page in deed.pages} | {"do"}
        assert {pattern.name for pattern in ledger_urls(declared)} - known == set()


# Illegal steps


def tables() -> Iterator[tuple[Any, Any]]:
    """Yield each table of transitions with its ledger."""
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.transitions") is None:
            continue
        table = import_module(f"{config.name}.transitions").TRANSITIONS
        (declared,) = [
            one
            for one in ledgers
            if one.model._meta.app_label == config.label
            and any(f.name == "status" for f in one.model._meta.fields)
            and one.model._meta.get_field("status").choices == type(next(iter(table))).choices
        ]
        yield declared, table


def test_every_step_that_no_table_allows_is_refused(capsys):
    counts = []
    for declared, table in tables():
        kind = type(next(iter(table)))
        refused = 0
        for before in kind:
            for after in set(kind) - table[before]:
                with pytest.raises(ValidationError) as caught:
                    require_transition(table, before, after)
                assert list(caught.value.message_dict) == ["status"]
                refused += 1
        legal = sum(len(after) for after in table.values())
        assert (set(table), refused) == (set(kind), len(kind) ** 2 - legal)
        # Nobody sets a state by hand: no form and no sheet has it.
        assert declared.model._meta.get_field("status").editable is False
        assert declared.io is None or "status" not in declared.io.fields
        counts.append(f"{declared.slug} {refused}")
    with capsys.disabled():
        sys.stdout.write(f"\nillegal steps refused: {', '.join(counts)}\n")
    assert len(counts) == len(list(tables())) >= 4


def records(district: Any) -> dict[str, Any]:
    """Return a record of each ledger that has a table of transitions."""
    load_rules()
    child = ChildFileFactory(village=district.village)
    with unscoped("test"):
        request = a_request(child, UserFactory(role="town_clerk", serves=district.town))
    return {
        "child-files": child,
        "volunteers": VolunteerFactory(village=district.village, ready=True),
        "pairings": PairingFactory(child_file=child),
        "volunteer-applications": VolunteerApplicationFactory(village=district.village),
        "subject-requests": request,
    }


def stands_in(row: Any, state: Any) -> bool:
    """Put a record into a state behind the back of its table; False where no row may be so."""
    with unscoped("test"):
        try:
            with transaction.atomic():
                type(row)._base_manager.filter(pk=row.pk).update(status=state)
        except IntegrityError:
            return False
        row.refresh_from_db()
    return True


def test_every_action_is_refused_where_the_record_is_in_no_state_for_it(client, district, capsys):
    """Every button of every state machine, pressed in each state that does not offer it."""
    rows = records(district)
    officer = UserFactory(role="district_officer", serves=district.district)
    client.force_login(officer)
    refused, wrong = 0, []
    for declared, table in tables():
        row = rows[declared.slug]
        manager = type(row)._base_manager
        for state in type(next(iter(table))):
            if not stands_in(row, state):
                continue
            stored = manager.filter(pk=row.pk).values().get()
            versions = row.history.model._base_manager.count()
            for action in declared.actions:
                if action.handler is None or action.available(row):
                    continue
                address = declared.url("do", row.pk, action.name)
                answer = client.post(address, {"reason": "探查", "confirm": "1"})
                same = manager.filter(pk=row.pk).values().get() == stored
                written = row.history.model._base_manager.count() - versions
                refused += 1
                if (answer.status_code, same, written) != (302, True, 0):
                    wrong.append((address, state, answer.status_code, same, written))
    with capsys.disabled():
        sys.stdout.write(f"\n{refused} actions asked for in a state that has none\n")
    assert (wrong, refused >= 40) == ([], True)


# The page


def test_the_page_tells_those_who_may_see_it_what_is_in_force(client, district):
    role_called("district_officer")
    Role.objects.filter(code="school").update(field_rights={"3": "masked"})
    answers = {}
    for code in ("district_officer", "auditor", "security_admin", "audit_admin", "town_clerk"):
        client.force_login(UserFactory(role=code, serves=district.district))
        answers[code] = client.get(reverse("permission_matrix"))
    asked = {"ledger": "child-files", "role": "school"}
    client.force_login(UserFactory(role="auditor", serves=district.district))
    page = client.get(reverse("permission_matrix"), asked)
    (section,) = page.context["sections"]
    cells = {str(deed["label"]): [c["text"] for c in deed["cells"]] for deed in section["deeds"]}
    (notes,) = [row for row in section["groups"][0]["rows"] if row["label"] == "备注"]

    assert {code: a.status_code for code, a in answers.items()} == {
        **dict.fromkeys(answers, 200),
        "town_clerk": 302,
    }
    assert [cells[label] for label in ("查看列表", "新增", "导出")] == [
        ["可以"],
        ["不可"],
        ["不可"],
    ]
    assert [right.code for right in notes["rights"]] == ["masked"]
    assert "style=" not in page.content.decode().split("<main", 1)[1].split("</main>", 1)[0]
    assert (
        client.get(reverse("permission_matrix"), {"role": "\0", "ledger": "x"}).status_code == 200
    )


def test_the_file_holds_the_same_and_leaves_an_entry(client, district):
    client.force_login(UserFactory(role="security_admin", serves=district.district))
    asked = {"ledger": "child-files", "role": "school"}
    answer = client.post(reverse("permission_matrix_export"), asked)
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    lines = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    declared = ledgers.get("child-files")
    entry = CaseLogEntry.objects.get(action="tonghu.export")

    assert lines[0] == ["台账", "记录种类", "操作或字段", "敏感级别", "学校联络员"]
    fields = sum(len(rows) for _label, rows in fields_of(declared))
    assert len(lines) - 2 == len(deeds_of(declared)) + fields == entry.data["rows"]
    assert entry.data["number"] in lines[-1][0]
