"""What every set that is enough satisfies, found for a set (or parts of figures) that is not. Pure.

A step away from the true figures keeps every relation. Whatever multipliers the relations are given, the figure p moves

    d_p = sum of g_j d_j,    g = unit vector of p - the relations' combination,    d_j >= -value_j where j is hidden,

so a hidden set leaves at most the sum of its c_j of room, with c_j = value_j x (-g_j) where g_j < 0, and without bound
where g_j > 0. Turned round, every set that is enough satisfies `sum of min(c_j, wanted) y_j >= wanted`, y_j = 1 where j
is hidden: the capacity constraints of M. Fischetti and J. J. Salazar, "Models and algorithms for optimizing cell
suppression in tabular data with linear constraints", JASA 95 (2000) 916-928. They hold without any bound on how far a
figure can move; such a bound (`FAR`) only guides the search for multipliers.
"""

from collections.abc import Collection, Mapping, Sequence

import highspy
import numpy as np

from funding.withholding.demands import SHORT, Reader, Want
from funding.withholding.intervals import program, run, solver
from funding.withholding.table import Table

# A combination this near to zero is zero.
ZERO = 1e-7
# What a figure that is not hidden costs when multipliers are chosen, so that the cut prefers not to need it.
LITTLE = 1e-3
# How far a figure moves at most when multipliers are chosen, in units of what is wanted.
FAR = 1.0
# Rounds of bringing the sizes of coefficients together.
ROUNDS = 4

# Figures and their factors; those of every set that is enough add up to 1 or more.
Cut = Mapping[int, float]


class Cuts:
    """The cuts of one connected part of a table: `columns` may be hidden, those in `required` are."""

    def __init__(
        self, table: Table, columns: Sequence[int], rows: Sequence[dict[int, float]], required: Collection[int]
    ) -> None:
        self.columns = columns
        self.column = {index: number for number, index in enumerate(columns)}
        self.required = np.array([index in required for index in columns])
        self.units = _units(self.column, rows)
        self.table = table
        self.sizes: dict[Reader, np.ndarray] = {}
        scaled = [{index: factor * self.units[self.column[index]] for index, factor in row.items()} for row in rows]
        self.every = np.arange(len(columns), dtype=np.int32)
        self.highs = solver()
        self.highs.passModel(program(self.column, scaled, np.zeros(len(columns)), np.zeros(len(columns))))

    def against(self, want: Want, chosen: Mapping[int, float]) -> dict[int, float]:
        """The cut that `chosen` (the part of each figure that is hidden, 0 to 1) misses most, as far as was found."""
        part = np.array([chosen.get(index, 0.0) for index in self.columns])
        part = np.where(self.required, 1.0, np.maximum(part, LITTLE))
        outside = np.array([index in want.reader.known for index in self.columns])
        part[outside] = 0.0
        # Without end only a direction that lowers nothing will do, and then any length: as if all figures were zero.
        sizes = self._sizes(want.reader) * (self.units[self.column[want.index]] / want.amount)
        self.highs.changeColsBounds(len(part), self.every, -np.minimum(sizes, FAR) * part, FAR * part)
        factors = np.zeros(len(part))
        for sign in want.signs:
            combination = self._combination(self.column[want.index], sign)
            factors += np.where(combination > ZERO, np.inf, np.where(combination < -ZERO, -combination * sizes, 0.0))
        factors[outside] = 0.0
        missing = 1.0 - SHORT - factors[self.required].sum()
        if missing <= SHORT:
            return {}
        return {
            index: min(1.0, factor / missing)
            for index, factor, is_required in zip(self.columns, factors, self.required, strict=True)
            if factor > 0 and not is_required
        }

    def _sizes(self, reader: Reader) -> np.ndarray:
        """How far each figure can fall for a reader, in its unit."""
        if reader not in self.sizes:
            values = reader.rest(self.table)
            self.sizes[reader] = np.array([values[index] for index in self.columns]) / self.units
        return self.sizes[reader]

    def _combination(self, column: int, sign: int) -> np.ndarray:
        """The reduced costs at the furthest step of a figure in a direction."""
        self.highs.changeColCost(column, float(sign))
        status = run(self.highs)
        found = np.array(self.highs.getSolution().col_dual)
        self.highs.changeColCost(column, 0.0)
        if status != highspy.HighsModelStatus.kOptimal:
            # No multipliers: the cut is then that something else must be hidden at all.
            return np.ones(len(self.columns))
        return found


def _units(column: Mapping[int, int], rows: Sequence[Mapping[int, float]]) -> np.ndarray:
    """A power of two for each figure in which the coefficients of a relation have about the same size.

    Money that is the sum of prices times cases is then counted in prices.
    """
    units = np.zeros(len(column))
    entries = [
        (np.array([column[index] for index in row]), np.log2(np.abs(np.array(list(row.values()))))) for row in rows
    ]
    for _ in range(ROUNDS):
        total, count = np.zeros(len(column)), np.zeros(len(column))
        for columns, sizes in entries:
            scaled = sizes + units[columns]
            total[columns] += scaled - scaled.mean()
            count[columns] += 1
        units -= total / np.maximum(count, 1)
    return 2.0 ** np.round(units)
