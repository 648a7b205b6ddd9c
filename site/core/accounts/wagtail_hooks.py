"""The posts on the settings menu; what belongs to signing in, where that happens here."""

from django.contrib.auth import get_user_model
from wagtail import hooks
from wagtail.admin.views.account import NameEmailSettingsPanel

from .forms import OwnNameForm
from .models import User
from .stepup import signs_in_here
from .viewsets import PostViewSet

if signs_in_here():
    from . import signin_hooks  # noqa: F401  optional dependency

# Wagtail has no hook that takes this panel's place; it asks for two names, and we have one.
if issubclass(get_user_model(), User):
    NameEmailSettingsPanel.form_class = OwnNameForm


@hooks.register("register_admin_viewset")
def register_posts() -> PostViewSet:
    return PostViewSet()
