"""What a run stands on: who the cases are by the installation's own rules, how much room there is, who works there."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction

from accounts.models import Membership, Organization, OrganizationKind, User
from accounts.roles import FAMILY, Actor, Role
from providers.actions import set_ceiling
from providers.models import OfferPlace, Program
from referrals.actions import open_case
from referrals.actions.routing import case_points, hours_of
from referrals.business_time import CHICAGO, Hours, is_on_duty, offer_expiry
from referrals.models import Case, Channel
from referrals.simulation.arrivals import MEAN_STAY_DAYS, Answer, Arrival, Outage, answer
from referrals.simulation.clairvoyant import Option, Request

# Of the room that carrying every eligible case for its mean stay would take.
SHARE_OF_DEMAND = 0.6
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Profile:
    """What the installation's rules make of an arrival. `in_time_until`: placed after it is placed too late."""

    arrival: Arrival
    case_type: str
    points: int
    tier: int
    safe_by: datetime | None

    @property
    def in_time_until(self) -> datetime:
        """`safe_by`; where no date is known, until custody ends (or a free person gives up waiting)."""
        return min(self.safe_by, self.arrival.leaves_at) if self.safe_by else self.arrival.leaves_at

    @property
    def counts(self) -> bool:
        """Whether the measure is about this case: somebody held whom the fund may help."""
        return self.arrival.is_held and self.arrival.is_eligible


def survey(arrivals: Sequence[Arrival]) -> list[Profile]:
    """Each arrival as the installation would open it, before anybody has room; nothing of it stays.

    Opened by the real action and undone again, so that points, tier and `safe_by` are whatever the rules say then.
    `safe_by` is the date a case opens with: later ones come too late for what the first was about.
    """
    found = []
    for one in arrivals:
        with transaction.atomic():
            case = open_arrival(one, uuid4())
            points = case_points(case, one.at)
            found.append(Profile(one, case.case_type, points, int(case.urgency), case.next_deadline))
            transaction.set_rollback(True)
    return found


def open_arrival(one: Arrival, case_id: UUID) -> Case:
    """The family asks."""
    return open_case(
        case_id=case_id, facts=one.facts, channel=Channel.WEB, language=one.language, by=FAMILY, now=one.at
    )


def places_by_type(day: datetime) -> dict[str, list[Program]]:
    """The programs of each case type's offer order, in order; steps that are a coordinator's task are left out."""
    places = OfferPlace.objects.on(day.astimezone(CHICAGO).date()).filter(program__provider__is_active=True)
    by_type: dict[str, list[Program]] = defaultdict(list)
    for place in places.select_related("program__provider__organization").order_by("case_type", "position"):
        if place.program:
            by_type[place.case_type].append(place.program)
    return dict(by_type)


def room(
    found: Sequence[Profile], places: Mapping[str, Sequence[Program]], *, weeks: int, share: float = SHARE_OF_DEMAND
) -> dict[int, int]:
    """The ceiling of each program, in points.

    Room turns over: a point carries a case's point for its stay and is free again. Carrying all eligible cases of the
    year takes, on the average day, the sum of their points times the mean stay, divided by the days of the year
    (Little's law); there is `share` of that. Each case type's part is split over its offer order as 1 : 1/2 : 1/3 …,
    since most is asked of the first. No program is too small for the largest case it may be offered.
    """
    average: dict[int, float] = defaultdict(float)
    largest: dict[int, int] = defaultdict(int)
    for one in found:
        order = places.get(one.case_type, ())
        whole = sum(1 / step for step in range(1, len(order) + 1))
        for step, program in enumerate(order, start=1):
            largest[program.pk] = max(largest[program.pk], one.points)
            if one.arrival.is_eligible:
                average[program.pk] += one.points * MEAN_STAY_DAYS / (7 * weeks) / step / whole
    return {pk: max(round(share * average[pk]), largest[pk]) for pk in largest}


@dataclass(frozen=True, slots=True)
class Staff:
    """Who acts in a run: a coordinator, and one member of each provider, by the provider's code."""

    coordinator: Actor
    of_provider: Mapping[str, Actor]


def hire() -> Staff:
    """Accounts for the people of the run; nobody can sign in to them."""
    hotline = Organization.objects.filter(kind=OrganizationKind.HOTLINE).earliest("pk")
    programs = Program.objects.select_related("provider__organization")
    homes = {program.provider.code: program.provider.organization for program in programs}
    return Staff(
        coordinator=_member(Role.COORDINATOR, hotline),
        of_provider={code: _member(Role.PROVIDER_STAFF, home) for code, home in homes.items()},
    )


def _member(role: Role, home: Organization) -> Actor:
    user = User.objects.create_user(f"{role.value}@{home.slug}.example", name=f"{home.name}, {role.label}")
    return Membership.objects.create(user=user, organization=home, role=role).actor()


def give_room(ceilings: Mapping[int, int], *, by: Actor, now: datetime) -> None:
    """Each program says how much room it has."""
    for program in Program.objects.select_related("provider"):
        set_ceiling(program=program, ceiling=ceilings.get(program.pk, 0), by=by, now=now)


def answered_at(given: Answer, *, tier: int, hours: Hours, offered_at: datetime, expires_at: datetime) -> datetime:
    """When the provider answers an offer: `given.share` of the time it stands, from when somebody is there."""
    there = is_on_duty(hours, offered_at) if tier == 0 else hours.is_open(offered_at)
    begins = offered_at if there else min(hours.next_opening(offered_at), expires_at)
    return begins + given.share * (expires_at - begins)


def requests(
    found: Sequence[Profile],
    places: Mapping[str, Sequence[Program]],
    outages: Sequence[Outage],
    *,
    seed: int,
    begins: datetime,
    weeks: int,
) -> list[Request]:
    """What the bound is made of: the cases that count, with every program that would accept and the days it could."""
    made = []
    for one in found:
        if not one.counts:
            continue
        options = []
        for program in places.get(one.case_type, ()):
            given = answer(seed, one.arrival.number, program.provider.code)
            days = _days(one, program, given, outages, begins=begins, weeks=weeks) if given.accepts else ()
            if days:
                options.append(Option(program.pk, days, given.stay / DAY))
        if options:
            made.append(Request(one.arrival.number, one.points, tuple(options)))
    return made


def _days(
    one: Profile, program: Program, given: Answer, outages: Sequence[Outage], *, begins: datetime, weeks: int
) -> tuple[int, ...]:
    """The days, from 0, on which an acceptance could come and be in time.

    The shortest clock is taken, T0's, whatever the tier: a case that grows more urgent must not beat the bound.
    """
    hours = hours_of(program)
    at = one.arrival.at
    first = answered_at(given, tier=0, hours=hours, offered_at=at, expires_at=offer_expiry(0, hours, at))
    until = min(one.in_time_until, begins + timedelta(weeks=weeks))
    if first > until:
        return ()
    days = range((first - begins) // DAY, min((until - begins) // DAY + 1, 7 * weeks))
    closed = [
        # What was offered before a pause may still be accepted, as long as the slowest clock runs.
        (offer_expiry(3, hours, outage.begins), outage.ends)
        for outage in outages
        if outage.provider == program.provider.code
    ]
    return tuple(
        day
        for day in days
        if not any(begins + day * DAY >= shut and begins + (day + 1) * DAY <= opens for shut, opens in closed)
    )
