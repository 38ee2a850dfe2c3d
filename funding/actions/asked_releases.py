"""Closing a quarter by the button: a person asks, a worker makes the release, the money page says how far it is.

The row is what was asked for, the broker only makes it quick: what a lost message or a dead worker left behind is
taken up by the clock. However often it is asked for or taken up, `make_release` publishes a quarter once.
"""

import logging
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import Actor
from funding.actions.releases import make_release
from funding.models import AskedRelease, AskedState, Release
from funding.policies import RefusedError, account_of, check_may_close, check_may_publish
from funding.quarters import Quarter, day_of
from notifications.broker import ask_worker

log = logging.getLogger(__name__)

# What one try may take (funding/tasks.py); after that nobody works on it any more.
MOST_SECONDS = 290
LEFT_AFTER = timedelta(seconds=MOST_SECONDS + 10)
MOST_TRIES = 3
FAILED = "It failed three times: whoever keeps the server finds out why in the worker's log."


def ask_release(*, quarter: str, by: Actor, now: datetime | None = None) -> AskedRelease:
    """Ask for a quarter to be closed and published. Asked for twice it is one.

    Raises ValueError, PermissionDenied, and RefusedError where it cannot be closed now.
    """
    check_may_publish(by)
    now = now or timezone.now()
    closing = Quarter.parse(quarter)
    last = Release.objects.order_by("-quarter").values_list("quarter", flat=True).first()
    check_may_close(closing, last_released=Quarter.parse(last) if last else None, today=day_of(now))
    with transaction.atomic():
        asked, _ = AskedRelease.objects.get_or_create(
            quarter=str(closing),
            state=AskedState.WAITING,
            defaults={"asked_by_user_id": account_of(by), "asked_at": now},
        )
        transaction.on_commit(partial(ask_worker, "funding.tasks.make_asked_release", [asked.pk]), robust=True)
    return asked


def make_asked(asked_id: UUID, now: datetime) -> bool:
    """The worker's part: make the release as whoever asked for it, and say how it ended. False where others do it.

    Whatever else it raises is tried again by the clock, `MOST_TRIES` times in all.
    """
    free = Q(started_at=None) | Q(started_at__lte=now - LEFT_AFTER)
    waiting = AskedRelease.objects.filter(free, pk=asked_id, state=AskedState.WAITING)
    # Whoever sets this makes it.
    if not waiting.update(started_at=now, tries=F("tries") + 1):
        return False
    asked = AskedRelease.objects.get(pk=asked_id)
    reason = ""
    try:
        if asked.tries > MOST_TRIES:
            # Killed each time, without a word.
            raise RefusedError(FAILED)
        make_release(quarter=asked.quarter, by=_who_asked(asked), now=now)
    except (RefusedError, PermissionDenied) as refused:
        reason = str(refused)
    except Exception:
        # By now it may be published all the same, and then it ends as that.
        if asked.tries < MOST_TRIES and not _is_published(asked):
            raise
        log.exception("the release of %s failed for good", asked.quarter)
        reason = FAILED
    state = AskedState.MADE if _is_published(asked) else AskedState.REFUSED
    AskedRelease.objects.filter(pk=asked_id, state=AskedState.WAITING).update(
        state=state, ended_at=timezone.now(), reason="" if state == AskedState.MADE else reason[:200]
    )
    return True


def make_all_asked(now: datetime) -> None:
    """The clock's part: what a lost broker message or a dead worker left behind."""
    for asked_id in (
        AskedRelease.objects.filter(state=AskedState.WAITING).order_by("quarter").values_list("pk", flat=True)
    ):
        try:
            make_asked(asked_id, now)
        except Exception:
            # The next run tries again; one that fails must not keep the others waiting.
            log.exception("the release that was asked for by %s is not made yet", asked_id)


def _who_asked(asked: AskedRelease) -> Actor:
    """As what they are now. Raises PermissionDenied where they are nothing any more."""
    member = Membership.objects.filter(
        user_id=asked.asked_by_user_id, user__is_active=True, organization__is_active=True
    ).first()
    if member is None:
        raise PermissionDenied("Whoever asked for it does not work here any more.")
    return member.actor()


def _is_published(asked: AskedRelease) -> bool:
    return Release.objects.filter(quarter=asked.quarter).exists()
