"""The reasons in the history are encrypted: people write about children in them."""

from django.db import migrations

from core.crypto.migrating import seal_reasons


class Migration(migrations.Migration):
    dependencies = [("attachments", "0001_files_on_case_rows")]

    operations = seal_reasons("attachments", "historicalattachment")
