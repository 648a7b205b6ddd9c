"""Forms on which somebody proves who they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login, record_authentication
from allauth.account.models import Login
from allauth.core import context
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, EditWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from . import limits
from .models import SignInAttempt

CODE_INPUT = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}


class SignInForm(forms.Form):
    """User name and password."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
        error_messages={"required": _("Enter your user name.")},
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password.")},
    )

    def __init__(self, *args: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
        self.request = request
        self.user: Any = None
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"username", "password"} <= cleaned.keys():
            adapter = get_adapter()
            self.user = adapter.authenticate(
                self.request, username=cleaned["username"], password=cleaned["password"]
            )
            if self.user is None:
                raise adapter.validation_error("username_password_mismatch")
        return cleaned

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Begin the stages of signing in; a second factor follows where one is set up."""
        credentials = {"username": self.cleaned_data["username"]}
        login = Login(user=self.user, redirect_url=redirect_url)
        answer: HttpResponse = perform_password_login(request, credentials, login)
        return answer


@contextmanager
def one_try_of_a_code(user: Any) -> Iterator[None]:
    """Count a try of a second factor, and refuse it where nothing can be remembered.

    Raises:
        ValidationError: There were too many tries, or the shared cache is away, without
            which a code that was used could be used again.
    """
    adapter = get_adapter()
    this = limits.begin(context.request, user.username, of_codes=True)
    if this is None:
        raise adapter.validation_error("too_many_login_attempts")
    if not limits.memory_works():
        raise ValidationError(
            _("Codes cannot be checked at the moment. Try again in a few minutes."),
            code="no_memory",
        )
    try:
        yield
    except ValidationError:
        this.fail(SignInAttempt.Outcome.WRONG_CODE)
        raise
    this.succeed()


class CodeForm(AuthenticateForm):
    """A code of the authenticator app, or a recovery code; each is good once."""

    code = forms.CharField(
        label=_("Code"),
        max_length=30,
        widget=forms.TextInput(attrs=CODE_INPUT | {"autofocus": True}),
        error_messages={"required": _("Enter the code.")},
    )

    def clean_code(self) -> str:
        with one_try_of_a_code(self.user):
            try:
                code: str = super().clean_code()
            except limits.CACHE_FAULTS:
                raise get_mfa_adapter().validation_error("incorrect_code") from None
            if self.authenticator.type == Authenticator.Type.TOTP and not limits.first_use(
                self.user, code
            ):
                raise get_mfa_adapter().validation_error("incorrect_code")
        return code


class KeyForm(AuthenticateWebAuthnForm):
    """The answer of a security key, written into the form by a script."""

    def clean_credential(self) -> Authenticator:
        with one_try_of_a_code(self.user):
            authenticator: Authenticator = super().clean_credential()
        return authenticator


class ActivateCodeForm(ActivateTOTPForm):
    """The first code of an app, which shows that the picture was read."""

    code = forms.CharField(
        label=_("Code shown by the app"),
        max_length=30,
        widget=forms.TextInput(attrs=CODE_INPUT),
        error_messages={"required": _("Enter the code.")},
    )

    def clean_code(self) -> str:
        with one_try_of_a_code(self.user):
            code: str = super().clean_code()
            if not limits.first_use(self.user, code):
                raise get_mfa_adapter().validation_error("incorrect_code")
        return code


class AddKeyForm(AddWebAuthnForm):
    """A new security key and what its owner calls it."""

    name = forms.CharField(label=_("Name of the key"), required=False, max_length=60)


class RenameKeyForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name of the key"), max_length=60)


class ConfirmForm(forms.Form):
    """Prove again who you are: a code or a key where there is a factor, the password otherwise.

    Args:
        user: The person signed in.
        request: The request that is held up.
    """

    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    code = forms.CharField(
        label=_("Code of your app, or a recovery code"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs=CODE_INPUT | {"autofocus": True}),
    )
    credential = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.request = request
        self.authenticator: Authenticator | None = None
        types = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
        self.has_key = Authenticator.Type.WEBAUTHN in types
        takes_code = bool(types - {Authenticator.Type.WEBAUTHN})
        if takes_code or self.has_key:
            del self.fields["password"]
        if not takes_code:
            del self.fields["code"]
        if not self.has_key:
            del self.fields["credential"]

    def key_options(self) -> dict[str, Any] | None:
        """Return what the browser hands to a security key, where there is one."""
        if not self.has_key:
            return None
        return {"request_options": webauthn.begin_authentication(self.user)}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("credential"):
            inner: Any = KeyForm({"credential": cleaned["credential"]}, user=self.user)
            self._take(inner, "credential", None)
        elif "code" in self.fields:
            inner = CodeForm({"code": cleaned.get("code", "")}, user=self.user)
            self._take(inner, "code", "code")
        elif "password" in self.fields:
            self._check_password(cleaned.get("password", ""))
        else:
            self.add_error(None, _("Touch your security key."))
        return cleaned

    def _take(self, inner: Any, name: str, field: str | None) -> None:
        if inner.is_valid():
            value = inner.cleaned_data[name]
            self.authenticator = value if name == "credential" else inner.authenticator
            return
        for error in inner.errors[name].as_data():
            self.add_error(field, error)

    def _check_password(self, password: str) -> None:
        adapter = get_adapter()
        if not password:
            self.add_error("password", _("Enter your password."))
            return
        try:
            if not adapter.reauthenticate(self.user, password):
                self.add_error("password", adapter.validation_error("incorrect_password"))
        except ValidationError as error:
            self.add_error("password", error)

    def record(self) -> None:
        """Write the proof into the session and into the log of tries."""
        if self.authenticator is not None:
            post_authentication(self.request, self.authenticator, reauthenticated=True)
        else:
            record_authentication(self.request, self.user, "password", reauthenticated=True)
        limits.Try(
            limits.account_digest(self.user.username),
            limits.address_digest(self.request),
            self.user,
        ).note(SignInAttempt.Outcome.CONFIRMED)


class _PlainLabels:
    """Django's two fields for a new password, with our words and no list of rules in HTML."""

    fields: dict[str, forms.Field]

    def name_fields(self) -> None:
        for name, label in (("new_password1", _("New password")), ("new_password2", _("Again"))):
            field = self.fields[name]
            field.label = label
            field.help_text = ""
            field.widget.attrs["autocomplete"] = "new-password"


class ChangePasswordForm(_PlainLabels, PasswordChangeForm):
    """The old password and twice a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name_fields()
        self.fields["old_password"].label = _("Present password")

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        adapter = get_adapter()
        # Counted like a sign-in: a session left open is no place to guess.
        if not adapter.reauthenticate(self.user, password):
            raise adapter.validation_error("incorrect_password")
        return password

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("old_password") and cleaned.get("old_password") == cleaned.get(
            "new_password1"
        ):
            self.add_error("new_password1", _("This is the present password. Choose another."))
        return cleaned


class FirstPasswordForm(_PlainLabels, SetPasswordForm):
    """Twice a new password, behind a link that is good once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name_fields()
