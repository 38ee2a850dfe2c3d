"""The smallest set of figures to hide: cuts until the cheapest set that satisfies them all is enough. Pure."""

import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from funding.withholding.cuts import Cut, Cuts
from funding.withholding.demands import Demand, Want, unmet, wants_of
from funding.withholding.table import CannotProtect, NotSolved, Table

# A cut is missed when less than this is reached of the 1 it asks for.
REACHED = 1 - 1e-6
# The relaxation is left when so many rounds have raised its bound by less than so much.
PATIENCE, PROGRESS = 5, 0.02


@dataclass(frozen=True, slots=True)
class Pattern:
    """The figures to hide, and the least number that any set that is enough must have."""

    hidden: frozenset[int]
    least: int

    @property
    def is_proven(self) -> bool:
        return len(self.hidden) <= self.least


def smallest(
    table: Table,
    required: frozenset[int],
    demands: Collection[Demand],
    *,
    later: Collection[Demand] = (),
    fixed: Collection[int] = (),
    seconds: float = math.inf,
) -> Pattern:
    """The fewest figures to hide, `required` among them, so that every demand is met; of those the least in value.

    `fixed`: figures that are published already. `later`: demands that most sets meet that meet the others, and so are
    asked only of such sets. Within `seconds` the set is proven to be smallest; after that it is the best that was
    found, which meets every demand all the same. Raises CannotProtect.
    """
    ends_at = time.monotonic() + seconds
    wants, waiting = wants_of(demands), wants_of(later)
    within = frozenset(range(len(table.values))) - frozenset(fixed)
    if missed := unmet(table, within, [*wants, *waiting]):
        raise CannotProtect({want.index for want in missed})
    while True:
        pattern = _smallest(table, required, wants, within, ends_at)
        if not (missed := unmet(table, pattern.hidden, waiting)):
            return pattern
        wants += missed
        waiting = [want for want in waiting if want not in set(missed)]


def _smallest(
    table: Table, required: frozenset[int], wants: Sequence[Want], within: frozenset[int], ends_at: float
) -> Pattern:
    hidden, least = set(required), len(required)
    for columns, rows in table.parts(within):
        inside = set(columns)
        part = _Search(
            table, columns, rows, required & inside, [want for want in wants if want.index in inside], ends_at
        )
        hidden |= part.run()
        least += part.least
    return Pattern(frozenset(hidden), least)


class _OutOfTime(Exception):
    """The time for the proof is over."""


class _Search:
    """One connected part: `best` is always enough, `least` always a bound on how many must be hidden besides."""

    def __init__(
        self,
        table: Table,
        columns: Sequence[int],
        rows: Sequence[dict[int, float]],
        required: frozenset[int],
        wants: Sequence[Want],
        ends_at: float,
    ) -> None:
        self.table, self.required, self.wants, self.ends_at = table, required, list(wants), ends_at
        self.candidates = [index for index in columns if index not in required]
        self.cuts = Cuts(table, columns, rows, required)
        self.best = frozenset(self.candidates)
        self.least = 0

    def run(self) -> frozenset[int]:
        """The figures to hide besides those required."""
        if not self._unmet(()):
            return frozenset()
        master = _Master(self.candidates)
        try:
            self._relax(master)
            self._fewest(master)
            self._cheapest(master)
        except _OutOfTime:
            pass
        return self.best

    def _relax(self, master: "_Master") -> None:
        """Cuts against the relaxation, where a figure may be hidden in part; then the first whole set from it."""
        bounds: list[float] = []
        while True:
            bound, parts = master.relaxed()
            self.least = max(self.least, math.ceil(bound - 1e-6))
            bounds.append(bound)
            stalls = len(bounds) > PATIENCE and bounds[-1] - bounds[-1 - PATIENCE] < PROGRESS
            found = [cut for want in self.wants if _misses(cut := self._against(want, parts), parts)]
            if stalls or not found:
                break
            master.add(found)
        self._improve(sorted(self.candidates, key=lambda index: (-parts.get(index, 0.0), self._loss(index), index)))

    def _fewest(self, master: "_Master") -> None:
        """Cuts against the smallest whole set until it is enough or not smaller than the best."""
        while self.least < len(self.best):
            bound, chosen = master.whole(self._time_left())
            self.least = max(self.least, math.ceil(bound - 1e-6))
            if chosen is None or self.least >= len(self.best):
                self.least = len(self.best)
                return
            self._learn(master, chosen)

    def _cheapest(self, master: "_Master") -> None:
        """The same among the sets of the smallest number, by the sum of the figures that are hidden."""
        losses = {index: self._loss(index) for index in self.candidates}
        largest = max(losses.values(), default=0.0)
        if not largest or len(self.best) == len(self.candidates):
            return
        master.prefer({index: loss / largest for index, loss in losses.items()}, at_most=len(self.best))
        while True:
            bound, chosen = master.whole(self._time_left())
            if chosen is None or bound >= sum(losses[index] for index in self.best) / largest - 1e-9:
                return
            self._learn(master, chosen)

    def _learn(self, master: "_Master", chosen: frozenset[int]) -> None:
        """Take a whole set as the best, or cut it off."""
        missed = self._unmet(chosen)
        if not missed:
            self._offer(chosen)
            return
        parts = dict.fromkeys(chosen, 1.0)
        found: list[Cut] = []
        for want in missed:
            self._time_left()
            cut = self._against(want, parts)
            if _misses(cut, parts):
                found.append(cut)
            found.append(self._lacking(want, chosen, cut))
        master.add(found)
        rest = [index for index in self.candidates if index not in chosen]
        counts = {index: sum(index in cut for cut in found) for index in rest}
        rest.sort(key=lambda index: (-counts[index], self._loss(index), index))
        self._improve([*sorted(chosen), *rest])

    def _against(self, want: Want, parts: Mapping[int, float]) -> Cut:
        self._time_left()
        return self.cuts.against(want, parts)

    def _lacking(self, want: Want, chosen: Iterable[int], cut: Cut) -> Cut:
        """That something must be hidden outside a largest set around `chosen` that is not enough for this want."""
        inside = set(chosen)
        rest = sorted((index for index in self.candidates if index not in inside), key=lambda one: cut.get(one, 0.0))
        outside: list[int] = []
        step = max(1, sum(index not in cut for index in rest))
        while rest:
            tried, rest = rest[:step], rest[step:]
            if unmet(self.table, self.required | inside | set(tried), [want]):
                inside.update(tried)
                step *= 2
            elif step == 1:
                outside += tried
            else:
                rest, step = tried + rest, 1 if step < 4 else step // 4
        return dict.fromkeys(outside, 1.0)

    def _improve(self, order: Sequence[int]) -> None:
        """The shortest beginning of `order` that is enough, less what it does not need; taken if it is better."""
        low, high = 0, len(order)
        while low < high:
            middle = (low + high) // 2
            if self._unmet(order[:middle], first=True):
                low = middle + 1
            else:
                high = middle
        kept = list(order[:high])
        for index in reversed(order[:high]):
            self._time_left()
            without = [one for one in kept if one != index]
            if not self._unmet(without, first=True):
                kept = without
        self._offer(frozenset(kept))

    def _offer(self, chosen: frozenset[int]) -> None:
        def rank(indexes: frozenset[int]) -> tuple[int, float]:
            return len(indexes), sum(self._loss(index) for index in indexes)

        if rank(chosen) < rank(self.best):
            self.best = chosen

    def _unmet(self, chosen: Collection[int], *, first: bool = False) -> list[Want]:
        missed = unmet(self.table, self.required.union(chosen), self.wants, first=first)
        if first and missed:
            # What fails once fails often: ask it first next time.
            self.wants.remove(missed[0])
            self.wants.insert(0, missed[0])
        return missed

    def _loss(self, index: int) -> float:
        return self.table.values[index]

    def _time_left(self) -> float:
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise _OutOfTime
        return left


