"""The best assignment: against published optimum values, against brute force, and by its properties."""

import math
import random
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from referrals.matching import assign, assign_with_gap
from referrals.matching import assignment as assignment_module
from referrals.matching.assignment import assign_with_effort
from referrals.matching.bound import estimate, narrowed
from referrals.matching.knapsacks import ROUNDING, Knapsacks
from referrals.matching.problem import Problem, read
from referrals.matching.search import search
from referrals.matching.solver import NotSolved, solve

OR_LIBRARY = Path(__file__).parent / "or_library"
# Published with the instances, for maximization; their source stands beside them.
PUBLISHED = {"gap1.txt": [336, 327, 339, 341, 326], "gap12_first.txt": [1451]}
# More than any weight of these instances: with it on every weight no job is worth leaving out.
ALL_PLACED = 1000

Weights = list[list[int | None]]
Instance = tuple[Weights, list[list[int]], list[int]]


def or_library(name: str) -> Iterator[Instance]:
    numbers = iter([int(word) for word in (OR_LIBRARY / name).read_text().split()])

    def table(rows: int, columns: int) -> list[list[int]]:
        return [[next(numbers) for _ in range(columns)] for _ in range(rows)]

    for _ in range(next(numbers)):
        agents, jobs = next(numbers), next(numbers)
        values, sizes = table(agents, jobs), table(agents, jobs)
        yield (
            [list(row) for row in zip(*values, strict=True)],
            [list(row) for row in zip(*sizes, strict=True)],
            table(1, agents)[0],
        )


def worth(weights: Sequence[Sequence[Any]], answer: Sequence[int | None]) -> Any:
    return sum(weights[job][provider] for job, provider in enumerate(answer) if provider is not None)


def check_fits(weights: Any, sizes: Any, capacities: Any, answer: Sequence[int | None]) -> None:
    assert len(answer) == len(weights)
    for provider, capacity in enumerate(capacities):
        jobs = [job for job, one in enumerate(answer) if one == provider]
        assert sum(Fraction(str(sizes[job][provider])) for job in jobs) <= Fraction(str(capacity))
        assert all(weights[job][provider] is not None for job in jobs)


def best_by_trying_all(weights: Weights, sizes: list[list[int]], capacities: list[int]) -> int:
    best = 0
    for answer in product([None, *range(len(capacities))], repeat=len(weights)):
        if any(one is not None and weights[job][one] is None for job, one in enumerate(answer)):
            continue
        load = [0] * len(capacities)
        for job, one in enumerate(answer):
            if one is not None:
                load[one] += sizes[job][one]
        if all(have <= room for have, room in zip(load, capacities, strict=True)):
            best = max(best, worth(weights, answer))
    return best


@st.composite
def instances(draw: st.DrawFn, jobs: int = 5, providers: int = 3) -> Instance:
    """Small, with many ties: the weights are few."""
    many, few = draw(st.integers(1, jobs)), draw(st.integers(1, providers))
    weight = st.none() | st.integers(-1, 5)
    size = st.integers(0, 4)
    return (
        draw(st.lists(st.lists(weight, min_size=few, max_size=few), min_size=many, max_size=many)),
        draw(st.lists(st.lists(size, min_size=few, max_size=few), min_size=many, max_size=many)),
        draw(st.lists(st.integers(0, 7), min_size=few, max_size=few)),
    )


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_optimum_is_met(name: str) -> None:
    for instance, optimum in zip(or_library(name), PUBLISHED[name], strict=True):
        answer = assign(*instance)
        check_fits(*instance, answer)
        assert (worth(instance[0], answer), None in answer) == (optimum, False)


def test_it_is_met_in_the_classic_form_too_where_every_job_must_be_placed() -> None:
    for (weights, sizes, capacities), optimum in zip(or_library("gap1.txt"), PUBLISHED["gap1.txt"], strict=True):
        raised = [[ALL_PLACED + (one or 0) for one in row] for row in weights]
        assert worth(raised, assign(raised, sizes, capacities)) == optimum + ALL_PLACED * len(weights)


