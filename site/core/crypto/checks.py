"""The key ring is read at start, so that a wrong one stops the start and not a save."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from .keys import ring


@register
def check_key_ring(**kwargs: Any) -> list[CheckMessage]:
    """Refuse to start without a whole key ring."""
    try:
        ring()
    except ImproperlyConfigured as error:
        return [Error(f"TONGHU_KEYS: {error}", id="crypto.E001")]
    return []
