"""Template tags of the ledgers' pages."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.http import QueryDict
from django.utils.html import format_html

register = template.Library()


class LedgerLinkNode(template.Node):
    """A link within the list that keeps the words.

    While words are searched for it is a button of the search form, so that they go
    along in the body and never in the address.
    """

    def __init__(self, url: Any, searching: Any, classes: Any, nodes: Any) -> None:
        self.url, self.searching, self.classes, self.nodes = url, searching, classes, nodes

    def render(self, context: template.Context) -> str:
        url = self.url.resolve(context)
        classes = self.classes.resolve(context)
        inner = self.nodes.render(context)
        if self.searching.resolve(context):
            return format_html(
                '<button type="submit" form="ledger-search" formaction="{}" class="{}" '
                "data-ledger-go>{}</button>",
                url,
                f"{classes} ledger-go",
                inner,
            )
        return format_html('<a href="{}" class="{}" data-ledger-go>{}</a>', url, classes, inner)


@register.tag("ledger_link")
def ledger_link(parser: Any, token: Any) -> LedgerLinkNode:
    """``{% ledger_link url is_searching "class" %}…{% endledger_link %}``."""
    _tag, url, searching, classes = token.split_contents()
    nodes = parser.parse(("endledger_link",))
    parser.delete_first_token()
    return LedgerLinkNode(
        parser.compile_filter(url),
        parser.compile_filter(searching),
        parser.compile_filter(classes),
        nodes,
    )


@register.simple_tag(takes_context=True)
def querystring_for(context: template.Context, base: str, **changes: Any) -> str:
    """Return an address with the present query, some values changed or (``None``) dropped."""
    query: QueryDict = context["request"].GET.copy()
    query.pop("_w_filter_fragment", None)
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value).strip()
    return f"{base}?{query.urlencode()}" if query else base


@register.filter
def to_list(results_url: str) -> str:
    """Turn the address of a results fragment into the list's own."""
    path, _, query = results_url.partition("?")
    values = QueryDict(query, mutable=True)
    values.pop("_w_filter_fragment", None)
    path = path.removesuffix("results/")
    return f"{path}?{values.urlencode()}" if values else path


@register.filter
def anchor_of(bound: Any) -> str:
    """Return the id an error link leads to."""
    from ..forms.records import anchor  # app ready

    return anchor(bound)


@register.filter
def is_bound_field(part: Any) -> bool:
    """Whether a part of a section is an input; else it is a value to read."""
    return hasattr(part, "field") and hasattr(part, "errors")


@register.filter
def numbers_around(page: Any) -> Iterator[int | str]:
    """Return the numbers of the pages to link to from a page, with "…" for those left out."""
    found: Iterator[int | str] = page.paginator.get_elided_page_range(page.number)
    return found


@register.simple_tag
def ledger_url(ledger: Any, name: str, *args: Any) -> str:
    """Return an address of a ledger."""
    return str(ledger.url(name, *args))
