"""Pages on which people keep their own sign-in: factors, sessions, password."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django.views.generic import View
from django.views.generic.edit import FormView

from core.audit.services import record

from .adapters import is_own_address
from .factors import has_factor, needs_factor
from .keeping import note_new_password
from .passwords import ClassesValidator, CommonValidator, ContextValidator, LengthValidator
from .selectors import posts_held
from .sessions import end_sessions, renew_key
from .signin_forms import ChangePasswordForm, FirstPasswordForm
from .stepup import factor_required, fresh_sign_in_required

RULES = (LengthValidator, ClassesValidator, CommonValidator, ContextValidator)


def password_rules() -> list[str]:
    """Return the rules of the profile in force, a sentence each."""
    return [text for text in (rule().get_help_text() for rule in RULES) if text]


def _prove(request: HttpRequest, kind: str) -> None:
    """Count what was just set up as used: its first code, or its touch, has been checked."""
    factor = Authenticator.objects.filter(user_id=request.user.pk, type=kind).latest("pk")
    record_authentication(request, request.user, "mfa", id=factor.pk, type=kind)  # type: ignore[arg-type]
    renew_key(request)


class FactorsView(IndexView):
    """What is set up, and what can be."""

    template_name = "mfa/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        return super().get_context_data(
            needed=needs_factor(user, posts_held(user)), has_factor=has_factor(user), **kwargs
        )


@method_decorator(fresh_sign_in_required, name="dispatch")
class ActivateAppView(ActivateTOTPView):
    """Read the picture with an app and type its first code."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        _prove(self.request, Authenticator.Type.TOTP)
        record("tonghu.factor_added", actor=self.request.user, instance=self.request.user)  # type: ignore[arg-type]
        return answer


@method_decorator(fresh_sign_in_required, name="dispatch")
class RemoveAppView(DeactivateTOTPView):
    """Remove the app."""

    def form_valid(self, form: Any) -> HttpResponse:
        record("tonghu.factor_removed", actor=self.request.user, instance=self.request.user)  # type: ignore[arg-type]
        answer: HttpResponse = super().form_valid(form)
        return answer


@method_decorator(fresh_sign_in_required, name="dispatch")
class AddKeyView(AddWebAuthnView):
    """Add a security key or a passkey."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        _prove(self.request, Authenticator.Type.WEBAUTHN)
        record("tonghu.factor_added", actor=self.request.user, instance=self.request.user)  # type: ignore[arg-type]
        return answer


@method_decorator(fresh_sign_in_required, name="dispatch")
class RemoveKeyView(RemoveWebAuthnView):
    """Remove a security key, unless it is the last factor of somebody who needs one."""

    def form_valid(self, form: Any) -> HttpResponse:
        from allauth.mfa.adapter import get_adapter  # settings of allauth are read at import

        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.object):
            messages.error(self.request, str(adapter.error_messages["cannot_delete_authenticator"]))
            return redirect("mfa_index")
        record("tonghu.factor_removed", actor=self.request.user, instance=self.request.user)  # type: ignore[arg-type]
        answer: HttpResponse = super().form_valid(form)
        return answer


@method_decorator(fresh_sign_in_required, name="dispatch")
class RenameKeyView(EditWebAuthnView):
    """Give a security key another name."""


@method_decorator([never_cache, fresh_sign_in_required], name="dispatch")
class RecoveryCodesView(ViewRecoveryCodesView):
    """The recovery codes, shown once."""


@method_decorator(fresh_sign_in_required, name="dispatch")
class NewRecoveryCodesView(GenerateRecoveryCodesView):
    """Ten new recovery codes in place of the old ones."""

    def form_valid(self, form: Any) -> HttpResponse:
        record("tonghu.codes_made", actor=self.request.user, instance=self.request.user)  # type: ignore[arg-type]
        answer: HttpResponse = super().form_valid(form)
        return answer


def go_on(request: HttpRequest) -> HttpResponse:
    """Lead to where somebody wanted to go, on this host, or to the desk."""
    wanted = request.GET.get("next", "")
    return HttpResponseRedirect(
        wanted if is_own_address(request, wanted) else reverse("wagtailadmin_home")
    )


confirm = factor_required(go_on)


def ask_factor(request: HttpRequest) -> HttpResponseBase:
    """Ask for the second factor of somebody who has one and did not use it in this session."""
    return confirm(request) if has_factor(request.user) else redirect("mfa_index")


@method_decorator(never_cache, name="dispatch")
class SessionsView(View):
    """Where one is signed in: end one of them, or all others."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        sessions = sorted(
            UserSession.objects.purge_and_list(user), key=lambda one: one.last_seen_at, reverse=True
        )
        return render(
            request,
            "usersessions/usersession_list.html",
            {"sessions": sessions, "others": [one for one in sessions if not one.is_current()]},
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if request.POST.get("session"):
            try:
                number = int(request.POST["session"])
            except ValueError:
                raise Http404 from None
            session = get_object_or_404(UserSession, user=user, pk=number)
            session.end()
            ended = 1
        else:
            ended = end_sessions(user, but=request.session.session_key)
        record("tonghu.sessions_ended", actor=user, instance=user, data={"count": ended})
        messages.success(request, _("%(count)d sessions ended.") % {"count": ended})
        return redirect("usersessions_list")


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class ChangePasswordView(FormView):
    """Change one's password; every other session ends."""

    template_name = "account/password_change.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("wagtailadmin_home")
    extra_context = {"rules": password_rules}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.save()
        note_new_password(user=user, actor=user)
        update_session_auth_hash(self.request, user)
        end_sessions(user, but=self.request.session.session_key)
        messages.success(self.request, _("The new password is set. All other sessions ended."))
        return super().form_valid(form)


@method_decorator(login_not_required, name="dispatch")
class FirstPasswordView(PasswordResetConfirmView):
    """Set a password behind a link that an administrator gave out; it is good once.

    Source of the way: ASVS 5.0, 6.4.1 and 6.4.6; nobody resets a password by e-mail.
    """

    template_name = "account/password_set.html"
    form_class = FirstPasswordForm
    success_url = reverse_lazy("account_login")
    reset_url_token = "new"  # noqa: S105 - a part of an address
    extra_context = {"rules": password_rules, "hours": settings.PASSWORD_RESET_TIMEOUT // 3600}

    def get_user(self, uidb64: str) -> Any:
        user = super().get_user(uidb64)
        if user is None or not user.is_active or user.is_system or user.left_on is not None:
            return None
        return user

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        user: Any = self.user
        end_sessions(user)
        note_new_password(user=user, actor=user)
        messages.success(self.request, _("The password is set. Sign in with it."))
        return answer


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stock_sign_in(request: HttpRequest) -> HttpResponse:
    """Stand where Wagtail's own sign-in would be, and lead to ours.  Nothing is read here.

    Raises:
        Http404: This deployment has no staff site.
    """
    if not settings.STAFF_SITE:
        raise Http404
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return HttpResponseRedirect(f"{reverse('account_login')}{query}")
