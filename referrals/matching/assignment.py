"""Which job goes to which provider so that the total weight is highest: the generalized assignment problem. Pure."""

import math
import time
from collections.abc import Sequence
from dataclasses import replace

from referrals.matching.bound import Bound, estimate, narrowed
from referrals.matching.knapsacks import can_pack, can_price
from referrals.matching.problem import Answer, Number, Problem, Table, read
from referrals.matching.search import root, search
from referrals.matching.solver import Limit, NotSolved, solve

# How many jobs one further run puts in order when several answers are equally good: 2^9 is still small beside what the
# solver tells apart.
_ORDERED_AT_ONCE = 10
# Above this total, in whole units, doubles do not tell the bonuses of the order from a weight.
_TOLD_APART = 2**36
# Work allowed to put equally good answers in order, in branches of the search: as many on every machine.
_BRANCHES = 50
# How many parts of its tree the search by prices of jobs looks at before the solver is asked, and how long that may
# take, in branches.
_NODES = 500
_TURN = 500
# The part of the time that is left for reading the answer back and for the solver to notice its limit.
_TO_FINISH = 0.1
# The part of the time that prices of jobs get before the solver: where a provider has room for few jobs only, the
# linear program's bound is a third too high, and theirs is the best total.
_FOR_PRICES = 0.5


def assign(weights: Table, sizes: Table, capacities: Sequence[Number]) -> Answer:
    """The provider of each job, or None, so that the total weight is the highest possible.

    `weights[j][p]`: what it is worth that provider p has job j; None where it cannot. `sizes[j][p]`: the room it takes
    there; the jobs of a provider take at most `capacities[p]`. A job may be left out, which is worth nothing, so that a
    weight of zero or less is never taken. Exact, as far as doubles tell two totals apart, and the same for the same
    input. Of equally good answers, one that places job 0 comes before one that does not, then job 1, and so on (where
    that is not too hard to tell), so that a job whose weight rises is not dropped for one that is as good. Raises
    ValueError for shapes that do not fit together, a negative size or capacity, what is not a finite number, and
    weights of which one is more than some 1e300 times as fine as all together (1e300 beside 1e-300).
    """
    problem = read(weights, sizes, capacities)
    if not problem.pairs:
        return [None] * problem.jobs
    bound = estimate(problem)
    answer = bound.answer
    if bound.most - bound.total >= 1:
        answer = _exact(narrowed(problem, bound), answer)
    return _in_order(problem, bound, answer)


def assign_with_gap(
    weights: Table, sizes: Table, capacities: Sequence[Number], *, time_limit: float = 2.0
) -> tuple[Answer, float]:
    """As `assign`, within `time_limit` seconds: the best answer found, and how far from the best possible it may be.

    The gap is proven: (bound - total) / total. 0.0 is exact; infinity: nothing was placed though something might be.
    The answer always fits, also when the time is out. Equally good answers are not told apart. Raises ValueError as
    `assign` does.
    """
    ends = time.perf_counter() + time_limit * (1 - _TO_FINISH)
    problem = read(weights, sizes, capacities)
    if not problem.pairs:
        return [None] * problem.jobs, 0.0
    bound = estimate(problem)
    most = bound.most
    left = ends - time.perf_counter()
    if most - bound.total >= 1 and left > 0:
        bound, most = _priced(problem, bound, ends=time.perf_counter() + left * _FOR_PRICES)
        left = ends - time.perf_counter()
    answer = bound.answer
    if most - bound.total >= 1 and left > 0:
        answer, solvers = _better(problem, bound, Limit(seconds=left))
        most = min(most, solvers)
    return answer, _gap(problem.total(answer), most)


def assign_with_effort(
    weights: Table, sizes: Table, capacities: Sequence[Number], *, branches: int
) -> tuple[Answer, float]:
    """As `assign_with_gap`, but limited by the work done instead of time: the same answer on every machine.

    Without any `branches` the solver is not asked: the answer is what prices for the room give. Of equally good answers
    the same as by `assign`, where the gap is 0.0.
    """
    problem = read(weights, sizes, capacities)
    if not problem.pairs:
        return [None] * problem.jobs, 0.0
    bound = estimate(problem)
    answer, most = bound.answer, bound.most
    if branches and most - bound.total >= 1:
        answer, most = _better(problem, bound, Limit(branches=branches))
    if most - problem.total(answer) >= 1:
        return answer, _gap(problem.total(answer), most)
    return _in_order(problem, bound, answer), 0.0


