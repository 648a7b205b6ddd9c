"""The life of a pairing as a table: from where to where (domain workflow W14)."""

from .enums import PairingStatus

TRANSITIONS: dict[PairingStatus, frozenset[PairingStatus]] = {
    PairingStatus.NEEDED: frozenset({PairingStatus.PROPOSED, PairingStatus.ENDED}),
    PairingStatus.PROPOSED: frozenset(
        {PairingStatus.NEEDED, PairingStatus.AGREED, PairingStatus.ENDED}
    ),
    PairingStatus.AGREED: frozenset({PairingStatus.CONSENTED, PairingStatus.ENDED}),
    PairingStatus.CONSENTED: frozenset(
        {PairingStatus.AGREED, PairingStatus.TRIAL, PairingStatus.ENDED}
    ),
    PairingStatus.TRIAL: frozenset(
        {PairingStatus.ACTIVE, PairingStatus.SUSPENDED, PairingStatus.ENDED}
    ),
    PairingStatus.ACTIVE: frozenset({PairingStatus.SUSPENDED, PairingStatus.ENDED}),
    PairingStatus.SUSPENDED: frozenset({PairingStatus.TRIAL, PairingStatus.ENDED}),
    # What ended stays ended: a new start is a new pairing with new consents.
    PairingStatus.ENDED: frozenset(),
}
