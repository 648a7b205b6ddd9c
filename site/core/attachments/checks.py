"""The store lies where nothing is served from; production says so when it has no scanner."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def check_store(**kwargs: Any) -> list[CheckMessage]:
    """Refuse a store inside a folder that a server hands out."""
    root = Path(settings.ATTACHMENTS_ROOT).resolve()
    for name in ("MEDIA_ROOT", "STATIC_ROOT"):
        served = Path(getattr(settings, name)).resolve()
        if root == served or root.is_relative_to(served) or served.is_relative_to(root):
            return [
                Error(
                    f"ATTACHMENTS_ROOT lies in {name}, or the other way round.",
                    hint="Choose a folder that no server hands out.",
                    id="attachments.E001",
                )
            ]
    return []
