"""Tags for portal templates: words in the reader's language, navigation, settings."""

from typing import Any

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.urls import translate_url
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_info
from wagtail.models import Page, Site
from wagtail.rich_text import expand_db_html

from core.pages.language import Localized, localized
from core.pages.models import PortalSettings

register = template.Library()


@register.simple_tag
def words(source: Any, name: str) -> SafeString | str:
    """Return a line of text, in a ``lang`` element where it stays Chinese on an English page."""
    found = localized(source, name)
    if found.lang:
        return format_html('<span lang="{}">{}</span>', found.lang, found.value)
    return format_html("{}", found.value or "")


@register.simple_tag
def plain_words(source: Any, name: str) -> str:
    """Return a line of text where no markup can stand: a title, an attribute."""
    return str(localized(source, name).value or "")


@register.simple_tag
def localized_value(source: Any, name: str) -> Localized:
    """Return value and language, for templates that lay them out themselves."""
    return localized(source, name)


@register.inclusion_tag("pages/components/rich.html")
def rich_words(source: Any, name: str) -> dict[str, Any]:
    """Show rich text, with a remark where only Chinese words exist."""
    found = localized(source, name)
    value = found.value
    if isinstance(value, str) and value:
        value = SafeString(expand_db_html(value))
    return {"value": value, "lang": found.lang}


@register.inclusion_tag("pages/components/stream.html", takes_context=True)
def stream_words(
    context: RequestContext, source: Any, name: str, heading_level: int = 2
) -> dict[str, Any]:
    """Show a stream of blocks, with a remark where only Chinese words exist."""
    found = localized(source, name)
    return {
        "stream": found.value,
        "lang": found.lang,
        "heading_level": heading_level,
        "page": context.get("page"),
        "request": context.get("request"),
    }


@register.simple_tag(takes_context=True)
def portal_settings(context: RequestContext) -> PortalSettings:
    """Return the settings of the site the request came to."""
    return PortalSettings.for_request(context["request"])


@register.simple_tag(takes_context=True)
def main_navigation(context: RequestContext) -> list[dict[str, Any]]:
    """Return the sections shown in menus: ``page``, ``url``, ``current``."""
    request = context["request"]
    if not hasattr(request, "_portal_navigation"):
        request._portal_navigation = _navigation(request)
    return request._portal_navigation  # type: ignore[no-any-return]


def _navigation(request: Any) -> list[dict[str, Any]]:
    site = Site.find_for_request(request)
    if site is None:
        return []
    pages = Page.objects.child_of(site.root_page).live().public().in_menu().specific(defer=False)
    entries = []
    for page in pages:
        url = page.get_url(request) or "/"
        entries.append({"page": page, "url": url, "current": request.path.startswith(url)})
    return entries


@register.simple_tag(takes_context=True)
def breadcrumbs(context: RequestContext, page: Page) -> list[dict[str, Any]]:
    """Return the pages above one, the first page of the site included."""
    request = context["request"]
    site = Site.find_for_request(request)
    if site is None or page.depth <= site.root_page.depth:
        return []
    above = page.get_ancestors().filter(depth__gte=site.root_page.depth).specific()
    return [{"page": ancestor, "url": ancestor.get_url(request)} for ancestor in above]


@register.simple_tag(takes_context=True)
def other_languages(context: RequestContext) -> list[dict[str, str]]:
    """Return links to this same page in the languages it is not in now."""
    request = context["request"]
    links = []
    for code, _name in settings.LANGUAGES:
        if code == get_language():
            continue
        links.append(
            {
                "code": code,
                "name": get_language_info(code)["name_local"],
                "url": translate_url(request.get_full_path(), code),
            }
        )
    return links
