"""What keeps the smaller dated tables from being tables: income lines, ZIP codes, facilities, stages, clocks. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from providers.rule_tables import KnownType, days_of_change, faults_by_day, on, same_place_twice

# In a stage's list: every case type that no other row names.
ANY_TYPE = "*"


@dataclass(frozen=True, slots=True)
class Row:
    """A row by what may be valid once a day: `place` names it to people ("ZIP 55404")."""

    place: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage of the work: the case types it fits, and those whose work begins with it."""

    code: str
    case_types: tuple[str, ...]
    first_for: tuple[str, ...]
    valid_from: date
    valid_to: date | None = None

    @property
    def place(self) -> str:
        return f"Stage {self.code}"


def row_faults(rows: Sequence[Row], since: date, *, always: Collection[str] = ()) -> dict[str, date]:
    """Two rows for one thing on one day; and for what must `always` have a row, a day without one."""

    def faults_on(day: date) -> Iterable[str]:
        places = [row.place for row in on(rows, day)]
        yield from same_place_twice(places)
        yield from (f"{place}: the table has a gap, no row is valid." for place in sorted(set(always) - set(places)))

    return faults_by_day(days_of_change(rows, since), faults_on, since)


def broken_rows(rows: Sequence[Row]) -> Iterable[str]:
    """Where the rows of one thing do not follow each other day by day, in the past too; `rows` are those of one."""
    for row, following in pairwise(sorted(rows, key=lambda row: row.valid_from)):
        named = f"{row.place} from {row.valid_from} and from {following.valid_from}"
        if row.valid_to is None or row.valid_to > following.valid_from:
            yield f"{named} overlap: end the earlier one on {following.valid_from}."
        elif row.valid_to < following.valid_from:
            yield f"Between {named} no row counts: begin the later one on {row.valid_to}."


def stage_faults(stages: Sequence[StageRow], types: Sequence[KnownType], since: date) -> dict[str, date]:
    """The work on each case type begins with one stage, which fits it; a stage names case types that there are."""

    def faults_on(day: date) -> Iterable[str]:
        today, known = on(stages, day), {one.code for one in on(types, day)}
        yield from same_place_twice(stage.place for stage in today)
        for stage in today:
            named = sorted({*stage.case_types, *stage.first_for} - known - {ANY_TYPE})
            yield from (f"{stage.place}: there is no case type {code}." for code in named)
            if ANY_TYPE not in stage.case_types:
                unfit = sorted({*stage.first_for} - {*stage.case_types})
                yield from (f"{stage.place}: it begins the work of {code} and does not fit it." for code in unfit)
        first: dict[str, StageRow] = {}
        for stage in today:
            for code in stage.first_for:
                if first.setdefault(code, stage) is not stage:
                    yield f"{stage.place}: {first[code].place} begins the work of {code} already."
        if ANY_TYPE not in first:
            yield from (f"Stages: the table has a gap, none begins the work of {code}." for code in known - set(first))

    return faults_by_day({*days_of_change(stages, since), *days_of_change(types, since)}, faults_on, since)
