"""From answers in plain words to a case type: ordered, dated rules, the first match wins. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from referrals.facts import (
    PLACE_FREE,
    PLACE_LOCAL_JAIL,
    PLACE_OTHER_STATE,
    PLACE_UNKNOWN,
    DateKind,
    Decision,
    Entry,
    Facts,
    Harm,
    Need,
    Paper,
    PastOrder,
    Taken,
    TimeHere,
    Wish,
    YesNo,
)
from referrals.models.rules import Custody, Facility, TriageRule

MINNESOTA_CIRCUIT = 8
# No case type: what a rule with this code decides is answered with advice, and nothing is kept.
NO_LEGAL_NEED = "INFO"
_YES_NO = frozenset(map(str, YesNo))
# The facts a rule may test, with the answers each can have: the admin refuses any other.
VOCABULARY: dict[str, frozenset[str]] = {
    "minor": _YES_NO,
    "parent": _YES_NO,
    "held": _YES_NO,
    "place_known": frozenset({"yes", "no"}),
    "claim": _YES_NO,
    "flight": _YES_NO,
    "papers": frozenset(map(str, Paper)),
    "entry": frozenset(map(str, Entry)),
    "time_here": frozenset(map(str, TimeHere)),
    "court": frozenset({"yes", "no"}),
    "check_in": frozenset({"yes", "no"}),
    "old_order": frozenset({"yes", "no"}),
    "orders": frozenset(map(str, PastOrder)),
    "decision": frozenset(map(str, Decision)),
    "circuit": frozenset({*(str(number) for number in range(1, 13)), "unknown"}),
    "afraid": _YES_NO,
    "harm": frozenset(map(str, Harm)),
    "needs": frozenset(map(str, Need)),
    "wish": frozenset(map(str, Wish)),
}


class NoRuleMatches(Exception):
    """The rule table has a gap: no rule holds for these answers."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What the answer "where are they now" means."""

    custody: Custody
    facility: Facility | None
    circuit: int | None

    @property
    def is_held(self) -> bool:
        return self.custody not in (Custody.RELEASED, Custody.REMOVED)


def whereabouts(facts: Facts, facilities: Iterable[Facility]) -> Whereabouts:
    """Custody, facility and federal circuit of a place; an unknown facility code counts as not known."""
    if facts.taken == Taken.NO or facts.place == PLACE_FREE:
        return Whereabouts(Custody.RELEASED, None, None)
    if facts.place == PLACE_LOCAL_JAIL:
        return Whereabouts(Custody.HELD_LOCAL, None, MINNESOTA_CIRCUIT)
    if facts.place == PLACE_OTHER_STATE:
        return Whereabouts(Custody.ICE_OUT_OF_STATE, None, None)
    facility = next((one for one in facilities if one.code == facts.place), None)
    if facts.place == PLACE_UNKNOWN or facility is None:
        return Whereabouts(Custody.UNKNOWN, None, None)
    return Whereabouts(Custody(facility.custody), facility, facility.circuit)


def answers(facts: Facts, place: Whereabouts) -> dict[str, frozenset[str]]:
    """The facts in the words rules are written in: one answer each, or any number for those with several."""
    one = {
        "minor": {True: "yes", False: "no", None: "unknown"}[facts.is_minor],
        "parent": facts.has_parent,
        "held": _held(facts, place),
        "place_known": _yes(place.custody != Custody.UNKNOWN),
        "claim": facts.claim,
        "flight": facts.flight,
        "entry": facts.entry,
        "time_here": facts.time_here,
        "court": _yes(has_court(facts)),
        "check_in": _yes(facts.date_kind == DateKind.CHECK_IN),
        "old_order": _yes(Paper.FINAL_ORDER in facts.papers or PastOrder.NEVER_LEFT in facts.orders),
        "decision": facts.decision,
        "circuit": str(place.circuit or "unknown"),
        "afraid": facts.afraid,
        "wish": facts.wish,
    }
    several = {"papers": facts.papers, "orders": facts.orders, "harm": facts.harm, "needs": facts.needs}
    return {name: frozenset({str(value)}) for name, value in one.items()} | {
        name: frozenset(map(str, values)) for name, values in several.items()
    }


def has_court(facts: Facts) -> bool:
    """A judge is or will be asked: a paper of the court, or a date that is not said to be something else."""
    if {Paper.NOTICE_TO_APPEAR, Paper.HEARING_NOTICE}.intersection(facts.papers):
        return True
    # A date of unknown kind beside a letter for an interview is most likely the interview's.
    is_courts = facts.date_kind == DateKind.COURT or (
        facts.date_kind == DateKind.UNKNOWN and Paper.REFUGEE_LETTER not in facts.papers
    )
    return facts.hearing_on is not None and is_courts


def _held(facts: Facts, place: Whereabouts) -> str:
    if not place.is_held:
        return "no"
    return "unknown" if facts.taken == Taken.UNKNOWN and place.custody == Custody.UNKNOWN else "yes"


def _yes(holds_true: bool) -> str:
    return "yes" if holds_true else "no"


def holds(condition: list[dict[str, Any]], given: dict[str, frozenset[str]]) -> bool:
    """Whether every test of the condition has one of its values among the answers."""
    return all(given[test["fact"]] & set(test["in"]) for test in condition)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The deciding rule, and the secondary codes: its own, then those of every adding rule that holds."""

    rule: TriageRule
    secondary: tuple[str, ...]

    @property
    def code(self) -> str:
        return self.rule.code


def triage(facts: Facts, place: Whereabouts, rules: Iterable[TriageRule]) -> Verdict:
    """The first deciding rule, by position, that holds; rules that only add a code never end the search."""
    given = answers(facts, place)
    holding = [rule for rule in sorted(rules, key=lambda rule: rule.position) if holds(rule.condition, given)]
    decides = next((rule for rule in holding if not rule.only_adds), None)
    if decides is None:
        raise NoRuleMatches
    added = [*decides.secondary, *(rule.code for rule in holding if rule.only_adds)]
    return Verdict(decides, tuple(code for code in dict.fromkeys(added) if code != decides.code))
