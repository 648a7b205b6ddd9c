"""Who is let in, request by request: sessions that end, views nobody may open by default."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext

from .factors import factor_proven, has_factor, needs_factor
from .passwords import has_expired
from .selectors import posts_held, refusal_of_entry
from .sessions import is_over, note_click

# What somebody may do whose second factor is still missing: set one up, leave, choose a language.
ON_THE_WAY_IN = frozenset(
    {
        "account_logout",
        "account_confirm",
        "wagtailadmin_logout",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
    }
)
# Below these addresses no mark of a view counts: libraries mark their own views as public (the
# REST framework does so with all of Wagtail's API).
STAFF_ADDRESSES = ("/admin/", "/documents/")
STOCK_SIGN_IN = "/admin/login/"
# ... and somebody whose password has to be changed first.
CHANGING_PASSWORD = frozenset({"account_logout", "wagtailadmin_logout", "account_change_password"})


class SessionMiddleware:
    """End sessions that are over, of people who have left, and of people without a post.

    Must come after authentication and before the scope.  Leaves ``request.posts_held`` (what
    the person holds today, for the scope) and ``request.factor_missing``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        posts: list[Any] = []
        missing = False
        user: Any = request.user
        if user.is_authenticated:
            posts = list(posts_held(user))
            reason = (
                gettext("You were away for a while and have been signed out.")
                if is_over(request)
                else refusal_of_entry(user, posts)
            )
            if reason:
                logout(request)
                request.user = AnonymousUser()
                posts = []
                messages.info(request, reason)
            else:
                note_click(request)
                missing = needs_factor(user, posts) and not factor_proven(request)
        request.posts_held = posts  # type: ignore[attr-defined]
        request.factor_missing = missing  # type: ignore[attr-defined]
        return self.get_response(request)


class DefaultDenyMiddleware:
    """Open no view to strangers unless it says that it is public.

    A view is public when it carries ``login_required = False`` (``login_not_required``).
    Of the others, somebody whose rights ask for a second factor opens none before it was
    used in this session; scripts get 403 where people are led to the page that asks.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if is_public(request.path, view):
            return None
        if not request.user.is_authenticated:
            if not settings.STAFF_SITE:
                raise Http404
            return lead_to(request, "account_login")
        name = request.resolver_match.view_name if request.resolver_match else ""
        if request.factor_missing and name not in ON_THE_WAY_IN:  # type: ignore[attr-defined]
            known = has_factor(request.user)
            return lead_to(request, "account_confirm" if known else "mfa_index")
        if name not in CHANGING_PASSWORD | ON_THE_WAY_IN and has_expired(request.user):  # type: ignore[arg-type]
            messages.info(request, gettext("Your password is too old. Choose a new one."))
            return lead_to(request, "account_change_password")
        return None


def is_public(path: str, view: Callable[..., Any]) -> bool:
    """Return whether strangers may open this view at this address."""
    if path.startswith(STAFF_ADDRESSES) and path != STOCK_SIGN_IN:
        return False
    return not getattr(view, "login_required", True)


def lead_to(request: HttpRequest, name: str) -> HttpResponseBase:
    """Lead a person to a page of the way in; refuse a script.

    Raises:
        PermissionDenied: A script asked.
    """
    if wants_data(request):
        raise PermissionDenied
    address = request.get_full_path()
    # Only what is opened by looking at it can be gone on to afterwards.
    query = f"?{urlencode({'next': address})}" if request.method in {"GET", "HEAD"} else ""
    return HttpResponseRedirect(f"{reverse(name)}{query}")


def wants_data(request: HttpRequest) -> bool:
    """Return whether a script asks, which could do nothing with a page."""
    if request.headers.get("x-requested-with") == "XMLHttpRequest":
        return True
    accepted = request.headers.get("accept", "*/*")
    return "text/html" not in accepted and "*/*" not in accepted
