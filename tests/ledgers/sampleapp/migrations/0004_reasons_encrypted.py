"""The reasons in the history are encrypted: people write about children in them."""

from django.db import migrations

from core.crypto.migrating import seal_reasons


class Migration(migrations.Migration):
    dependencies = [("sampleapp", "0003_no_blunt_right")]

    operations = seal_reasons("sampleapp", "historicalcase", "historicalitem", "historicalkeeper")
