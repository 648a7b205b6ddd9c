"""Wagtail's choosers without the inline script that starts them."""

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from wagtail.admin.widgets import BaseChooser


def render(self: Any, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
    """Draw a chooser; ``static/hardening/start.js`` starts it from the data attributes.

    Raises:
        TypeError: The widget has no ``id``.
    """
    try:
        element_id = attrs["id"]
    except (KeyError, TypeError) as error:
        raise TypeError("A chooser cannot be drawn without an id.") from error
    value_data = self.get_value_data(value)
    # ``render_html`` is the output of a template, escaped there.
    drawn = mark_safe(self.render_html(name, value_data, attrs))  # noqa: S308
    return format_html(
        '{}<span hidden data-controller="start-chooser" data-start-chooser-kind-value="{}"'
        ' data-start-chooser-input-value="{}" data-start-chooser-options-value="{}"></span>',
        drawn,
        self.js_constructor,
        element_id,
        json.dumps(self.get_js_init_options(element_id, name, value_data)),
    )


def start_without_inline_script() -> None:
    """Put :func:`render` in the place of Wagtail's.

    Wagtail 8.0 writes ``<script>new PageChooser(…)</script>`` beside the widget and offers no
    hook between the two.  Every chooser, of panels we do not write too, derives from this
    class; ``tests/core/test_content_policy.py`` notices when that changes.
    """
    BaseChooser.render = render