def test_the_gap_of_a_published_instance_is_proven_to_be_none() -> None:
    (instance,) = or_library("gap12_first.txt")
    answer, gap = assign_with_gap(*instance, time_limit=60)
    assert (worth(instance[0], answer), gap) == (1451, 0.0)


@given(instances())
@settings(deadline=None, max_examples=60)
def test_it_is_the_best_of_all_that_fit(instance: Instance) -> None:
    answer = assign(*instance)
    check_fits(*instance, answer)
    assert worth(instance[0], answer) == best_by_trying_all(*instance)
    quick, gap = assign_with_gap(*instance)
    check_fits(*instance, quick)
    assert (worth(instance[0], quick), gap) == (worth(instance[0], answer), 0.0)


@given(instances(), st.data())
@settings(deadline=None, max_examples=60)
def test_more_room_never_lowers_the_total(instance: Instance, data: st.DataObject) -> None:
    weights, sizes, capacities = instance
    larger = [one + data.draw(st.integers(0, 3)) for one in capacities]
    assert worth(weights, assign(weights, sizes, larger)) >= worth(weights, assign(*instance))


@given(instances(jobs=7), st.data())
@settings(deadline=None, max_examples=100)
def test_a_job_whose_weight_rises_is_never_dropped(instance: Instance, data: st.DataObject) -> None:
    weights, sizes, capacities = instance
    placed = [job for job, provider in enumerate(assign(*instance)) if provider is not None]
    assume(placed)
    job = data.draw(st.sampled_from(placed))
    raised = [row[:] for row in weights]
    # At all providers alike, or at one only, where it may not even go.
    raised[job] = [None if one is None else one + data.draw(st.integers(0, 2)) for one in weights[job]]
    assert assign(raised, sizes, capacities)[job] is not None


@given(instances(jobs=7))
@settings(deadline=None, max_examples=60)
def test_of_equally_good_answers_the_one_that_places_the_first_jobs_is_taken(instance: Instance) -> None:
    weights, sizes, capacities = instance
    alike = [[None if one is None else 1 for one in row] for row in weights]
    answer = assign(alike, sizes, capacities)
    for job, provider in enumerate(answer):
        if provider is None and any(one is not None for one in alike[job]):
            forced = [row[:] for row in alike]
            for earlier in [*(one for one in range(job) if answer[one] is not None), job]:
                forced[earlier] = [None if one is None else one + ALL_PLACED for one in forced[earlier]]
            best = assign(forced, sizes, capacities)
            kept = [one for one in range(job) if answer[one] is not None]
            could = best[job] is not None and all(best[one] is not None for one in kept)
            assert not (could and worth(alike, best) == worth(alike, answer))


@pytest.mark.parametrize("solve", [assign, lambda *instance: assign_with_effort(*instance, branches=100)[0]])
def test_the_first_jobs_go_before_others_that_would_do_as_well(solve: Any) -> None:
    weights, sizes = [[1], [1], [2], [2], [1]], [[4], [1], [1], [4], [3]]
    assert solve(weights, sizes, [5]) == [None, 0, 0, None, 0]
    weights, sizes = [[1, 1], [4, 1], [1, 4], [2, 1], [4, 4]], [[4, 1], [4, 3], [3, 1], [3, 1], [1, 3]]
    assert [one is None for one in solve(weights, sizes, [7, 2])] == [False, False, False, True, False]


def test_decimals_are_taken_as_they_are_written() -> None:
    assert None not in assign([[1.0]] * 3, [[0.1]] * 3, [0.3])
    # The solver's doubles would let this pass; in exact numbers it is too much.
    assert assign([[1.0], [1.0]], [[0.5], [0.5000000001]], [1.0]).count(None) == 1


