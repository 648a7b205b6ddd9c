"""The low-code ledger engine: one class declares a ledger, everything else follows."""

from .declaration import (
    IO,
    Badge,
    BulkAction,
    Chart,
    Child,
    ChildRows,
    Column,
    Condition,
    Ledger,
    LedgerAction,
    Likeness,
    Related,
    Risk,
    SearchFields,
    Section,
)
from .registry import ledger, ledger_group, ledgers

__all__ = [
    "IO",
    "Badge",
    "BulkAction",
    "Chart",
    "Child",
    "ChildRows",
    "Column",
    "Condition",
    "Ledger",
    "LedgerAction",
    "Likeness",
    "Related",
    "Risk",
    "SearchFields",
    "Section",
    "ledger",
    "ledger_group",
    "ledgers",
]
