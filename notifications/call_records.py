"""The carrier's records of calls, which hold the family's number: swept as those of texts are.

Calls that families make, the two legs of a call that connects them with a coordinator, and pages: the list has all.
"""

import logging
from datetime import datetime

from django.conf import settings

from notifications.backends import CannotAsk
from notifications.backends.twilio_sms import PAGE, asking, delete_record
from notifications.removal import SWEPT_AFTER, follow_sweep
from notifications.stops import CALLS_KEPT

log = logging.getLogger(__name__)

# In one sweep; there are four a day.
MOST = 2000


def sweep_calls(now: datetime) -> int:
    """Delete at the carrier every record of a call that is older than anybody needs it; returns how many."""
    if settings.TEXT_BACKEND != "twilio":
        return 0
    removed, is_clean = 0, False
    try:
        old = _older_than(now - SWEPT_AFTER)
        for sid in old:
            removed += _remove(sid)
        # What the list had no room for is not looked at.
        is_clean = removed == len(old) < MOST
    except CannotAsk:
        # The next sweep goes on where this one stopped.
        log.error("the carrier's records of calls were not swept whole: it does not answer")
    follow_sweep(CALLS_KEPT, is_clean=is_clean, now=now)
    return removed


def _older_than(moment: datetime) -> list[str]:
    """The carrier's ids, the oldest first. Its list goes by days: of `moment`'s own day each is looked at."""
    with asking() as client:
        there = client.calls.list(start_time_before=moment, limit=MOST, page_size=PAGE)
    return [one.sid for one in reversed(there) if (one.date_created or one.start_time or moment) <= moment]


def _remove(sid: str) -> bool:
    """False for a call that goes on still, which cannot be deleted before it ends, and for one the carrier keeps."""
    return delete_record(sid, lambda client: client.calls(sid))