def _exact(problem: Problem, start: Answer) -> Answer:
    """The best answer: by the search over prices of jobs, or by the solver, whichever has the better bound.

    The former is sharper where weight and size rise together, on which the solver takes minutes; the latter where many
    jobs are alike. Each has a turn, and who is nearer to the end goes on to it.
    """
    if not can_pack(problem):
        return solve(problem, start=start)[0]
    first = search(problem, start, most_nodes=_NODES)
    total = problem.total(first.answer)
    if total >= first.most:
        return first.answer
    try:
        answer, most = solve(problem, start=first.answer, limit=Limit(branches=_TURN))
    except NotSolved:
        answer, most = first.answer, math.inf
    answer = answer if problem.total(answer) > total else first.answer
    if min(most, first.most + 1) - problem.total(answer) < 1:
        return answer
    return solve(problem, start=answer)[0] if most < first.most else search(problem, answer).answer


def _better(problem: Problem, bound: Bound, limit: Limit) -> tuple[Answer, float]:
    """The solver's answer if it comes within the limit, and the lower of both bounds."""
    try:
        answer, most = solve(narrowed(problem, bound), start=bound.answer, limit=limit)
    except NotSolved:
        return bound.answer, bound.most
    # The narrowed problem leaves out only what is worse than the answer at hand.
    most = min(bound.most, max(most, bound.total))
    return (answer if problem.total(answer) >= bound.total else bound.answer), most


def _priced(problem: Problem, bound: Bound, *, ends: float) -> tuple[Bound, float]:
    """The better answer and the lower bound of what is at hand and of prices of jobs."""
    candidates = narrowed(problem, bound)
    if not can_price(candidates):
        return bound, bound.most
    found = root(candidates, bound.answer, ends=ends)
    better = replace(bound, answer=found.answer, total=problem.total(found.answer))
    # The narrowed problem leaves out only what is worse than the answer at hand.
    return better, min(bound.most, max(found.most, better.total))


def _gap(total: int, most: float) -> float:
    """Totals are whole: less than one unit away is the best."""
    if most - total < 1:
        return 0.0
    return (most - total) / total if total else math.inf


def _in_order(problem: Problem, bound: Bound, best: Answer) -> Answer:
    """The best answer that `_first_jobs_first` takes, sought only among pairs that some best answer could contain."""
    return _first_jobs_first(narrowed(problem, replace(bound, answer=best, total=problem.total(best))), best)


def _first_jobs_first(problem: Problem, answer: Answer) -> Answer:
    """Of all answers worth as much as this one, that which places the first jobs.

    In blocks: the jobs of a block get bonuses of falling powers of two, which together are less than one unit of
    weight; those placed by then are kept for the blocks after.
    """
    total = problem.total(answer)
    if total << _ORDERED_AT_ONCE > _TOLD_APART:
        return answer
    possible = sorted({pair.job for pair in problem.pairs})
    kept: set[int] = set()
    for first in range(0, len(possible), _ORDERED_AT_ONCE):
        block = possible[first : first + _ORDERED_AT_ONCE]
        if any(answer[job] is None for job in block):
            bonus = {job: 1 << (len(block) - 1 - place) for place, job in enumerate(block)}
            answer = _ordered(problem, answer, kept, bonus)
        kept |= {job for job in block if answer[job] is not None}
    return answer


def _ordered(problem: Problem, answer: Answer, kept: set[int], bonus: dict[int, int]) -> Answer:
    try:
        ordered, _ = solve(problem, start=answer, keep=kept, bonus=bonus, limit=Limit(branches=_BRANCHES))
    except NotSolved:
        return answer
    return ordered if problem.total(ordered) >= problem.total(answer) else answer