def test_weights_and_sizes_are_counted_in_their_coarsest_common_unit() -> None:
    problem = read([[20, 30.0], [Fraction(1, 2) * 100, None]], [[1500, 4], [2500, 4]], [4400, 11])
    assert sorted((pair.weight, pair.size) for pair in problem.pairs) == [(2, 3), (3, 1), (5, 5)]
    # What no whole number of units can fill is no room.
    assert problem.capacities == (8, 2)
    assert read([[7]], [[0]], [0]).capacities == (0,)


def test_very_large_and_very_small_numbers_are_told_apart() -> None:
    assert assign([[10**15], [10**15 + 1]], [[10**18], [10**18]], [10**18]) == [None, 0]
    assert assign([[1e-12], [3e-12]], [[1e-9], [1e-9]], [1e-9]) == [None, 0]


@pytest.mark.parametrize("solve", [assign, lambda *instance: assign_with_gap(*instance)[0]])
def test_what_is_far_apart_is_answered_as_long_as_a_double_holds_the_total(solve: Any) -> None:
    # Of one size only, however large or fine; of sizes and rooms at any distance; beside a weight that counts nothing.
    assert solve([[10**400], [2 * 10**400]], [[1], [1]], [1]) == [None, 0]
    assert solve([[1], [1], [5]], [[10**400], [1e-300], [1e300]], [1e300]) == [
        0 if one == 2 else None for one in range(3)
    ]
    assert solve([[1e150], [1e-120]], [[1], [1]], [2]) == [0, 0]
    assert solve([[1e300], [-1e-300]], [[1], [1]], [2]) == [0, None]
    assert solve([[1], [Fraction(1, 3)], [0.5]], [[0.5], [Fraction(1, 2)], [1]], [1.0]) == [0, 0, None]


def test_a_weight_of_nothing_or_less_is_left_out() -> None:
    assert assign([[0], [-3], [2]], [[1], [1], [1]], [9]) == [None, None, 0]


@pytest.mark.parametrize(
    ("weights", "sizes", "capacities", "answer"),
    [
        ([], [], [], []),
        ([], [], [5], []),
        ([[]], [[]], [], [None]),
        ([[None]], [[None]], [5], [None]),
        ([[3]], [[1]], [0], [None]),
        ([[3]], [[0]], [0], [0]),
        ([[3]], [[6]], [5], [None]),
    ],
)
def test_the_smallest_problems_have_an_answer(weights: Any, sizes: Any, capacities: Any, answer: Any) -> None:
    assert assign(weights, sizes, capacities) == answer
    assert assign_with_gap(weights, sizes, capacities) == (answer, 0.0)


