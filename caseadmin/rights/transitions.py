"""The life of a request as a table: from where to where (domain workflow W23)."""

from .enums import RequestStatus

TRANSITIONS: dict[RequestStatus, frozenset[RequestStatus]] = {
    RequestStatus.RECEIVED: frozenset(
        {
            RequestStatus.IDENTIFIED,
            RequestStatus.BLOCKED,
            RequestStatus.REFUSED,
            RequestStatus.WITHDRAWN,
        }
    ),
    RequestStatus.IDENTIFIED: frozenset(
        {RequestStatus.PREPARED, RequestStatus.BLOCKED, RequestStatus.WITHDRAWN}
    ),
    RequestStatus.PREPARED: frozenset(
        {
            RequestStatus.IDENTIFIED,
            RequestStatus.ANSWERED,
            RequestStatus.REFUSED,
            RequestStatus.BLOCKED,
            RequestStatus.WITHDRAWN,
        }
    ),
    # Only the district takes a request up again, after it has looked at the block.
    RequestStatus.BLOCKED: frozenset({RequestStatus.IDENTIFIED, RequestStatus.REFUSED}),
    RequestStatus.ANSWERED: frozenset(),
    RequestStatus.REFUSED: frozenset(),
    RequestStatus.WITHDRAWN: frozenset(),
}
