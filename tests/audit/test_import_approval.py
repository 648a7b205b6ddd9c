"""A sheet is no way around an approval."""

import pytest

from caseadmin.ledgers import ledgers
from caseadmin.ledgers.importing.models import ImportRow
from caseadmin.ledgers.importing.services import map_columns, open_batch
from core.access.scope import scoped_to
from tests.factories.core import UserFactory
from tests.ledgers.conftest import clerk_of, grant, lend

pytestmark = pytest.mark.django_db

LOANS = ledgers.get("tool-loans")


@pytest.mark.parametrize(("approved", "expected"), [(True, "changed"), (False, "wrong")])
def test_a_sheet_changes_only_what_its_owner_may_open(district, approved, expected):
    clerk = clerk_of(district.town)
    lend(clerk, district.village)
    other = UserFactory(role="school", serves=district.town)
    grant(other, "view", "add", "change", "import")
    actor = clerk if approved else other
    sheet = "编号,名字\nL-1,王小禾\n".replace("编号", str(LOANS.field("number").verbose_name))

    with scoped_to(actor):
        batch = open_batch(ledger=LOANS, content=sheet.encode(), actor=actor)
        mapping = {int(position): path for position, path in batch.mapping.items()}
        map_columns(
            batch=batch, mapping=mapping, mode="valid_rows", blanks="keep", reason="", actor=actor
        )

    row = ImportRow._base_manager.get()
    assert (row.action, "王小田" in row.payload) == (expected, approved)
