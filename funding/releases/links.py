"""What one release hands to the next, so that both together tell no reader more than each may. Pure.

Releases count different facts. The one figure they share is how many waited: at the end of one, when the next began.
Whatever later releases tell of an earlier one goes through that figure; so all earlier releases come down to a few
numbers for each reader, whatever their number: between what the reader can already bound it, and how far from the true
one it must still be able to lie, for every doubt that an earlier release left to be there still.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from funding.withholding.demands import Demand, Reader
from funding.withholding.intervals import intervals, program, run, solver
from funding.withholding.table import NotSolved, Table

# A step this near to a whole one is that one: the table is a network, whose corners are whole.
NEAR = 1e-6
# The public's link; providers have theirs by code.
EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class Link:
    """How many waited, what a reader knows of it, and how far up and down from it the reader must be able to think."""

    waiting: int
    lowest: int = 0
    highest: int | None = None
    above: int = 0
    below: int = 0

    @property
    def is_known(self) -> bool:
        return self.lowest == self.waiting == self.highest


Links = Mapping[str, Link]
# Nothing was counted before the first release, and everybody knows that.
FIRST: Links = {EVERYBODY: Link(0, 0, 0)}


def carried(
    table: Table, hidden: Collection[int], waiting: int, readers: Mapping[str, tuple[Reader, Sequence[Demand]]]
) -> dict[str, Link]:
    """The links of the release of this table in which `hidden` is withheld.

    `waiting`: the index of how many wait at its end. `readers`: each with all that it must be left in doubt about.
    """
    number = round(table.values[waiting])
    if waiting not in hidden:
        return {EVERYBODY: Link(number, number, number)}
    return {name: _link(table, hidden, waiting, *asked) for name, asked in readers.items()}


def _link(table: Table, hidden: Collection[int], waiting: int, reader: Reader, demands: Sequence[Demand]) -> Link:
    free = frozenset(hidden) - reader.known
    values = reader.rest(table)
    own = table.values[waiting] - values[waiting]
    rest = Table(tuple(values), table.rows, table.is_whole)
    low, high = intervals(rest, free, {waiting})[waiting]
    columns, rows = next(part for part in rest.parts(free) if waiting in part[0])
    moves = [0]
    for demand in demands:
        if demand.index in columns and demand.index != waiting:
            for sign, amount in ((1, demand.above), (-1, demand.below)):
                if amount > 0:
                    moves.append(_move(columns, rows, values, waiting, demand.index, sign * amount))
        elif demand.index == waiting:
            moves += [math.ceil(demand.above), -math.ceil(demand.below)]
    return Link(
        waiting=round(table.values[waiting]),
        lowest=math.ceil(low + own - NEAR),
        highest=None if math.isinf(high) else math.floor(high + own + NEAR),
        above=max(moves),
        below=-min(moves),
    )


def _move(
    columns: Sequence[int],
    rows: Sequence[dict[int, float]],
    values: Sequence[float],
    waiting: int,
    asked: int,
    step: float,
) -> int:
    """The smallest step of how many wait with which the figure `asked` can take so large a step."""
    column = {index: number for number, index in enumerate(columns)}
    found = []
    for sign in (1, -1):
        lower = np.array([-values[index] for index in columns])
        upper = np.full(len(columns), highspy.kHighsInf)
        if step > 0:
            lower[column[asked]] = step
        else:
            upper[column[asked]] = step
        if sign > 0:
            lower[column[waiting]] = max(0.0, lower[column[waiting]])
        else:
            upper[column[waiting]] = 0.0
        linear = program(column, rows, lower, upper)
        linear.col_cost_ = np.where(np.array(columns) == waiting, float(-sign), 0.0)
        highs = solver()
        highs.passModel(linear)
        status = run(highs)
        if status == highspy.HighsModelStatus.kOptimal:
            moved = abs(highs.getInfo().objective_function_value)
            found.append(sign * math.ceil(moved - NEAR))
        elif status != highspy.HighsModelStatus.kInfeasible:
            raise NotSolved(highs.modelStatusToString(status))
    if not found:
        raise NotSolved("a doubt that is not there")
    return min(found, key=abs)
