"""What others may listen to."""

from django.dispatch import Signal

request_blocked = Signal()
"""A person who must learn nothing of a child asked about it: ``subject_request``, ``actor``."""
