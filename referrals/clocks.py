"""The legal clocks of a case and the table they are counted by, as staff read them. Never for a family's page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from referrals import deadlines
from referrals.actions.deadlines import rules_of
from referrals.business_time import CHICAGO
from referrals.deadlines import NO_LIMIT, NotCounted, Rule, aims, family
from referrals.models import Case, CaseDeadline, DeadlineRule
from referrals.models.deadline import LegalStatus


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A running clock with its rule, and the days to aim for of rows that are blocked."""

    row: CaseDeadline
    aims: list[tuple[str, date]] = field(default_factory=list)

    @property
    def is_doubtful(self) -> bool:
        """Whether a lawyer should look the rule up before relying on it."""
        return self.row.rule is not None and self.row.rule.status != LegalStatus.IN_FORCE


@dataclass(frozen=True, slots=True)
class Clocks:
    """What the case page shows: clocks that run, rules whose trigger nobody has entered, when status was checked."""

    running: list[ClockLine]
    to_check: list[Rule]
    # Dates that no rule counts and only the family or the court can name, such as HEARING.
    to_ask: list[str]
    status_on: date | None


def clocks_of(case: Case, running: list[CaseDeadline], *, now: datetime) -> Clocks:
    """The running clocks as lines, and those its triage rule says to look for. One query."""
    today = now.astimezone(CHICAGO).date()
    rules = [rule for rule in rules_of() if rule.valid_from <= today and (not rule.valid_to or today < rule.valid_to)]
    lines = [ClockLine(row, _aims_of(row, rules)) for row in running]
    started = {row.code for row in running}
    wanted = case.triage_rule.deadlines if case.triage_rule and case.is_open else []
    to_check = [
        rule
        for code in wanted
        for rule in family(code, rules)
        if rule.code not in started and rule.unit != NO_LIMIT and rule.status != deadlines.BLOCKED
    ]
    to_ask = [code for code in wanted if code not in started and not family(code, rules)]
    shown = [row.rule.status_on for row in running if row.rule] + [rule.status_on for rule in to_check]
    return Clocks(lines, to_check, to_ask, min(shown, default=None))


def _aims_of(row: CaseDeadline, rules: Iterable[Rule]) -> list[tuple[str, date]]:
    if row.rule is None or row.trigger_on is None:
        return []
    found = []
    for rule in aims(row.rule.as_rule(), rules):
        try:
            day = deadlines.count(rule, row.trigger_on).safe_by
        except NotCounted:
            continue
        if day < row.safe_by:
            found.append((rule.code, day))
    return found


def table_on(day: date) -> list[DeadlineRule]:
    """The rows of the law's clocks that are valid on a day, by code."""
    return list(DeadlineRule.objects.on(day).order_by("code"))
