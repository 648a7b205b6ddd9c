"""Every address of the product, found by walking the resolver."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RegexPattern

PART = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")


@dataclass(frozen=True)
class Route:
    """One address with holes in it.

    Attributes:
        name: ``namespace:name``; empty where it has none.
        text: The address as written, ``admin/child-files/<uuid:pk>/``.
        holes: Name and converter of each hole, in order.
    """

    name: str
    text: str
    holes: tuple[tuple[str, str], ...]
    callback: Any

    @property
    def namespace(self) -> str:
        return self.name.rpartition(":")[0]

    def filled(self, values: dict[str, Any]) -> str:
        """Return the address with its holes filled."""
        return "/" + PART.sub(lambda hole: str(values[hole["name"]]), self.text)


# Addresses written as regular expressions, each with one that it takes.
BY_HAND = {
    r"admin/^.*/$": "admin/no/such/page/",
    r"admin/pages/^(?P<pk>\d+)/revisions/compare/"
    r"(?P<revision_id_a>live|earliest|\d+)\.\.\."
    r"(?P<revision_id_b>live|latest|\d+)/$": (
        "admin/pages/<int:pk>/revisions/compare/live...latest/"
    ),
    r"documents/^(\d+)/(.*)$": "documents/<int:pk>/file.pdf",
    r"^((?:[\w\-]+/)*)$": "",
}


class Unwritten(LookupError):
    """A regular expression nobody wrote an address for."""


def find() -> list[Route]:
    """Return every route of the site.

    Raises:
        Unwritten: A new route is a regular expression; add it to ``BY_HAND``.
    """
    return list(_walk(get_resolver(), "", ()))


def _walk(resolver: Any, before: str, names: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        text = before + str(entry.pattern)
        if not isinstance(entry, URLPattern):
            inner = (*names, entry.namespace) if entry.namespace else names
            yield from _walk(entry, text, inner)
            continue
        if isinstance(entry.pattern, RegexPattern):
            if text not in BY_HAND:
                raise Unwritten(text)
            text = BY_HAND[text]
        # A prefix that was included as a regular expression: ``^pages/``.
        text = text.replace("^", "")
        holes = tuple((hole["name"], hole["kind"] or "str") for hole in PART.finditer(text))
        yield Route(":".join((*names, entry.name or "")), text, holes, entry.callback)
