"""Approvals get a number, like every record that people speak of."""

from typing import Any

from django.db import migrations, models
from django.utils import timezone


def give_numbers(apps: Any, schema_editor: Any) -> None:
    """Number what is there in the order it was made, and go on counting from there."""
    approval = apps.get_model("approvals", "Approval")
    history = apps.get_model("approvals", "HistoricalApproval")
    series = apps.get_model("approvals", "RequestNumberSeries")
    prefix = f"AP-{timezone.localdate().year}"
    last = 0
    for last, row in enumerate(approval._base_manager.order_by("created_at", "pk"), start=1):
        number = f"{prefix}-{last:05d}"
        approval._base_manager.filter(pk=row.pk).update(number=number)
        history._base_manager.filter(id=row.pk).update(number=number)
    if last:
        series._base_manager.update_or_create(prefix=prefix, defaults={"last": last})


class Migration(migrations.Migration):
    # PostgreSQL alters no table with events of its rows still waiting.
    atomic = False

    dependencies = [("approvals", "0001_access_by_approval")]

    operations = [
        migrations.AddField(
            "approval",
            "number",
            models.CharField(
                default="", editable=False, max_length=20, null=True, verbose_name="number"
            ),
        ),
        migrations.AddField(
            "historicalapproval",
            "number",
            models.CharField(
                db_index=True, default="", editable=False, max_length=20, verbose_name="number"
            ),
            preserve_default=False,
        ),
        migrations.RunPython(give_numbers, migrations.RunPython.noop, atomic=True),
        migrations.AlterField(
            "approval",
            "number",
            models.CharField(editable=False, max_length=20, unique=True, verbose_name="number"),
        ),
    ]
