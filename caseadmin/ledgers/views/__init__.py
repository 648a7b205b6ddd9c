"""The pages of a ledger: Wagtail's generic views, scoped and fed by the declaration."""
