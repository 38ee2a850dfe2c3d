"""Slows down guessing and flooding: first a delay, then a refusal, per caller; all callers together only a delay.

A caller is whatever the view names (an address, a phone number). It is kept only as an HMAC whose key changes every
hour, in the cache, for two hours. Only failures count, and no number of strangers' failures locks a family out.
"""

import hashlib
import hmac
import logging
import time
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

WINDOW_SECONDS = 3600
# Of one caller within an hour.
FREE_TRIES = 5
REFUSED_FROM = 10
# Of everybody within an hour: an alarm, and a delay for all.
ALARM_FROM = 60
LONGEST_DELAY_SECONDS = 2.0
_FIRST_DELAY_SECONDS = 0.25
# What is counted, each kind apart from the others: wrong codes, and drafts begun.
WRONG_CODES = "wrong return codes"
DRAFTS_BEGUN = "new drafts"


class Throttled(Exception):
    """This caller has guessed too often; `retry_after` says in how many seconds to come back."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many wrong codes")
        self.retry_after = retry_after


def check(*, caller: str, now: datetime, counted: str = WRONG_CODES) -> None:
    """Call before looking a code up, or what else is `counted`.

    Returns at once, or after up to two seconds; raises `Throttled`.
    """
    try:
        failures, everybody = _failures(f"{counted} {caller}", now), _failures(counted, now)
    except (RedisError, OSError):
        # Without counters nobody can be told from a guesser: everybody is slow, nobody is refused.
        log.exception("the throttle's counters cannot be read")
        time.sleep(LONGEST_DELAY_SECONDS)
        return
    if failures >= REFUSED_FROM:
        raise Throttled(retry_after=WINDOW_SECONDS - _seconds_into_window(now))
    delay = _delay(failures - FREE_TRIES) if failures >= FREE_TRIES else 0.0
    if everybody >= ALARM_FROM:
        delay = max(delay, _delay(everybody // ALARM_FROM))
    if delay:
        time.sleep(delay)


def note_failure(*, caller: str, now: datetime, counted: str = WRONG_CODES) -> None:
    """Count a code that led nowhere, or what else is `counted`."""
    try:
        _count(f"{counted} {caller}", now)
        if _count(counted, now) == ALARM_FROM:
            log.error("%s %s within an hour: look whether someone is guessing or flooding", ALARM_FROM, counted)
    except (RedisError, OSError):
        log.exception("the throttle's counters cannot be written")


def _delay(step: float) -> float:
    return min(LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2 ** min(int(step), 10))


def _count(caller: str, now: datetime) -> int:
    key = _key(caller, _window(now))
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:
        # Expired or evicted between the two lines.
        cache.set(key, 1, timeout=2 * WINDOW_SECONDS)
        return 1


def _failures(caller: str, now: datetime) -> float:
    """The failures of the last hour: this clock hour's and the still overlapping share of the one before."""
    window = _window(now)
    this, before = _key(caller, window), _key(caller, window - 1)
    counts = cache.get_many([this, before])
    share_left = 1 - _seconds_into_window(now) / WINDOW_SECONDS
    return float(counts.get(this, 0) + counts.get(before, 0) * share_left)


def _window(now: datetime) -> int:
    return int(now.timestamp()) // WINDOW_SECONDS


def _seconds_into_window(now: datetime) -> int:
    return int(now.timestamp()) % WINDOW_SECONDS


def _key(caller: str, window: int) -> str:
    secret = hashlib.sha256(f"throttle|{window}|{settings.SECRET_KEY}".encode()).digest()
    return f"throttle:{hmac.new(secret, caller.encode(), hashlib.sha256).hexdigest()[:32]}"
