"""What stands around every page of the admin, kept for the ledgers' pages.

Wagtail works out its menu and the words for its scripts on each page anew, which takes longer
than to work out a record.  For somebody without rights on pages, collections or sites, both
follow from their rights alone; then they are kept in memory for ``KEPT_SECONDS``.
"""

import time
from collections import OrderedDict
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.translation import get_language
from wagtail.admin.templatetags import wagtailadmin_tags as stock
from wagtail.permission_policies.collections import CollectionPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permission_policies.sites import SitePermissionPolicy

from .runtime.store import current

KEPT_SECONDS = 60
MOST_KEPT = 200
_MARK = "_is_of_a_ledger"
ASKED = (PagePermissionPolicy, CollectionPermissionPolicy, SitePermissionPolicy)

_menus: OrderedDict[Any, tuple[float, Any]] = OrderedDict()
_configs: OrderedDict[Any, tuple[float, Any]] = OrderedDict()

stock_menu = stock.sidebar_props
stock_config = stock.wagtail_config


def _find(kept: OrderedDict[Any, tuple[float, Any]], key: Any) -> Any:
    until, value = kept.get(key, (0.0, None))
    return value if until > time.monotonic() else None


def _keep(kept: OrderedDict[Any, tuple[float, Any]], key: Any, value: Any) -> None:
    kept[key] = (time.monotonic() + KEPT_SECONDS, value)
    kept.move_to_end(key)
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)


def _key(request: HttpRequest) -> Any:
    """Return what a menu follows from; a right that is taken away changes it at once."""
    user: Any = request.user
    return (
        user.pk,
        user.get_full_name(),
        get_language(),
        frozenset(user.get_all_permissions()),
    )


def mark(request: HttpRequest) -> None:
    """Note that a request is for a page of a ledger."""
    setattr(request, _MARK, True)


def _is_plain(user: Any) -> bool:
    """Return whether a person has no rights on pages, collections or sites, as just asked."""
    return not any(getattr(user, policy.permission_cache_name, True) for policy in ASKED)


def _kept_menu(key: Any) -> Any:
    token, found = _find(_menus, key) or (None, None)
    # Ledgers without code stand in the menu too.
    return found if token is not None and token == current().token else None


def menu(context: Any) -> Any:
    """Return the menu as the page's script reads it."""
    request = context["request"]
    if not getattr(request, _MARK, False) or request.user.is_superuser:
        return stock_menu(context)
    key = _key(request)
    found = _kept_menu(key)
    if found is None:
        found = stock_menu(context)
        if _is_plain(request.user):
            _keep(_menus, key, (current().token, found))
    return found


def config(context: Any) -> dict[str, Any]:
    """Return addresses and words for the page's scripts."""
    request = context["request"]
    if not getattr(request, _MARK, False) or context.get("locale"):
        return dict(stock_config(context))
    user: Any = request.user
    found = _find(_configs, get_language())
    if found is None:
        found = stock_config(context)
        _keep(_configs, get_language(), found)
    profile = getattr(user, "wagtail_userprofile", None)
    return {
        **found,
        "CSRF_TOKEN": get_token(request),
        "KEYBOARD_SHORTCUTS_ENABLED": profile.keyboard_shortcuts if profile else True,
    }


def install() -> None:
    """Have Wagtail's two tags ask here first."""
    stock.register.simple_tag(menu, takes_context=True, name="sidebar_props")
    stock.register.simple_tag(config, takes_context=True, name="wagtail_config")
