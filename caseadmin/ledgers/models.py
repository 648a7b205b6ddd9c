"""Models of the ledger engine."""

from .importing.models import ImportBatch, ImportMapping, ImportRow, ImportSource
from .runtime.models import ConfigState, ConfigVersion, RuntimeNumberSeries, RuntimeRecord

__all__ = [
    "ConfigState",
    "ConfigVersion",
    "ImportBatch",
    "ImportMapping",
    "ImportRow",
    "ImportSource",
    "RuntimeNumberSeries",
    "RuntimeRecord",
]
