"""The life of a child file as a table: from where to where (domain workflow W1)."""

from .enums import FileStatus

TRANSITIONS: dict[FileStatus, frozenset[FileStatus]] = {
    FileStatus.LEAD: frozenset({FileStatus.VERIFYING, FileStatus.CLOSED}),
    FileStatus.VERIFYING: frozenset({FileStatus.NOT_ELIGIBLE, FileStatus.DRAFT, FileStatus.CLOSED}),
    FileStatus.NOT_ELIGIBLE: frozenset({FileStatus.VERIFYING}),
    FileStatus.DRAFT: frozenset({FileStatus.CONFIRMED, FileStatus.CLOSED}),
    FileStatus.CONFIRMED: frozenset({FileStatus.DRAFT, FileStatus.SUBMITTED, FileStatus.CLOSED}),
    FileStatus.SUBMITTED: frozenset({FileStatus.REGISTERED, FileStatus.RETURNED}),
    FileStatus.RETURNED: frozenset({FileStatus.DRAFT, FileStatus.CLOSED}),
    FileStatus.REGISTERED: frozenset({FileStatus.UNDER_REVIEW, FileStatus.CLOSED}),
    FileStatus.UNDER_REVIEW: frozenset({FileStatus.REGISTERED, FileStatus.CLOSED}),
    # A child that comes back keeps its file; the facts are looked at again first.
    FileStatus.CLOSED: frozenset({FileStatus.UNDER_REVIEW}),
}

FIRST_STATES = frozenset({FileStatus.LEAD, FileStatus.DRAFT, FileStatus.REGISTERED})
"""States a new file may begin in: a hint, a village's draft, a town's own entry."""

DELETABLE = frozenset({FileStatus.LEAD, FileStatus.NOT_ELIGIBLE, FileStatus.DRAFT})
"""States in which a file may still be deleted: nobody has vouched for it."""
