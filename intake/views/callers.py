"""Slowing down whoever begins too many drafts."""

import time
from datetime import datetime

from django.http import HttpRequest

from privacy import throttle
from web.callers import caller_of


def slow_down_beginning(request: HttpRequest, now: datetime) -> None:
    """A new draft costs a slow key and rows: many from one address, or very many in all, wait up to two seconds each.

    Nobody is refused: a church hall full of families may share one address.
    """
    caller = caller_of(request)
    try:
        throttle.check(caller=caller, now=now, counted=throttle.DRAFTS_BEGUN)
    except throttle.Throttled:
        time.sleep(throttle.LONGEST_DELAY_SECONDS)
    throttle.note_failure(caller=caller, now=now, counted=throttle.DRAFTS_BEGUN)
