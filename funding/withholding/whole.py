"""Tables of whole numbers that agree with what a reader sees: what linear bounds allow, whole numbers may not. Pure."""

from collections.abc import Collection, Sequence

import highspy
import numpy as np

from funding.withholding.intervals import program
from funding.withholding.table import NotSolved, Table

# A number this near to a whole one is whole, in the solver's answer.
NEAR = 1e-5
_NONE = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)


class Pool:
    """Whole tables found so far for any reader: one that agrees with what another reader knows serves it too."""

    def __init__(self, values: Sequence[float]) -> None:
        self.tables = [np.rint(np.array(values))]

    def of(self, known: Collection[int], least: np.ndarray) -> list[np.ndarray]:
        """Those in which the figures `known` are the true ones and none is below `least`."""
        sure = np.array(sorted(known), dtype=np.intp)
        true = self.tables[0][sure]
        return [table for table in self.tables if np.array_equal(table[sure], true) and bool((table >= least).all())]


class Whole:
    """One reader's questions: which whole tables agree with the shown figures, and with its own."""

    def __init__(
        self,
        table: Table,
        hidden: Collection[int],
        least: np.ndarray,
        pool: Pool,
        known: Collection[int],
        *,
        seconds: float,
    ) -> None:
        """`least`: of each figure what is the reader's own. `seconds`: the most that one question may take."""
        self.values, self.least, self.pool, self.seconds = np.rint(np.array(table.values)), least, pool, seconds
        self.part_of = {index: part for part in table.parts(hidden) for index in part[0]}
        self.found = pool.of(known, least)

    def can_be(self, index: int, *, most: float | None = None, least: float | None = None) -> bool:
        """Whether a figure can be at most, or at least, so much in a whole table. Raises NotSolved."""
        low = -np.inf if least is None else least
        high = np.inf if most is None else most
        if any(low <= table[index] <= high for table in self.found):
            return True
        if index not in self.part_of:
            return False
        table = self._look(index, low, high)
        if table is not None:
            self.found.append(table)
            self.pool.tables.append(table)
        return table is not None

    def _look(self, index: int, low: float, high: float) -> np.ndarray | None:
        """A whole table in which the figure is within `low` and `high`."""
        columns, rows = self.part_of[index]
        places = np.array(columns)
        column = {one: number for number, one in enumerate(columns)}
        # In steps from the true figures, like every program here.
        lower = self.least[places] - self.values[places]
        upper = np.full(len(columns), highspy.kHighsInf)
        lower[column[index]] = max(lower[column[index]], np.ceil(low - self.values[index]))
        upper[column[index]] = np.floor(high - self.values[index])
        linear = program(column, rows, lower, upper)
        # From the linear answer that lies nearest, which is often whole already.
        linear.col_cost_ = np.where(places == index, 1.0 if low == -np.inf else -1.0, 0.0)
        for kind in (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger):
            linear.integrality_ = [kind] * len(columns)
            steps = self._solve(linear)
            if steps is None:
                return None
            if np.abs(steps - np.rint(steps)).max() <= NEAR:
                table: np.ndarray = self.values.copy()
                table[places] += np.rint(steps)
                return table
        raise NotSolved("a whole answer that is not whole")

    def _solve(self, linear: highspy.HighsLp) -> np.ndarray | None:
        highs = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
            highs.setOptionValue(option, value)
        highs.setOptionValue("time_limit", self.seconds)
        highs.passModel(linear)
        highs.run()
        status = highs.getModelStatus()
        if status in _NONE:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise NotSolved(highs.modelStatusToString(status))
        return np.array(highs.getSolution().col_value)
