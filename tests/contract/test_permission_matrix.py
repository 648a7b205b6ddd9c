"""The matrix of rights knows every address; every step that no table allows is refused."""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.urls import reverse
from openpyxl import load_workbook

from caseadmin.ledgers import ledgers
from caseadmin.ledgers.matrix import (
    deeds_of,
    fields_of,
)
from caseadmin.ledgers.urls import ledger_urls
from core.accounts.models import Role
from core.audit.models import CaseLogEntry
from core.states import require_transition
from tests.factories.core import UserFactory, role_called

pytestmark = pytest.mark.django_db


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
