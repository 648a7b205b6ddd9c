"""Actions on accounts in the log, pages on the sign-in of others, links to one's own."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets import Button

from .admin_views import AccountSignInView, AttemptsView

ACTIONS = {
    "tonghu.password_link": (_("Link"), _("Gave out a link to set a password")),
    "tonghu.password_set": (_("Password"), _("Set the password")),
    "tonghu.factor_added": (_("Factor"), _("Set up a second factor")),
    "tonghu.factor_removed": (_("Factor"), _("Removed a second factor")),
    "tonghu.factors_reset": (_("Factor"), _("Took away all second factors")),
    "tonghu.codes_made": (_("Codes"), _("Made new recovery codes")),
    "tonghu.sessions_ended": (_("Sessions"), _("Ended sessions")),
    "tonghu.unlocked": (_("Unlock"), _("Unlocked the account")),
    "tonghu.left": (_("Left"), _("Noted that the person has left")),
    "tonghu.unused": (_("Unused"), _("Switched off for disuse")),
}


@hooks.register("register_log_actions")
def register_account_log(actions: Any) -> None:
    for action, (label, message) in ACTIONS.items():
        actions.register_action(action, label, message)


@hooks.register("register_admin_urls")
def register_sign_in_pages() -> list[URLPattern]:
    return [
        path("account-sign-in/<uuid:pk>/", AccountSignInView.as_view(), name="account_sign_in_of"),
        path("sign-in-attempts/", AttemptsView.as_view(), name="sign_in_attempts"),
    ]


class AttemptsItem(MenuItem):
    """Shown to whoever may read the log of tries."""

    def is_shown(self, request: Any) -> bool:
        return bool(request.user.has_perm("accounts.view_signinattempt"))


@hooks.register("register_settings_menu_item")
def register_attempts() -> MenuItem:
    return AttemptsItem(
        _("Tries to sign in"),
        reverse("sign_in_attempts"),
        name="sign-in-attempts",
        icon_name="key",
    )


@hooks.register("register_user_listing_buttons")
def sign_in_button(user: Any, request_user: Any, **kwargs: Any) -> Iterator[Button]:
    """Lead from the list of accounts to the sign-in of one of them."""
    if request_user.has_perm("accounts.view_user"):
        yield Button(
            _("Sign-in"),
            url=reverse("account_sign_in_of", args=[user.pk]),
            icon_name="lock",
            priority=20,
        )


@hooks.register("register_account_menu_item")
def own_sign_in(request: Any) -> Any:
    """Lead from one's account to the page of one's second factor."""
    return {
        "url": reverse("mfa_index"),
        "label": _("Second factor"),
        "help_text": _("App, security keys, recovery codes."),
    }


@hooks.register("register_account_menu_item")
def own_sessions(request: Any) -> Any:
    return {
        "url": reverse("usersessions_list"),
        "label": _("Sessions"),
        "help_text": _("Where you are signed in; end what you do not know."),
    }


@hooks.register("register_account_menu_item")
def own_password(request: Any) -> Any:
    return {
        "url": reverse("account_change_password"),
        "label": _("Password"),
        "help_text": _("Choose a new one; all other sessions end."),
    }
