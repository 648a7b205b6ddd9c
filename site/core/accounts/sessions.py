"""Sessions: when they began, when they end, and how all of a person's are ended."""

import time
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from .models import User
from .passwords import profile

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
# Writing at every click would cost more than the minute is worth.
SECONDS_BETWEEN_NOTES = 60


@receiver(user_logged_in)
def begin_session(request: HttpRequest, **kwargs: Any) -> None:
    """Note when a session begins; its key has just been made anew by Django."""
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = time.time()


def is_over(request: HttpRequest) -> bool:
    """Return whether a session has been idle too long, or has lasted too long."""
    now = time.time()
    began = float(request.session.get(SIGNED_IN_AT, 0))
    seen = float(request.session.get(SEEN_AT, 0))
    return now - seen > profile().idle_minutes * 60 or now - began > settings.SESSION_COOKIE_AGE


def note_click(request: HttpRequest) -> None:
    """Note that somebody is still there, once a minute."""
    now = time.time()
    if now - float(request.session.get(SEEN_AT, 0)) < SECONDS_BETWEEN_NOTES:
        return
    request.session[SEEN_AT] = now
    UserSession.objects.filter(session_key=request.session.session_key).update(
        last_seen_at=timezone.now()
    )


def renew_key(request: HttpRequest) -> None:
    """Give the session a new key after a proof, so that an older one is worth nothing."""
    old = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


def end_sessions(user: User, *, but: str | None = None) -> int:
    """End a person's sessions and return how many ended.

    Args:
        user: Whose.
        but: The key of the one that goes on.
    """
    ended = 0
    for session in UserSession.objects.filter(user=user).exclude(session_key=but or ""):
        session.end()
        ended += 1
    return ended
