"""The forms of the ledgers: records, child rows, territories and choosers."""
