"""Demand a fresh proof of who somebody is before something that cannot be taken back.

``@fresh_sign_in_required`` on a view, or ``@method_decorator(fresh_sign_in_required,
name="dispatch")`` on a class.  When the last proof is older than ``STEP_UP_MINUTES``, the page of
``confirming`` stands in for the view; nothing typed is lost.

A site that has its own way to sign in (no ``allauth`` among its apps) demands such things itself:
there the view simply runs.

Source: ASVS 5.0, 7.5.3.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

View = Callable[..., HttpResponseBase]


def signs_in_here() -> bool:
    """Return whether people sign in through this app, and not through a host site's own."""
    return apps.is_installed("allauth.mfa")


def fresh_sign_in_required(view: View) -> View:
    """Let a view run only for somebody who proved who they are a short time ago."""

    def is_fresh(request: HttpRequest) -> bool:
        from .confirming import is_fresh  # optional dependency

        return is_fresh(request)

    return _asking(view, is_fresh)


def factor_required(view: View) -> View:
    """Let a view run only in a session in which a second factor was used."""

    def is_proven(request: HttpRequest) -> bool:
        from .factors import factor_proven  # optional dependency

        return factor_proven(request)

    return _asking(view, is_proven)


def _asking(view: View, enough: Callable[[HttpRequest], bool]) -> View:
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not signs_in_here() or enough(request):
            return view(request, *args, **kwargs)
        from .confirming import ask  # optional dependency

        return ask(request, lambda: view(request, *args, **kwargs))

    return never_cache(wrapper)
