"""The page on which an officer confirms what is disposed of."""

from typing import Any

from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from .retention import CONFIRM
from .views import DisposalView


@hooks.register("register_admin_urls")
def register_disposal() -> list[URLPattern]:
    return [path("disposal/", DisposalView.as_view(), name="rights_disposal")]


class DisposalItem(MenuItem):
    """Shown to whoever may let records go."""

    def is_shown(self, request: Any) -> bool:
        return bool(request.user.has_perm(CONFIRM))


@hooks.register("register_reports_menu_item")
def disposal_item() -> MenuItem:
    return DisposalItem(
        _("Due for disposal"), reverse("rights_disposal"), name="disposal", icon_name="bin"
    )
