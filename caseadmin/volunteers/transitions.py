"""The way of a volunteer as a table: from where to where (domain workflow W13)."""

from .enums import VolunteerStatus

TRANSITIONS: dict[VolunteerStatus, frozenset[VolunteerStatus]] = {
    VolunteerStatus.APPLIED: frozenset({VolunteerStatus.IDENTITY_CHECKED, VolunteerStatus.LEFT}),
    VolunteerStatus.IDENTITY_CHECKED: frozenset(
        {VolunteerStatus.RECORD_CHECKED, VolunteerStatus.LEFT}
    ),
    VolunteerStatus.RECORD_CHECKED: frozenset({VolunteerStatus.INTERVIEWED, VolunteerStatus.LEFT}),
    VolunteerStatus.INTERVIEWED: frozenset({VolunteerStatus.TRAINED, VolunteerStatus.LEFT}),
    VolunteerStatus.TRAINED: frozenset({VolunteerStatus.READY, VolunteerStatus.LEFT}),
    VolunteerStatus.READY: frozenset(
        {VolunteerStatus.SERVING, VolunteerStatus.SUSPENDED, VolunteerStatus.LEFT}
    ),
    VolunteerStatus.SERVING: frozenset(
        {VolunteerStatus.READY, VolunteerStatus.SUSPENDED, VolunteerStatus.LEFT}
    ),
    VolunteerStatus.SUSPENDED: frozenset({VolunteerStatus.READY, VolunteerStatus.LEFT}),
    # Somebody who comes back is looked at afresh, from the start.
    VolunteerStatus.LEFT: frozenset({VolunteerStatus.APPLIED}),
}
