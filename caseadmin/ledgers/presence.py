"""What a record has at all: asked along with the record, so that nothing is looked for in vain."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import BooleanField, F, Func

from core.attachments.models import Attachment

from .declaration import Ledger

FILES = "files"
PREFIX = "ledger_has_"


class HasRows(Func):
    """The condition that some row of a table points at this one, in whatever area it lies.

    Args:
        model: The table's model.
        column: Its column that holds the key.
        content_type: Which kind of record a generic key must name, where it is one.
    """

    arity = 1

    def __init__(self, pk: Any, model: Any, column: str, content_type: int | None = None) -> None:
        super().__init__(pk, output_field=BooleanField())
        self.model, self.column, self.content_type = model, column, content_type

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        quote = connection.ops.quote_name
        key, params = compiler.compile(self.source_expressions[0])
        # Only names of tables and columns stand in the statement itself.
        table = quote(self.model._meta.db_table)
        condition = f"{table}.{quote(self.column)} = {key}"
        if self.content_type is not None:
            condition += f" AND {table}.content_type_id = %s"
            params = [*params, self.content_type]
        return f"EXISTS (SELECT 1 FROM {table} WHERE {condition})", list(params)  # noqa: S608


def ask(ledger: type[Ledger], rows: Any) -> Any:
    """Have a query for records tell also which tables hold anything of each."""
    asked: dict[str, Any] = {}
    for child in ledger.children:
        relation = ledger.child_relation(child)
        related = relation.related_model
        _ask(asked, child.name, related, relation.field.column, None)
    if ledger.attachments:
        kind = ContentType.objects.get_for_model(ledger.model, for_concrete_model=True)
        _ask(asked, FILES, Attachment, "object_id", kind.pk)
    return rows.annotate(**asked) if asked else rows


def _ask(asked: dict[str, Any], name: str, model: Any, column: str, kind: int | None) -> None:
    asked[PREFIX + name] = HasRows(F("pk"), model, column, kind)
    attribute = getattr(model._meta, "simple_history_manager_attribute", None)
    if attribute is not None:
        history = getattr(model, attribute).model
        asked[_then(name)] = HasRows(F("pk"), history, column, kind)


def _then(name: str) -> str:
    return f"{PREFIX}{name}_history"


def may_have(record: Any, name: str) -> bool:
    """Return whether a record may have rows of a child, or ``FILES``: only asking tells else."""
    return bool(record.__dict__.get(PREFIX + name, True))


def may_have_had(record: Any, name: str) -> bool:
    """Return whether there may be history of such rows."""
    return record is None or bool(record.__dict__.get(_then(name), True))
