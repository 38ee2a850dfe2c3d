"""Who asks for help in a simulated year, and how each provider would answer. Pure.

Where a number has no source it is an assumption and says so; docs/matching.md lists both. The same seed gives the same
people and the same answers, whatever the policy does with them.
"""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import NormalDist
from typing import Any

from referrals.actions.endings import ScreenOutReason
from referrals.business_time import CHICAGO
from referrals.facts import (
    PLACE_FREE,
    PLACE_OTHER_STATE,
    PLACE_UNKNOWN,
    DateKind,
    Decision,
    Entry,
    Facts,
    Need,
    Paper,
    PastOrder,
    Taken,
    TimeHere,
    Wish,
    YesNo,
)
from referrals.simulation.draws import lognormal, one_of, poisson, uniform

# A Monday: by then every dated row of law and offer orders is in force.
YEAR_BEGINS = date(2026, 1, 12)
BASE_A_WEEK = 12
# Habeas petitions filed in D. Minn. in the seven weeks from 5 January 2026; the last is the measure of an even week.
SURGE = (82, 162, 152, 198, 187, 131, 46)
EVEN_WEEK = 46
SHARE_OUTSIDE_8_TO_18 = 0.35
SHARE_HELD = 0.70
LANGUAGES = {"es": 76, "en": 9, "so": 5, "qu": 3, "om": 3, "hmn": 2, "other": 2}
CUSTODY = {"whipple": 35, "jail": 40, PLACE_OTHER_STATE: 15, PLACE_UNKNOWN: 10}
JAILS = {"sherburne": 40, "freeborn": 20, "kandiyohi": 20, "crow-wing": 20}
ENTRY = {Entry.UNINSPECTED: 65, Entry.ADMITTED: 25, Entry.UNKNOWN: 10}
SHARE_HEARING_KNOWN = 0.30
SCREENED_OUT = {
    "": 80,
    ScreenOutReason.OUTSIDE_CITY: 12,
    ScreenOutReason.HAS_LAWYER: 5,
    ScreenOutReason.INCOME: 3,
}
ACCEPTS = {"AHR": 0.55, "VLN": 0.70}
# Assumptions from here on.
ACCEPTS_OTHERS = 0.60
SHARE_OF_NOS_UNANSWERED = 0.2
SHARE_OF_DECLINES_FOR_CONFLICT = 0.25
# Hours between arrest and the family's request, the median, by what the family knows of the place.
HOURS_SINCE_TAKEN = {"whipple": 8.0, "jail": 30.0, PLACE_OTHER_STATE: 96.0, PLACE_UNKNOWN: 6.0}
# Hours until somebody still in Minnesota is moved out, the mean, and how many ever are.
HOURS_TO_MOVE = {"whipple": 72.0, "jail": 240.0, PLACE_UNKNOWN: 120.0}
SHARE_MOVED = 0.6
# What else decides the case type of somebody held.
HELD_ALSO = {"": 70, "claim": 2, "flight": 4, "old_order": 8, "came_back": 6, "decision": 4, "medical": 6}
TIME_HERE = {TimeHere.UNDER_1: 10, TimeHere.UNDER_2: 10, TimeHere.OVER_2: 50, TimeHere.OVER_10: 30}
FREE_NEEDS = {
    "court": 50,
    "asylum": 12,
    Wish.WORK_PERMIT: 10,
    Wish.FAMILY: 8,
    Wish.PREPARE: 14,
    Wish.CITIZENSHIP: 6,
}
# Days in custody (mean about 46, as published) and how long somebody free waits before they look elsewhere.
CUSTODY_DAYS, PATIENCE_DAYS = (28.0, 1.0), (60.0, 0.5)
# Days a provider carries a case: median and sigma of a lognormal.
STAY_DAYS = (35.0, 1.0)
MEAN_STAY_DAYS = 35.0 * math.exp(0.5)
# A provider pauses for a week this often.
OUTAGES_A_YEAR = 3


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request. `screened_out` is the reason a coordinator will find, "" for the eligible.

    `screening_share`: the part of the hotline's answering time after which a coordinator decides. `leaves_at`: when
    custody ends, or somebody free gives up waiting. `moved_at`: when the person is moved out of Minnesota; None for
    who never is, or was before.
    """

    number: int
    at: datetime
    facts: Facts
    language: str
    screened_out: str
    screening_share: float
    leaves_at: datetime
    moved_at: datetime | None
    began_in_minnesota: bool

    @property
    def is_held(self) -> bool:
        return self.facts.taken != Taken.NO

    @property
    def is_eligible(self) -> bool:
        return not self.screened_out


@dataclass(frozen=True, slots=True)
class Answer:
    """What one provider says of one case: yes, no with a reason, or nothing until the offer lapses (`is_silent`).

    `share` is the part of the offer's time it takes; `stay` how long the provider would carry the case.
    """

    accepts: bool
    is_silent: bool
    reason: str
    share: float
    stay: timedelta


@dataclass(frozen=True, slots=True)
class Outage:
    """A week in which a provider takes nothing new."""

    provider: str
    begins: datetime
    ends: datetime


def begins() -> datetime:
    """The first moment of the year, UTC."""
    return datetime.combine(YEAR_BEGINS, time(), CHICAGO).astimezone(UTC)


def expected_arrivals(week: int, weeks: int) -> float:
    """Requests expected in `week` (from 0) of a run of `weeks`: the surge stands in the middle."""
    place = week - (weeks - len(SURGE)) // 2
    return BASE_A_WEEK * (SURGE[place] / EVEN_WEEK if 0 <= place < len(SURGE) else 1.0)


def arrivals(weeks: int, seed: int, *, share: float = 1.0) -> list[Arrival]:
    """Everybody who asks, in the order of time; `share` scales their number down for a small run."""
    moments = [
        _moment(week, seed, "moment", week, index)
        for week in range(weeks)
        for index in range(poisson(share * expected_arrivals(week, weeks), seed, "count", week))
    ]
    return [_arrival(number, at, seed) for number, at in enumerate(sorted(moments), start=1)]


def answer(seed: int, number: int, provider: str) -> Answer:
    """How the provider would answer an offer of case `number`, at whatever time it is made."""
    pair = (seed, number, provider)
    accepts = uniform(*pair, "accepts") < ACCEPTS.get(provider, ACCEPTS_OTHERS)
    conflict = uniform(*pair, "reason") < SHARE_OF_DECLINES_FOR_CONFLICT
    return Answer(
        accepts=accepts,
        is_silent=not accepts and uniform(*pair, "silent") < SHARE_OF_NOS_UNANSWERED,
        # The draw is fixed, so that a no is one that stays.
        reason="conflict" if conflict else "scope",
        share=0.05 + 0.9 * uniform(*pair, "share"),
        stay=timedelta(days=lognormal(*STAY_DAYS, *pair, "stay")),
    )


def outages(weeks: int, seed: int, providers: list[str]) -> list[Outage]:
    """The pauses of the year; two of one provider never touch."""
    found = []
    for provider in providers:
        last = -2
        for week in range(weeks):
            if week > last + 1 and uniform(seed, "outage", provider, week) < OUTAGES_A_YEAR / 52:
                last = week
                start = begins() + timedelta(weeks=week)
                found.append(Outage(provider, start, start + timedelta(weeks=1)))
    return found


def chance_of_longer_stay(days: float) -> float:
    """How many of all stays last longer."""
    median, sigma = STAY_DAYS
    return 1.0 - NormalDist().cdf(math.log(days / median) / sigma) if days > 0 else 1.0


def _moment(week: int, *what: object) -> datetime:
    day = YEAR_BEGINS + timedelta(days=7 * week + int(7 * uniform(*what, "day")))
    at_night = uniform(*what, "night") < SHARE_OUTSIDE_8_TO_18
    hour = uniform(*what, "hour")
    minutes = int(60 * ((18 + 14 * hour) % 24 if at_night else 8 + 10 * hour))
    return datetime.combine(day, time(minutes // 60, minutes % 60), CHICAGO).astimezone(UTC)


def _arrival(number: int, at: datetime, seed: int) -> Arrival:
    who = (seed, number)
    reason = one_of(SCREENED_OUT, *who, "eligible")
    home = _home(reason)
    is_held = uniform(*who, "held") < SHARE_HELD
    custody = one_of(CUSTODY, *who, "custody") if is_held else PLACE_FREE
    facts = Facts(**_held(at, custody, who) | home) if is_held else Facts(**_free(at, who) | home)
    median, sigma = CUSTODY_DAYS if is_held else PATIENCE_DAYS
    moved_at = None
    if (mean := HOURS_TO_MOVE.get(custody)) and uniform(*who, "moved") < SHARE_MOVED:
        moved_at = at + timedelta(hours=mean * -math.log(uniform(*who, "moved at")))
    return Arrival(
        number=number,
        at=at,
        facts=facts,
        language=one_of(LANGUAGES, *who, "language"),
        screened_out=reason,
        screening_share=uniform(*who, "screening"),
        leaves_at=at + timedelta(days=lognormal(median, sigma, *who, "leaves")),
        moved_at=moved_at,
        began_in_minnesota=custody in HOURS_TO_MOVE,
    )


def _home(screened_out: str) -> dict[str, Any]:
    """Where the person lives and what they earn, so that the screening finds what is to be found."""
    return {
        "zip_code": "55428" if screened_out == ScreenOutReason.OUTSIDE_CITY else "55407",
        "household": 3,
        "monthly_income": None if screened_out == ScreenOutReason.INCOME else 2000,
        "income_is_over": screened_out == ScreenOutReason.INCOME,
        "has_lawyer": YesNo.YES if screened_out == ScreenOutReason.HAS_LAWYER else YesNo.NO,
    }


def _held(at: datetime, custody: str, who: tuple[int, int]) -> dict[str, Any]:
    hours = lognormal(HOURS_SINCE_TAKEN[custody], 0.8, *who, "taken")
    given: dict[str, Any] = {
        "taken": Taken.JUST_NOW if hours <= 72 else Taken.EARLIER,
        "taken_at": at - timedelta(hours=hours),
        "place": one_of(JAILS, *who, "jail") if custody == "jail" else custody,
        "entry": one_of(ENTRY, *who, "entry"),
        "time_here": one_of(TIME_HERE, *who, "time here"),
        "decision": Decision.NONE,
        "is_minor": False,
    }
    if uniform(*who, "hearing") < SHARE_HEARING_KNOWN:
        given |= _hearing(at, who)
    match one_of(HELD_ALSO, *who, "also"):
        case "claim":
            given["claim"] = YesNo.YES
        case "flight":
            given["flight"] = YesNo.YES
        case "old_order":
            given["orders"] = (PastOrder.NEVER_LEFT,)
        case "came_back":
            given["orders"] = (PastOrder.CAME_BACK,)
        case "decision":
            given["decision"] = Decision.JUDGE
        case "medical":
            given["needs"] = (Need.MEDICAL,)
    return given


def _free(at: datetime, who: tuple[int, int]) -> dict[str, Any]:
    given: dict[str, Any] = {
        "taken": Taken.NO,
        "place": PLACE_FREE,
        "entry": one_of(ENTRY, *who, "entry"),
        "time_here": one_of(TIME_HERE, *who, "time here"),
        "is_minor": False,
    }
    need = one_of(FREE_NEEDS, *who, "need")
    if need == "court":
        given["papers"] = (Paper.NOTICE_TO_APPEAR,)
        if uniform(*who, "hearing") < SHARE_HEARING_KNOWN:
            given |= _hearing(at, who)
    else:
        given["wish"] = Wish(need)
    return given


def _hearing(at: datetime, who: tuple[int, int]) -> dict[str, Any]:
    """A court date from three days to six weeks away."""
    days = 3 + int(39 * uniform(*who, "hearing on"))
    return {"hearing_on": at.astimezone(CHICAGO).date() + timedelta(days=days), "date_kind": DateKind.COURT}
