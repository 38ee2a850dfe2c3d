"""Two past quarters of cases that never were, so that the demo's releases look like a fund's.

They are over: what is left of them is what a fund has left of a case years later, its codes and its log. Nobody is
behind them, no document, contact or offer was ever made.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import uuid4

from accounts.models import Membership
from accounts.roles import PROVIDER_ROLES, SYSTEM, Actor, Role
from funding.quarters import CHICAGO, Quarter
from providers.models import Provider
from referrals import events
from referrals.models import Case, Channel, PartOfCity, Residency, Screening, State, Urgency

# Cases that each provider took on in each of the two quarters: many, fewer, a handful.
TAKEN = {"AHR": (40, 43), "VLN": (29, 33), "ILCM": (15, 17), "MMLA": (12, 14), "BINGER": (2, 3)}
# Requests that ended without a provider.
LEFT = (24, 27)
CASE_TYPES = {
    "AHR": ("DET-HAB", "DET-BOND", "DET-BOND", "ER-CF", "BIA"),
    "VLN": ("PREP", "U-VISA", "REM-ND", "PREP", "U-VISA"),
    "ILCM": ("MTR", "BIA", "DET-BOND"),
    "MMLA": ("PREP", "DET-BOND", "U-VISA"),
    "BINGER": ("DET-HAB",),
}
OUTCOMES = {
    "AHR": ("bond_granted", "bond_granted", "habeas_release", "habeas_release", "order_of_removal", "transferred_away"),
    "VLN": ("advice", "brief", "limited", "relief_granted", "advice"),
    "ILCM": ("terminated", "bond_granted", "removed"),
    "MMLA": ("advice", "limited", "bond_granted"),
    "BINGER": ("habeas_release",),
}
# Where people live and what they speak, the most common first.
PLACES = (
    PartOfCity.SOUTH,
    PartOfCity.CENTRAL,
    PartOfCity.NORTH,
    PartOfCity.NORTHEAST,
    PartOfCity.SOUTHWEST,
)
LANGUAGES = ("es", "en", "so", "hmn")
# What an end makes of a case, and what its log says of it.
STATES = {
    "close": State.CLOSED,
    "screen_out": State.NOT_ELIGIBLE,
    "withdraw": State.WITHDRAWN,
    "lose_contact": State.LOST_CONTACT,
}
DETAILS = {"screen_out": {"reason": "no_legal_need"}}
SYMBOLS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class _Past:
    """A case as it went: who took it (nobody where `provider` is None), and when."""

    case: Case
    opened_at: datetime
    provider: Provider | None
    taken_at: datetime
    ended_at: datetime
    ending: str


def make(quarters: Sequence[Quarter], *, chance: random.Random, now: datetime) -> None:
    """The cases of these quarters with their logs, all of them over by `now`."""
    providers = {provider.code: provider for provider in Provider.objects.filter(code__in=TAKEN)}
    staff = {code: _staff(provider) for code, provider in providers.items()}
    coordinator = _first(Role.COORDINATOR)
    past = [
        one
        for number, quarter in enumerate(quarters)
        for one in _of_quarter(number, quarter, providers, chance=chance, now=now)
    ]
    Case.objects.bulk_create(one.case for one in past)
    for one in past:
        _write_log(one, by=staff[one.provider.code] if one.provider else coordinator)


def _of_quarter(
    number: int, quarter: Quarter, providers: dict[str, Provider], *, chance: random.Random, now: datetime
) -> Iterator[_Past]:
    days = (quarter.last_day - quarter.first_day).days
    for code, counts in TAKEN.items():
        for _ in range(counts[number]):
            opened_at = _moment(quarter, chance.randrange(days + 1), chance)
            # Most are taken within days; one in six waits for weeks.
            hours = chance.uniform(2, 60) if chance.random() > 1 / 6 else chance.uniform(300, 700)
            taken_at = min(opened_at + timedelta(hours=hours), now - timedelta(hours=2))
            ended_at = min(taken_at + timedelta(days=chance.uniform(6, 40)), now - timedelta(hours=1))
            case = _case("close", chance.choice(CASE_TYPES[code]), chance, opened_at, ended_at)
            case.outcome = chance.choice(OUTCOMES[code])
            yield _Past(case, opened_at, providers[code], taken_at, ended_at, "close")
    for _ in range(LEFT[number]):
        opened_at = _moment(quarter, chance.randrange(days + 1), chance)
        ended_at = min(opened_at + timedelta(hours=chance.uniform(5, 200)), now - timedelta(hours=1))
        ending = chance.choice(("screen_out", "screen_out", "withdraw", "lose_contact"))
        case = _case(ending, "PREP", chance, opened_at, ended_at)
        yield _Past(case, opened_at, None, ended_at, ended_at, ending)


def _case(ending: str, case_type: str, chance: random.Random, opened_at: datetime, ended_at: datetime) -> Case:
    letters = "".join(chance.choices(SYMBOLS, k=6))
    return Case(
        reference=f"{letters[:3]}-{letters[3:]}",
        channel=chance.choice((Channel.WEB, Channel.WEB, Channel.PHONE)),
        state=STATES[ending],
        language=chance.choices(LANGUAGES, weights=(55, 24, 15, 6))[0],
        state_since=ended_at,
        opened_at=opened_at,
        closed_at=ended_at,
        case_type=case_type,
        urgency=Urgency.T2,
        urgency_reason="demo",
        part_of_city=chance.choices(PLACES, weights=(42, 24, 16, 11, 7))[0],
        screening=Screening.PASSED,
        residency=Residency.IN,
    )


def _write_log(past: _Past, *, by: Actor) -> None:
    events.record(case=past.case, kind="open", by=SYSTEM, now=past.opened_at, to_state=State.RECEIVED)
    before = State.RECEIVED
    if past.provider is not None:
        events.record(
            case=past.case,
            kind="accept",
            by=by,
            now=past.taken_at,
            detail={"offer": str(uuid4()), "provider": past.provider.code, "case_type": past.case.case_type},
            from_state=State.OFFERED,
            to_state=State.ACCEPTED,
        )
        before = State.ACCEPTED
    events.record(
        case=past.case,
        kind=past.ending,
        by=by,
        now=past.ended_at,
        detail={"outcome": past.case.outcome} if past.ending == "close" else DETAILS.get(past.ending, {}),
        from_state=before,
        to_state=STATES[past.ending],
    )


def _moment(quarter: Quarter, day: int, chance: random.Random) -> datetime:
    at = datetime.combine(quarter.first_day + timedelta(days=day), time(chance.randrange(8, 20)), tzinfo=CHICAGO)
    return at + timedelta(minutes=chance.randrange(60))


def _staff(provider: Provider) -> Actor:
    member = Membership.objects.filter(organization=provider.organization, role__in=PROVIDER_ROLES).order_by("pk")
    found = member.first()
    return found.actor() if found else Actor(Role.PROVIDER_STAFF, organization_id=provider.organization_id)


def _first(role: Role) -> Actor:
    member = Membership.objects.filter(role=role).order_by("pk").first()
    return member.actor() if member else Actor(role)
