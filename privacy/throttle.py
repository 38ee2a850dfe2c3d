"""Slows down guessing and flooding. A caller is whatever the view names: an address, an account, a phone number.

It is kept only as an HMAC whose key changes every five minutes, in the cache, for little more than an hour. What counts
is what the last sixty minutes hold, and up to five more: no turn of a clock gives a try for free.

Return codes are tried in an `attempt`: counted before they are looked up, answered after a time that tells nothing
about the code, and never refused for what was tried before (docs/adr/0015-codes-are-slowed-never-refused.md).
`check` and `note_failure` are for what may be refused: after ten failures within an hour a caller waits for its end.
"""

import hashlib
import hmac
import logging
import math
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# Counted together: the five minutes of now and the twelve times five minutes before them.
WINDOW_SECONDS = 300
_WINDOWS_BEFORE = 12
_KEPT_SECONDS = (_WINDOWS_BEFORE + 2) * WINDOW_SECONDS
_ALARM_SECONDS = 3600
# Of one caller within an hour.
FREE_TRIES = 5
REFUSED_FROM = 10
# Of everybody within an hour: an alarm, and a delay for all.
ALARM_FROM = 60
LONGEST_DELAY_SECONDS = 2.0
_FIRST_DELAY_SECONDS = 0.25
# After so long somebody who found the line full may find it free.
FULL_RETRY_SECONDS = 5
# Added to each answer by chance, at most so much of the floor.
_CHANCE_OF_FLOOR = 0.05
_chance = secrets.SystemRandom()
# What is counted, each kind apart from the others: wrong codes, and drafts begun.
WRONG_CODES = "wrong return codes"
DRAFTS_BEGUN = "new drafts"


