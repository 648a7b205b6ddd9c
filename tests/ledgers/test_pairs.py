"""Two dozen pairs of people change one record at once, by form, by bulk action and by sheet.

In each pair somebody has the record before them when somebody else changes it.  The second
write must be stopped and shown, and what the first wrote must stand.
"""

import csv
import io
import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from caseadmin.ledgers import ledgers
from caseadmin.ledgers.importing.models import ImportBatch
from core.access.scope import unscoped
from tests.ledgers.conftest import clerk_of, lend
from tests.ledgers.sampleapp.models import Case
from tests.ledgers.test_pages import form_data

LOANS = ledgers.get("tool-loans")
PAIRS = [
    ("form", "form"),
    ("bulk", "form"),
    ("import", "form"),
    ("form", "import"),
    ("bulk", "import"),
    ("form", "bulk"),
    ("bulk", "bulk"),
    ("import", "bulk"),
]
OF_EACH = 3


def values(case):
    with unscoped("test"):
        row = Case.objects.get(pk=case.pk)
        return row.full_name, row.risk, row.version


def preview(client, case, **changes):
    """Upload a sheet of one row and go as far as its preview; return the batch."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["编号", *changes], [case.number, *changes.values()]])
    sheet = SimpleUploadedFile("a.csv", buffer.getvalue().encode())
    step = client.post(LOANS.url("import"), {"file": sheet})
    batch = ImportBatch._base_manager.get(number=step.url.split("/")[-3])
    columns = {f"column-{position}": path for position, path in batch.mapping.items()}
    asked = {"mode": "valid_rows", "blanks": "keep", "reason": "核对", **columns}
    assert client.post(LOANS.url("import_map", batch.number), asked).status_code == 302
    assert client.get(LOANS.url("import_preview", batch.number)).status_code == 200
    return batch


def confirm(client, batch):
    client.post(LOANS.url("import_confirm", batch.number))
    batch.refresh_from_db()
    return batch


def chosen(case):
    return {"which": "chosen", "row": [str(case.pk)]}


def write_first(client, how, case):
    """Change the risk of a record to high, in one of three ways."""
    if how == "form":
        data = form_data(case, risk="high", reason="先写")
        assert client.post(LOANS.url("edit", case.pk), data).status_code == 302
    elif how == "bulk":
        body = {**chosen(case), "confirmed": 1}
        body |= {"risk": "high", "reason": "先写"}
        assert client.post(LOANS.url("bulk", "risk"), body).status_code == 302
    else:
        assert confirm(client, preview(client, case, 风险="高")).state == "done"
    assert values(case)[1] == "high"


@pytest.fixture
def colleague(district):
    client = Client()
    client.force_login(clerk_of(district.town, name="郑同事"))
    return client


def test_of_all_pairs_none_overwrites_the_other_unseen(
    signed_in, colleague, clerk, district, capsys
):
    detected, lost = 0, []
    for first, second in PAIRS:
        for number in range(OF_EACH):
            case = lend(clerk, district.village, f"{first[0]}{second[0]}-{number}")
            if second == "form":
                mine = form_data(case, full_name="后写的人", risk="low", notes="后写")
            elif second == "bulk":
                asked = signed_in.post(LOANS.url("bulk", "risk"), chosen(case))
                seen_at = asked.context["seen"]
            else:
                batch = preview(signed_in, case, 借用人="后写的人")
            write_first(colleague, first, case)
            stood = values(case)
            if second == "form":
                answer = signed_in.post(LOANS.url("edit", case.pk), mine)
                page = answer.content.decode()
                seen = answer.status_code == 409 and "郑同事" in page and "后写的人" in page
            elif second == "bulk":
                told = {"confirmed": 1, "seen": seen_at, "risk": "low", "reason": "后写"}
                body = {**chosen(case), **told}
                run = signed_in.post(LOANS.url("bulk", "risk"), body, follow=True)
                seen = "已有人修改" in run.content.decode() and case.number in run.content.decode()
            else:
                seen = confirm(signed_in, batch).ledger_changed and batch.state == "preview"
            detected += seen
            if values(case) != stood:
                lost.append((first, second, number))

    with capsys.disabled():
        sys.stdout.write(f"\n{detected} of {len(PAIRS) * OF_EACH} detected, {len(lost)} lost\n")
    assert (detected, lost) == (len(PAIRS) * OF_EACH, [])
    assert detected >= 20
