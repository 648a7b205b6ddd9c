"""Wagtail's account screens, with one name instead of two."""

from wagtail.users.apps import WagtailUsersAppConfig


class TonghuUsersConfig(WagtailUsersAppConfig):
    user_viewset = "core.accounts.viewsets.AccountViewSet"
