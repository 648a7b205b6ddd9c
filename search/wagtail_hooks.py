"""The staff search page and its menu item."""

from typing import Any

from django.http import HttpRequest
from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from search.selectors import offered_kinds
from search.views import CaseSearchView


@hooks.register("register_admin_urls")
def register_case_search() -> list[Any]:
    patterns = [path("case-search/", CaseSearchView.as_view(), name="cases")]
    return [path("", include((patterns, "search"), namespace="search"))]


class CaseSearchMenuItem(MenuItem):
    """Shown to those who may open at least one kind of case."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(offered_kinds(request.user))


@hooks.register("register_admin_menu_item")
def case_search_menu_item() -> MenuItem:
    return CaseSearchMenuItem(
        _("Search cases"), reverse("search:cases"), name="case-search", icon_name="search", order=50
    )
