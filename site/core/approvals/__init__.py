"""Who may open which record: standing approvals, requests, break-glass, seals.

``from core.access.opening import may_open`` asks; ``services`` here grants.
"""
