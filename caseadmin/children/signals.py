"""What other case apps may need to do in the same transaction as a change to a file.

Receivers run inside the transaction of the service; an error in one undoes the whole.
Each signal carries ``child_file`` and ``actor``.
"""

from django.dispatch import Signal

child_file_moved = Signal()
"""The file lies in another village now; ``child_file.territory_code`` is the new one."""

child_file_closed = Signal()
"""The file was closed; ``child_file.closed_on`` and ``exit_reason`` say when and why."""
