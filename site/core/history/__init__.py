"""Who changed what, when and why: one mechanism for every tracked model.

``from core.history.context import change_set``,
``from core.history.records import LedgerHistory``.
"""
