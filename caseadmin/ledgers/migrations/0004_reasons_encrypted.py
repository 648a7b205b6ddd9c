"""The reasons in the history are encrypted: people write about children in them."""

from django.db import migrations

from core.crypto.migrating import seal_reasons


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0003_saved_views_and_bulk_runs")]

    operations = seal_reasons("ledgers", "historicalruntimerecord")
