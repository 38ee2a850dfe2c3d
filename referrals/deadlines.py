"""Time limits of the law: from a code and the day or moment that starts it, to the last day and the safe one.

Pure: no database, no clock. `due("BIA30", date(2026, 10, 30))` counts by the table that comes with the project; whoever
has the rows a lawyer may have changed passes them as `rules`. Days are calendar days of America/Chicago, and the day of
the trigger is day 0. Hours are counted in UTC, so that a change of the clocks adds or takes none.
"""

import csv
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from referrals.business_time import CHICAGO, business_days_after, on_or_after, on_or_before

PACKAGED_TABLE = Path(__file__).parent / "seeds" / "deadline_rules.csv"
# The day the packaged table was written and its legal status looked up.
PACKAGED_ON = date(2026, 11, 22)
PACKAGED_FROM = date(2026, 1, 1)
HOURS = "hours"
CALENDAR_DAYS = "calendar days"
BUSINESS_DAYS = "business days"
MONTHS = "months"
YEARS = "years"
NO_LIMIT = "none"
UNITS = (HOURS, CALENDAR_DAYS, BUSINESS_DAYS, MONTHS, YEARS, NO_LIMIT)
# Who has to keep it where that is the lawyer: `either` side may appeal.
OURS = frozenset({"us", "either"})
IN_FORCE = "in_force"
BLOCKED = "blocked"
UNCERTAIN = "uncertain"
# Written from memory; a lawyer has not looked it up yet.
RECALLED = "recalled"
STATUSES = (IN_FORCE, BLOCKED, UNCERTAIN, RECALLED)

# A day for clocks of days, months and years; an instant in UTC for clocks of hours.
Moment = date | datetime


class NotCounted(ValueError):
    """There is no such deadline, or it cannot be counted from this trigger; says why in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One clock as one dated row has it: `n` `unit`s after `trigger` (an event's code), kept by `actor`.

    `roll`: a last day on a weekend or federal holiday moves to the next business day. `days_early`: how many days
    before the last one to be safe. `status_on`: the day on which `status` was looked up. `row_id`: the database's row.
    """

    code: str
    trigger: str
    n: int
    unit: str
    roll: bool
    actor: str
    meaning: str
    source: str
    status: str
    status_on: date
    starts: str = ""
    note: str = ""
    days_early: int = 0
    valid_from: date = PACKAGED_FROM
    valid_to: date | None = None
    row_id: int | None = None

    @property
    def is_ours(self) -> bool:
        """Whether the lawyer has to act in time, and not somebody else."""
        return self.actor in OURS

    @property
    def counts_hours(self) -> bool:
        return self.unit == HOURS


@dataclass(frozen=True, slots=True)
class Due:
    """When a clock ends: `raw` as counted, `due` rolled to a business day where the law allows it, `safe_by` the day
    to aim for. Days of America/Chicago, or instants in UTC for clocks of hours; `safe_by <= raw <= due`."""

    code: str
    raw: Moment
    due: Moment
    safe_by: Moment
    rule: Rule

    @property
    def source(self) -> str:
        return self.rule.source


@cache
def packaged_rules() -> tuple[Rule, ...]:
    """The table as it comes with the project, read once."""
    with PACKAGED_TABLE.open(newline="", encoding="utf-8") as file:
        return tuple(
            Rule(
                code=row["code"],
                trigger=row["trigger"],
                starts=row["starts"],
                n=int(row["n"]),
                unit=row["unit"],
                roll=row["roll"] == "yes",
                actor=row["actor"],
                days_early=int(row["days_early"]),
                status=row["status"],
                status_on=PACKAGED_ON,
                meaning=row["meaning"],
                note=row["note"],
                source=row["source"],
            )
            for row in csv.DictReader(file)
        )


