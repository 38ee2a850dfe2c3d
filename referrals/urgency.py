"""How soon somebody must act: ordered, dated rows, the first match wins; and the date the family named. Pure.

Instants in UTC, days in America/Chicago.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from referrals.business_time import CHICAGO
from referrals.facts import DateKind, Facts, Signed, Taken
from referrals.models.case import Urgency
from referrals.models.rules import Custody, UrgencyRule
from referrals.triage import VOCABULARY, Whereabouts, answers, holds

# What a row may test besides the facts of triage.
TIER_VOCABULARY: dict[str, frozenset[str]] = VOCABULARY | {
    "custody": frozenset(map(str, Custody)),
    "taken": frozenset(map(str, Taken)),
    "taken_time_known": frozenset({"yes", "no"}),
    "date_kind": frozenset(map(str, DateKind)),
    "has_date": frozenset({"yes", "no"}),
    "signed": frozenset(map(str, Signed)),
}
# Numbers a row may hold against a most: {"fact": name, "at_most": hours}. An unknown number is never at most anything.
HOURS = frozenset({"hours_since_taken", "hours_to_date", "hours_to_safe_by"})
# Counted from the clocks of the case, not from its answers: a row that tests it tests nothing else, so that it can be
# looked at again while the answers stay sealed.
TO_SAFE_BY = "hours_to_safe_by"
NO_RULE = "no_rule"
# The reason of a tier that the words of a text asked for; no row decides it, because the words stay sealed.
SAID_URGENT = "urgent_words_in_a_text"
# Most transfers out of Minnesota, and with them the loss of the local court, happen in the first three days.
TRANSFER = "TRANSFER"
_DATE_CODES = {DateKind.INTERVIEW: "INTERVIEW", DateKind.CHECK_IN: "CHECK-IN"}


def urgency(facts: Facts, place: Whereabouts, now: datetime, rules: Iterable[UrgencyRule]) -> tuple[Urgency, str]:
    """The tier and the code of its reason, by the first row that holds.

    Where the table has a gap somebody must look at once: T0.
    """
    given, hours = _given(facts, place), _hours(facts, now)
    for rule in sorted(rules, key=lambda rule: rule.position):
        counted = [test for test in rule.condition if test["fact"] in HOURS]
        named = [test for test in rule.condition if test["fact"] not in HOURS]
        if holds(named, given) and all(_is_within(hours[test["fact"]], test["at_most"]) for test in counted):
            return Urgency(rule.tier), rule.reason
    return Urgency.T0, NO_RULE


def _given(facts: Facts, place: Whereabouts) -> dict[str, frozenset[str]]:
    one: dict[str, Any] = {
        "custody": place.custody,
        "taken": facts.taken,
        "taken_time_known": "yes" if facts.taken_at else "no",
        "date_kind": facts.date_kind,
        "has_date": "yes" if facts.hearing_on else "no",
        "signed": facts.signed,
    }
    return answers(facts, place) | {name: frozenset({str(value)}) for name, value in one.items()}


def _hours(facts: Facts, now: datetime) -> dict[str, float | None]:
    """How long ago and how far off, in hours; a date whose day is over is none: old answers are read again after it."""
    is_ahead = facts.hearing_on is not None and facts.hearing_on >= now.astimezone(CHICAGO).date()
    left = court_opens(facts.hearing_on) - now if facts.hearing_on and is_ahead else None
    since = now - _latest(facts.taken_at, facts, now) if facts.taken_at else None
    return {
        "hours_since_taken": since / timedelta(hours=1) if since is not None else None,
        "hours_to_date": left / timedelta(hours=1) if left is not None else None,
        TO_SAFE_BY: None,
    }


def _latest(taken_at: datetime, facts: Facts, now: datetime) -> datetime:
    """Of a day without its hour the last moment of it, so that nobody leaves a tier hours too early."""
    if facts.taken_hour_known:
        return taken_at
    after = datetime.combine(taken_at.astimezone(CHICAGO).date() + timedelta(days=1), time(0), CHICAGO)
    return min(after, now)


def _is_within(hours: float | None, most: float) -> bool:
    return hours is not None and hours <= most


def court_opens(day: date) -> datetime:
    """When the court's day begins: Fort Snelling's window opens at 8."""
    return datetime.combine(day, time(8), CHICAGO)


def urgency_of_clock(safe_by: datetime, now: datetime, rules: Iterable[UrgencyRule]) -> tuple[Urgency, str] | None:
    """The tier that a clock to be kept by `safe_by` asks for, by the first row about such clocks; None if none does."""
    left = (safe_by - now) / timedelta(hours=1)
    for rule in sorted(rules, key=lambda rule: rule.position):
        tests = rule.condition
        if tests and all(test["fact"] == TO_SAFE_BY and _is_within(left, test["at_most"]) for test in tests):
            return Urgency(rule.tier), rule.reason
    return None


def date_of_answers(facts: Facts) -> tuple[datetime, str] | None:
    """The date the family named, and its code: HEARING, INTERVIEW or CHECK-IN; None if it named none."""
    if facts.hearing_on is None:
        return None
    return court_opens(facts.hearing_on), _DATE_CODES.get(facts.date_kind, "HEARING")
