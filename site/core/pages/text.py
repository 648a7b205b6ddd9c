"""What a page says, as plain text, and whether everybody may read it."""

from collections.abc import Iterable
from html import unescape
from typing import Any

from django.utils.html import strip_tags
from wagtail.models import Page


def is_public(page: Page) -> bool:
    """Return whether anybody may read the page: published, and behind no restriction."""
    return bool(page.live) and not page.get_view_restrictions().exists()


def stream_text(stream: Any) -> str:
    """Return the words of a stream of blocks."""
    return "\n".join(stream.stream_block.get_searchable_content(stream)) if stream else ""


def plain_text(html: str) -> str:
    """Return the words of rich text."""
    return unescape(strip_tags(html.replace("</p>", "</p>\n"))).strip()


def joined(parts: Iterable[str]) -> str:
    """Return the parts that say anything, one below the other."""
    return "\n".join(part for part in parts if part)
