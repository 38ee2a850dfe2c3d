"""The best answer to an assignment problem, with proof: branch and bound over `knapsacks`. Pure."""

import math
from dataclasses import dataclass

import numpy as np

from referrals.matching.bound import improved
from referrals.matching.knapsacks import ROUNDING, Choice, Knapsacks, Priced, lower
from referrals.matching.problem import Answer, Floats, Problem

_AT_THE_ROOT = 400
_AT_THE_TOP = 60
_IN_THE_TREE = 15
# As long as a look at the single pairs takes away this part of what is open, it pays to look again.
_PAYS_AGAIN = 0.03


@dataclass(frozen=True)
class Found:
    """The best answer found, and a total that none can exceed."""

    answer: Answer
    most: int


def root(problem: Problem, start: Answer, *, ends: float) -> Found:
    """What prices of jobs alone give, without a tree, by the time that `time.perf_counter()` is at `ends`."""
    tree = _Tree(problem, start, None)
    tree.look_at_root(ends=ends)
    return Found(tree.answer, max(tree.proven, tree.total))


class _GivenUp(Exception):
    """The tree grew too large."""


def search(problem: Problem, start: Answer, *, most_nodes: int | None = None) -> Found:
    """An answer with the highest total, or the best found within `most_nodes` parts of the tree.

    It looks for an answer as good as the bound first, then for one that is a little less good, and so on: the higher
    the goal, the fewer pairs can be part of it. `start` is a feasible answer. The same for the same input.
    """
    tree = _Tree(problem, start, most_nodes)
    try:
        tree.run()
    except _GivenUp:
        return Found(tree.answer, tree.proven)
    return Found(tree.answer, tree.total)


class _Tree:
    def __init__(self, problem: Problem, start: Answer, most_nodes: int | None) -> None:
        self.problem = problem
        self.knapsacks = Knapsacks(problem)
        self.answer, self.total = list(start), problem.total(start)
        # Nothing is worth more.
        self.proven = int(self.knapsacks.weights.max(axis=1).sum())
        self.nodes_left = math.inf if most_nodes is None else most_nodes
        self._weights = np.where(self.knapsacks.possible, self.knapsacks.weights, -np.inf)
        self._sizes = self.knapsacks.sizes.astype(np.float64)

    def look_at_root(self, *, ends: float = math.inf) -> Priced:
        """Prices for the whole problem, what they prove, and an answer made of what the providers pack at them."""
        found = lower(
            self.knapsacks,
            self.knapsacks.open(),
            self._first_prices(),
            goal=self.total + 1,
            rounds=_AT_THE_ROOT,
            step=1.5,
            ends=ends,
        )
        self._repaired(found)
        self.proven = min(self.proven, math.floor(found.most + ROUNDING))
        return found

    def run(self) -> None:
        everything, root = self.knapsacks.open(), self.look_at_root()
        slack = 0
        while self.total < self.proven:
            goal = max(self.total + 1, self.proven - slack)
            self._below(everything, root.prices, goal, _AT_THE_TOP)
            if self.total >= goal:
                break
            self.proven, slack = goal - 1, 2 * slack + 1

    def _first_prices(self) -> Floats:
        """What each job is worth at its second best provider."""
        weights = np.sort(self.knapsacks.weights, axis=1)
        prices: Floats = weights[:, -2] if weights.shape[1] > 1 else weights[:, 0] / 2
        return prices

    def _below(self, choice: Choice, prices: Floats, goal: int, rounds: int) -> None:
        """Looks for an answer of at least `goal`, and once there is one, for the best, within the choice."""
        self.nodes_left -= 1
        if self.nodes_left < 0:
            raise _GivenUp
        while True:
            goal = max(goal, self.total + 1)
            priced = lower(self.knapsacks, choice, prices, goal=goal, rounds=rounds, step=1.0)
            prices, rounds = priced.prices, _IN_THE_TREE
            if priced.most < goal - ROUNDING:
                return
            goal = max(goal, self._repaired(priced) + 1)
            with_pair, without = self.knapsacks.bounds(choice, prices)
            before = choice.number.sum()
            choice = Choice(with_pair >= goal - ROUNDING, without >= goal - ROUNDING)
            ways = choice.number
            if (ways == 0).any():
                return
            if (ways == 1).all():
                self._settled(choice)
                return
            if before - ways.sum() < _PAYS_AGAIN * before:
                break
        job = _that_decides_most(choice, with_pair, without)
        ways_of_job: list[tuple[float, int | None]] = [
            (-float(with_pair[job, provider]), int(provider)) for provider in np.flatnonzero(choice.pairs[job])
        ]
        if choice.left_out[job]:
            ways_of_job.append((-float(without[job]), None))
        for most, provider in sorted(ways_of_job, key=lambda way: way[0]):
            if -most >= max(goal, self.total + 1) - ROUNDING:
                self._below(choice.only(job, provider), prices, goal, _IN_THE_TREE)

    def _settled(self, choice: Choice) -> None:
        answer: Answer = [int(row.argmax()) if row.any() else None for row in choice.pairs]
        if not self.problem.overloads(answer) and self.problem.total(answer) > self.total:
            self.answer, self.total = answer, self.problem.total(answer)

    def _repaired(self, priced: Priced) -> int:
        """The best total so far, once the packing has been made an answer: each job where it is worth most, then
        filled up and improved."""
        nobody = len(self.knapsacks.room)
        worth = np.where(priced.chosen, self._weights, -np.inf)
        answer = np.where(priced.chosen.any(axis=1), worth.argmax(axis=1), nobody)
        answer = improved(self._weights, self._sizes, self.knapsacks.room.astype(np.float64), answer)
        found: Answer = [int(one) if one < nobody else None for one in answer]
        if (total := self.problem.total(found)) > self.total and not self.problem.overloads(found):
            self.answer, self.total = found, total
        return self.total


def _that_decides_most(choice: Choice, with_pair: Floats, without: Floats) -> int:
    """The open job whose second best way has the lowest bound: all but one of its ways end soonest."""
    ways = np.column_stack([with_pair, without])
    ways = np.where(np.column_stack([choice.pairs, choice.left_out]), ways, -np.inf)
    second = np.partition(ways, -2, axis=1)[:, -2]
    return int(np.where(choice.number > 1, second, np.inf).argmin())
