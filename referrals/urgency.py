"""How soon somebody must act, and the next date that matters. Pure; instants in UTC, days in America/Chicago."""

from datetime import date, datetime, time, timedelta

from referrals.business_time import CHICAGO
from referrals.facts import DateKind, Decision, Facts, Need, Paper, Signed, Taken, YesNo
from referrals.models.case import Urgency
from referrals.models.rules import Custody
from referrals.triage import Whereabouts

# Most transfers out of Minnesota, and with them the loss of the local court, happen in the first three days.
TRANSFER_WINDOW = timedelta(hours=72)
HEARING_IS_SOON = timedelta(days=10)
INTERVIEW_IS_NOW = timedelta(hours=48)
# Every paper that starts or ends a removal case.
COURT_PAPERS = frozenset(Paper) - {Paper.CUSTODY, Paper.REFUGEE_LETTER}
_DATE_CODES = {DateKind.INTERVIEW: "INTERVIEW", DateKind.CHECK_IN: "CHECK-IN"}


def urgency(facts: Facts, place: Whereabouts, now: datetime) -> tuple[Urgency, str]:
    """The tier and the code of its reason; the fund's table of Nov 2026, the first line that fits."""
    if reason := _cannot_wait(facts, place, now):
        return Urgency.T0, reason
    if place.is_held:
        return Urgency.T1, "held"
    if _comes_within(HEARING_IS_SOON, facts, now):
        return Urgency.T1, "hearing_within_10_days"
    if facts.decision in (Decision.JUDGE, Decision.BOARD):
        # Thirty days from a decision whose day is not asked: the last of them may be near.
        return Urgency.T1, "decided_within_30_days"
    if facts.hearing_on or facts.orders or COURT_PAPERS.intersection(facts.papers):
        return Urgency.T2, "court_or_order"
    return Urgency.T3, "no_date"


def _cannot_wait(facts: Facts, place: Whereabouts, now: datetime) -> str:
    """Why somebody must call within half an hour, day or night; empty if nothing says so."""
    if facts.flight == YesNo.YES:
        return "flight"
    if facts.is_minor and (facts.has_parent == YesNo.NO or (place.is_held and facts.has_parent == YesNo.UNKNOWN)):
        return "child_alone"
    if facts.date_kind == DateKind.INTERVIEW and _comes_within(INTERVIEW_IS_NOW, facts, now):
        return "interview_within_48h"
    if not place.is_held:
        return "cannot_wait" if facts.signed == Signed.TODAY else ""
    if place.custody == Custody.ICE_HOLD_ROOM:
        return "hold_room"
    if _taken_within_window(facts, now):
        return "taken_within_72h"
    # One word for all three, because a reason stands in a column, and health or citizenship may not.
    cannot_wait = (
        facts.claim == YesNo.YES
        or facts.signed == Signed.TODAY
        or bool({Need.MEDICAL, Need.PREGNANT}.intersection(facts.needs))
    )
    return "cannot_wait" if cannot_wait else ""


def _comes_within(time_left: timedelta, facts: Facts, now: datetime) -> bool:
    """Whether the next date is that near, and its day is not over: old answers are read again after it."""
    if facts.hearing_on is None or facts.hearing_on < now.astimezone(CHICAGO).date():
        return False
    return court_opens(facts.hearing_on) - now <= time_left


def court_opens(day: date) -> datetime:
    """When the court's day begins: Fort Snelling's window opens at 8."""
    return datetime.combine(day, time(8), CHICAGO)


def next_deadline(facts: Facts, place: Whereabouts, now: datetime) -> tuple[datetime | None, str]:
    """The earliest date still ahead and its code: TRANSFER (file while still in Minnesota), HEARING, INTERVIEW or
    CHECK-IN."""
    dates = []
    if place.is_held and facts.taken_at:
        dates.append((facts.taken_at + TRANSFER_WINDOW, "TRANSFER"))
    if facts.hearing_on:
        dates.append((court_opens(facts.hearing_on), _DATE_CODES.get(facts.date_kind, "HEARING")))
    ahead = [(at, code) for at, code in dates if at > now]
    return min(ahead) if ahead else (None, "")


def _taken_within_window(facts: Facts, now: datetime) -> bool:
    """By the time given; only where none is known, by the answer "in the last three days"."""
    if facts.taken_at is None:
        return facts.taken == Taken.JUST_NOW
    return now - facts.taken_at < TRANSFER_WINDOW
