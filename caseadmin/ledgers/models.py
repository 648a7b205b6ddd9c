"""Models of the ledger engine."""

from .importing.models import ImportBatch, ImportMapping, ImportRow, ImportSource

__all__ = ["ImportBatch", "ImportMapping", "ImportRow", "ImportSource"]
