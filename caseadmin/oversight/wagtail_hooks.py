"""The pages of the audit administrator and their place in the menu of reports."""

from typing import Any

from django.http import HttpRequest
from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from .views import VIEW, AuditLogView, OutlierView


@hooks.register("register_admin_urls")
def register_oversight() -> list[Any]:
    patterns = [
        path("audit/", AuditLogView.as_view(), name="log"),
        path("audit/outliers/", OutlierView.as_view(), name="outliers"),
    ]
    return [path("", include((patterns, "oversight"), namespace="oversight"))]


class AuditMenuItem(MenuItem):
    """Shown to those who administer the audit."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(VIEW))


@hooks.register("register_reports_menu_item")
def log_item() -> MenuItem:
    return AuditMenuItem(
        _("Log of actions"), reverse("oversight:log"), name="audit-log", icon_name="list-ul"
    )


@hooks.register("register_reports_menu_item")
def outlier_item() -> MenuItem:
    return AuditMenuItem(
        _("What stands out"),
        reverse("oversight:outliers"),
        name="audit-outliers",
        icon_name="warning",
    )