class Throttled(Exception):
    """Not now; `retry_after` says in how many seconds to come back."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many tries")
        self.retry_after = retry_after


# Where delayed attempts wait, in each process: one at a time of callers with five wrong codes, one of all the others.
# A wait holds a thread of the server: without an end to the lines a dozen wrong codes at once would keep every family
# off the site, and with one line for all a guesser would stand in everybody's way instead of only their own.
_guessers, _others = threading.BoundedSemaphore(1), threading.BoundedSemaphore(1)


@dataclass(slots=True)
class Attempt:
    """One code being tried, counted as a wrong one already; `delay` in seconds is what earlier ones have earned it."""

    delay: float
    line: threading.BoundedSemaphore
    counted_in: tuple[str, ...] = ()

    def forgive(self) -> None:
        """The code was right: it does not count. The wrong ones before it still do."""
        keys, self.counted_in = self.counted_in, ()
        try:
            for key in keys:
                _take_back(key)
        except (RedisError, OSError):
            log.exception("the throttle's counters cannot be written")


@contextmanager
def attempt(*, caller: str, now: datetime, floor: float, counted: str = WRONG_CODES) -> Iterator[Attempt]:
    """Look a code up inside of this, and `forgive` the attempt if it was right.

    It ends a whole number of `floor` seconds after it began, plus the delay that this caller's and everybody's wrong
    codes have earned: the time tells whether somebody guesses, never what a code leads to. Raises `Throttled` before
    anything is looked up, and only where too many wait already.
    """
    began = time.monotonic()
    # Counted first: of many guesses at the same moment, each finds those before it.
    tried = _counted(caller, counted, now)
    with ExitStack() as waiting:
        if tried.delay:
            if not tried.line.acquire(blocking=False):
                tried.forgive()
                raise Throttled(FULL_RETRY_SECONDS)
            waiting.callback(tried.line.release)
        try:
            yield tried
        finally:
            _wait_until_told(began, floor, tried.delay)


def check(*, caller: str, now: datetime, counted: str = WRONG_CODES) -> None:
    """Call before what is `counted` is tried.

    Returns at once, or after up to two seconds; raises `Throttled`.
    """
    try:
        windows, everybody = _windows(f"{counted} {caller}", now), _failures(counted, now)
    except (RedisError, OSError):
        # Without counters nobody can be told from a guesser: everybody is slow, nobody is refused.
        log.exception("the throttle's counters cannot be read")
        time.sleep(LONGEST_DELAY_SECONDS)
        return
    failures = sum(windows.values())
    if failures >= REFUSED_FROM:
        raise Throttled(retry_after=_until_fewer(windows, now))
    if delay := _delay_earned(failures, everybody):
        time.sleep(delay)


def note_failure(*, caller: str, now: datetime, counted: str = WRONG_CODES) -> None:
    """Count one more of what is `counted`."""
    try:
        _count(f"{counted} {caller}", now)
        _alarm(counted, _count(counted, now) + _earlier(counted, now), now)
    except (RedisError, OSError):
        log.exception("the throttle's counters cannot be written")


def _counted(caller: str, counted: str, now: datetime) -> Attempt:
    mine = f"{counted} {caller}"
    try:
        own, everybody = _count(mine, now), _count(counted, now)
        before_mine, before_everybody = own - 1 + _earlier(mine, now), everybody - 1 + _earlier(counted, now)
        _alarm(counted, before_everybody + 1, now)
    except (RedisError, OSError):
        # As in `check`: everybody is slow.
        log.exception("the throttle's counters cannot be written")
        return Attempt(LONGEST_DELAY_SECONDS, _others)
    keys = tuple(_key(name, _window(now)) for name in (mine, counted))
    line = _guessers if before_mine >= FREE_TRIES else _others
    return Attempt(_delay_earned(before_mine, before_everybody), line, keys)


def _wait_until_told(began: float, floor: float, delay: float) -> None:
    """Sleep until a whole number of floors, and the delay, have passed: a slow machine must not show what it did.

    What is done after the sleep differs by microseconds between pages; a little chance drowns them.
    """
    took = time.monotonic() - began
    until = max(1, math.ceil(took / floor)) * floor + delay + _chance.uniform(0, floor * _CHANCE_OF_FLOOR)
    time.sleep(max(0.0, until - took))


def _delay_earned(own: int, everybody: int) -> float:
    delay = _delay(own - FREE_TRIES) if own >= FREE_TRIES else 0.0
    return max(delay, _delay(everybody // ALARM_FROM)) if everybody >= ALARM_FROM else delay


def _delay(step: int) -> float:
    return min(LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2 ** min(step, 10))


def _alarm(counted: str, everybody: int, now: datetime) -> None:
    """Once an hour."""
    hour = int(now.timestamp()) // _ALARM_SECONDS
    if everybody >= ALARM_FROM and cache.add(_key(f"alarm {counted}", hour), 1, timeout=2 * _ALARM_SECONDS):
        log.error("%s %s within an hour: look whether someone is guessing or flooding", ALARM_FROM, counted)


def _count(caller: str, now: datetime) -> int:
    key = _key(caller, _window(now))
    cache.add(key, 0, timeout=_KEPT_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:
        # Expired or evicted between the two lines.
        cache.set(key, 1, timeout=_KEPT_SECONDS)
        return 1


def _take_back(key: str) -> None:
    try:
        cache.decr(key)
    except ValueError:
        # Evicted meanwhile, and the count with it.
        return


def _failures(caller: str, now: datetime) -> int:
    return sum(_windows(caller, now).values())


def _earlier(caller: str, now: datetime) -> int:
    """The failures of the last hour without those of the window of now."""
    return sum(_windows(caller, now, without_this=True).values())


def _windows(caller: str, now: datetime, *, without_this: bool = False) -> dict[int, int]:
    """How many failures each window has that counts now; one question to the cache."""
    this = _window(now)
    keys = {_key(caller, one): one for one in range(this - _WINDOWS_BEFORE, this + (not without_this))}
    return {keys[key]: count for key, count in cache.get_many(keys).items()}


def _until_fewer(windows: dict[int, int], now: datetime) -> int:
    """In how many seconds so many windows have left that another try is not refused."""
    failures, left = sum(windows.values()), _window(now)
    for window in sorted(windows):
        if failures < REFUSED_FROM:
            break
        failures, left = failures - windows[window], window + _WINDOWS_BEFORE + 1
    return max(left * WINDOW_SECONDS - int(now.timestamp()), 1)


def _window(now: datetime) -> int:
    return int(now.timestamp()) // WINDOW_SECONDS


def _key(caller: str, window: int) -> str:
    secret = hashlib.sha256(f"throttle|{window}|{settings.SECRET_KEY}".encode()).digest()
    return f"throttle:{hmac.new(secret, caller.encode(), hashlib.sha256).hexdigest()[:32]}"
