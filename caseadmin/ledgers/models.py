"""Models of the ledger engine."""

from .bulk.models import BulkRun
from .importing.models import ImportBatch, ImportMapping, ImportRow, ImportSource
from .listing.models import SavedView
from .runtime.models import ConfigState, ConfigVersion, RuntimeNumberSeries, RuntimeRecord

__all__ = [
    "BulkRun",
    "ConfigState",
    "ConfigVersion",
    "ImportBatch",
    "ImportMapping",
    "ImportRow",
    "ImportSource",
    "RuntimeNumberSeries",
    "RuntimeRecord",
    "SavedView",
]