@pytest.mark.parametrize(
    ("weights", "sizes", "capacities", "says"),
    [
        ([[1, 2], [3]], [[1, 1], [1]], [5, 5], "Job 1 has 1 weights and 1 sizes for 2 providers"),
        ([[1, 2]], [[1]], [5, 5], "Job 0 has 2 weights and 1 sizes"),
        ([[1]], [[1], [1]], [5], "weights for 1 jobs and sizes for 2"),
        ([[1]], [[-1]], [5], "size of job 0 at provider 0 is negative"),
        ([[1]], [[1]], [-5], "capacity is negative"),
        ([[1]], [[None]], [5], "no size for job 0 at provider 0"),
        ([[math.nan]], [[1]], [5], "weight of job 0 at provider 0 is not a finite number: nan"),
        ([[1]], [[math.inf]], [5], "not a finite number"),
        ([[1]], [[1]], [math.inf], "capacity of provider 0 is not a finite number"),
        ([["much"]], [[1]], [5], "not a finite number"),
        ([[1e300, 1e-300]], [[1, 1]], [1, 1], "weights are too far apart"),
        ([[10**400], [1]], [[1], [1]], [5], "weights are too far apart"),
        ([None], [[1]], [5], "no row for job 0"),
        ([[1]], [None], [5], "no row for job 0"),
    ],
)
@pytest.mark.parametrize("solve", [assign, assign_with_gap])
def test_what_makes_no_problem_is_refused_by_name(
    solve: Any, weights: Any, sizes: Any, capacities: Any, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        solve(weights, sizes, capacities)


def drawn(seed: int, jobs: int, providers: int, *, like: str) -> Instance:
    """As in the literature: "c" weights and sizes of their own, "e" what takes more room is worth more."""
    draw = random.Random(seed)
    low, high = {"c": (5, 25), "e": (1, 100)}[like]
    sizes = [[draw.randint(low, high) for _ in range(providers)] for _ in range(jobs)]
    weights: Weights = [
        [draw.randint(10, 50) if like == "c" else max(1, size + draw.randint(-10, 10)) for size in row] for row in sizes
    ]
    return weights, sizes, [int(0.8 * sum(row[one] for row in sizes) / providers) for one in range(providers)]


@pytest.mark.parametrize("like", ["c", "e"])
def test_five_hundred_jobs_at_twenty_providers_are_within_one_percent_in_two_seconds(like: str) -> None:
    instance = drawn(3, 500, 20, like=like)
    began = time.perf_counter()
    answer, gap = assign_with_gap(*instance, time_limit=2.0)
    # A second of grace for a machine that does something else, too.
    assert time.perf_counter() - began < 3
    check_fits(*instance, answer)
    assert 0 <= gap <= 0.01


@pytest.mark.parametrize(("low", "high", "room"), [(50, 100, 100), (50, 100, 120), (1, 8, 8), (1, 8, 12)])
def test_where_a_provider_has_room_for_few_jobs_the_gap_is_small_too(low: int, high: int, room: int) -> None:
    draw = random.Random(11)
    weights = [[draw.randint(1, 100) for _ in range(20)] for _ in range(500)]
    sizes = [[draw.randint(low, high) for _ in range(20)] for _ in range(500)]
    # Two seconds are enough on a free core (docs/matching.md); a busy one gets the work of two done later.
    answer, gap = assign_with_gap(weights, sizes, [room] * 20, time_limit=8.0)
    check_fits(weights, sizes, [room] * 20, answer)
    assert 0 <= gap <= 0.01


def test_without_time_the_answer_still_fits_and_says_how_far_it_may_be_off() -> None:
    instance = drawn(4, 200, 8, like="c")
    answer, gap = assign_with_gap(*instance, time_limit=0)
    check_fits(*instance, answer)
    assert 0 < gap < 0.05


def test_a_solver_that_finds_nothing_in_time_leaves_the_quick_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def finds_nothing(*args: object, **kwargs: object) -> None:
        raise NotSolved

    monkeypatch.setattr(assignment_module, "solve", finds_nothing)
    instance = drawn(4, 50, 4, like="c")
    answer, gap = assign_with_gap(*instance)
    check_fits(*instance, answer)
    assert 0 < gap < 0.05


@given(instances())
@settings(deadline=None, max_examples=60)
def test_the_quick_bound_is_above_the_best_and_leaves_it_in_the_problem(instance: Instance) -> None:
    problem = read(*instance)
    assume(problem.pairs)
    best = best_by_trying_all(*instance)
    bound = estimate(problem)
    # In the problem's own units, which may be coarser.
    assert bound.total <= problem.total(assign(*instance)) <= bound.most
    left: Problem = narrowed(problem, bound)
    pairs = {(pair.job, pair.provider) for pair in left.pairs}
    kept = [[one if (job, p) in pairs else None for p, one in enumerate(row)] for job, row in enumerate(instance[0])]
    assert best_by_trying_all(kept, instance[1], instance[2]) == best


def test_the_same_problem_has_the_same_answer_again() -> None:
    instance = drawn(5, 30, 5, like="c")
    assert assign(*instance) == assign(*instance)


def test_the_solver_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assign(*drawn(6, 12, 3, like="c"))
    assert capfd.readouterr() == ("", "")


def hard(seed: int, jobs: int, providers: int, *, like: str) -> Instance:
    """As types D and E of the literature, for the highest total: what takes more room is worth more."""
    draw = random.Random(seed)
    if like == "d":
        sizes = [[draw.randint(1, 100) for _ in range(providers)] for _ in range(jobs)]
        weights: Weights = [[max(1, size + draw.randint(-10, 10)) for size in row] for row in sizes]
    else:
        sizes = [[int(1 - 10 * math.log(draw.uniform(1e-9, 1))) for _ in range(providers)] for _ in range(jobs)]
        weights = [[ALL_PLACED - int(1000 / size - 10 * draw.random()) for size in row] for row in sizes]
    return weights, sizes, [int(0.8 * sum(row[one] for row in sizes) / providers) for one in range(providers)]


@pytest.mark.parametrize("like", ["d", "e"])
@pytest.mark.parametrize("seed", range(6))
def test_the_search_by_prices_of_jobs_and_the_solver_agree(like: str, seed: int) -> None:
    problem = read(*hard(seed, 14, 3, like=like))
    bound = estimate(problem)

    found = search(problem, bound.answer)

    assert problem.overloads(found.answer) == []
    assert problem.total(found.answer) == found.most == problem.total(solve(problem)[0])


@given(instances(jobs=6))
@settings(deadline=None, max_examples=60)
def test_the_search_by_prices_of_jobs_finds_the_best_from_nothing(instance: Instance) -> None:
    problem = read(*instance)
    assume(problem.pairs)

    found = search(problem, [None] * problem.jobs)

    check_fits(*instance, found.answer)
    assert worth(instance[0], found.answer) == best_by_trying_all(*instance)


@given(instances(jobs=5), st.lists(st.floats(0, 6), min_size=5, max_size=5))
@settings(deadline=None, max_examples=60)
def test_the_bounds_of_single_pairs_hold_at_any_prices(instance: Instance, prices: list[float]) -> None:
    problem = read(*instance)
    assume(problem.pairs)
    knapsacks = Knapsacks(problem)
    at = np.array(prices[: problem.jobs])

    most, _ = knapsacks.bound(knapsacks.open(), at)
    with_pair, without = knapsacks.bounds(knapsacks.open(), at)

    totals: dict[tuple[int, int | None], int] = {}
    for answer in product([None, *range(len(problem.capacities))], repeat=problem.jobs):
        fits = all(one is None or knapsacks.possible[job, one] for job, one in enumerate(answer))
        if not fits or problem.overloads(list(answer)):
            continue
        for way in enumerate(answer):
            totals[way] = max(totals.get(way, 0), problem.total(list(answer)))
    assert max(totals.values()) <= most + ROUNDING
    for (job, one), best in totals.items():
        assert best <= (without[job] if one is None else with_pair[job, one]) + ROUNDING


def test_where_the_search_gives_up_its_bound_still_holds() -> None:
    problem = read(*hard(1, 24, 4, like="d"))
    start = estimate(problem).answer

    short, whole = search(problem, start, most_nodes=2), search(problem, start)

    assert problem.total(short.answer) <= problem.total(whole.answer) == whole.most <= short.most


@pytest.mark.parametrize("nodes", [0, 10**6])
def test_who_has_the_better_bound_goes_on_to_the_same_end(nodes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = hard(2, 18, 3, like="d")
    expected = worth(instance[0], assign(*instance))
    monkeypatch.setattr(assignment_module, "_NODES", nodes)
    monkeypatch.setattr(assignment_module, "_TURN", 1)

    assert worth(instance[0], assign(*instance)) == expected


def test_forty_hard_jobs_at_ten_providers_are_solved_exactly() -> None:
    """The solver alone has a gap of half a percent left after half a minute of this one."""
    instance = hard(2, 40, 10, like="d")

    answer = assign(*instance)

    check_fits(*instance, answer)
    assert worth(instance[0], answer) == 1903
