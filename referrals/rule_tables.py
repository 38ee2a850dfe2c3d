"""What keeps a table of triage or urgency rules from being one: gaps, overlaps, circles, unknown words. Pure.

The first row that holds decides. A table has a gap unless its last deciding row holds for everybody; a row overlaps one
above it when it could never decide; a row that names its own code as secondary goes round in a circle.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from providers.rule_tables import KnownType, Step, days_of_change, faults_by_day, on, same_place_twice, without_owner
from referrals.triage import NO_LEGAL_NEED, VOCABULARY
from referrals.urgency import HOURS, TIER_VOCABULARY


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of either table: `codes` are what it leads to (none for a tier), `table` the name people know it by."""

    table: str
    position: int
    condition: Any
    valid_from: date
    valid_to: date | None = None
    codes: tuple[str, ...] = ()
    only_adds: bool = False

    @property
    def place(self) -> str:
        return f"{self.table} {self.position}"

    @property
    def holds_always(self) -> bool:
        return not self.condition


def triage_faults(
    rules: Sequence[Rule], types: Sequence[KnownType], steps: Sequence[Step], since: date
) -> dict[str, date]:
    """Everything wrong with the triage rules from a day on; their codes must be case types that have an owner."""

    def faults_on(day: date) -> Iterable[str]:
        today, known = on(rules, day), {one.code for one in on(types, day)}
        yield from _faults_of_any(today, VOCABULARY, ())
        for rule in today:
            yield from _faults_of_codes(rule, known | {NO_LEGAL_NEED})
            if rule.codes and rule.codes[0] in known and without_owner(rule.codes[0], steps, day):
                yield f"{rule.place}: the offer order of {rule.codes[0]} has nobody: its cases would have no owner."

    days = {day for table in (rules, types, steps) for day in days_of_change(table, since)}
    return faults_by_day(days, faults_on, since)


def urgency_faults(rules: Sequence[Rule], since: date) -> dict[str, date]:
    """Everything wrong with the urgency rows from a day on."""
    return faults_by_day(
        days_of_change(rules, since), lambda day: _faults_of_any(on(rules, day), TIER_VOCABULARY, HOURS), since
    )


def _faults_of_any(
    rules: Sequence[Rule], vocabulary: Mapping[str, frozenset[str]], hours: Collection[str]
) -> Iterable[str]:
    yield from same_place_twice(rule.place for rule in rules)
    deciding: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: rule.position):
        if faults := faults_of(rule.condition, vocabulary, hours):
            yield from (f"{rule.place}: {fault}" for fault in faults)
            continue
        if rule.only_adds:
            continue
        above = next((one for one in deciding if _implies(rule.condition, one.condition)), None)
        if above is not None and above.position != rule.position:
            yield f"{rule.place}: it can never decide, because row {above.position} above it holds whenever it does."
        deciding.append(rule)
    if not any(rule.holds_always for rule in deciding):
        last = f" after row {deciding[-1].position}" if deciding else ""
        yield f"The table has a gap{last}: no row without a test holds for everybody else."


def _faults_of_codes(rule: Rule, known: Collection[str]) -> Iterable[str]:
    code, *secondary = rule.codes or ("",)
    yield from (f"{rule.place}: there is no case type {one}." for one in rule.codes if one not in known)
    if code in secondary:
        yield f"{rule.place}: {code} leads to itself."
    yield from (f"{rule.place}: {one} is named twice." for one in sorted(set(secondary)) if secondary.count(one) > 1)


def _implies(narrow: list[dict[str, Any]], wide: list[dict[str, Any]]) -> bool:
    """Whether every case for which `narrow` holds is one for which `wide` does, as far as the tests alone show it."""
    return all(any(_is_within(test, other) for test in narrow) for other in wide)


def _is_within(test: dict[str, Any], other: dict[str, Any]) -> bool:
    if test["fact"] != other["fact"] or test.keys() != other.keys():
        return False
    if "at_most" in test:
        return bool(test["at_most"] <= other["at_most"])
    return set(test["in"]) <= set(other["in"])


def faults_of(
    condition: Any, vocabulary: Mapping[str, frozenset[str]] = VOCABULARY, hours: Collection[str] = ()
) -> list[str]:
    """What keeps a rule's condition from being one; empty for a good one. `hours` are facts to hold against a most."""
    if not isinstance(condition, list):
        return ["The condition is a list of tests."]
    return [
        fault for number, test in enumerate(condition, 1) for fault in _faults_of_test(number, test, vocabulary, hours)
    ]


def _faults_of_test(
    number: int, test: Any, vocabulary: Mapping[str, frozenset[str]], hours: Collection[str]
) -> list[str]:
    if isinstance(test, dict) and set(test) == {"fact", "at_most"}:
        return _faults_of_hours(number, test, hours)
    if not isinstance(test, dict) or set(test) != {"fact", "in"}:
        return [f'Test {number} is not of the form {{"fact": name, "in": [values]}}.']
    if not isinstance(test["fact"], str) or test["fact"] not in vocabulary:
        return [f"Test {number}: no fact is called {test['fact']!r}; there are {', '.join(vocabulary)}."]
    if not isinstance(test["in"], list) or not test["in"]:
        return [f"Test {number}: “in” is a list of at least one value."]
    if unknown := [value for value in test["in"] if str(value) not in vocabulary[test["fact"]]]:
        allowed = ", ".join(sorted(vocabulary[test["fact"]]))
        return [f"Test {number}: {unknown} is no answer to {test['fact']}; there are {allowed}."]
    if not all(isinstance(value, str) for value in test["in"]):
        return [f"Test {number}: values are written in quotes."]
    return []


def _faults_of_hours(number: int, test: dict[str, Any], hours: Collection[str]) -> list[str]:
    if not isinstance(test["fact"], str) or test["fact"] not in hours:
        return [f"Test {number}: {test['fact']!r} is no number of hours."]
    # True is an int too.
    is_number = type(test["at_most"]) is int and test["at_most"] >= 0
    return [] if is_number else [f"Test {number}: “at_most” is a whole number of hours."]
