"""What readers must be left in doubt about, and whether hiding a set of figures does it. Pure."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from funding.withholding.intervals import Steps, unit_of, without_end
from funding.withholding.table import Table

# Room that is short by less than this part of what is wanted is enough: the solver's figures are doubles.
SHORT = 1e-9


@dataclass(frozen=True, slots=True)
class Reader:
    """What somebody knows besides what is shown: whole figures, and that so much of a figure is their own."""

    known: frozenset[int] = frozenset()
    own: tuple[tuple[int, float], ...] = ()

    def rest(self, table: Table) -> list[float]:
        """The figures less what is the reader's own; they keep the same relations if `own` does."""
        values = list(table.values)
        for index, amount in self.own:
            values[index] -= amount
        return values


ANYBODY = Reader()


@dataclass(frozen=True, slots=True)
class Demand:
    """The doubt a reader must be left in about the figure `index`.

    `above` and `below`: how far from the true figure its highest and its lowest must be at least. `width`: how far from
    each other. math.inf: nothing may bound it.
    """

    index: int
    width: float = 0.0
    above: float = 0.0
    below: float = 0.0
    reader: Reader = ANYBODY


@dataclass(frozen=True, slots=True)
class Want:
    """One number of a demand: room of at least `amount` upwards, downwards, or both together."""

    index: int
    up: bool
    down: bool
    amount: float
    reader: Reader

    @property
    def signs(self) -> tuple[int, ...]:
        return tuple(sign for sign, asked in ((1, self.up), (-1, self.down)) if asked)

    def is_met_by(self, room: float) -> bool:
        return room >= self.amount * (1 - SHORT) - SHORT


def wants_of(demands: Iterable[Demand]) -> list[Want]:
    """The numbers that are wanted; what any table gives is left out."""
    return [
        Want(demand.index, up, down, float(amount), demand.reader)
        for demand in demands
        for up, down, amount in ((True, True, demand.width), (True, False, demand.above), (False, True, demand.below))
        if amount > 0
    ]


def unmet(table: Table, hidden: Collection[int], wants: Iterable[Want], *, first: bool = False) -> list[Want]:
    """The wants for which hiding this set leaves too little room; with `first` at most one of them."""
    by_reader: defaultdict[Reader, list[Want]] = defaultdict(list)
    for want in wants:
        by_reader[want.reader].append(want)
    missed = []
    for reader, asked in by_reader.items():
        free = [index for index in hidden if index not in reader.known]
        for want, room in _rooms(table, reader, free, asked):
            if not want.is_met_by(room):
                missed.append(want)
                if first:
                    return missed
    return missed


def _rooms(
    table: Table, reader: Reader, free: Collection[int], wants: Collection[Want]
) -> Iterable[tuple[Want, float]]:
    """The room that each want finds among the figures `free`; math.inf where nothing bounds it."""
    inside = set(free)
    yield from ((want, 0.0) for want in wants if want.index not in inside)
    asked = {want.index for want in wants}
    values = reader.rest(table)
    for columns, rows in table.parts(free):
        if asked.isdisjoint(columns):
            continue
        endless = without_end(columns, rows)
        unit = unit_of([values[index] for index in columns])
        steps = Steps(columns, rows, [-values[index] * unit for index in columns])
        for want in wants:
            if want.index in endless and want.up:
                yield want, math.inf
            elif want.index in steps.column:
                yield want, sum(sign * steps.furthest(want.index, sign) for sign in want.signs) / unit
