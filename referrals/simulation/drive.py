"""Plays a year: the real actions, one after the other, by a clock that is simulated.

Nothing here decides anything: people ask, providers answer as drawn, custody ends, stays end, programs pause. What
happens then is the installation's own code. Its database is whatever Django is set up with: the caller makes sure that
this is a scratch one (referrals/simulation/scratch.py).
"""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from uuid import UUID, uuid5

from django.db.models import F

from accounts.roles import FAMILY
from providers.actions import pause, resume
from providers.models import Program
from referrals import matching
from referrals.actions import (
    accept_offer,
    close,
    deadlines,
    decline_offer,
    engage,
    expire_offer,
    record_no_conflict,
    route_waiting,
    screen_out,
    withdraw,
)
from referrals.actions.endings import Outcome
from referrals.actions.offers import Appearance
from referrals.actions.policy import Policy, placing_by
from referrals.actions.routing import hours_of
from referrals.business_time import answer_due
from referrals.matching import ASK_AGAIN_AFTER, OrderStep, Placement, ProgramProfile, WaitingCase
from referrals.models import Case, Offer, OfferState, ReferralPartner, Screening, State
from referrals.simulation import ground
from referrals.simulation.arrivals import PATIENCE_DAYS, Arrival, Outage, answer
from referrals.simulation.policies import (
    PolicyName,
    by_free_room,
    first_come,
    in_order_of_arrival,
    in_turn,
    only_in_time,
)
from referrals.simulation.starving import starved

# The clock matches the waitlist every five minutes. What it finds beyond what room that appears sets off comes of time
# alone, above all of a program that may be asked again: that moment has a tick of its own, and the rest has these.
TICK = timedelta(hours=6)
_NAMES = UUID("5f9f1f38-7c0c-4c5e-9c58-0f0d0f6f7c11")


class NotScratch(Exception):
    """The database has cases in it: nobody simulates beside real ones."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who accepted an arrival, and when."""

    number: int
    provider: str
    at: datetime


@dataclass
class Played:
    """What happened: the first acceptance of each arrival by its number, how often a T0 case starved, offers made.

    `carried` and `asked`: the points that accepted cases took, and offers that waited for an answer, times the days.
    """

    accepted: dict[int, Acceptance] = field(default_factory=dict)
    starved: int = 0
    offers: int = 0
    carried: float = 0.0
    asked: float = 0.0


def check_scratch() -> None:
    """Raises `NotScratch`."""
    if Case.objects.exists():
        raise NotScratch


def play(
    found: Sequence[ground.Profile],
    outages: Sequence[Outage],
    *,
    policy: PolicyName,
    seed: int,
    ceilings: Mapping[int, int],
    begins: datetime,
    weeks: int,
) -> Played:
    """Plays all arrivals under `policy`, to the end of the last week."""
    year = _Year(seed=seed, begins=begins, ends=begins + timedelta(weeks=weeks))
    ground.give_room(ceilings, by=year.staff.coordinator, now=begins)
    for one in found:
        year.at(one.arrival.at, partial(year.ask, one.arrival))
        if one.safe_by:
            year.at(one.safe_by, year.look_again)
    for outage in outages:
        year.at(outage.begins, partial(year.shut, outage))
        year.at(outage.ends, partial(year.reopen, outage))
    with _placing(_choice(policy, found, seed), seed):
        year.run()
    year.add_up_room()
    return year.played


def case_id_of(number: int, seed: int) -> UUID:
    """The id of an arrival's case, the same whenever the year is played."""
    return uuid5(_NAMES, f"{seed}:{number}")


def _choice(policy: PolicyName, found: Sequence[ground.Profile], seed: int) -> Policy:
    match policy:
        case PolicyName.FIFO:
            return partial(in_order_of_arrival, first_come)
        case PolicyName.ROUND_ROBIN:
            return partial(in_order_of_arrival, in_turn)
        case PolicyName.WEIGHTED_RANDOM:
            return partial(in_order_of_arrival, by_free_room)
        case PolicyName.ONLY_IN_TIME:
            return partial(only_in_time, {case_id_of(one.arrival.number, seed): one.in_time_until for one in found})
        case _:
            return matching.place


def _placing(choice: Policy, run_seed: int) -> AbstractContextManager[None]:
    """The routing's choice replaced by the policy's, its lottery by the run's own, so that a run can be repeated."""

    def same_lottery(
        waiting: Iterable[WaitingCase],
        programs: Iterable[ProgramProfile],
        *,
        rules: Mapping[str, Sequence[OrderStep]],
        seed: int,
    ) -> Placement:
        return choice(waiting, programs, rules=rules, seed=run_seed)

    return placing_by(same_lottery)


