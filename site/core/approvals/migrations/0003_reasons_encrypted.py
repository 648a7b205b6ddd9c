"""The reasons in the history are encrypted: people write about children in them."""

from django.db import migrations

from core.crypto.migrating import seal_reasons


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_number_of_approvals")]

    operations = seal_reasons(
        "approvals",
        "historicalaccessrequest",
        "historicalapproval",
        "historicalseal",
    )
