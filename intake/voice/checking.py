"""A code that was typed in a call, looked up outside of the webhook: with the web page's throttle and its answer.

In the web process, which alone has the pepper of the codes, by a thread of its own: what was typed is in its memory
until it was looked up, and is stored nowhere. Should the process end meanwhile, the call says that codes cannot be
looked for, and goes on.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from intake.models import CodeCheck, Draft, NoticeShown, PhoneCall
from privacy import return_codes, throttle
from privacy.models import ReturnCode
from referrals.models import Channel

log = logging.getLogger(__name__)

# Derived in place of a code that cannot be one, so that it takes as long as one that can.
_NO_CODE = "0" * 13
# How often a code is tried again where too many wait already.
_TRIES = 3
# One Argon2id takes 64 MiB and a core; more at once would slow the pages down.
_HASHING = threading.BoundedSemaphore(2)
# Most of a look-up is waiting for the moment at which it may be told: many wait beside those that are hashed.
_POOL = ThreadPoolExecutor(max_workers=16, thread_name_prefix="codes")
# Codes being looked up or waiting for it; whoever comes after so many would wait for longer than anybody holds a phone.
MOST = 400
_pending = 0
_counting = threading.Lock()


@dataclass(frozen=True, slots=True)
class Typed:
    """One try: which call's, its number in the call, what was typed and from which phone."""

    call_id: UUID
    number: int
    typed: str = field(repr=False)
    caller: str = field(repr=False)


def is_full() -> bool:
    """Whether so many wait that another would wait in vain."""
    return _pending >= MOST


def look_up_later(typed: Typed) -> None:
    """Looks the code up once the caller's transaction is committed."""
    transaction.on_commit(lambda: later(lambda: _in_thread(typed)), robust=True)


def later(work: Callable[[], None], *, seconds: float = 0.0) -> None:
    """Does `work` soon, in another thread; after `seconds`, in which no thread of the pool is held."""
    _count(1)

    def counted() -> None:
        try:
            work()
        finally:
            _count(-1)

    if not seconds:
        _POOL.submit(counted)
        return
    timer = threading.Timer(seconds, lambda: _POOL.submit(counted))
    timer.daemon = True
    timer.start()


def _count(more: int) -> None:
    global _pending  # noqa: PLW0603 (one pool per process, one count)
    with _counting:
        _pending += more


def _in_thread(typed: Typed, tries: int = 1) -> None:
    try:
        # While it waits to be told it needs no connection, of which the database has fewer than this has threads.
        look_up(typed, found_out=connections.close_all)
    except throttle.Throttled as full:
        _note(typed, CodeCheck.BUSY)
        if tries < _TRIES:
            later(lambda: _in_thread(typed, tries + 1), seconds=full.retry_after)
    except Exception as error:
        # Never its message or its traceback, which could hold what was typed.
        log.error("the code of call %s could not be looked up: %s", typed.call_id, type(error).__name__)
    finally:
        connections.close_all()


def look_up(typed: Typed, *, now: datetime | None = None, found_out: Callable[[], None] = lambda: None) -> None:
    """Finds out where the code leads, and writes that into the call's row; `found_out` is called before it is told.

    Raises `throttle.Throttled` where too many delayed ones wait already.
    """
    now = now or timezone.now()
    with throttle.attempt(caller=f"phone {typed.caller}", now=now, floor=settings.RETURN_CODE_FLOOR_SECONDS) as attempt:
        found = _find(typed.typed, now)
        if found is not None:
            attempt.forgive()
        found_out()
    _tell(typed, found)


def _tell(typed: Typed, found: ReturnCode | None) -> None:
    if found is None:
        _note(typed, CodeCheck.UNKNOWN)
    elif found.case_id:
        _note(typed, CodeCheck.CASE, shown_case_id=found.case_id)
    elif found.draft_id and _is_of_a_call(found.draft_id):
        _note(typed, CodeCheck.DRAFT, draft_id=found.draft_id)
    else:
        _note(typed, CodeCheck.UNSENT)


def _find(typed: str, now: datetime) -> ReturnCode | None:
    code = return_codes.parse(typed)
    with _HASHING:
        keys = return_codes.derive(code or _NO_CODE)
    found = return_codes.find(keys.lookup_id, now) if code else None
    if found is None or found.case_id:
        return found
    return found if found.draft_id and Draft.objects.filter(pk=found.draft_id, expires_at__gt=now).exists() else None


def _is_of_a_call(draft_id: UUID) -> bool:
    """Whether the draft is of a call on this line, which holds no answers; another's are on the web, or with staff."""
    shown = NoticeShown.objects.filter(draft_id=draft_id, channel=Channel.PHONE, witness_user_id=None)
    return shown.exists()


def _note(typed: Typed, state: CodeCheck, **found: UUID | None) -> None:
    """Only while this very try waits for it: the caller may have gone on meanwhile."""
    waiting = [CodeCheck.WAITING, CodeCheck.BUSY]
    mine = PhoneCall.objects.filter(pk=typed.call_id, checks=typed.number, check_state__in=waiting, ended_at=None)
    mine.update(check_state=state, **found)
