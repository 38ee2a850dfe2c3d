"""A sharper bound for an assignment problem: each provider packs its own room, jobs have a price. Pure.

Each job gets a price. Every provider fills its room with the jobs that are worth more to it than their price, as if it
were alone; a job may then be at two providers, or at none. At any prices the sum of the prices and of what the
providers gain is at least the best total (Fisher, Management Science 27(1), 1981). The packing is exact, by dynamic
programming over whole units of room, so that the bound is sharper than the linear program's, most of all where weight
and size rise together. What a single pair can be part of at most follows from the same tables (Posta, Ferland and
Michelon, Computational Optimization and Applications 52, 2012).
"""

import math
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from referrals.matching.problem import Floats, Problem

# Tables of jobs × providers × units of room above this take longer than they save.
_MOST_CELLS = 3_000_000
# One part of the tree for each job that is settled: no deeper than the language goes.
_MOST_JOBS = 300
# Doubles add whole numbers without rounding far beyond this.
_MOST_WEIGHT = 2**40
# Against the rounding of prices: what lies this much under a whole total still counts as reaching it.
ROUNDING = 1e-5
# The steps get smaller after so many rounds that did not lower the bound by this much, and end at the smallest.
_PATIENCE = 8
_WORTH_A_ROUND = 0.02
_SMALLEST_STEP = 0.02
Flags = npt.NDArray[np.bool_]
_Numbers = npt.NDArray[np.intp]


def can_pack(problem: Problem) -> bool:
    """Whether the tables stay small and the sums exact, and the tree shallow."""
    return problem.jobs <= _MOST_JOBS and can_price(problem)


def can_price(problem: Problem) -> bool:
    """Whether the tables stay small and the sums exact, however many jobs there are."""
    units = max(problem.capacities, default=0) + 1
    heaviest = max((pair.weight for pair in problem.pairs), default=0)
    cells = problem.jobs * len(problem.capacities) * units
    return cells <= _MOST_CELLS and heaviest * problem.jobs < _MOST_WEIGHT


@dataclass(frozen=True)
class Choice:
    """What is still open: which pairs (jobs × providers), and which jobs may be left out."""

    pairs: Flags
    left_out: Flags

    @property
    def number(self) -> Floats:
        """How many ways each job has."""
        return self.pairs.sum(axis=1) + self.left_out

    def only(self, job: int, provider: int | None) -> "Choice":
        """The same with one job settled; None leaves it out."""
        pairs, left_out = self.pairs.copy(), self.left_out.copy()
        pairs[job], left_out[job] = False, provider is None
        if provider is not None:
            pairs[job, provider] = True
        return Choice(pairs, left_out)


@dataclass(frozen=True)
class _Packed:
    """The jobs worth their price, by provider (padded to the longest list, the padding gains -infinity), and the
    tables as they were added one by one: `tables[k][p][pad + c]` is the most that provider p gains from the first k of
    its own with room c. Good until the next packing."""

    jobs: _Numbers
    sizes: _Numbers
    gains: Floats
    tables: Floats

    @property
    def last(self) -> Floats:
        table: Floats = self.tables[len(self.jobs)]
        return table


