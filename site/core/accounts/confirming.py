"""The page that asks again who somebody is, in place of a view that has to wait.

What was typed travels along inside the form of that page and goes on to the view afterwards: it
is stored nowhere, neither in the session nor in an address.  Views ask through ``stepup``.
"""

import time
from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters

from .sessions import SIGNED_IN_AT, renew_key

ASKED = "confirm-asked"
PREFIX = "confirm"


def last_proof_at(request: HttpRequest) -> float:
    """Return when this person last proved who they are, in seconds since 1970; 0 for never."""
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    proofs = [float(record["at"]) for record in records if "at" in record]
    return max([float(request.session.get(SIGNED_IN_AT, 0)), *proofs])


def is_fresh(request: HttpRequest) -> bool:
    """Return whether the last proof is young enough for exports and the like."""
    if not request.user.is_authenticated:
        return False
    return time.time() - last_proof_at(request) < settings.STEP_UP_MINUTES * 60


@sensitive_post_parameters(f"{PREFIX}-password", f"{PREFIX}-code")
def ask(request: HttpRequest, go_on: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    from .signin_forms import ConfirmForm  # circular import: forms sign in

    if not request.user.is_authenticated or request.headers.get("x-requested-with"):
        # A script cannot show the page; the person opens it by hand.
        raise PermissionDenied
    asked = request.POST.get(ASKED, "") if request.method == "POST" else ""
    form = ConfirmForm(
        request.POST if asked else None, prefix=PREFIX, user=request.user, request=request
    )
    if asked and form.is_valid():
        form.record()
        renew_key(request)
        if asked == "GET":
            return HttpResponseRedirect(request.get_full_path())
        _take_out_own_fields(request)
        return go_on()
    return _page(request, form, method=asked or request.method or "GET")


def _own(name: str) -> bool:
    return name.startswith(f"{PREFIX}-") or name == "csrfmiddlewaretoken"


def _take_out_own_fields(request: HttpRequest) -> None:
    rest = request.POST.copy()
    for name in list(rest):
        if _own(name):
            del rest[name]
    request.POST = rest  # type: ignore[assignment]


def _page(request: HttpRequest, form: Any, *, method: str) -> HttpResponse:
    carried = [
        (name, value) for name, values in request.POST.lists() if not _own(name) for value in values
    ]
    return render(
        request,
        "accounts/confirm.html",
        {
            "form": form,
            "asked_name": ASKED,
            "asked": "POST" if method == "POST" else "GET",
            "carried": carried,
            "address": request.get_full_path(),
            "key_data": form.key_options(),
        },
        status=422 if form.errors else 403,
    )
