"""What other case apps may need to do in the same transaction as a change to a volunteer."""

from django.dispatch import Signal

volunteer_stopped = Signal()
"""A volunteer was suspended or left; carries ``volunteer``, ``actor`` and ``on``."""
