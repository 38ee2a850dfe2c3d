"""What keeps a dated table from being one: the same for all tables, and for the offer orders. Pure.

A table is checked on every day from which a row of it begins or ends, so that a fault is found before its day comes.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar


class BadTable(Exception):
    """A table with a fault; each sentence names its row."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = list(faults)
        super().__init__(" ".join(self.faults))


class Dated(Protocol):
    """A row valid from a day, to (not including) a day."""

    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


_Row = TypeVar("_Row", bound=Dated)


def on(rows: Iterable[_Row], day: date) -> list[_Row]:
    """The rows that are valid on the day."""
    return [row for row in rows if row.valid_from <= day and (row.valid_to is None or row.valid_to > day)]


def days_of_change(rows: Iterable[Dated], since: date) -> list[date]:
    """The day asked for, and every later one on which a row begins or ends."""
    days = {day for row in rows for day in (row.valid_from, row.valid_to) if day is not None and day > since}
    return [since, *sorted(days)]


def faults_by_day(days: Iterable[date], faults_on: Callable[[date], Iterable[str]], since: date) -> dict[str, date]:
    """Each fault with the first day, from `since` on, on which it stands."""
    first: dict[str, date] = {}
    for day in sorted(day for day in days if day >= since):
        for sentence in faults_on(day):
            first.setdefault(sentence, day)
    return first


def brought_by_change(before: dict[str, date], after: dict[str, date], today: date) -> list[str]:
    """The faults a change brings, or brings sooner: one that stands already must not keep another from being mended."""
    return [
        f"From {day:%B %-d, %Y}: {sentence}" if day > today else sentence
        for sentence, day in after.items()
        if sentence not in before or day < before[sentence]
    ]


def same_place_twice(places: Iterable[str]) -> Iterable[str]:
    """Rows of one position valid on the same day."""
    return (f"{place}: two rows are valid on the same day." for place, count in Counter(places).items() if count > 1)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the offer orders. `program` "" is a coordinator's task; `is_active`: its provider takes part."""

    case_type: str
    position: int
    program: str
    is_active: bool
    valid_from: date
    valid_to: date | None = None

    @property
    def place(self) -> str:
        return f"Offer order of {self.case_type}, step {self.position}"


@dataclass(frozen=True, slots=True)
class KnownType:
    """A case type with its days."""

    code: str
    valid_from: date
    valid_to: date | None = None


def order_faults(steps: Sequence[Step], types: Sequence[KnownType], since: date) -> dict[str, date]:
    """Everything wrong with the offer orders from a day on.

    A case type that was ever in the table has an owner on every day it is valid: a step whose provider takes part, or
    a coordinator's.
    """
    ever = {step.case_type for step in steps}

    def faults_on(day: date) -> Iterable[str]:
        today, known = on(steps, day), {one.code for one in on(types, day)}
        yield from same_place_twice(step.place for step in today)
        yield from _asked_twice(today)
        yield from (
            f"{step.place}: there is no case type {step.case_type}." for step in today if step.case_type not in known
        )
        owned = {step.case_type for step in today if step.is_active or not step.program}
        yield from (
            f"Offer order of {code}: nobody who takes part and no coordinator: its cases would have no owner."
            for code in sorted((ever & known) - owned)
        )

    return faults_by_day({*days_of_change(steps, since), *days_of_change(types, since)}, faults_on, since)


def _asked_twice(steps: Iterable[Step]) -> Iterable[str]:
    """An order goes round in a circle when it comes back to somebody it has asked."""
    first: dict[tuple[str, str], Step] = {}
    for step in sorted(steps, key=lambda step: (step.case_type, step.position)):
        before = first.setdefault((step.case_type, step.program), step)
        if before is not step:
            who = step.program or "a coordinator"
            yield f"{step.place}: {who} is asked by step {before.position} already."


def without_owner(code: str, steps: Sequence[Step], day: date) -> bool:
    """Whether a case of this type would belong to nobody on the day."""
    return not any(step.case_type == code and (step.is_active or not step.program) for step in on(steps, day))


def unknown_steps(case_type: str, written: Iterable[str], programs: Collection[str]) -> list[str]:
    """What is wrong with an order as it is written: providers or programs that do not exist, the step named."""
    known = ", ".join(sorted(programs))
    return [
        f"Offer order of {case_type}, step {number}: no program is called {step}; there are {known}."
        for number, step in enumerate(written, 1)
        if step not in programs
    ]
