"""An unlocked member's session: their private key, in the server's session, under a key only the browser's cookie has.

A stolen database has the sealed key without the cookie, a stolen cookie the key to nothing without the session.
"""

import base64
import binascii
import os
from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Any

from privacy.aead import KEY_BYTES, Unreadable, aead_of, context, decrypt
from privacy.hpke import PrivateKey

IDLE_FOR = timedelta(minutes=30)
AT_MOST = timedelta(hours=8)
# The session row is written at most this often while somebody works.
_NOTED_EVERY = timedelta(minutes=1)
_NAME = "vault"


class Locked(Exception):
    """The vault is not unlocked in this browser: never, not any more, or not with this cookie."""


def put(session: MutableMapping[str, Any], *, holder: str, private: PrivateKey, now: datetime) -> str:
    """Keep the holder's private key in the session; returns the cookie's value, which is kept nowhere."""
    cookie_key = os.urandom(KEY_BYTES)
    sealed = aead_of(cookie_key).encrypt(private.serialize(), _bound_to(holder))
    session[_NAME] = {
        "sealed": base64.b64encode(sealed).decode(),
        "since": now.timestamp(),
        "used": now.timestamp(),
    }
    return base64.urlsafe_b64encode(cookie_key).decode()


def take(session: MutableMapping[str, Any], cookie: str, *, holder: str, now: datetime) -> PrivateKey:
    """The holder's private key, for this request; raises `Locked`. Past its time it is wiped from the session."""
    kept = session.get(_NAME)
    if kept is None or not cookie:
        raise Locked
    if not _in_time(kept, now):
        wipe(session)
        raise Locked
    try:
        cookie_key = base64.b64decode(cookie, altchars=b"-_", validate=True)
        private = PrivateKey(decrypt(aead_of(cookie_key), base64.b64decode(kept["sealed"]), _bound_to(holder)))
    except (Unreadable, binascii.Error, ValueError):
        raise Locked from None
    if now.timestamp() - kept["used"] > _NOTED_EVERY.total_seconds():
        session[_NAME] = {**kept, "used": now.timestamp()}
    return private


def wipe(session: MutableMapping[str, Any]) -> None:
    """Lock: the sealed key is gone from the session, and the cookie opens nothing any more."""
    session.pop(_NAME, None)


def ends_at(session: MutableMapping[str, Any], now: datetime) -> datetime | None:
    """When the session locks itself if nothing more is done; None if it is locked."""
    kept = session.get(_NAME)
    if kept is None or not _in_time(kept, now):
        return None
    seconds = min(kept["used"] + IDLE_FOR.total_seconds(), kept["since"] + AT_MOST.total_seconds())
    return datetime.fromtimestamp(seconds, tz=now.tzinfo)


def _in_time(kept: dict[str, Any], now: datetime) -> bool:
    moment = now.timestamp()
    idle, whole = moment - kept["used"], moment - kept["since"]
    # A clock set back must not lengthen it either.
    return -60 <= idle <= IDLE_FOR.total_seconds() and -60 <= whole <= AT_MOST.total_seconds()


def _bound_to(holder: str) -> bytes:
    return context("unlocked/1", holder)
