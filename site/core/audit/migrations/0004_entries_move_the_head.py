"""A new entry of the log moves the head of the chain to itself, in one statement."""

from typing import Any

from django.db import migrations

from core.audit.append_only import install_head, remove_head


def forwards(apps: Any, schema_editor: Any) -> None:
    install_head(schema_editor.connection)


def backwards(apps: Any, schema_editor: Any) -> None:
    remove_head(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_stated_reason")]

    operations = [migrations.RunPython(forwards, backwards)]
