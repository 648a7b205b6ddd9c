"""The screens on which a system administrator keeps accounts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic import IndexView
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import UserViewSet

from .forms import AppointForm, EndPostForm
from .models import Post, User


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
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=150)

    class Meta(UserCreationForm.Meta):
        model = User
        fields = {"username", "name", "email"}


class AccountEditForm(_OneName, UserEditForm):
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=150)

    class Meta(UserEditForm.Meta):
        model = User
        fields = {"username", "name", "email", "is_active"}


class AccountViewSet(UserViewSet):
    """Accounts: user name, name, e-mail, on or off.  Passwords are set behind a link."""

    # Wagtail's own templates name the two fields this account does not have.
    create_template_name = "wagtailadmin/generic/form.html"
    edit_template_name = "wagtailadmin/generic/form.html"

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        return AccountEditForm if for_update else AccountCreationForm


class PostIndexView(IndexView):
    """Posts, with what their columns show loaded in one query."""

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("user", "role", "territory__parent")


class PostViewSet(ModelViewSet):
    """Posts: who holds which role where, from when to when."""

    model = Post
    index_view_class = PostIndexView
    name = "posts"
    url_prefix = "posts"
    icon = "key"
    menu_label = _("Posts")
    add_to_settings_menu = True
    copy_view_enabled = False
    inspect_view_enabled = False
    list_display = [
        Column("user", label=_("Account"), accessor=lambda post: post.user.get_full_name()),
        Column("role", label=_("Role"), accessor=lambda post: post.role.label),
        Column("territory", label=_("Territory"), accessor=lambda post: post.territory.path_name),
        DateColumn("held_from", label=_("Held from")),
        DateColumn("held_to", label=_("Held until")),
        DateColumn("confirm_by", label=_("Confirm by")),
    ]
    list_filter = ["role"]
    search_fields = ["user__username", "user__name", "territory__name"]
    form_fields = ["held_to"]

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        return EndPostForm if for_update else AppointForm
