"""Reminders of a date or a clinic, to who said yes to them: seven, three days and one day before.

They say the day, and of a clinic the hour; never what it is. Whether somebody said yes is sealed with how to reach
them, and the worker reads it when the text is about to leave (notifications/bodies.py); no is the end of that text.
"""

import logging
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from django.db import transaction

from notifications.actions import queue_texts
from notifications.texts import REMINDER_OF_DATE, REMINDER_OF_SEAT
from referrals.business_time import CHICAGO
from referrals.clinics import reminder_hours
from referrals.models import CaseDeadline, ClinicSeat, SeatState, SessionStatus
from referrals.models.case import OPEN_STATES

log = logging.getLogger(__name__)

# As in New York's trial of court reminders, where people missed a quarter fewer dates (povertyactionlab.org/node/2395).
DAYS_BEFORE = (7, 3, 1)


def remind_of_dates(now: datetime) -> int:
    """The clock's part, at a decent hour; returns how many texts are queued. Running it twice changes nothing.

    Who named the date or got the seat today knows it today.
    """
    if not reminder_hours(now):
        return 0
    today = now.astimezone(CHICAGO).date()
    midnight = datetime.combine(today, time(), CHICAGO)
    queued = 0
    for days in DAYS_BEFORE:
        for one in [*_dates(today + timedelta(days=days), midnight), *_seats(today + timedelta(days=days), midnight)]:
            try:
                queued += _remind(one, days, now)
            except Exception:
                # The next run tries again; one that fails must not keep the others from being reminded.
                log.exception("nobody of case %s is reminded yet", one.case_id)
    return queued


@dataclass(frozen=True, slots=True)
class _Ahead:
    """Something on a day; `key` tells it from everything else of the case."""

    case_id: UUID
    key: str
    at: datetime
    template: str


def _dates(day: date, midnight: datetime) -> list[_Ahead]:
    """What the families named for a day. Of the hour nothing is known."""
    named = CaseDeadline.objects.running().filter(
        from_answers=True, rule=None, due=day, changed_at__lt=midnight, case__state__in=OPEN_STATES
    )
    noon = datetime.combine(day, time(12), CHICAGO)
    return [_Ahead(one.case_id, f"{one.code} {one.due}", noon, REMINDER_OF_DATE) for one in named.order_by("pk")]


def _seats(day: date, midnight: datetime) -> list[_Ahead]:
    """Who has a seat at a clinic on a day."""
    seats = ClinicSeat.objects.filter(
        state=SeatState.BOOKED, booked_at__lt=midnight, session__status=SessionStatus.OPEN, session__held_on=day
    )
    return [
        _Ahead(seat.case_id, f"seat {seat.pk}", seat.session.begins, REMINDER_OF_SEAT)
        for seat in seats.select_related("session").order_by("pk")
    ]


@transaction.atomic
def _remind(ahead: _Ahead, days: int, now: datetime) -> int:
    # Made from the case, the day and how far it is away: however often the clock asks, each is reminded once, also
    # where new answers wrote the same date down again.
    trigger = uuid5(ahead.case_id, f"reminder {ahead.key} {days}")
    texts = queue_texts(
        case_id=ahead.case_id, template=ahead.template, trigger=trigger, is_urgent=False, now=now, about_at=ahead.at
    )
    return len(texts)
