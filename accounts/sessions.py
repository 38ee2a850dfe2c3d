"""Ending the sessions of one account, in whatever browsers it is signed in."""

from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from accounts.models import User

_AT_ONCE = 500


def end_sessions_of(user: User, *, now: datetime) -> int:
    """Delete every live session of the account; returns how many there were.

    Whose a session is stands inside it, so all that are not over are decoded, families' too, a few hundred at a time.
    """
    live = Session.objects.filter(expire_date__gt=now)
    owner = str(user.pk)
    found = [
        session.session_key
        for session in live.iterator(chunk_size=_AT_ONCE)
        if session.get_decoded().get(SESSION_KEY) == owner
    ]
    for start in range(0, len(found), _AT_ONCE):
        Session.objects.filter(session_key__in=found[start : start + _AT_ONCE]).delete()
    return len(found)
