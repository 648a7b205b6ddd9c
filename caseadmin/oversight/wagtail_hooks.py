"""The pages of administrators and their place in the menu of reports."""

from typing import Any

from django.http import HttpRequest
from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from .views import REVIEW, VIEW, AuditLogView, OutlierView, PostReviewView


@hooks.register("register_admin_urls")
def register_oversight() -> list[Any]:
    patterns = [
        path("audit/", AuditLogView.as_view(), name="log"),
        path("audit/outliers/", OutlierView.as_view(), name="outliers"),
        path("posts-to-confirm/", PostReviewView.as_view(), name="posts"),
    ]
    return [path("", include((patterns, "oversight"), namespace="oversight"))]


class AuditMenuItem(MenuItem):
    """Shown to those who administer the audit."""

    right = VIEW

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(self.right))


class PostReviewItem(AuditMenuItem):
    """Shown to those who give and end posts."""

    right = REVIEW


@hooks.register("register_log_actions")
def register_review_actions(actions: Any) -> None:
    actions.register_action(
        "tonghu.post_confirmed", _("Confirmation"), _("Confirmed the post for a year")
    )
    actions.register_action("tonghu.post_ended", _("End"), _("Ended the post"))


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


@hooks.register("register_reports_menu_item")
def post_item() -> MenuItem:
    return PostReviewItem(
        _("Posts to confirm"), reverse("oversight:posts"), name="posts-to-confirm", icon_name="key"
    )
