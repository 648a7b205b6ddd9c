"""The store lies where nothing is served from; production says so when it has no scanner."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, register

from .scanner import is_configured


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


@register(Tags.security, deploy=True)
def check_scanner(**kwargs: Any) -> list[CheckMessage]:
    """Say that files are not scanned where no scanner is named.

    A notice and no warning: the gate stands without a scanner, and whether one is needed is
    for who runs the site to decide, knowingly.
    """
    if is_configured():
        return []
    return [
        Info(
            "CLAMAV_SOCKET is empty: files on records are not scanned for malware.",
            hint="Install clamav-daemon and name its unix socket.",
            id="attachments.I001",
        )
    ]
