"""The low-code ledger engine: one class declares a ledger, everything else follows."""
