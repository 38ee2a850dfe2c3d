"""Signing in and out. Only those of allauth's pages that an invited member needs, under allauth's own names."""

from allauth.account import views as allauth_views
from allauth.mfa.base import views as mfa_views
from django.urls import path, re_path
from django.urls.resolvers import URLPattern
from django.views.generic import RedirectView

from accounts import invitation_views, team_views, views
from accounts.second_factor import views as second_factor_views
from accounts.vault import key_views as vault_key_views
from accounts.vault import views as vault_views

urlpatterns: list[URLPattern] = [
    path("", views.landing, name="staff_landing"),
    path("vault/", vault_views.overview, name="vault"),
    path("vault/unlock/", vault_views.unlock_vault, name="vault_unlock"),
    path("vault/lock/", vault_views.lock_vault, name="vault_lock"),
    path("vault/passphrase/", vault_key_views.passphrase, name="vault_passphrase"),
    path("vault/passphrase/lost/", vault_views.lost_passphrase, name="vault_help"),
    path("vault/passphrase/start-again/", vault_key_views.start_over, name="vault_start_again"),
    path("vault/key/", vault_key_views.make_key, name="vault_make_key"),
    path("vault/key/change/", vault_views.rotate, name="vault_rotate"),
    path("vault/recovery-key/", vault_key_views.recovery_key, name="vault_recovery_key"),
    path("vault/recover/", vault_key_views.recover_access, name="vault_recover"),
    path("team/", team_views.team, name="team"),
    path("team/number/", team_views.number, name="team_number"),
    path("team/invite/", team_views.invite, name="team_invite"),
    path("team/<int:user_id>/let-in/", team_views.let_in, name="team_let_in"),
    path("team/<int:user_id>/remove/", team_views.remove, name="team_remove"),
    path("invitations/", invitation_views.invitations, name="invitations"),
    path("invitations/<int:invitation_id>/withdraw/", invitation_views.withdraw, name="invitation_withdraw"),
    path("invitation/<str:token>/", invitation_views.invitation, name="invitation"),
    path("sign-in/", allauth_views.login, name="account_login"),
    path("sign-out/", allauth_views.logout, name="account_logout"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("confirm/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("second-factor/", second_factor_views.Overview.as_view(), name="mfa_index"),
    path("second-factor/sign-in/", second_factor_views.SignIn.as_view(), name="mfa_authenticate"),
    path("second-factor/confirm/", mfa_views.reauthenticate, name="mfa_reauthenticate"),
    path("second-factor/app/", second_factor_views.SetUpApp.as_view(), name="mfa_activate_totp"),
    path("second-factor/app/remove/", second_factor_views.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path(
        "second-factor/recovery-codes/", second_factor_views.ShowRecoveryCodes.as_view(), name="mfa_view_recovery_codes"
    ),
    path(
        "second-factor/recovery-codes/new/",
        second_factor_views.NewRecoveryCodes.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path("second-factor/passkeys/add/", second_factor_views.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path(
        "second-factor/passkeys/confirm/",
        second_factor_views.ProvePasskeyAgain.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "second-factor/passkeys/<int:pk>/remove/",
        second_factor_views.RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("password/change/", allauth_views.password_change, name="account_change_password"),
    # Who has no password yet gets a first one the way a lost one is replaced: by a link to their e-mail address.
    path("password/set/", RedirectView.as_view(pattern_name="account_reset_password"), name="account_set_password"),
    path("password/reset/", allauth_views.password_reset, name="account_reset_password"),
    path("password/reset/sent/", allauth_views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        allauth_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
