"""The posts on the settings menu."""

from wagtail import hooks

from .viewsets import PostViewSet


@hooks.register("register_admin_viewset")
def register_posts() -> PostViewSet:
    return PostViewSet()