def _misses(cut: Cut, parts: Mapping[int, float]) -> bool:
    return bool(cut) and sum(factor * parts.get(index, 0.0) for index, factor in cut.items()) < REACHED


class _Master:
    """The cuts so far: which figures to hide, in part or whole, as cheaply as they allow."""

    def __init__(self, candidates: Sequence[int]) -> None:
        self.candidates = candidates
        self.column = {index: number for number, index in enumerate(candidates)}
        self.known: set[tuple[tuple[int, float], ...]] = set()
        count = len(candidates)
        self.every = np.arange(count, dtype=np.int32)
        self.highs = highspy.Highs()
        for option, value in {
            "output_flag": False,
            "threads": 1,
            "random_seed": 0,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 1e-6,
        }.items():
            self.highs.setOptionValue(option, value)
        self.highs.addVars(count, np.zeros(count), np.ones(count))
        self.highs.changeColsCost(count, self.every, np.ones(count))

    def add(self, cuts: Iterable[Cut]) -> None:
        for cut in cuts:
            row = tuple(sorted(cut.items()))
            if row in self.known:
                continue
            self.known.add(row)
            columns = np.array([self.column[index] for index, _ in row], dtype=np.int32)
            factors = np.array([factor for _, factor in row])
            self.highs.addRow(1.0, highspy.kHighsInf, len(row), columns, factors)

    def prefer(self, costs: Mapping[int, float], *, at_most: int) -> None:
        """From now on the cheapest by `costs`, among those of at most so many figures."""
        count = len(self.candidates)
        self.highs.changeColsCost(count, self.every, np.array([costs[index] for index in self.candidates]))
        self.highs.addRow(-highspy.kHighsInf, float(at_most), count, self.every, np.ones(count))

    def relaxed(self) -> tuple[float, dict[int, float]]:
        self._types(highspy.HighsVarType.kContinuous)
        self.highs.setOptionValue("time_limit", highspy.kHighsInf)
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise NotSolved(self.highs.modelStatusToString(self.highs.getModelStatus()))
        parts = self.highs.getSolution().col_value
        return self.highs.getInfo().objective_function_value, {
            index: part for index, part in zip(self.candidates, parts, strict=True) if part > 0
        }

    def whole(self, seconds: float) -> tuple[float, frozenset[int] | None]:
        """The best whole set and its cost; none where no set satisfies the cuts."""
        self._types(highspy.HighsVarType.kInteger)
        self.highs.setOptionValue("time_limit", seconds + self.highs.getRunTime())
        self.highs.run()
        status = self.highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return math.inf, None
        if status == highspy.HighsModelStatus.kTimeLimit:
            raise _OutOfTime
        if status != highspy.HighsModelStatus.kOptimal:
            raise NotSolved(self.highs.modelStatusToString(status))
        parts = self.highs.getSolution().col_value
        chosen = frozenset(index for index, part in zip(self.candidates, parts, strict=True) if part > 1 / 2)
        return self.highs.getInfo().mip_dual_bound, chosen

    def _types(self, kind: highspy.HighsVarType) -> None:
        self.highs.changeColsIntegrality(len(self.candidates), self.every, np.array([kind] * len(self.candidates)))
