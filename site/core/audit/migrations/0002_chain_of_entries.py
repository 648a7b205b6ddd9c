"""Tie the entries of the log to each other, and make the table append-only."""

import django.db.models.deletion
from django.db import migrations, models

from core.audit.append_only import install, remove
from core.audit.chain import START, seal


def chain_what_is_there(apps, schema_editor):
    """Give entries from before the chain their place in it, oldest first."""
    alias = schema_editor.connection.alias
    Entry = apps.get_model("audit", "CaseLogEntry")
    Head = apps.get_model("audit", "ChainHead")
    sequence, code = 0, START
    for entry in Entry._base_manager.using(alias).order_by("timestamp", "id").iterator():
        seal(entry, sequence=sequence + 1, previous=code)
        entry.save(using=alias)
        sequence, code = entry.sequence, entry.code
    Head._base_manager.using(alias).create(pk=1, sequence=sequence, code=code)


def keep(apps, schema_editor):
    install(schema_editor.connection)


def let_go(apps, schema_editor):
    remove(schema_editor.connection)


def text(**kwargs):
    return models.CharField(max_length=64, editable=False, **kwargs)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="caselogentry",
            options={
                "default_permissions": ("view", "export"),
                "ordering": ["-timestamp", "-id"],
                "permissions": [("view_looks", "Can see who looked at a record")],
                "verbose_name": "case log entry",
                "verbose_name_plural": "case log entries",
            },
        ),
        migrations.AddField(
            "caselogentry",
            "sequence",
            models.PositiveBigIntegerField(unique=True, editable=False, null=True),
        ),
        migrations.AddField(
            "caselogentry",
            "key_number",
            models.PositiveSmallIntegerField(editable=False, default=0),
            preserve_default=False,
        ),
        *[
            migrations.AddField("caselogentry", name, text(default=""), preserve_default=False)
            for name in ("previous", "code", "label_digest", "data_digest")
        ],
        migrations.CreateModel(
            name="ChainHead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.PositiveBigIntegerField(default=0)),
                ("code", models.CharField(default=START, max_length=64)),
                ("purged_through", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pk", 1)), name="chain_has_one_head"
                    )
                ],
            },
        ),
        migrations.RunPython(chain_what_is_there, migrations.RunPython.noop),
        migrations.AlterField(
            "caselogentry",
            "sequence",
            models.PositiveBigIntegerField(unique=True, editable=False),
        ),
        migrations.CreateModel(
            name="CaseLogRow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("object_id", models.CharField(db_index=True, editable=False, max_length=36)),
                (
                    "entry",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="audit.caselogentry",
                        to_field="sequence",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("entry", "object_id"), name="row_once_in_an_entry"
                    )
                ],
            },
        ),
        migrations.RunPython(keep, let_go),
    ]
