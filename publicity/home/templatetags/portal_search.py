"""Words of a result, with what was searched for marked."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.pages.language import localized
from search.highlight import highlight

register = template.Library()


@register.simple_tag
def marked_words(source: Any, name: str, marks: Sequence[str]) -> SafeString:
    """Return a line of text in the reader's language with the searched words marked."""
    found = localized(source, name)
    text = highlight(str(found.value or ""), marks)
    return format_html('<span lang="{}">{}</span>', found.lang, text) if found.lang else text