def due(code: str, trigger: Moment, *, rules: Iterable[Rule] | None = None) -> Due:
    """When the clock `code` that `trigger` started ends, by the row of the trigger's day.

    `trigger`: a day, or a moment (one without a zone is Chicago's). A clock of days takes the Chicago day of a moment;
    a clock of hours needs one. Where every row of the code is younger than the trigger the first counts: a table
    begins somewhere, and the law it writes down is older. Raises NotCounted, a sentence.
    """
    wanted = code.strip().upper()
    day = chicago_day(trigger)
    return count(rule_on(wanted, day, packaged_rules() if rules is None else rules), trigger)


def rule_on(code: str, day: date, rules: Iterable[Rule]) -> Rule:
    """The row of `code` that counts what was triggered on `day`; raises NotCounted."""
    own = sorted((rule for rule in rules if rule.code == code), key=lambda rule: rule.valid_from)
    if not own:
        raise NotCounted(f"There is no deadline with the code {code}.")
    if day < own[0].valid_from:
        return own[0]
    for rule in own:
        if rule.valid_from <= day and (rule.valid_to is None or day < rule.valid_to):
            return rule
    raise NotCounted(f"No row of {code} counts what happened on {day.isoformat()}.")


def count(rule: Rule, trigger: Moment) -> Due:
    """When a clock ends that `trigger` started, by this row; raises NotCounted."""
    if rule.unit == NO_LIMIT:
        raise NotCounted(f"{rule.code} has no last day: {rule.meaning}")
    if rule.counts_hours and not isinstance(trigger, datetime):
        raise NotCounted(f"{rule.code} counts hours: give the time of day too.")
    try:
        if isinstance(trigger, datetime) and rule.counts_hours:
            return _counted_hours(rule, trigger)
        return _counted_days(rule, chicago_day(trigger))
    except (OverflowError, ValueError):
        raise NotCounted(f"{rule.code} cannot be counted from that date: it is outside the calendar.") from None


def _counted_hours(rule: Rule, trigger: datetime) -> Due:
    # Nothing to roll and no counter to be open: the hour itself is the safe one too.
    ends = instant(trigger) + timedelta(hours=rule.n)
    return Due(rule.code, ends, ends, ends, rule)


def _counted_days(rule: Rule, day: date) -> Due:
    raw = _LAST_DAY[rule.unit](day, rule.n)
    # A waiting period, or what an office must do anyway, is safe on its last day: nobody has to be at a counter, and an
    # earlier day would say that the wait is over before it is.
    is_filed = rule.roll or rule.is_ours
    safe_by = on_or_before(raw - timedelta(days=rule.days_early)) if is_filed else raw
    return Due(rule.code, raw, on_or_after(raw) if rule.roll else raw, safe_by, rule)


def _months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last: 31 August and six months are the end of February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


_LAST_DAY: dict[str, Callable[[date, int], date]] = {
    CALENDAR_DAYS: lambda day, n: day + timedelta(days=n),
    BUSINESS_DAYS: business_days_after,
    MONTHS: _months_after,
    YEARS: lambda day, n: _months_after(day, 12 * n),
}


def chicago_day(moment: Moment) -> date:
    """The day of a moment in America/Chicago; a day is itself. Raises NotCounted at the very ends of the calendar."""
    if not isinstance(moment, datetime):
        return moment
    try:
        return moment.date() if moment.tzinfo is None else moment.astimezone(CHICAGO).date()
    except OverflowError:
        raise NotCounted("That moment is outside the calendar.") from None


def instant(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone is Chicago's, the earlier of two where the clocks go back."""
    return (moment.replace(tzinfo=CHICAGO) if moment.tzinfo is None else moment).astimezone(UTC)


def family(code: str, rules: Iterable[Rule]) -> list[Rule]:
    """The rows a triage rule means by `code`: that clock, or every one it begins, such as POCR of POCR-90."""
    return [rule for rule in rules if rule.code == code or rule.code.startswith(f"{code}-")]


def aims(rule: Rule, rules: Iterable[Rule]) -> list[Rule]:
    """Blocked rows that begin with the same event and end sooner: not the law now, and still the day to aim for."""
    return [one for one in rules if one.status == BLOCKED and one.trigger == rule.trigger and one.code != rule.code]
