"""Seats at legal clinics: a case that waits and that a clinic can serve gets the next free one.

Locking as everywhere: the case first, then the session, by the conditional UPDATE that takes or gives back a seat.
A seat takes nothing away: the case keeps its place on the waitlist, and gives the seat back if a provider takes it.
"""

import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.roles import SYSTEM, Actor, Role
from notifications.actions import cancel_texts, queue_texts
from notifications.texts import REMINDER_OF_SEAT
from referrals import events
from referrals.actions.moves import close_tasks, lock_case, open_task
from referrals.business_time import CHICAGO, answer_due
from referrals.clinics import (
    REMINDED_BEFORE,
    can_run,
    check_may_run,
    fits,
    fitting_sessions,
    reminder_hours,
    seatless,
    served_types,
    stale_seats,
    today_of,
)
from referrals.models import Case, CaseEvent, ClinicSeat, ClinicSession, SeatState, SessionStatus, TaskKind
from referrals.policies import WrongState

log = logging.getLogger(__name__)

SEAT_TEXT = "clinic_seat"
REMINDER_TEXT = "clinic_reminder"
# What may still wait of a seat that is given back, the reminder by day and hour among it (actions/reminders.py).
SEAT_TEXTS = (SEAT_TEXT, REMINDER_TEXT, REMINDER_OF_SEAT)
# What somebody who has a seat was told.
MEETING = ("held_on", "starts_at", "ends_at", "place", "address")


class NoSeat(WrongState):
    """The clinic has no free seat, or is none for this case."""


def open_session(*, by: Actor, **fields: Any) -> ClinicSession:
    """A new clinic; `fields` as the columns of `ClinicSession`."""
    check_may_run(by, fields["provider"])
    return ClinicSession.objects.create(**fields)


def change_session(*, session: ClinicSession, by: Actor, **fields: Any) -> ClinicSession:
    """Never fewer seats than are taken, and day, hours and place stay while somebody has a seat (NoSeat): whoever was
    told of one evening does not come on another."""
    check_may_run(by, session.provider)
    fields.pop("provider", None)
    unchanged = Q(**{name: fields[name] for name in MEETING})
    changed = (
        ClinicSession.objects.filter(pk=session.pk, status=SessionStatus.OPEN, seats_taken__lte=fields["seats"])
        .filter(Q(seats_taken=0) | unchanged)
        .update(**fields)
    )
    if not changed:
        raise NoSeat(
            "People have seats: there cannot be fewer, and day, hours and place stay. Cancel this clinic and enter"
            " another one; the families get seats there."
        )
    session.refresh_from_db()
    return session


def cancel_session(*, session: ClinicSession, by: Actor, now: datetime | None = None) -> None:
    """The clinic does not take place: after the commit each seat is freed and its case gets another one."""
    now = now or timezone.now()
    with transaction.atomic():
        check_may_run(by, session.provider)
        if session.begins <= now:
            raise WrongState("This clinic has begun: note who came.")
        is_open = ClinicSession.objects.filter(pk=session.pk, status=SessionStatus.OPEN)
        if not is_open.update(status=SessionStatus.CANCELLED):
            raise WrongState("This clinic is cancelled already.")
        transaction.on_commit(lambda: tend_seats(now), robust=True)
    session.refresh_from_db()


def book_seat(*, case: Case, session: ClinicSession, by: Actor, now: datetime | None = None) -> ClinicSeat:
    """Gives the case a seat. NoSeat if somebody was quicker; WrongState if it has one, or no clinic is for it."""
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        if not by.acts_as(Role.COORDINATOR) and by != SYSTEM:
            raise PermissionDenied("Coordinators give seats at clinics.")
        has_seat = case.clinic_seats.filter(state=SeatState.BOOKED).exists()
        if has_seat or not fits(case, served_types(today_of(now))):
            raise WrongState(f"{case.reference} has a seat already, or no clinic is for it now.")
        session = ClinicSession.objects.get(pk=session.pk)
        if session.begins <= now or case.case_type not in session.case_types:
            raise NoSeat("This clinic has begun, or is not for this kind of case.")
        free = ClinicSession.objects.filter(pk=session.pk, status=SessionStatus.OPEN, seats_taken__lt=F("seats"))
        if not free.update(seats_taken=F("seats_taken") + 1):
            raise NoSeat("The last seat of this clinic has just been taken.")
        seat = ClinicSeat.objects.create(session=session, case=case, booked_at=now)
        event = _note(case, "seat_booked", seat, by, now)
        told = queue_texts(case_id=case.pk, template=SEAT_TEXT, trigger=event.pk, is_urgent=False, now=now)
        open_task(case, TaskKind.CLINIC_DAY, due_at=session.ends, now=now)
        if not told:
            open_task(case, TaskKind.CLINIC_TELL, due_at=answer_due(case.urgency, now), now=now)
    return seat


