"""A member's unlocked vault: whose keys this request may open sealed documents with."""

from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import Membership, User
from privacy import holders, unlocked, vault
from privacy.hpke import PrivateKey
from privacy.readers import Keys
from privacy.unlocked import Locked

__all__ = ("Locked", "holder_of", "keys_of", "keys_or_none", "lock", "reader_of_member", "unlock")


def holder_of(user: User) -> str:
    """The name of the member's own key pair."""
    return holders.member_holder(user.pk)


def reader_of_member(user: User) -> str:
    """The reader a member opens documents as: their organization. Raises PermissionDenied for anyone without one."""
    membership = Membership.objects.select_related("organization").filter(user_id=user.pk).first()
    if membership is None:
        raise PermissionDenied("Only members of an organization open sealed documents.")
    return vault.reader_of(membership.organization)


def keys_of(request: HttpRequest, *, now: datetime | None = None) -> Keys:
    """The organization's keys, for this request only; raises `Locked` unless the member unlocked in this browser.

    Who was shut out meanwhile is locked at once: the session holds the member's own key, not the organization's.
    """
    user, session = _of(request)
    cookie = request.COOKIES.get(settings.VAULT_COOKIE_NAME, "")
    private = unlocked.take(session, cookie, holder=holder_of(user), now=now or timezone.now())
    try:
        return holders.keys_of(holder_of(user), private, reader_of_member(user))
    except vault.Unreadable:
        raise Locked from None


def keys_or_none(request: HttpRequest) -> Keys | None:
    """The organization's keys if the member has them unlocked; for what is better with keys but works without."""
    try:
        return keys_of(request)
    except Locked:
        return None


def unlock(request: HttpRequest, response: HttpResponseBase, private: PrivateKey, *, now: datetime) -> None:
    """Keep the member's private key for this session and give the browser the cookie it can be opened with."""
    user, session = _of(request)
    # A session that opens files gets a new name: somebody may know the one from before.
    request.session.cycle_key()
    cookie = unlocked.put(session, holder=holder_of(user), private=private, now=now)
    response.set_cookie(
        settings.VAULT_COOKIE_NAME, cookie, secure=not settings.DEMO, httponly=True, samesite="Strict", path="/"
    )


def lock(request: HttpRequest, response: HttpResponseBase) -> None:
    """Forget the unlocked key on both sides."""
    unlocked.wipe(_of(request)[1])
    response.delete_cookie(settings.VAULT_COOKIE_NAME, samesite="Strict")


def _of(request: HttpRequest) -> tuple[User, MutableMapping[str, Any]]:
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied("Only signed-in members have a vault.")
    return user, request.session
