"""Pages on which administrators see and keep the sign-in of others."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic import IndexView

from . import keeping
from .factors import factors_of
from .models import SignInAttempt, User
from .stepup import fresh_sign_in_required

LATEST = 20

# What can be done, and the right that is needed.
DEEDS = {
    "link": "accounts.issue_link_user",
    "left": "accounts.change_user",
    "unlock": "accounts.secure_user",
    "sessions": "accounts.secure_user",
    "factors": "accounts.secure_user",
}


class AttemptsView(IndexView):
    """Who tried to sign in, when, and with which outcome."""

    model = SignInAttempt
    any_permission_required: ClassVar[list[str]] = ["view"]
    page_title = gettext_lazy("Tries to sign in")
    header_icon = "key"
    index_url_name = "sign_in_attempts"
    default_ordering = "-at"
    paginate_by = 50
    columns: ClassVar[list[Column]] = [
        DateColumn("at", label=gettext_lazy("Time")),
        Column(
            "user",
            label=gettext_lazy("Account"),
            accessor=lambda attempt: (
                attempt.user.get_full_name() if attempt.user else _("no such account")
            ),
        ),
        Column(
            "outcome",
            label=gettext_lazy("Outcome"),
            accessor=lambda attempt: attempt.get_outcome_display(),
        ),
        Column(
            "address_digest",
            label=gettext_lazy("Address, as a digest"),
            accessor=lambda attempt: attempt.address_digest[:8],
        ),
    ]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.has_perm("accounts.view_signinattempt"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_base_queryset(self) -> Any:
        return SignInAttempt.objects.select_related("user")


@method_decorator(fresh_sign_in_required, name="post")
class AccountSignInView(View):
    """The sign-in of one account: how it stands, and what an administrator may do about it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.has_perm("accounts.view_user"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: Any) -> HttpResponse:
        return self.page(request, get_object_or_404(User, pk=pk))

    def post(self, request: HttpRequest, pk: Any) -> HttpResponse:
        person = get_object_or_404(User, pk=pk)
        deed = request.POST.get("deed", "")
        if deed not in DEEDS or not request.user.has_perm(DEEDS[deed]):
            raise PermissionDenied
        try:
            if deed == "link":
                path = keeping.issue_password_link(user=person, actor=request.user)  # type: ignore[arg-type]
                # Shown once, in the answer itself: no address, no session and no log holds it.
                return self.page(request, person, link=request.build_absolute_uri(path))
            self.do(deed, person, request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect("account_sign_in_of", pk=person.pk)

    def do(self, deed: str, person: User, actor: Any) -> None:
        if deed == "left":
            keeping.mark_as_left(user=person, on=timezone.localdate(), actor=actor)
            text = _("%(name)s has left: posts ended, account switched off, sessions ended.")
        elif deed == "unlock":
            keeping.unlock(user=person, actor=actor)
            text = _("%(name)s can try again at once.")
        elif deed == "sessions":
            keeping.end_all_sessions(user=person, actor=actor)
            text = _("%(name)s is signed out everywhere.")
        else:
            keeping.reset_factors(user=person, actor=actor)
            text = _("%(name)s has no second factor any more and is signed out everywhere.")
        messages.success(self.request, text % {"name": person.get_full_name()})

    def page(self, request: HttpRequest, person: User, link: str = "") -> HttpResponse:
        user: Any = request.user
        sees_tries = user.has_perm("accounts.view_signinattempt")
        return TemplateResponse(
            request,
            "accounts/sign_in_of.html",
            {
                "person": person,
                "page_title": _("Sign-in of %(name)s") % {"name": person.get_full_name()},
                "header_icon": "lock",
                "factors": [factor.get_type_display() for factor in factors_of(person)],
                "attempts": person.sign_in_attempts.all()[:LATEST] if sees_tries else [],
                "deeds": [deed for deed, right in DEEDS.items() if user.has_perm(right)],
                "link": link,
                "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
                "works": person.is_active and not person.is_system,
            },
        )
