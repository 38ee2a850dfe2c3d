"""What a reader of a table can bound each hidden figure to: two linear programs for each. Pure.

The programs are in steps away from the true figures, so that the true table is always a solution, whatever the doubles
of the relations add up to, and a figure that is determined comes out as itself.
"""

import math
from collections.abc import Collection, Sequence

import highspy
import numpy as np

from funding.withholding.table import NotSolved, Table

# A bound this near to a whole number is that number, in a table of whole numbers.
NEAR = 1e-6
# The solver's own tolerance, for figures whose sizes it likes.
TOLERANCE = 1e-9
SMALLEST, LARGEST = 1.0, 2.0**40


def intervals(
    table: Table, hidden: Collection[int], asked: Collection[int] | None = None
) -> dict[int, tuple[float, float]]:
    """For each hidden index, of those asked, the lowest and the highest it can be; math.inf where nothing bounds it."""
    asked = frozenset(hidden if asked is None else asked)
    found: dict[int, tuple[float, float]] = {}
    for columns, rows in table.parts(hidden):
        if asked.isdisjoint(columns):
            continue
        if not rows:
            found.update((index, (0.0, math.inf)) for index in columns if index in asked)
            continue
        figures = {index: table.values[index] for index in columns}
        unit = unit_of(figures.values())
        steps = Steps(columns, rows, [-figure * unit for figure in figures.values()])
        endless = without_end(columns, rows)
        for index in asked.intersection(columns):
            figure = figures[index]
            low = figure + steps.furthest(index, -1) / unit
            high = math.inf if index in endless else figure + steps.furthest(index, 1) / unit
            near = (figure, 0.0)
            found[index] = (
                max(0.0, _rounded(low, near, TOLERANCE / unit, is_whole=table.is_whole)),
                _rounded(high, near, TOLERANCE / unit, is_whole=table.is_whole),
            )
    return dict(sorted(found.items()))


class Steps:
    """Steps from the true figures that keep every relation: a linear program for each direction."""

    def __init__(self, columns: Sequence[int], rows: Sequence[dict[int, float]], lowest: Sequence[float]) -> None:
        self.column = {index: number for number, index in enumerate(columns)}
        self.highs = solver()
        self.highs.passModel(program(self.column, rows, np.array(lowest), np.full(len(columns), highspy.kHighsInf)))

    def furthest(self, index: int, sign: int) -> float:
        """The furthest signed step of a figure upwards (1) or downwards (-1), which something bounds."""
        column = self.column[index]
        self.highs.changeColCost(column, float(sign))
        status = run(self.highs)
        end = self.highs.getInfo().objective_function_value
        self.highs.changeColCost(column, 0.0)
        if status != highspy.HighsModelStatus.kOptimal:
            raise NotSolved(self.highs.modelStatusToString(status))
        return float(sign * end)


def without_end(columns: Sequence[int], rows: Sequence[dict[int, float]]) -> set[int]:
    """Those that may grow for ever: the largest support of a direction that keeps the rows and lowers nothing.

    Asked apart, as a solver's word "unbounded" is only as good as its tolerances: each direction may be as long as it
    likes, and counts once for every index in which it is at least 1.
    """
    count = len(columns)
    column = {index: number for number, index in enumerate(columns)}
    # A second column for each, at most the first and at most 1; their sum is maximised.
    reached = {-1 - index: count + number for index, number in column.items()}
    linked = [*rows, *({index: 1.0, -1 - index: -1.0} for index in columns)]
    linear = program(
        column | reached,
        linked,
        np.zeros(2 * count),
        np.concatenate([np.full(count, highspy.kHighsInf), np.ones(count)]),
    )
    linear.col_cost_ = np.concatenate([np.zeros(count), np.ones(count)])
    linear.row_upper_ = np.concatenate([np.zeros(len(rows)), np.full(count, highspy.kHighsInf)])
    highs = solver()
    highs.passModel(linear)
    status = run(highs)
    if status != highspy.HighsModelStatus.kOptimal:
        raise NotSolved(highs.modelStatusToString(status))
    solution = highs.getSolution().col_value
    return {index for index, number in column.items() if solution[count + number] > 1 / 2}


def run(highs: highspy.Highs) -> highspy.HighsModelStatus:
    """Solve; where the last basis or the simplex led astray, once more from nothing by another way."""
    for method in (None, 1, 4):
        if method is not None:
            highs.clearSolver()
            highs.setOptionValue("simplex_strategy", method)
        highs.run()
        status = highs.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            break
    return status


def solver() -> highspy.Highs:
    """HiGHS for many small linear programs that differ in their objective: primal simplex from the last basis."""
    highs = highspy.Highs()
    options: dict[str, bool | int | float | str] = {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "presolve": "off",
        "solver": "simplex",
        "simplex_strategy": 4,
        "primal_feasibility_tolerance": TOLERANCE,
        "dual_feasibility_tolerance": TOLERANCE,
        "small_matrix_value": 1e-12,
    }
    for option, value in options.items():
        highs.setOptionValue(option, value)
    return highs


def program(
    column: dict[int, int], rows: Sequence[dict[int, float]], lower: np.ndarray, upper: np.ndarray
) -> highspy.HighsLp:
    """Maximise nothing yet, over steps within `lower` and `upper` (by column) that keep every row at zero."""
    linear = highspy.HighsLp()
    linear.sense_ = highspy.ObjSense.kMaximize
    linear.num_col_, linear.num_row_ = len(column), len(rows)
    linear.col_cost_ = np.zeros(len(column))
    linear.col_lower_, linear.col_upper_ = lower, upper
    linear.row_lower_ = linear.row_upper_ = np.zeros(len(rows))
    linear.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    linear.a_matrix_.start_ = np.cumsum([0, *(len(row) for row in rows)])
    linear.a_matrix_.index_ = np.array([column[index] for row in rows for index in row], dtype=np.int32)
    # By its largest coefficient, as a power of two: no digit is lost.
    units = [2.0 ** -math.frexp(max(map(abs, row.values())))[1] for row in rows]
    linear.a_matrix_.value_ = np.array(
        [factor * unit for row, unit in zip(rows, units, strict=True) for factor in row.values()]
    )
    return linear


def unit_of(figures: Collection[float]) -> float:
    """The power of two to count in, so that the solver's absolute tolerance is small beside every figure."""
    sizes = [figure for figure in figures if figure > 0]
    if not sizes or (min(sizes) >= SMALLEST and max(sizes) <= LARGEST):
        return 1.0
    return 2.0 ** math.floor(math.log2(min(max(1.0, SMALLEST / min(sizes)), LARGEST / max(sizes))))


def _rounded(end: float, near: tuple[float, ...], close: float, *, is_whole: bool) -> float:
    """The number meant by a double: one of `near` (within `close`, or a few digits), or a whole one."""
    if math.isinf(end):
        return end
    for number in near:
        if abs(end - number) <= max(close, 4e-15 * abs(number)):
            return number
    return float(round(end)) if is_whole and abs(end - round(end)) <= NEAR else end
