"""Sign-in rules of this installation for allauth."""

import time
from typing import Any, ClassVar

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse

from accounts import second_factor
from accounts.models import User

_WAYS = {"mfa_reauthenticate": "By a code", "mfa_reauthenticate:webauthn": "By passkey"}


class InvitedOnlyAdapter(DefaultAccountAdapter):
    """Nobody signs up alone: accounts are made for members of an organization."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Always, except that who has just signed in sets up a first second factor without the password again."""
        request = context.request
        if app == "allauth.mfa" and not second_factor.has_second_factor(request.user):
            records = get_authentication_records(request, request.user)
            return not records or time.time() - records[-1]["at"] > app_settings.REAUTHENTICATION_TIMEOUT
        return super().is_reauthentication_required(app=app, **kwargs)

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """Who has a second factor proves that one, the app's first: the password alone changes nothing about it."""
        methods = super().get_reauthentication_methods(user)
        if not isinstance(user, User) or not second_factor.has_second_factor(user):
            return methods
        usual = reverse(second_factor.proof_page(user))
        proofs = [{**method, "description": _WAYS[method["id"]]} for method in methods if method["id"] in _WAYS]
        return sorted(proofs, key=lambda method: method["url"] != usual)


class SealedSecretsAdapter(DefaultMFAAdapter):
    """Authenticators whose secrets are sealed, each for its owner alone."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This is not the code. Look at the newest one in your app. A recovery code works once.",
    }

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 (allauth's name)
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def encrypt(self, text: str) -> str:
        return second_factor.seal_secret(text, user_id=_owner().pk)

    def decrypt(self, encrypted_text: str) -> str:
        return second_factor.open_secret(encrypted_text, user_id=_owner().pk)


def _owner() -> User:
    """Whose secret allauth asks for, which it does not say: the signed-in member's, or of whoever is signing in."""
    request = context.request
    if isinstance(request.user, User):
        return request.user
    signing_in: User = request._login_stage.login.user
    return signing_in