def free_seat(*, seat: ClinicSeat, by: Actor, now: datetime | None = None) -> None:
    """The case does not come: somebody else can have the seat."""
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(seat.case_id)
        session = ClinicSession.objects.select_related("provider").get(pk=seat.session_id)
        if by != SYSTEM and not can_run(by, session.provider):
            raise PermissionDenied("Coordinators and the clinic's own staff free seats.")
        booked = ClinicSeat.objects.filter(pk=seat.pk, state=SeatState.BOOKED)
        state = SeatState.NOT_NEEDED if by == SYSTEM else SeatState.CANCELLED
        if not booked.update(state=state, freed_at=now):
            raise WrongState("The seat is no longer booked.")
        ClinicSession.objects.filter(pk=session.pk, seats_taken__gt=0).update(seats_taken=F("seats_taken") - 1)
        cancel_texts(case_id=case.pk, reason="seat_freed", templates=SEAT_TEXTS, now=now)
        close_tasks(case, TaskKind.CLINIC_DAY, TaskKind.CLINIC_TELL, by=by, now=now)
        _note(case, "seat_freed", seat, by, now)
        if session.status == SessionStatus.CANCELLED and case.is_open:
            # They know of an evening that does not take place, and a text never says which.
            open_task(case, TaskKind.CLINIC_TELL, due_at=answer_due(case.urgency, now), now=now)


def give_up_seat(*, case: Case, by: Actor, now: datetime | None = None) -> None:
    """Frees the seat that the case has now; WrongState if it has none."""
    seat = ClinicSeat.objects.filter(case=case, state=SeatState.BOOKED).first()
    if seat is None:
        raise WrongState(f"{case.reference} has no seat at a clinic now.")
    free_seat(seat=seat, by=by, now=now)


def note_attendance(*, seat: ClinicSeat, came: bool, by: Actor, now: datetime | None = None) -> None:
    """Whether somebody came. Either way a person acts next: decides what follows, or calls."""
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(seat.case_id)
        session = ClinicSession.objects.select_related("provider").get(pk=seat.session_id)
        check_may_run(by, session.provider)
        if session.begins > now or session.status == SessionStatus.CANCELLED:
            raise WrongState("The clinic has not begun, or was cancelled.")
        state = SeatState.ATTENDED if came else SeatState.NO_SHOW
        if not ClinicSeat.objects.filter(pk=seat.pk, state=SeatState.BOOKED).update(state=state):
            raise WrongState("This was noted already, or the seat was freed.")
        close_tasks(case, TaskKind.CLINIC_DAY, TaskKind.CLINIC_TELL, by=by, now=now)
        _note(case, "clinic_attended" if came else "clinic_missed", seat, by, now)
        if case.is_open:
            kind = TaskKind.CLINIC_AFTER if came else TaskKind.CLINIC_MISSED
            open_task(case, kind, due_at=answer_due(case.urgency, now), now=now)


def tend_seats(now: datetime) -> int:
    """The clock's part: frees seats that nobody will sit on, then seats whoever waits; returns how many got a seat.

    Each case has a transaction of its own, and one that fails does not stop the others. Running it twice changes
    nothing.
    """
    for seat in stale_seats(now):
        _or_log(lambda one=seat: free_seat(seat=one, by=SYSTEM, now=now), seat.case_id)  # type: ignore[misc]
    return sum(bool(_or_log(lambda one=pk: _book_next(one, now), pk)) for pk in seatless(now))  # type: ignore[misc]


def remind_families(now: datetime) -> int:
    """The clock's part: three days and one day before, at a decent hour, the neutral reminder; returns how many texts.

    Who said yes to reminders by day gets those instead (referrals/actions/reminders.py).
    Whoever got the seat today was told of it today.
    """
    if not reminder_hours(now):
        return 0
    today = today_of(now)
    midnight = datetime.combine(today, time(), CHICAGO)
    queued = 0
    for days in REMINDED_BEFORE:
        seats = ClinicSeat.objects.filter(
            state=SeatState.BOOKED,
            booked_at__lt=midnight,
            session__status=SessionStatus.OPEN,
            session__held_on=today + timedelta(days=days),
        )
        for seat in seats:
            queued += len(_or_log(lambda one=seat, before=days: _remind(one, before, now), seat.case_id) or ())  # type: ignore[misc]
    return queued


@transaction.atomic
def _remind(seat: ClinicSeat, days: int, now: datetime) -> list[Any]:
    # Made from the seat and the day: however often the clock asks, each is reminded once.
    trigger = uuid5(seat.pk, str(days))
    return queue_texts(
        case_id=seat.case_id,
        template=REMINDER_TEXT,
        trigger=trigger,
        is_urgent=False,
        now=now,
        about_at=seat.session.begins,
    )


def _book_next(case_id: UUID, now: datetime) -> ClinicSeat | None:
    """The first fitting clinic's seat; one that fills up meanwhile is passed over."""
    case = Case.objects.get(pk=case_id)
    for session in fitting_sessions(case, now, by_clock=True):
        try:
            return book_seat(case=case, session=session, by=SYSTEM, now=now)
        except NoSeat:
            continue
    return None


def _or_log(act: Callable[[], Any], case_id: UUID) -> Any:
    """What `act` returns; None for one that failed, which the next run tries again."""
    try:
        return act()
    except WrongState:
        # Somebody was quicker.
        return None
    except Exception:
        log.exception("the clinic seat of case %s was not settled", case_id)
        return None


def _note(case: Case, kind: str, seat: ClinicSeat, by: Actor, now: datetime) -> CaseEvent:
    return events.record(case=case, kind=kind, by=by, now=now, detail={"session": str(seat.session_id)})
