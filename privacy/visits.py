"""How the pages after the code form know whose case it is: a random token in the browser, its hash beside the code.

Neither the code nor the case is in an address, a form or a session.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from privacy.models import CodeVisit, ReturnCode

# Whoever finds the phone lying there later types the code again.
IDLE_AT_MOST = timedelta(minutes=30)
_TOKEN_BYTES = 32


def begin(*, code: ReturnCode, now: datetime) -> str | None:
    """Let the browser that is given the returned token go on with the case of `code`; None if that code just ended."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with transaction.atomic():
        # Held until the visit is there: whoever replaces the code waits, and then takes the visit away with it.
        if not ReturnCode.objects.select_for_update().filter(pk=code.pk).exists():
            return None
        CodeVisit.objects.create(token_hash=_hashed(token), code=code, expires_at=now + IDLE_AT_MOST)
    return token


def code_of(token: str, now: datetime) -> ReturnCode | None:
    """The code of a visit that goes on, from now for as long again; None if it ended or never was."""
    visit = CodeVisit.objects.select_related("code").filter(token_hash=_hashed(token), expires_at__gt=now).first()
    if visit is None:
        return None
    CodeVisit.objects.filter(pk=visit.pk).update(expires_at=now + IDLE_AT_MOST)
    return visit.code


def end(token: str) -> None:
    """The token leads nowhere any more."""
    CodeVisit.objects.filter(token_hash=_hashed(token)).delete()


def purge(now: datetime) -> int:
    """Delete the visits that ended by themselves; returns how many."""
    return CodeVisit.objects.filter(expires_at__lte=now).delete()[0]


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
