"""The log of actions, with numbers where others write names.

``from core.audit.services import record``.
"""
