"""Signing in and out. Only those of allauth's pages that an invited member needs, under allauth's own names."""

from allauth.account import views as allauth_views
from django.urls import path, re_path
from django.urls.resolvers import URLPattern
from django.views.generic import RedirectView

from accounts import views

urlpatterns: list[URLPattern] = [
    path("", views.landing, name="staff_landing"),
    path("sign-in/", allauth_views.login, name="account_login"),
    path("sign-out/", allauth_views.logout, name="account_logout"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
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
