"""Slows down guessing at passphrases and recovery keys: an account is delayed and then refused, an address delayed."""

import time
from datetime import datetime

from django.http import HttpRequest

from privacy import throttle
from web.callers import caller_of

ACCOUNTS = "vault passphrases"
ADDRESSES = "vault passphrases by address"


def check(request: HttpRequest, now: datetime) -> None:
    """Call before a passphrase or recovery key is tried; raises `Throttled` after ten wrong ones in an hour.

    Only the signed-in account itself can be refused, so nobody locks out another. An office may share one address:
    its colleagues wait two seconds at most.
    """
    throttle.check(caller=_account(request), now=now, counted=ACCOUNTS)
    try:
        throttle.check(caller=caller_of(request), now=now, counted=ADDRESSES)
    except throttle.Throttled:
        time.sleep(throttle.LONGEST_DELAY_SECONDS)


def note_wrong(request: HttpRequest, now: datetime) -> None:
    """Count a wrong passphrase or recovery key."""
    throttle.note_failure(caller=_account(request), now=now, counted=ACCOUNTS)
    throttle.note_failure(caller=caller_of(request), now=now, counted=ADDRESSES)


def sentence(refused: throttle.Throttled) -> str:
    """What is said to somebody who guessed too often."""
    minutes = -(-refused.retry_after // 60)
    return (
        "Too many wrong tries with this account within an hour. "
        f"Come back in {minutes} minute{'' if minutes == 1 else 's'}; nobody else is kept out."
    )


def _account(request: HttpRequest) -> str:
    return f"member {request.user.pk}"
