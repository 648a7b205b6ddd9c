"""The reasons in the history are encrypted: people write about children in them."""

from django.db import migrations

from core.crypto.migrating import seal_reasons


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0005_rows_that_resemble_records")]

    operations = seal_reasons("ledgers", "historicalruntimerecord")
