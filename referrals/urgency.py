"""How soon somebody must act, and the next date that matters. Pure; instants in UTC, days in America/Chicago."""

from datetime import date, datetime, time, timedelta

from referrals.business_time import CHICAGO
from referrals.facts import Facts, Paper, Taken
from referrals.models.case import Urgency
from referrals.models.rules import Custody
from referrals.triage import Whereabouts

# Most transfers out of Minnesota, and with them the loss of the local court, happen in the first three days.
TRANSFER_WINDOW = timedelta(hours=72)
HEARING_IS_SOON = timedelta(days=10)
# Every paper that starts or ends a removal case.
COURT_PAPERS = frozenset(Paper) - {Paper.CUSTODY}


def urgency(facts: Facts, place: Whereabouts, now: datetime) -> tuple[Urgency, str]:
    """The tier and the code of its reason."""
    if place.is_held:
        if place.custody == Custody.ICE_HOLD_ROOM:
            return Urgency.T0, "hold_room"
        if _taken_within_window(facts, now):
            return Urgency.T0, "taken_within_72h"
        return Urgency.T1, "held"
    if facts.hearing_on and court_opens(facts.hearing_on) - now <= HEARING_IS_SOON:
        return Urgency.T1, "hearing_within_10_days"
    if facts.hearing_on or COURT_PAPERS.intersection(facts.papers):
        return Urgency.T2, "court_or_order"
    return Urgency.T3, "no_date"


def court_opens(day: date) -> datetime:
    """When the court's day begins: Fort Snelling's window opens at 8."""
    return datetime.combine(day, time(8), CHICAGO)


def next_deadline(facts: Facts, place: Whereabouts, now: datetime) -> tuple[datetime | None, str]:
    """The earliest date still ahead and its code: TRANSFER (file while still in Minnesota) or HEARING."""
    dates = []
    if place.is_held and facts.taken_at:
        dates.append((facts.taken_at + TRANSFER_WINDOW, "TRANSFER"))
    if facts.hearing_on:
        dates.append((court_opens(facts.hearing_on), "HEARING"))
    ahead = [(at, code) for at, code in dates if at > now]
    return min(ahead) if ahead else (None, "")


def _taken_within_window(facts: Facts, now: datetime) -> bool:
    """By the time given; only where none is known, by the answer "in the last three days"."""
    if facts.taken_at is None:
        return facts.taken == Taken.JUST_NOW
    return now - facts.taken_at < TRANSFER_WINDOW
