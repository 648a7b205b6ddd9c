"""Links that open one file, for one person, in one session, for a minute."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.core import signing

if TYPE_CHECKING:
    from core.accounts.models import User

SECONDS = 60
"""How long a link works."""


def _signer(user: "User", session_key: str) -> signing.TimestampSigner:
    # Person and session are part of what is signed and stand nowhere in the address.
    return signing.TimestampSigner(sep="~", salt=f"attachments.link:{user.pk}:{session_key}")


def link_token(attachment_id: UUID, *, user: "User", session_key: str) -> str:
    """Return the last part of a link to a file."""
    return _signer(user, session_key).sign(attachment_id.hex)


def is_valid(token: str, attachment_id: UUID, *, user: "User", session_key: str) -> bool:
    """Return whether a link is for this file, person and session, and not too old."""
    if not session_key:
        return False
    try:
        signed = _signer(user, session_key).unsign(token, max_age=SECONDS)
    except signing.BadSignature:
        return False
    return signed == attachment_id.hex
