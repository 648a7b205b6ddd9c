"""Make Wagtail's home page, help menu and sidebar those of this product."""

from typing import Any

from django.templatetags.static import static
from django.urls import URLPattern, path
from django.utils.html import format_html
from wagtail import hooks
from wagtail.permission_policies.pages import PagePermissionPolicy

from caseadmin.ledgers.views.base import spare_look_ups

from .panels import panels_for
from .views import WatchView

PAGE_RIGHTS = {"add", "change", "publish", "lock", "unlock", "bulk_delete"}
# They lead to addresses outside the server.
OUTWARD_HELP = ("whats-new-in-wagtail", "editor-guide")


@hooks.register("register_admin_urls")
def register_watches() -> list[URLPattern]:
    return [path("waiting/<slug:name>/", WatchView.as_view(), name="desk_watch")]


# Late, because Wagtail's own panels are added by hooks of the same kind.
@hooks.register("construct_homepage_panels", order=900)
def add_desk(request: Any, panels: list[Any]) -> None:
    """Put the desk first; Wagtail's panels about pages are for who keeps pages."""
    spare_look_ups(request.user)
    if not PagePermissionPolicy().user_has_any_permission(request.user, PAGE_RIGHTS):
        panels.clear()
    panels[:0] = panels_for(request.user)


@hooks.register("construct_help_menu")
def keep_help_inside(request: Any, items: list[Any]) -> None:
    items[:] = [item for item in items if not item.name.startswith(OUTWARD_HELP)]


@hooks.register("construct_reports_menu")
def leave_out_page_types(request: Any, items: list[Any]) -> None:
    """Spare editors the report that lists page types by the names of their code."""
    items[:] = [item for item in items if item.name != "page-types-usage"]


@hooks.register("insert_global_admin_css")
def desk_css() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("desk/desk.css"))
