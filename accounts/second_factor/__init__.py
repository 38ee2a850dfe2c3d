"""The second factor: an authenticator app or a passkey, asked for at every sign-in and before the vault unlocks.

allauth keeps the authenticators and asks at sign-in; here is what the project decides: how their secrets are sealed,
who has a factor, who has proved it in this session, and what happens when the last one goes.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, MutableMapping
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from tink.aead import Aead

from accounts.models import User
from privacy import unlocked
from privacy.aead import Unreadable, aead_of, context, decrypt

P = ParamSpec("P")

# Recovery codes stand in for a factor; alone they are none.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: User | AnonymousUser) -> bool:
    """Whether the member has set up an authenticator app or a passkey; recovery codes alone do not count. One query."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def passed_second_factor(request: HttpRequest) -> bool:
    """Whether this session has proved a second factor that the member still has, or has just set it up. One query."""
    proved = [
        record.get("id")
        for record in get_authentication_records(request, _member(request))
        if record["method"] == "mfa"
    ]
    return bool(proved) and Authenticator.objects.filter(user_id=request.user.pk, pk__in=proved).exists()


def second_factor_first(
    view: Callable[Concatenate[Any, P], HttpResponseBase],
) -> Callable[Concatenate[Any, P], HttpResponseBase]:
    """Lets a member in whose session has passed a second factor; stands behind `members_only` or `login_required`.

    A member without one is sent to set it up, one who has not proved it in this session to prove it; both come back
    by `next`. A form sent too early is not kept: the member sends it again.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        member = _member(request)
        if member is None:
            return redirect_to_login(request.get_full_path())
        if not has_second_factor(member):
            page = "mfa_index"
        elif not passed_second_factor(request):
            page = proof_page(member)
        else:
            return view(request, *args, **kwargs)
        return redirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")

    return guarded


def proof_page(member: User) -> str:
    """The name of the page on which the member proves a second factor: the app's if there is one."""
    by_app = Authenticator.objects.filter(user_id=member.pk, type=Authenticator.Type.TOTP).exists()
    return "mfa_reauthenticate" if by_app else "mfa_reauthenticate_webauthn"


def seal_secret(secret: str, *, user_id: int) -> str:
    """An authenticator's secret as it may be stored: readable with this installation's key and for this member only."""
    return base64.b64encode(_primitive().encrypt(secret.encode(), _bound_to(user_id))).decode()


def open_secret(sealed: str, *, user_id: int) -> str:
    """The secret `seal_secret` was given; raises `Unreadable` for anything changed, planted or another member's."""
    try:
        raw = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("not a sealed secret") from None
    return decrypt(_primitive(), raw, _bound_to(user_id)).decode()


def secret_to_set_up(session: MutableMapping[str, Any], *, user_id: int) -> str:
    """The base32 secret this session is setting an app up with: the same one until it is used, sealed meanwhile."""
    if kept := session.get(SECRET_SESSION_KEY):
        return open_secret(kept, user_id=user_id)
    secret: str = generate_totp_secret()
    session[SECRET_SESSION_KEY] = seal_secret(secret, user_id=user_id)
    return secret


def in_fours(code: str) -> str:
    """A secret or a code as people read it out: in groups of four."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def add_app(user: User, secret: str) -> Authenticator:
    """Give the member an authenticator app with this base32 secret, as the set-up page does."""
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": seal_secret(secret, user_id=user.pk)}
    )


def listen() -> None:
    """Hear of factors that are set up and removed."""
    signals.authenticator_added.connect(_count_setting_up_as_proof, dispatch_uid="second-factor-added")
    signals.authenticator_removed.connect(_lock_without_factor, dispatch_uid="second-factor-removed")


def _count_setting_up_as_proof(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type in FACTORS:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True)


def _lock_without_factor(request: HttpRequest, user: User, **_: Any) -> None:
    if not has_second_factor(user):
        unlocked.wipe(request.session)


def _member(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _bound_to(user_id: int) -> bytes:
    return context("second factor/1", user_id)


def _primitive() -> Aead:
    return _primitive_of(settings.SECOND_FACTOR_KEY)


@lru_cache(maxsize=2)
def _primitive_of(key: str) -> Aead:
    return aead_of(hashlib.sha256(f"second factor key/1|{key}".encode()).digest())
