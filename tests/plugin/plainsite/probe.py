"""Use the ledger of the plain site as its clerk does, and print what came of it as JSON."""

import json
import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.staticfiles import finders  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import translation  # noqa: E402
from loans.models import Loan  # noqa: E402
from tonghu.caseadmin.ledgers.importing.models import ImportBatch  # noqa: E402
from tonghu.core.access.scope import unscoped  # noqa: E402
from tonghu.core.history.context import SOURCES  # noqa: E402

# As ``manage.py`` does, one after the other, without starting Python five times.
call_command("makemigrations", "loans", verbosity=0)
call_command("check", fail_level="WARNING")
call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
call_command("migrate", verbosity=0)

client = Client()
client.force_login(get_user_model().objects.create_superuser("clerk", "", "x"))
found = {}


def page(name, *args, body=None):
    address = reverse(f"loans:{name}", args=args)
    return client.get(address) if body is None else client.post(address, body)


def stored(number):
    with unscoped("probe"):
        return Loan.objects.get(number=number)


FIELDS = {"number": "L-1", "borrower": "Wang Xiaotian", "tool": "spade", "state": "out"}

found["add"] = page("add", body=FIELDS).status_code
loan = stored("L-1")
found["list"] = b"Wang Xiaotian" in page("index").content
found["view"] = b"spade" in page("view", loan.pk).content
edited = page("edit", loan.pk, body={**FIELDS, "version": loan.version, "state": "back"})
found["edit"] = (edited.status_code, stored("L-1").state)
history = page("history", loan.pk).content.decode()
found["history"] = history.count("ledger-entry__body"), "Back" in history

sheet = "number,borrower,tool,state\nL-2,Li An,ladder,Out\nL-3,Zhao Min,saw,Back\n"
page("import", body={"file": SimpleUploadedFile("loans.csv", sheet.encode())})
batch = ImportBatch.objects.get()
columns = {f"column-{at}": path for at, path in batch.mapping.items()}
page("import_map", batch.number, body={"mode": "valid_rows", "blanks": "keep", **columns})
page("import_confirm", batch.number, body={})
with unscoped("probe"):
    found["import"] = list(Loan.objects.order_by("number").values_list("number", "tool", "state"))

answer = page(
    "export",
    body={"download": "1", "columns": ["number", "tool"], "file_format": "csv", "reason": "stock"},
)
lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
found["export"] = sorted(line for line in lines if line.startswith("L-"))

narrowed = client.post(reverse("loans:index"), {"q": "ladder"}).content.decode()
found["search"] = ("Li An" in narrowed, "Wang Xiaotian" in narrowed)
found["filter"] = [
    row in client.get(reverse("loans:index") + "?state=out").content.decode()
    for row in ("Li An", "Zhao Min")
]
everywhere = client.post(reverse("search:cases"), {"words": "ladder"}).content.decode()
found["search of the site"] = "Li An" in everywhere
found["static"] = bool(finders.find("ledgers/ledgers.css"))
with translation.override("zh-hans"):
    found["chinese"] = str(SOURCES["import"])
found["child protection"] = sorted(
    name
    for name in sys.modules
    if name.startswith(
        (
            "tonghu.publicity",
            "tonghu.caseadmin.children",
            "tonghu.caseadmin.volunteers",
            "tonghu.caseadmin.pairings",
            "tonghu.caseadmin.desk",
        )
    )
)
sys.stdout.write(json.dumps(found))
