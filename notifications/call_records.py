"""The carrier's records of calls, which hold the family's number: swept as those of texts are.

Calls that families make, the two legs of a call that connects them with a coordinator, and pages: the list has all.
"""

import logging
from datetime import datetime

from django.conf import settings

from notifications.backends import CannotAsk
from notifications.backends.twilio_sms import PAGE, STILL_ON_ITS_WAY, Refused, asking
from notifications.removal import SWEPT_AFTER

log = logging.getLogger(__name__)

# In one sweep; there are four a day.
MOST = 2000
_NOT_THERE, _CONFLICT = 404, 409


def sweep_calls(now: datetime) -> int:
    """Delete at the carrier every record of a call that is older than anybody needs it; returns how many."""
    if settings.TEXT_BACKEND != "twilio":
        return 0
    removed = 0
    try:
        for sid in _older_than(now - SWEPT_AFTER):
            removed += _remove(sid)
    except CannotAsk:
        # The next sweep goes on where this one stopped.
        log.error("the carrier's records of calls were not swept whole: it does not answer")
    return removed


def _older_than(moment: datetime) -> list[str]:
    """The carrier's ids, the oldest first. Its list goes by days: of `moment`'s own day each is looked at."""
    with asking() as client:
        there = client.calls.list(start_time_before=moment, limit=MOST, page_size=PAGE)
    return [one.sid for one in reversed(there) if (one.date_created or one.start_time or moment) <= moment]


def _remove(sid: str) -> bool:
    """False for a call that goes on still: it cannot be deleted before it ends."""
    try:
        with asking() as client:
            return bool(client.calls(sid).delete())
    except Refused as refused:
        if refused.status == _NOT_THERE:
            return True
        if refused.status == _CONFLICT or refused.code == STILL_ON_ITS_WAY:
            return False
        raise
