"""Close a column that held plain text, in a migration.

The column becomes an encrypted field first (``AlterField``: the type in the database stays
text), then its rows are sealed, each for itself.
"""

from collections.abc import Callable
from typing import Any

from django.db.migrations import AlterField, RunPython
from django.db.migrations.operations.base import Operation

from .fields import EncryptedTextField
from .seal import seal, unseal

CHUNK = 1000


def seal_reasons(app: str, *models: str) -> list[Operation]:
    """Return the operations that encrypt the reasons in an app's history tables.

    Args:
        app: The app's label.
        models: Names of its history models.
    """
    fields = [
        AlterField(model, "history_change_reason", EncryptedTextField(blank=True, default=""))
        for model in models
    ]

    def close(apps: Any, schema_editor: Any) -> None:
        for model in models:
            _turn(apps.get_model(app, model), "history_change_reason", seal, schema_editor)

    def open_again(apps: Any, schema_editor: Any) -> None:
        for model in models:
            _turn(apps.get_model(app, model), "history_change_reason", unseal, schema_editor)

    return [*fields, RunPython(close, open_again)]


def _turn(model: Any, name: str, turn: Callable[[Any, str], str], schema_editor: Any) -> None:
    """Write every value of a column anew, in chunks; blank ones stay as they are."""
    connection = schema_editor.connection
    quote, field = connection.ops.quote_name, model._meta.get_field(name)
    key = model._meta.pk
    # Names of tables and columns come from the models, values are parameters.
    statement = (
        f"UPDATE {quote(model._meta.db_table)} SET {quote(field.column)} = %s "  # noqa: S608
        f"WHERE {quote(key.column)} = %s"
    )
    rows = model._base_manager.using(connection.alias).order_by("pk")
    after = None
    with connection.cursor() as cursor:
        while True:
            following = rows if after is None else rows.filter(pk__gt=after)
            batch = list(following.values_list("pk", "id", name)[:CHUNK])
            if not batch:
                return
            after = batch[-1][0]
            values = [
                (str(turn(text, f"{field.binding_label}:{row_id}")), pk)
                for pk, row_id, text in batch
                if text
            ]
            if values:
                cursor.executemany(statement, values)
