"""Forms on which a security administrator gives and ends posts."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.views.account import email_management_enabled
from wagtail.admin.widgets import AdminDateInput

from core.history.context import required_change
from core.territories.models import Territory

from .models import Post, User
from .services import appoint, check_appointment, end_post


class TerritoryChoiceField(forms.ModelChoiceField):
    """Territories by path, so that two villages of one name can be told apart."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.path_name} ({obj.code})"


class AppointForm(WagtailAdminModelForm):
    """Give a person a post; the rules live in ``services.appoint``."""

    user: Any = forms.ModelChoiceField(label=_("Account"), queryset=None)
    territory = TerritoryChoiceField(
        label=_("Territory"),
        queryset=Territory.objects.filter(valid_to__isnull=True).select_related("parent"),
    )

    class Meta:
        model = Post
        fields = ["user", "role", "territory", "held_from", "held_to"]
        widgets = {"held_from": AdminDateInput, "held_to": AdminDateInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = get_user_model()._default_manager.filter(is_active=True)
        if issubclass(people.model, User):
            people = people.filter(is_system=False)
        self.fields["user"].queryset = people

    def save(self, commit: bool = True) -> Post:
        return appoint(actor=required_change().actor, **self.cleaned_data)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if {"user", "role", "held_from"} <= cleaned.keys():
            check_appointment(
                user=cleaned["user"],
                role=cleaned["role"],
                held_from=cleaned["held_from"],
                held_to=cleaned.get("held_to"),
                actor=required_change().actor,
            )
        return cleaned


class EndPostForm(WagtailAdminModelForm):
    """End a post.  What was, stays; a wrong post is ended and given anew."""

    class Meta:
        model = Post
        fields = ["held_to"]
        widgets = {"held_to": AdminDateInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["held_to"].required = True
        self.fields["held_to"].help_text = _("The last day on which the post is held.")
        if self.instance.held_to is None:
            self.initial["held_to"] = timezone.localdate()

    def save(self, commit: bool = True) -> Post:
        return end_post(
            post=self.instance,
            on=self.cleaned_data["held_to"],
            actor=required_change().actor,
        )


class OwnNameForm(forms.ModelForm):
    """One's own name, to be read, and e-mail address, to be changed.

    History and log name people as their account does: nobody gives themselves another name.
    """

    name = forms.CharField(
        label=pgettext_lazy("person", "Name"),
        disabled=True,
        required=False,
        help_text=_("A system administrator corrects it."),
    )
    email = forms.EmailField(label=_("Email"), required=False)

    class Meta:
        model = User
        fields = ("name", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not email_management_enabled():
            del self.fields["email"]
