"""What stands around every page of the admin, kept for the ledgers' pages.

Wagtail works out its icons, its menu, the words for its scripts and its list of shortcuts
on each page anew, which takes longer than to work out a record.  On a ledger's page they are
kept in memory for ``KEPT_SECONDS``: the menu for each person, as long as their rights stay the
same, and only if they have none on pages, collections or sites, no part of those rights.
"""

import re
import time
from collections import OrderedDict
from functools import lru_cache
from threading import Lock
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import get_language
from wagtail.admin.templatetags import wagtailadmin_tags as stock
from wagtail.permission_policies.collections import CollectionPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permission_policies.sites import SitePermissionPolicy

from .runtime.store import current

KEPT_SECONDS = 60
MOST_KEPT = 200
POLICIES = (PagePermissionPolicy, CollectionPermissionPolicy, SitePermissionPolicy)
# Wagtail names the keys of these as they stand on their keyboards.
APPLE = re.compile("Mac|iPod|iPhone|iPad")

_MARK = "_is_of_a_ledger"
_kept: OrderedDict[Any, tuple[float, Any]] = OrderedDict()
_lock = Lock()

stock_menu = stock.sidebar_props
stock_config = stock.wagtail_config
stock_shortcuts = stock.keyboard_shortcuts_dialog
stock_icon = stock.icon


def mark(request: HttpRequest) -> None:
    """Note that a request is for a page of a ledger."""
    setattr(request, _MARK, True)


def _find(*key: Any) -> Any:
    with _lock:
        until, value = _kept.get(key, (0.0, None))
        if until <= time.monotonic():
            return None
        # What is used by everybody must not be the first to go.
        _kept.move_to_end(key)
        return value


def _keep(value: Any, *key: Any) -> Any:
    with _lock:
        _kept[key] = (time.monotonic() + KEPT_SECONDS, value)
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return value


def _is_plain(user: Any) -> bool:
    """Return whether a person has no rights on pages, collections or sites, as just asked."""
    return not any(getattr(user, policy.permission_cache_name, True) for policy in POLICIES)


def menu(context: Any) -> Any:
    """Return the menu as the page's script reads it."""
    request = context["request"]
    user = request.user
    if not getattr(request, _MARK, False) or user.is_superuser:
        return stock_menu(context)
    key = (
        "menu",
        user.pk,
        user.get_full_name(),
        get_language(),
        # Ledgers without code stand in the menu too.
        current().token,
        frozenset(user.get_all_permissions()),
    )
    found = _find(*key)
    if found is None:
        found = stock_menu(context)
        if _is_plain(user):
            _keep(found, *key)
    return found


def config(context: Any) -> dict[str, Any]:
    """Return addresses and words for the page's scripts."""
    request = context["request"]
    if not getattr(request, _MARK, False) or context.get("locale"):
        return dict(stock_config(context))
    found = _find("config", get_language()) or _keep(
        stock_config(context), "config", get_language()
    )
    return {
        **found,
        "CSRF_TOKEN": get_token(request),
        "KEYBOARD_SHORTCUTS_ENABLED": _has_shortcuts(request.user),
    }


def _has_shortcuts(user: Any) -> bool:
    profile = getattr(user, "wagtail_userprofile", None)
    return bool(profile.keyboard_shortcuts) if profile is not None else True


def shortcuts(context: Any) -> Any:
    """Return the list of shortcuts, drawn."""
    request = context["request"]
    is_apple = APPLE.search(request.headers.get("User-Agent", "")) is not None
    key = ("shortcuts", get_language(), is_apple, _has_shortcuts(request.user))
    found = _find(*key) if getattr(request, _MARK, False) else None
    if found is None:
        values = stock_shortcuts(context)
        found = render_to_string("wagtailadmin/shared/keyboard_shortcuts_dialog.html", values)
        _keep(found, *key)
    return found


def icon(name: str = "", classname: str = "", title: Any = None, wrapped: Any = False) -> Any:
    """Return an icon, drawn; the same words draw the same one.  With a title none is kept."""
    if title is not None:
        values = stock_icon(name, classname, title, wrapped)
        return render_to_string("wagtailadmin/shared/icon.html", values)
    return _plain_icon(name, classname, bool(wrapped))


@lru_cache(maxsize=500)
def _plain_icon(name: str, classname: str, wrapped: bool) -> Any:
    values = stock_icon(name, classname, None, wrapped)
    return render_to_string("wagtailadmin/shared/icon.html", values)


def install() -> None:
    """Have Wagtail's tags ask here first."""
    stock.register.simple_tag(icon)
    for tag, name in (
        (menu, "sidebar_props"),
        (config, "wagtail_config"),
        (shortcuts, "keyboard_shortcuts_dialog"),
    ):
        stock.register.simple_tag(tag, takes_context=True, name=name)
