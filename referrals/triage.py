"""From answers in plain words to a case type: ordered, dated rules, the first match wins. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from referrals.facts import PLACE_FREE, PLACE_LOCAL_JAIL, PLACE_OTHER_STATE, PLACE_UNKNOWN, Facts, Taken
from referrals.models.rules import Custody, Facility, TriageRule

MINNESOTA_CIRCUIT = 8
# The facts a rule may test, with the answers each can have: the admin refuses any other.
VOCABULARY: dict[str, frozenset[str]] = {
    "held": frozenset({"yes", "no", "unknown"}),
    "place_known": frozenset({"yes", "no"}),
    "entry": frozenset({"admitted", "uninspected", "unknown"}),
    "circuit": frozenset({*(str(number) for number in range(1, 13)), "unknown"}),
    "papers": frozenset(
        {"nta", "hearing_notice", "expedited", "reinstatement", "administrative", "final_order", "custody"}
    ),
    "hearing": frozenset({"yes", "no"}),
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
    """The facts in the words rules are written in; each fact has at least one answer, `papers` may have none."""
    if not place.is_held:
        held = "no"
    elif facts.taken == Taken.UNKNOWN and place.custody == Custody.UNKNOWN:
        held = "unknown"
    else:
        held = "yes"
    return {
        "held": frozenset({held}),
        "place_known": frozenset({"no" if place.custody == Custody.UNKNOWN else "yes"}),
        "entry": frozenset({str(facts.entry)}),
        "circuit": frozenset({str(place.circuit) if place.circuit else "unknown"}),
        "papers": frozenset(str(paper) for paper in facts.papers),
        "hearing": frozenset({"yes" if facts.hearing_on else "no"}),
    }


def holds(condition: list[dict[str, Any]], given: dict[str, frozenset[str]]) -> bool:
    """Whether every test of the condition has one of its values among the answers."""
    return all(given[test["fact"]] & set(test["in"]) for test in condition)


def triage(facts: Facts, place: Whereabouts, rules: Iterable[TriageRule]) -> TriageRule:
    """The first rule, by position, that holds."""
    given = answers(facts, place)
    for rule in sorted(rules, key=lambda rule: rule.position):
        if holds(rule.condition, given):
            return rule
    raise NoRuleMatches
