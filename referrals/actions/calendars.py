"""A member's calendar address: made, made anew, taken back. Whoever has it reads the feed (docs/adr/0022)."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from referrals.models import CalendarFeed

# 256 bits of chance.
_TOKEN_BYTES = 32


@transaction.atomic
def make_feed(*, user: User, now: datetime | None = None) -> str:
    """A new address's token, which is kept nowhere: only its hash is. An address from before leads nowhere now."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    made = {"token_hash": hash_of(token), "made_at": now or timezone.now()}
    CalendarFeed.objects.update_or_create(user=user, defaults=made)
    return token


def take_back_feed(*, user: User) -> None:
    """The address leads nowhere from now on. Taking it back twice changes nothing."""
    CalendarFeed.objects.filter(user=user).delete()


def hash_of(token: str) -> bytes:
    """SHA-256: the token is as random as the hash is long, so nothing slower is needed."""
    return hashlib.sha256(token.encode()).digest()
