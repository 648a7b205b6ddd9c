"""House rules about signing in, checked at start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from .passwords import PROFILES

# Each worker would count for itself, and forget which codes were used.
NOT_SHARED = ("locmem.LocMemCache", "dummy.DummyCache")


def shared_cache_faults(caches: dict[str, Any]) -> list[str]:
    """Return what is wrong with the cache in which tries and used codes are remembered."""
    backend = str(caches.get("default", {}).get("BACKEND", ""))
    if backend.endswith(NOT_SHARED) or not backend:
        return [f"CACHES: {backend or 'nothing'} is not shared between the processes."]
    return []


@register
def check_sign_in(**kwargs: Any) -> list[CheckMessage]:
    """The profile is one we know; nothing that weakens signing in is on by mistake."""
    messages: list[CheckMessage] = []
    if settings.PASSWORD_PROFILE not in PROFILES:
        messages.append(
            Error(
                f"PASSWORD_PROFILE: {settings.PASSWORD_PROFILE!r} is none of "
                f"{', '.join(sorted(PROFILES))}.",
                id="accounts.E001",
            )
        )
    if settings.TRUSTED_PROXY_COUNT < 0:
        messages.append(Error("TRUSTED_PROXY_COUNT must not be negative.", id="accounts.E002"))
    return messages
