"""Move every encrypted value onto the current key."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast

from .fields import EncryptedTextField
from .keys import ring
from .seal import Sealed, seal, unseal


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedTextField]]:
    """Yield every encrypted column of the installation, history tables included."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field


def waiting(model: type[models.Model], field: EncryptedTextField) -> Any:
    """Return the rows whose value is still closed by an older key."""
    return (
        model._base_manager.annotate(raw=Cast(F(field.name), TextField()))
        .filter(raw__gt="")
        .exclude(raw__startswith=f"k{ring().current}.")
    )


def rotate(model: type[models.Model], field: EncryptedTextField, *, batch_size: int = 500) -> int:
    """Re-encrypt one column, batch by batch.  Stop it anywhere; run it again to go on.

    A row changed meanwhile is left alone: whoever saved it used the current key.

    Returns:
        The number of values moved.

    Raises:
        CannotOpen: A value does not open; nothing of its batch is written.
    """
    moved = 0
    while batch := list(waiting(model, field).values_list("pk", "id", "raw")[:batch_size]):
        with transaction.atomic():
            for pk, row_id, raw in batch:
                binding = f"{field.binding_label}:{row_id}"
                fresh = seal(unseal(Sealed(raw), binding), binding)
                moved += (
                    model._base_manager.annotate(raw=Cast(F(field.name), TextField()))
                    .filter(pk=pk, raw=raw)
                    .update(**{field.name: Value(str(fresh), output_field=TextField())})
                )
    return moved
