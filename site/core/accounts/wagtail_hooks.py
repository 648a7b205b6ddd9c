"""The posts on the settings menu; what belongs to signing in, where that happens here."""

from wagtail import hooks

from .stepup import signs_in_here
from .viewsets import PostViewSet

if signs_in_here():
    from . import signin_hooks  # noqa: F401  optional dependency


@hooks.register("register_admin_viewset")
def register_posts() -> PostViewSet:
    return PostViewSet()
