"""What django-allauth asks of a product: our rules for signing in, our words, our encryption."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from core.crypto.seal import Sealed, seal, unseal

from . import limits
from .confirming import is_fresh
from .factors import SECRETS, factors_of, needs_factor
from .models import SignInAttempt, User
from .passwords import profile
from .selectors import posts_held, refusal_of_entry

WRONG_PAIR = _("User name and password do not fit together. Check both and try again.")

# What is worth saying after something was done; allauth's other notes are left out.
NOTES = {
    "mfa/messages/totp_activated.txt": _("The authenticator app is set up."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app is removed."),
    "mfa/messages/webauthn_added.txt": _("The security key is set up."),
    "mfa/messages/webauthn_removed.txt": _("The security key is removed."),
    "account/messages/logged_out.txt": _("You have signed out."),
}


def is_own_address(request: HttpRequest, url: str | None) -> bool:
    """Return whether an address to go on to lies on this very host.

    Only a path is taken, never a scheme or a host, not even our own: there is nothing to
    gain from them.
    """
    if not url or not url.startswith("/") or url.startswith(("//", "/\\")):
        return False
    if any(ord(letter) < 0x20 or letter in "\\\x7f" for letter in url):
        return False
    return url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


class StaffAdapter(DefaultAccountAdapter):
    """Signing in with a name and a password: limits, log, one answer to everybody wrong."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG_PAIR,
        "incorrect_password": _("The password is not right."),
        "incorrect_code": _("The code is not right, or was used before. Wait for the next one."),
        "account_inactive": WRONG_PAIR,
    }

    def validation_error(self, code: str, *args: Any) -> Any:
        error = super().validation_error(code, *args)
        if code == "too_many_login_attempts":
            error.message = _(
                "Too many wrong tries. Wait %(minutes)d minutes, or ask the security "
                "administrator to unlock the account."
            ) % {"minutes": profile().lock_minutes}
        return error

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return limits.client_address(request)

    def is_safe_url(self, url: str | None) -> bool:
        return is_own_address(self.request, url)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Lead to our one page that asks again; see ``stepup``."""
        if not user.is_authenticated:
            return []
        return [{"id": "confirm", "description": "", "url": reverse("account_confirm")}]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return not is_fresh(self.request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return the person whose name and password these are, and count the try.

        Unknown, disabled and locked accounts get the same words, after the same work.

        Raises:
            ValidationError: There were too many wrong tries.
        """
        username = str(credentials.get("username", ""))
        this = limits.begin(request, username)
        if this is None:
            raise self.validation_error("too_many_login_attempts")
        user = authenticate(request, username=username, password=credentials.get("password"))
        if user is None:
            this.fail(SignInAttempt.Outcome.WRONG)
            return None
        this.succeed()
        return user  # type: ignore[return-value]

    def reauthenticate(self, user: Any, password: str) -> bool:
        found = self.authenticate(self.request, username=user.username, password=password)
        return found is not None and found.pk == user.pk

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Stop who knows the password but has nothing to do here today."""
        reason = refusal_of_entry(user, list(posts_held(user)))
        if not reason:
            return super().pre_login(request, user, **kwargs)
        self._try(request, user).note(SignInAttempt.Outcome.REFUSED)
        messages.error(request, reason)
        return HttpResponseRedirect(reverse("account_login"))

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        self._try(request, user).note(SignInAttempt.Outcome.SIGNED_IN)
        return super().post_login(request, user, **kwargs)

    def _try(self, request: HttpRequest, user: Any) -> limits.Try:
        digest = limits.account_digest(user.username)
        return limits.Try(digest, limits.address_digest(request), user)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        text = message or NOTES.get(message_template or "")
        if text:
            messages.add_message(request, level, str(text), extra_tags=extra_tags)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors: secrets under our keys, our words, no way to be left without one."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("The code is not right, or was used before. Wait for the next one."),
        "cannot_delete_authenticator": _(
            "Your role needs a second factor. Set up another one before you remove this one."
        ),
        "cannot_generate_recovery_codes": _("Set up an app or a security key first."),
    }

    def encrypt(self, text: str) -> str:
        return str(seal(text, SECRETS))

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(Sealed(encrypted_text), SECRETS)

    def get_totp_issuer(self) -> str:
        return "Tonghu 童护"

    def get_totp_label(self, user: Any) -> str:
        return str(user.username)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Refuse the last factor of somebody whose rights ask for one."""
        user = authenticator.user
        others = factors_of(user).exclude(pk=authenticator.pk)
        return others.exists() or not needs_factor(user, posts_held(user))
