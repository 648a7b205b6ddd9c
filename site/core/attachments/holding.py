"""Which models have files: ledgers that say so are noted here when they are declared."""

from django.db import models

_holders: set[type[models.Model]] = set()


def hold(model: type[models.Model]) -> None:
    """Let rows of a model have files; their files move and go with them."""
    _holders.add(model)


def holds(model: type[models.Model]) -> bool:
    """Return whether rows of a model may have files."""
    return model in _holders
