"""The reasons in the history are encrypted: people write about children in them."""

from django.db import migrations

from core.crypto.migrating import seal_reasons


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_yearly_confirmation")]

    operations = seal_reasons("accounts", "historicalpost")
