"""The reasons in the history are encrypted: people write about children in them."""

from django.db import migrations

from core.crypto.migrating import seal_reasons


class Migration(migrations.Migration):
    dependencies = [("intake", "0002_no_blunt_right")]

    operations = seal_reasons("intake", "historicalvolunteerapplication")
