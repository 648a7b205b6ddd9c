"""The screens on which a system administrator keeps accounts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import UserViewSet

from .models import User


class _OneName:
    """Leaves out the two name fields Wagtail expects, rights and groups.

    Rights come with posts, which the security administrator gives; whoever makes
    accounts must not be able to hand out rights.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name", "is_superuser", "groups"):
            self.fields.pop(name, None)  # type: ignore[attr-defined]
        self.fields["email"].required = False  # type: ignore[attr-defined]


class AccountCreationForm(_OneName, UserCreationForm):
    name = forms.CharField(label=_("Name"), max_length=150)

    class Meta(UserCreationForm.Meta):
        model = User
        fields = {"username", "name", "email"}


class AccountEditForm(_OneName, UserEditForm):
    name = forms.CharField(label=_("Name"), max_length=150)

    class Meta(UserEditForm.Meta):
        model = User
        fields = {"username", "name", "email", "is_active"}


class AccountViewSet(UserViewSet):
    """Accounts: user name, name, e-mail, password, on or off."""

    template_prefix = "accounts/users/"

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        return AccountEditForm if for_update else AccountCreationForm
