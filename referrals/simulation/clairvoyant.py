"""The most that anybody could have placed who had known the whole year in advance: a linear program, by day. Pure.

It knows every arrival, answer and stay. A case may be placed with any program that would accept it, on any day from the
first on which that provider could have answered to the last that is in time, also in parts (a linear program bounds
what whole cases can do). Room is looked at once a day, at midnight: a case counts there only if it is sure to be
carried at that moment. Room that offers hold while they wait, refusals on the way, cases that are not counted: all that
costs nothing here. So no policy can place more.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import highspy


@dataclass(frozen=True, slots=True)
class Option:
    """A program that would accept: the days (from 0) on which it could, and for how many days it carries the case."""

    program: int
    days: tuple[int, ...]
    stay: float


@dataclass(frozen=True, slots=True)
class Request:
    """A case that counts: its number, its points, and who would accept it."""

    number: int
    points: int
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """The most cases, and which part of each case is placed (by its number) at that most."""

    most: float
    placed: Mapping[int, float]


class NotSolved(Exception):
    """The solver did not reach an optimum; the text is its own status."""


def nights(day: int, stay: float, last_day: int) -> range:
    """The midnights at which a case accepted at any time of `day` is sure to be carried, the run's last included.

    Midnight `m` ends day `m`. Accepted before midnight `day`, it is there until `stay` days after acceptance, which is
    at the earliest `stay` days after midnight `day - 1`.
    """
    sure = int(-(-stay // 1)) - 1
    return range(day, min(day + sure, last_day + 1))


def bound(requests: Sequence[Request], room: Mapping[int, int], *, days: int) -> Bound:
    """The most of `requests` that `room` (points by program) can take within `days` days.

    One column for each (case, program, day), one for each (program, midnight): the points carried there, which change
    by what begins and what ends. So a case that stays for months costs two entries and not one for each night.
    """
    columns = [(request, option, day) for request in requests for option in request.options for day in option.days]
    if not columns:
        return Bound(0.0, {})
    model = _Model()
    once = {request.number: model.row(upper=1.0) for request in requests}
    carried = {(program, night): model.row(equal=0.0) for program in room for night in range(days)}
    for program, points in room.items():
        for night in range(days):
            entries = {carried[program, night]: 1.0}
            if night + 1 < days:
                entries[carried[program, night + 1]] = -1.0
            model.column(entries, upper=float(points))
    for request, option, day in columns:
        entries = {once[request.number]: 1.0}
        spent = nights(day, option.stay, days - 1)
        if spent:
            entries[carried[option.program, spent.start]] = -float(request.points)
            if spent.stop < days:
                entries[carried[option.program, spent.stop]] = float(request.points)
        model.column(entries, upper=1.0, gain=1.0)
    most, values = model.solve()
    placed: dict[int, float] = defaultdict(float)
    for (request, _, _), value in zip(columns, values[-len(columns) :], strict=True):
        placed[request.number] += value
    return Bound(most, dict(placed))


def bound_without_stays(
    requests: Sequence[Request], room: Mapping[int, int], *, days: int, still_there: Callable[[float], float]
) -> float:
    """The most that can be expected of anybody who knows the year in advance, but not how long a case will last.

    `still_there(days)` is the chance that a stay is longer. A case then takes, on each later midnight, its points times
    that chance; stays are drawn whatever is decided, so that room is kept to on average. A single year may turn out
    better by luck: this is a measure, and the other one the bound.
    """
    model = _Model()
    once = {request.number: model.row(upper=1.0) for request in requests}
    looked_at = range(0, days, _NIGHTS_APART)
    carried = {(program, night): model.row(upper=points) for program, points in room.items() for night in looked_at}
    for request in requests:
        for option in request.options:
            for day in option.days:
                entries = {once[request.number]: 1.0}
                for night in looked_at[-(-day // _NIGHTS_APART) :]:
                    if (chance := still_there(night + 1 - day)) > _NEGLIGIBLE:
                        entries[carried[option.program, night]] = request.points * chance
                model.column(entries, upper=1.0, gain=1.0)
    return model.solve()[0] if requests else 0.0


# Leaving out constraints, or parts of them, only raises a maximum: it stays a bound.
_NIGHTS_APART = 4
_NEGLIGIBLE = 0.004


class _Model:
    """A linear program, column by column, in the shape that HiGHS reads."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float]] = []
        self._starts: list[int] = []
        self._indices: list[int] = []
        self._values: list[float] = []
        self._upper: list[float] = []
        self._gain: list[float] = []

    def row(self, *, upper: float | None = None, equal: float | None = None) -> int:
        """A new row, at most `upper` or exactly `equal`; returns its index."""
        self._rows.append((equal, equal) if equal is not None else (-highspy.kHighsInf, upper or 0.0))
        return len(self._rows) - 1

    def column(self, entries: Mapping[int, float], *, upper: float, gain: float = 0.0) -> None:
        """A new column between 0 and `upper`, worth `gain` each."""
        self._starts.append(len(self._indices))
        self._indices.extend(entries)
        self._values.extend(entries.values())
        self._upper.append(upper)
        self._gain.append(gain)

    def solve(self) -> tuple[float, list[float]]:
        """The greatest gain and the columns' values there."""
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self._upper), len(self._rows)
        program.sense_ = highspy.ObjSense.kMaximize
        program.col_cost_ = self._gain
        program.col_lower_, program.col_upper_ = [0.0] * len(self._upper), self._upper
        program.row_lower_ = [lower for lower, _ in self._rows]
        program.row_upper_ = [upper for _, upper in self._rows]
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = [*self._starts, len(self._indices)]
        program.a_matrix_.index_ = self._indices
        program.a_matrix_.value_ = self._values
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        # One thread and no time limit: the same answer everywhere.
        solver.setOptionValue("threads", 1)
        solver.passModel(program)
        solver.run()
        status = solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise NotSolved(solver.modelStatusToString(status))
        return solver.getInfo().objective_function_value, list(solver.getSolution().col_value)
