"""From an uploaded sheet to ledger rows: gate, read, map, plan, confirm."""
