"""Legal clinics: which cases they can serve, who runs them, and what staff read of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.roles import Actor, Role
from providers.models import Provider
from referrals.business_time import CHICAGO
from referrals.models import (
    FREED,
    Case,
    ClinicCaseType,
    ClinicSeat,
    ClinicSession,
    Custody,
    SeatState,
    SessionStatus,
    State,
)

PAGE_SIZE = 50
# Reminders go out this many days before, between these hours of Minneapolis.
REMINDED_BEFORE = (3, 1)
REMINDER_OPENS, REMINDER_CLOSES = 10, 19
# Somebody who is given a seat by the clock has a day to hear of it.
NOTICE = timedelta(hours=24)
# After so many seats that stayed empty or were given back, a coordinator decides.
MOST_MISSED = 2
# A case waits for a provider: found eligible, and nobody has taken it.
WAITS = (State.SCREENED, State.WAITLISTED, State.OFFERED)


def today_of(now: datetime) -> date:
    """The day in Minneapolis."""
    return now.astimezone(CHICAGO).date()


def reminder_hours(now: datetime) -> bool:
    """Whether it is a decent hour to be reminded."""
    return REMINDER_OPENS <= now.astimezone(CHICAGO).hour < REMINDER_CLOSES


def served_types(day: date) -> frozenset[str]:
    """The case types that clinics serve on a day."""
    return frozenset(ClinicCaseType.objects.on(day).values_list("case_type", flat=True))


def fits(case: Case, served: Collection[str]) -> bool:
    """Whether a clinic can serve the case now: somebody free who waits, with a need that clinics serve."""
    return case.state in WAITS and case.custody == Custody.RELEASED and case.case_type in served


def seatless(now: datetime) -> list[UUID]:
    """The waiting cases that are to be given a seat by the clock, the longest waiting first.

    None while no clinic has a free seat: then only that is asked.
    """
    ahead = _with_free_seats(now + NOTICE)
    types = {code for session in ahead for code in session.case_types} & served_types(today_of(now))
    if not types:
        return []
    settled = ClinicSeat.objects.filter(state__in=[SeatState.BOOKED, SeatState.ATTENDED])
    missed = (
        ClinicSeat.objects.filter(case=OuterRef("pk"))
        .filter(Q(state=SeatState.NO_SHOW) | Q(state=SeatState.CANCELLED, session__status=SessionStatus.OPEN))
        .order_by()
        .values("case")
        .annotate(number=Count("pk"))
        .values("number")
    )
    waiting = (
        Case.objects.filter(state=State.WAITLISTED, custody=Custody.RELEASED, case_type__in=types)
        .exclude(pk__in=settled.values("case"))
        .alias(missed=Coalesce(Subquery(missed), 0))
        .filter(missed__lt=MOST_MISSED)
    )
    return list(waiting.order_by("opened_at", "pk").values_list("pk", flat=True))


def fitting_sessions(case: Case, now: datetime, *, by_clock: bool = False) -> list[ClinicSession]:
    """The clinics ahead that could serve the case and have a free seat: in its language first, then the earliest.

    The clock gives a day's notice, only the case's language, and no clinic at which the case had a seat that it left.
    """
    sessions = [one for one in _with_free_seats(now + NOTICE if by_clock else now) if case.case_type in one.case_types]
    if by_clock:
        left = ClinicSeat.objects.filter(case=case).exclude(state=SeatState.NOT_NEEDED)
        before = set(left.values_list("session_id", flat=True))
        sessions = [one for one in sessions if one.pk not in before and _speaks(one, case.language)]
    return sorted(sessions, key=lambda one: (not _speaks(one, case.language), one.held_on, one.starts_at))


def _with_free_seats(after: datetime) -> list[ClinicSession]:
    sessions = ClinicSession.objects.filter(
        status=SessionStatus.OPEN, held_on__gte=today_of(after), seats_taken__lt=F("seats")
    )
    return [one for one in sessions.select_related("provider") if one.begins > after]


def _speaks(session: ClinicSession, language: str) -> bool:
    return not session.languages or language in session.languages


def stale_seats(now: datetime) -> list[ClinicSeat]:
    """Booked seats on which nobody will sit: the clinic is cancelled, or the case needs it no more."""
    ahead = Q(session__held_on__gte=today_of(now)) | Q(session__status=SessionStatus.CANCELLED)
    seats = ClinicSeat.objects.filter(ahead, state=SeatState.BOOKED).select_related("session", "case")
    served = served_types(today_of(now))
    return [
        seat
        for seat in seats
        if seat.session.status == SessionStatus.CANCELLED or (seat.session.begins > now and not fits(seat.case, served))
    ]


def booked_seat(case: Case) -> ClinicSeat | None:
    """The case's seat, with its session."""
    return ClinicSeat.objects.filter(case=case, state=SeatState.BOOKED).select_related("session__provider").first()


def can_run(actor: Actor, provider: Provider) -> bool:
    """Whether the actor may make and change the provider's clinics and note who came."""
    if actor.acts_as(Role.COORDINATOR):
        return True
    is_theirs = actor.organization_id is not None and provider.organization_id == actor.organization_id
    return actor.acts_as(Role.PROVIDER_STAFF) and is_theirs


def check_may_run(actor: Actor, provider: Provider) -> None:
    """Raises PermissionDenied."""
    if not can_run(actor, provider):
        raise PermissionDenied("Coordinators and the provider's own staff run its clinics.")


def providers_run_by(actor: Actor) -> QuerySet[Provider]:
    """The providers whose clinics the actor may make."""
    providers = Provider.objects.filter(is_active=True)
    if actor.acts_as(Role.COORDINATOR):
        return providers
    return providers.filter(organization_id=actor.organization_id) if actor.organization_id else providers.none()


def visible_sessions(actor: Actor) -> QuerySet[ClinicSession]:
    """All for the hotline and the auditor; a provider's own."""
    sessions = ClinicSession.objects.select_related("provider")
    if actor.acts_as(Role.COORDINATOR) or actor.role == Role.AUDITOR:
        return sessions
    if not actor.acts_as(Role.PROVIDER_STAFF) or actor.organization_id is None:
        return sessions.none()
    return sessions.filter(provider__organization_id=actor.organization_id)


def sessions_page(actor: Actor, *, now: datetime, past: bool = False, page: int = 1) -> Page[ClinicSession]:
    """Clinics from today on, the next first; or the earlier ones, the newest first."""
    sessions = visible_sessions(actor)
    today = today_of(now)
    listed = (
        sessions.filter(held_on__lt=today).order_by("-held_on", "-starts_at", "pk")
        if past
        else sessions.filter(held_on__gte=today)
    )
    return Paginator(listed, PAGE_SIZE).get_page(page)


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One clinic with who sits there: references of cases, never a name."""

    session: ClinicSession
    seats: list[ClinicSeat]
    may_run: bool
    has_begun: bool

    @property
    def to_note(self) -> list[ClinicSeat]:
        """Seats of which nobody has said yet whether somebody came."""
        return [seat for seat in self.seats if seat.state == SeatState.BOOKED]

    @property
    def listed(self) -> list[ClinicSeat]:
        """Those who are or were expected that evening."""
        return [seat for seat in self.seats if seat.state not in FREED]


def session_page(session: ClinicSession, actor: Actor, *, now: datetime) -> SessionPage:
    """In one query for the seats, however many there are."""
    seats = list(session.bookings.select_related("case").order_by("case__reference", "-booked_at"))
    return SessionPage(session, seats, can_run(actor, session.provider), session.begins <= now)
