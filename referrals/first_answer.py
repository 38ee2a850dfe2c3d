"""The time until a person answers a request: what counts, by when, and how long it takes. Pure.

Automated texts, routing and everything else that happens by itself neither stop this clock nor start it again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from referrals.business_time import answer_due
from referrals.machine import STEPS

# A provider's no is an answer to us, and none to a family; the family's own steps are not ours.
_NO_ANSWER = frozenset({"decline"})
# What a person does that answers a request: a move, an opening on the phone, a task done (a call-back is one), answers
# written down with the family. Reading, assigning and noting are work, but nobody has heard from us by them.
ANSWERS = frozenset(STEPS) - _NO_ANSWER | {
    "open",
    "screening_passed",
    "task_done",
    "facts_changed",
    "new_file",
    "code_reissued",
    "family_reached",
}
# The slowest tier has three business days: whatever was opened this long ago is late in each.
SURELY_LATE = timedelta(days=30)


def newest_late(urgency: int, now: datetime) -> datetime:
    """The last moment of opening, to the second, that is late by `now`: whoever came then or before waits too long.

    `answer_due` only ever grows with the opening, so that a search by halves finds it; it saves reading every case.
    """
    seconds = int(SURELY_LATE.total_seconds())
    late, in_time = 0, seconds
    while in_time - late > 1:
        middle = (late + in_time) // 2
        if answer_due(urgency, now - SURELY_LATE + timedelta(seconds=middle)) <= now:
            late = middle
        else:
            in_time = middle
    return now - SURELY_LATE + timedelta(seconds=late)


def percentile(waits: Sequence[timedelta], percent: int) -> timedelta | None:
    """The wait that `percent` of the cases do not exceed, by nearest rank; None without cases."""
    if not waits:
        return None
    return sorted(waits)[max(ceil(len(waits) * percent / 100), 1) - 1]
