"""Update encrypted columns of many rows at once."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Value

from .fields import EncryptedTextField


def bulk_update(
    model: type[models.Model],
    objects: Sequence[Any],
    fields: Sequence[str],
    *,
    batch_size: int = 200,
) -> int:
    """Like ``QuerySet.bulk_update``, for models with encrypted or derived fields.

    Each value passes through its field's ``pre_save`` first, so that encrypted values
    are sealed for their row and blind indexes are made anew.

    Returns:
        The number of rows matched.
    """
    wanted = set(fields)
    columns = [field for field in model._meta.concrete_fields if field.name in wanted]
    opened: list[tuple[Any, str, Any]] = []
    try:
        for instance in objects:
            # All values first: a blind index is made from its source's plain text.
            sealed = [(field, field.pre_save(instance, False)) for field in columns]
            for field, value in sealed:
                if isinstance(field, EncryptedTextField):
                    opened.append((instance, field.attname, instance.__dict__[field.attname]))
                    instance.__dict__[field.attname] = Value(value, output_field=field)
        return model._base_manager.bulk_update(objects, fields, batch_size=batch_size)
    finally:
        for instance, attname, value in opened:
            instance.__dict__[attname] = value
