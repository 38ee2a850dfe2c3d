"""The forms that take a code or a passkey: no code is taken twice, and wrong ones are counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import validate_totp_code
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from accounts import second_factor
from accounts.models import User


def _code_field(label: str, help_text: str = "") -> forms.CharField:
    boxes = {"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}
    return forms.CharField(label=label, help_text=help_text, max_length=40, widget=forms.TextInput(attrs=boxes))


class ActivateAppForm(forms.Form):
    """The first code of a new app proves that the app has the secret."""

    code = _code_field("Code the app shows now", "Six digits.")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.secret = second_factor.secret_to_set_up(context.request.session, user_id=user.pk)

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        clear_count = check_rate_limit(self.user, error_key="too_many_login_attempts")
        if not validate_totp_code(self.secret, code):
            raise ValidationError(
                "This is not the code. Take the newest one, and see that the phone's clock is right.", code="wrong_code"
            )
        clear_count()
        _take(self.user, code)
        return code


class _EachCodeOnce(BaseAuthenticateForm):
    """In front of allauth's check: it forgets a used code sooner than the code dies."""

    code = _code_field("Code from your app", "Or one of your recovery codes.")

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if cache.get(_used(self.user, code)):
            # Counted like a wrong one, and before the right code could set the count back.
            check_rate_limit(self.user)
            raise _already_used()
        super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            _take(self.user, code)
        return code


class SecondFactorForm(_EachCodeOnce, AuthenticateForm):
    """A code at sign-in, from the app or from the list of recovery codes."""


class ProveAgainForm(_EachCodeOnce, ReauthenticateForm):
    """A code from somebody signed in, before a thing that not everyone at an open laptop may do."""


class PasskeyForm(AuthenticateWebAuthnForm):
    """A passkey at sign-in."""

    def clean_credential(self) -> Authenticator:
        _check_readable(self.cleaned_data["credential"], AuthenticationResponse)
        with _said_of_a_passkey():
            return super().clean_credential()


class ProvePasskeyForm(PasskeyForm, ReauthenticateWebAuthnForm):
    """A passkey from somebody signed in."""


class AddPasskeyForm(AddWebAuthnForm):
    """A new passkey, by a name its owner tells it from others by."""

    name = forms.CharField(label="Name", help_text="Such as “office laptop”.", required=False, max_length=60)

    def clean_credential(self) -> dict[str, Any]:
        credential: dict[str, Any] = self.cleaned_data["credential"]
        _check_readable(credential, RegistrationResponse)
        return credential

    def clean(self) -> dict[str, Any]:
        with _said_of_a_passkey():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


def _check_readable(credential: Any, kind: type[AuthenticationResponse] | type[RegistrationResponse]) -> None:
    try:
        kind.from_dict(credential)
    except Exception:  # Whatever a stranger's bytes break in the parser, they are no passkey.
        raise _not_accepted() from None


@contextmanager
def _said_of_a_passkey() -> Iterator[None]:
    """allauth has one sentence for codes and passkeys."""
    try:
        yield
    except ValidationError as error:
        raise (_not_accepted() if error.code == "incorrect_code" else error) from None


def _not_accepted() -> ValidationError:
    return ValidationError("This passkey was not accepted. Try again, or use another way.", code="incorrect_passkey")


def _take(user: User, code: str) -> None:
    """Remember a right code until no clock takes it any more; raises if two forms bring it at the same moment."""
    lifetime = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    if not cache.add(_used(user, code), True, timeout=lifetime):
        raise _already_used()


def _used(user: User, code: str) -> str:
    return "second-factor-used:" + salted_hmac("second factor", f"{user.pk} {normalize_user_code(code)}").hexdigest()


def _already_used() -> ValidationError:
    return ValidationError("This code has been used. Wait until your app shows the next one.", code="used_code")