class Knapsacks:
    """The bound of one problem, at any prices and for any part of its choices."""

    def __init__(self, problem: Problem) -> None:
        jobs, providers = problem.jobs, len(problem.capacities)
        self.weights = np.zeros((jobs, providers))
        self.sizes = np.zeros((jobs, providers), dtype=np.intp)
        self.possible = np.zeros((jobs, providers), dtype=np.bool_)
        for pair in problem.pairs:
            self.weights[pair.job, pair.provider] = pair.weight
            self.sizes[pair.job, pair.provider] = pair.size
            self.possible[pair.job, pair.provider] = True
        self.room = np.array(problem.capacities, dtype=np.intp)
        self._all = np.arange(providers)
        units = np.arange(int(self.room.max(initial=0)) + 1)
        # Room below nothing: as many columns of -infinity in front of each table.
        self._pad = len(units)
        self._width = 2 * len(units)
        rows = (self._all * self._width + self._pad)[:, None]
        self._rows, self._cells = rows, rows + units
        # What is left of each provider's room beside so many units; less than nothing is in front of the table.
        self._beside = self.room[:, None] - units
        self._tables = self._blank(1)
        self._at, self._added = np.empty_like(self._cells), np.empty(self._cells.shape)

    def open(self) -> Choice:
        """Every possible pair, and any job left out."""
        return Choice(self.possible, np.ones(len(self.weights), dtype=np.bool_))

    def bound(self, choice: Choice, prices: Floats) -> tuple[float, Flags]:
        """The bound, and the pairs that the providers pack (a job may be in several of them, or in none)."""
        packed = self._pack(choice, prices)
        room = self._rows[:, 0] + self.room
        gain = packed.last.take(room)
        took = np.zeros(packed.jobs.shape, dtype=np.bool_)
        with_it = gain
        for number in range(len(packed.jobs) - 1, -1, -1):
            without = packed.tables[number].take(room)
            np.greater(with_it, without, out=took[number])
            room = room - packed.sizes[number] * took[number]
            with_it = packed.tables[number].take(room)
        chosen = np.zeros_like(self.possible)
        _, at = took.nonzero()
        chosen[packed.jobs[took], at] = True
        return float(prices.sum() + gain.sum()), chosen

    def bounds(self, choice: Choice, prices: Floats) -> tuple[Floats, Floats]:
        """What the total can be at most with each pair (jobs × providers), and with each job left out.

        -infinity where the choice does not have it.
        """
        packed = self._pack(choice, prices)
        gain = packed.last.take(self._rows[:, 0] + self.room)
        most = prices.sum() + gain.sum()
        # Jobs that are not worth their price are in no table: without them nothing is lost.
        without = np.broadcast_to(gain, self.weights.shape).copy()
        rest = self._rows[:, 0] + np.maximum(self.room - self.sizes, -1)
        with_pair = packed.last.take(rest) + self.weights - prices[:, None]
        later, other = self._blank(2)
        for number in range(len(packed.jobs) - 1, -1, -1):
            jobs, sizes, gains = packed.jobs[number], packed.sizes[number], packed.gains[number]
            before = packed.tables[number][:, self._pad :]
            real = gains > 0
            alone = (before + later.take(self._rows + np.maximum(self._beside, -1))).max(axis=1)
            beside = self._rows + np.maximum(self._beside - sizes[:, None], -1)
            together = (before + later.take(beside)).max(axis=1) + gains
            without[jobs[real], self._all[real]] = alone[real]
            with_pair[jobs[real], self._all[real]] = together[real]
            self._with_one_more(later, sizes, gains, into=other)
            later, other = other, later
        lost = (without - gain).sum(axis=1)
        # A job that is at one provider is at no other.
        pairs = np.where(choice.pairs, most + lost[:, None] - without + with_pair, -np.inf)
        return pairs, np.where(choice.left_out, most + lost, -np.inf)

    def _pack(self, choice: Choice, prices: Floats) -> _Packed:
        gains = np.where(choice.pairs, self.weights - prices[:, None], -np.inf)
        length = int((gains > 0).sum(axis=0).max(initial=0))
        jobs = np.argsort(-gains, axis=0, kind="stable")[:length]
        gains = gains[jobs, self._all]
        gains[gains <= 0] = -np.inf
        sizes = self.sizes[jobs, self._all]
        if len(self._tables) <= length:
            self._tables = self._blank(2 * length)
        for number in range(length):
            self._with_one_more(self._tables[number], sizes[number], gains[number], into=self._tables[number + 1])
        return _Packed(jobs, sizes, gains, self._tables[: length + 1])

    def _blank(self, number: int) -> Floats:
        """So many tables of nobody's jobs: no gain at any room, and none possible below."""
        tables = np.zeros((number, len(self._all), self._width))
        tables[:, :, : self._pad] = -np.inf
        return tables

    def _with_one_more(self, table: Floats, sizes: _Numbers, gains: Floats, *, into: Floats) -> None:
        """The table of each provider once it may pack one more job, of this size and gain (-infinity: none)."""
        np.subtract(self._cells, sizes[:, None], out=self._at)
        # Every index is in the table; "clip" spares the check.
        table.take(self._at, out=self._added, mode="clip")
        self._added += gains[:, None]
        np.maximum(table[:, self._pad :], self._added, out=into[:, self._pad :])


@dataclass(frozen=True)
class Priced:
    """The lowest bound found, the prices that prove it, and what the providers pack at them."""

    most: float
    prices: Floats
    chosen: Flags


def lower(
    knapsacks: Knapsacks,
    choice: Choice,
    prices: Floats,
    *,
    goal: int,
    rounds: int,
    step: float,
    ends: float = math.inf,
) -> Priced:
    """Moves the prices until the bound is under `goal` or falls no more (subgradient steps, `rounds` at most).

    `ends`: when `time.perf_counter()` is past it, no further round begins.
    """
    best = Priced(math.inf, prices, np.zeros_like(choice.pairs))
    since_better = 0
    for _ in range(rounds):
        most, chosen = knapsacks.bound(choice, prices)
        since_better = 0 if most < best.most - _WORTH_A_ROUND else since_better + 1
        if most < best.most:
            best = Priced(most, prices, chosen)
        if best.most < goal - ROUNDING or time.perf_counter() > ends:
            break
        if since_better >= _PATIENCE:
            step, since_better, prices, most, chosen = step / 2, 0, best.prices, best.most, best.chosen
            if step < _SMALLEST_STEP:
                break
        slope = 1.0 - chosen.sum(axis=1)
        # A job that may be left out has no price below nothing.
        slope[(prices <= 0) & (slope > 0) & choice.left_out] = 0.0
        length = float(slope @ slope)
        if length == 0:
            break
        prices = prices - step * max(most - goal + 0.5, 0.1) / length * slope
        prices = np.where(choice.left_out, np.maximum(prices, 0.0), prices)
    return best
