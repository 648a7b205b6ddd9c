"""Addresses of signing in: those of allauth we use, under its names, and none of the others.

There is no sign-up, no e-mail, no reset by oneself and no signing in without a password.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.generic import RedirectView

from . import views

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("login/code/", mfa.authenticate, name="mfa_authenticate"),
    # Also for somebody who gives up half way, before the second factor.
    path("logout/", login_not_required(account.LogoutView.as_view()), name="account_logout"),
    path("confirm/", views.ask_factor, name="account_confirm"),
    path("password/", views.ChangePasswordView.as_view(), name="account_change_password"),
    path(
        "password/<uidb64>/<token>/", views.FirstPasswordView.as_view(), name="account_set_password"
    ),
    path("sessions/", views.SessionsView.as_view(), name="usersessions_list"),
    path("factors/", views.FactorsView.as_view(), name="mfa_index"),
    path("factors/app/", views.ActivateAppView.as_view(), name="mfa_activate_totp"),
    path("factors/app/remove/", views.RemoveAppView.as_view(), name="mfa_deactivate_totp"),
    path("factors/keys/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("factors/keys/add/", views.AddKeyView.as_view(), name="mfa_add_webauthn"),
    path("factors/keys/<int:pk>/edit/", views.RenameKeyView.as_view(), name="mfa_edit_webauthn"),
    path(
        "factors/keys/<int:pk>/remove/", views.RemoveKeyView.as_view(), name="mfa_remove_webauthn"
    ),
    path("factors/codes/", views.RecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
    path(
        "factors/codes/new/",
        views.NewRecoveryCodesView.as_view(),
        name="mfa_generate_recovery_codes",
    ),
]
