"""A good answer to an assignment problem in a moment, and a proof of how good: Lagrangian relaxation. Pure.

Each provider's room gets a price. At any prices the total of what the jobs would choose, plus what the room is worth,
is at least the best total: that is the bound. The prices move until the jobs nearly fit, and greedy answers by those
prices, improved by moves and swaps, come close to it (Fisher, Management Science 27(1), 1981).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from referrals.matching.problem import Answer, Floats, Pair, Problem

_ROUNDS = 300
_GREEDY_EVERY = 25
# Against the rounding of doubles: the bound is stated higher by this part of it.
_SAFETY = 1e-9
_Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Bound:
    """A feasible answer, and a total, in the problem's units, that no answer can exceed; `prices` prove it."""

    answer: Answer
    total: int
    most: float
    prices: Floats


def estimate(problem: Problem) -> Bound:
    """An answer and a bound; the same for the same problem."""
    weights, sizes, room = problem.dense
    prices = np.zeros(len(room))
    best_prices, most = prices, _at_prices(weights, sizes, room, prices)[0]
    answer, worth = np.full(problem.jobs, len(room)), -1.0
    step = 1.0
    since_better = 0
    for number in range(_ROUNDS):
        value, load = _at_prices(weights, sizes, room, prices)
        if value < most - _SAFETY * abs(most):
            most, best_prices, since_better = value, prices, 0
        else:
            since_better += 1
            if since_better >= 10:
                step, since_better, prices = step / 2, 0, best_prices
                value, load = _at_prices(weights, sizes, room, prices)
        if number % _GREEDY_EVERY == 0:
            tried = _greedy(weights, sizes, room, prices)
            if (got := _worth(weights, tried)) > worth:
                answer, worth = tried, got
        slope = load - room
        length = float(slope @ slope)
        if length == 0 or step < 1e-4:
            break
        prices = np.maximum(0.0, prices + step * max(value - worth, _SAFETY) / length * slope)
    for start in (answer, _greedy(weights, sizes, room, best_prices)):
        better = improved(weights, sizes, room, start)
        if (got := _worth(weights, better)) > worth or start is answer:
            answer, worth = better, got
    feasible = _made_to_fit(problem, [int(one) if one < len(room) else None for one in answer])
    unit, _ = problem.units
    return Bound(feasible, problem.total(feasible), most * unit * (1 + _SAFETY), best_prices)


def narrowed(problem: Problem, bound: Bound) -> Problem:
    """The problem without the pairs that no answer as good as the bound's own can contain."""
    weights, sizes, _ = problem.dense
    unit, _ = problem.units
    reduced = weights - sizes * bound.prices
    # Impossible pairs are in no problem: any number will do for them.
    reduced[np.isneginf(reduced)] = 0.0
    most = np.maximum(0.0, reduced.max(axis=1, initial=0.0))
    with_pair = bound.most - unit * (most[:, None] - reduced)
    return problem.only(
        pair
        for pair in problem.pairs
        if with_pair[pair.job, pair.provider] >= bound.total or bound.answer[pair.job] == pair.provider
    )


def _at_prices(weights: Floats, sizes: Floats, room: Floats, prices: Floats) -> tuple[float, Floats]:
    """The bound at these prices, and what each provider would have to carry if every job chose freely."""
    reduced = weights - sizes * prices
    chosen = reduced.argmax(axis=1)
    jobs = np.arange(len(weights))
    wanted = reduced[jobs, chosen] > 0
    value = float(prices @ room + reduced[jobs, chosen][wanted].sum())
    load: Floats = np.bincount(chosen[wanted], sizes[jobs, chosen][wanted], minlength=len(room)).astype(np.float64)
    return value, load


def _greedy(weights: Floats, sizes: Floats, room: Floats, prices: Floats) -> _Places:
    """Jobs choose by the prices, who has most to lose first; `len(room)` is nobody."""
    reduced = weights - sizes * prices
    if reduced.shape[1] > 1:
        two = np.partition(reduced, -2, axis=1)[:, -2:]
        loss = two[:, 1] - np.maximum(two[:, 0], 0.0)
    else:
        loss = reduced[:, 0]
    free = room.copy()
    answer = np.full(len(weights), len(room))
    for job in np.argsort(-loss, kind="stable"):
        fitting = np.where(sizes[job] <= free, reduced[job], -np.inf)
        # What a job loses at these prices is no reason to leave room empty: unwanted jobs come in by `improved`.
        if fitting.max() > 0:
            answer[job] = fitting.argmax()
            free[answer[job]] -= sizes[job, answer[job]]
    return answer


def _worth(weights: Floats, answer: _Places) -> float:
    jobs = np.flatnonzero(answer < weights.shape[1])
    return float(weights[jobs, answer[jobs]].sum())


def improved(weights: Floats, sizes: Floats, room: Floats, answer: _Places) -> _Places:
    """The answer after the best moves and swaps of jobs, as long as there are any; nobody is a provider, too."""
    jobs = np.arange(len(weights))
    weights = np.column_stack([weights, np.zeros(len(weights))])
    sizes = np.column_stack([sizes, np.zeros(len(sizes))])
    free = np.append(room, np.inf)
    answer = answer.copy()
    np.subtract.at(free, answer, sizes[jobs, answer])
    for _ in range(len(jobs)):
        has, takes = weights[jobs, answer], sizes[jobs, answer]
        moves = np.where(sizes <= free, weights - has[:, None], -np.inf)
        moves[jobs, answer] = 0.0
        job, to = np.unravel_index(moves.argmax(), moves.shape)
        swaps = _swaps(weights, sizes, free, answer, has, takes)
        one, other = np.unravel_index(swaps.argmax(), swaps.shape)
        if max(moves[job, to], swaps[one, other]) <= _SAFETY:
            break
        changes = {int(job): to} if moves[job, to] >= swaps[one, other] else {one: answer[other], other: answer[one]}
        for moved, place in changes.items():
            free[answer[moved]] += sizes[moved, answer[moved]]
            free[place] -= sizes[moved, place]
            answer[moved] = place
    return answer


def _swaps(weights: Floats, sizes: Floats, free: Floats, answer: _Places, has: Floats, takes: Floats) -> Floats:
    """What it is worth that two jobs change places, jobs × jobs; -inf where they do not fit."""
    gain = weights[:, answer] + weights[:, answer].T - has[:, None] - has
    fits = sizes[:, answer] <= free[answer] + takes
    return np.where(fits & fits.T, gain, -np.inf)


def _made_to_fit(problem: Problem, answer: Answer) -> Answer:
    """The answer without the jobs that overload a provider in exact numbers, where doubles said that they fit."""
    while overloaded := problem.overloads(answer):
        for jobs in overloaded:
            own = [pair for pair in problem.pairs if pair.job in jobs and answer[pair.job] == pair.provider]
            answer[min(own, key=_weight_first).job] = None
    return answer


def _weight_first(pair: Pair) -> tuple[int, int]:
    return pair.weight, pair.job
