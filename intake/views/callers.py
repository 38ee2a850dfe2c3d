"""Who a family's request comes from, as far as the throttle needs to know."""

import time
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from privacy import throttle


def caller_of(request: HttpRequest) -> str:
    """The address that asks: what our own proxy saw, if there is one; what a client claims counts nothing."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if nearest := forwarded.rsplit(",", 1)[-1].strip():
            return nearest
    address: str = request.META["REMOTE_ADDR"]
    return address


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
