"""The reasons in the history are encrypted: people write about children in them."""

from django.db import migrations

from core.crypto.migrating import seal_reasons


class Migration(migrations.Migration):
    dependencies = [("territories", "0001_initial")]

    operations = seal_reasons("territories", "historicalterritory")