class _Year:
    """The queue of what is to happen, and what has."""

    def __init__(self, *, seed: int, begins: datetime, ends: datetime) -> None:
        self.staff = ground.hire()
        self.played = Played()
        self._seed, self._ends = seed, ends
        self._queue: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._order = count()
        self._seen: set[UUID] = set()
        self._partner = ReferralPartner.objects.earliest("pk")
        self._numbers: dict[UUID, int] = {}
        self.at(begins + TICK, self._tick)

    def at(self, when: datetime, what: Callable[[datetime], None]) -> None:
        """Lets `what(now)` happen at `when`, unless the year is over by then."""
        if when < self._ends:
            heapq.heappush(self._queue, (when, next(self._order), what))

    def run(self) -> None:
        while self._queue:
            now, _, what = heapq.heappop(self._queue)
            what(now)
            self._hand_out_offers(now)

    def add_up_room(self) -> None:
        """The use of room over the year, read from the offers."""
        # The rest of a case has the answers to the first as offers that took no room.
        for offer in Offer.objects.filter(offered_at__gte=F("case__opened_at")):
            until = offer.room_released_at or self._ends
            answered = min(offer.answered_at or self._ends, until)
            self.played.asked += offer.points * ((answered - offer.offered_at) / ground.DAY)
            self.played.carried += offer.points * ((until - answered) / ground.DAY)

    def ask(self, arrival: Arrival, now: datetime) -> None:
        """A family asks; the hotline screens whoever the machine could not pass."""
        case_id = case_id_of(arrival.number, self._seed)
        self._numbers[case_id] = arrival.number
        case = ground.open_arrival(arrival, case_id)
        if arrival.screened_out:
            due = answer_due(case.urgency, now)
            reason = arrival.screened_out
            self.at(now + arrival.screening_share * (due - now), partial(self._screen_out, case_id, reason))
        self.at(arrival.leaves_at, partial(self._leave, case_id))

    def shut(self, outage: Outage, now: datetime) -> None:
        for program in self._programs(outage):
            pause(program=program, by=self.staff.coordinator, now=now)

    def reopen(self, outage: Outage, now: datetime) -> None:
        for program in self._programs(outage):
            resume(program=program, by=self.staff.coordinator, now=now)

    def _programs(self, outage: Outage) -> list[Program]:
        return list(Program.objects.select_related("provider").filter(provider__code=outage.provider))

    def look_again(self, now: datetime) -> None:
        """What the clock does all the time: dates that came near or passed, and the waitlist."""
        deadlines.follow_time(now)
        route_waiting(now)

    def _tick(self, now: datetime) -> None:
        self.look_again(now)
        self.at(now + TICK, self._tick)

    def _screen_out(self, case_id: UUID, reason: str, now: datetime) -> None:
        case = Case.objects.get(pk=case_id)
        if case.is_open and case.screening == Screening.PENDING:
            screen_out(case=case, reason=reason, referred_to=self._partner, by=self.staff.coordinator, now=now)

    def _leave(self, case_id: UUID, now: datetime) -> None:
        """Custody has ended, or the family looks elsewhere: nobody waits any more."""
        case = Case.objects.get(pk=case_id)
        if case.is_open and case.state not in (State.ACCEPTED, State.REPRESENTED):
            withdraw(case=case, by=FAMILY, now=now)

    def _hand_out_offers(self, now: datetime) -> None:
        """Each provider that has just been asked gets its answer drawn, and its clock."""
        live = Offer.objects.filter(state=OfferState.LIVE).exclude(pk__in=self._seen)
        new = list(live.select_related("program__provider", "case"))
        self.played.starved += starved(new, now)
        for offer in new:
            self._seen.add(offer.pk)
            self.played.offers += 1
            provider = offer.program.provider.code
            given = answer(self._seed, self._numbers[offer.case_id], provider)
            if given.is_silent:
                self.at(offer.expires_at, partial(self._lapse, offer.pk))
                continue
            when = ground.answered_at(
                given,
                tier=offer.case.urgency,
                hours=hours_of(offer.program),
                offered_at=now,
                expires_at=offer.expires_at,
            )
            self.at(when, partial(self._answer, offer.pk))

    def _answer(self, offer_id: UUID, now: datetime) -> None:
        offer = Offer.objects.select_related("program__provider", "case").get(pk=offer_id)
        self._seen.discard(offer_id)
        if offer.state != OfferState.LIVE:
            return
        provider = offer.program.provider.code
        number = self._numbers[offer.case_id]
        given, by = answer(self._seed, number, provider), self.staff.of_provider[provider]
        if not given.accepts:
            decline_offer(offer=offer, reason=given.reason, by=by, now=now)
            return
        record_no_conflict(offer=offer, by=by, now=now)
        accept_offer(offer=offer, by=by, now=now)
        for rest in offer.case.continued_by.filter(opened_at=now):
            self._numbers[rest.pk] = number
            self.at(now + timedelta(days=PATIENCE_DAYS[0]), partial(self._leave, rest.pk))
        self.played.accepted.setdefault(number, Acceptance(number, provider, now))
        self.at(now + min(given.stay / 2, timedelta(days=1)), partial(self._engage, offer_id))
        self.at(now + given.stay, partial(self._close, offer_id))

    def _lapse(self, offer_id: UUID, now: datetime) -> None:
        self._seen.discard(offer_id)
        if expire_offer(offer_id=offer_id, now=now):
            self.at(now + ASK_AGAIN_AFTER, self.look_again)

    def _engage(self, offer_id: UUID, now: datetime) -> None:
        offer = self._carried(offer_id)
        if offer and offer.case.state == State.ACCEPTED:
            by = self.staff.of_provider[offer.program.provider.code]
            engage(case=offer.case, appearance=Appearance.G_28, by=by, now=now)

    def _close(self, offer_id: UUID, now: datetime) -> None:
        if offer := self._carried(offer_id):
            close(
                case=offer.case, outcome=Outcome.FULL, by=self.staff.of_provider[offer.program.provider.code], now=now
            )

    def _carried(self, offer_id: UUID) -> Offer | None:
        """The offer while its program carries the case."""
        carried = Offer.objects.filter(pk=offer_id, state=OfferState.ACCEPTED, room_released_at=None)
        return carried.select_related("program__provider", "case").first()
