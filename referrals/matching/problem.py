"""A generalized assignment problem, read and checked, in whole numbers. Pure."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

Number = int | float | Fraction
Table = Sequence[Sequence[Number | None]]
Answer = list[int | None]
Floats = npt.NDArray[np.float64]

# Doubles hold whole numbers up to here; beyond it the solver gets rounded ones, and its word is checked all the same.
_LARGEST_COEFFICIENT = 2**20
# What all jobs can be worth together, in whole units, so that a double holds every total and bound: 1e300 beside 1e-300
# in one table would take units of which no double can count that many.
_LARGEST_TOTAL = 2**1000


@dataclass(frozen=True, slots=True)
class Pair:
    """A job that a provider could have; weight and size in the problem's own whole units."""

    job: int
    provider: int
    weight: int
    size: int


@dataclass(frozen=True)
class Problem:
    """The pairs worth having, and what each provider can carry. Weights are positive; no size is above its capacity."""

    jobs: int
    pairs: tuple[Pair, ...]
    capacities: tuple[int, ...]

    def total(self, answer: Answer) -> int:
        """What an answer is worth, exactly, in the problem's units."""
        return sum(pair.weight for pair in self.pairs if answer[pair.job] == pair.provider)

    def overloads(self, answer: Answer) -> list[list[int]]:
        """The jobs of each provider that has more than it can carry, reckoned exactly."""
        carried: dict[int, int] = defaultdict(int)
        jobs: dict[int, list[int]] = defaultdict(list)
        for pair in self.pairs:
            if answer[pair.job] == pair.provider:
                carried[pair.provider] += pair.size
                jobs[pair.provider].append(pair.job)
        return [jobs[provider] for provider in jobs if carried[provider] > self.capacities[provider]]

    def only(self, pairs: Iterable[Pair]) -> "Problem":
        return Problem(self.jobs, tuple(pairs), self.capacities)

    @cached_property
    def dense(self) -> tuple[Floats, Floats, Floats]:
        """Weights and sizes as jobs × providers, and capacities, in floating point; an impossible pair weighs -inf."""
        weights = np.full((self.jobs, len(self.capacities)), -np.inf)
        sizes = np.zeros_like(weights)
        weight_unit, size_units = self.units
        for pair in self.pairs:
            weights[pair.job, pair.provider] = pair.weight / weight_unit
            sizes[pair.job, pair.provider] = pair.size / size_units[pair.provider]
        return weights, sizes, np.array([one / unit for one, unit in zip(self.capacities, size_units, strict=True)])

    @cached_property
    def units(self) -> tuple[int, list[int]]:
        """What one of the solver's units is in the problem's: of weight, and of each provider's room."""
        return _unit(max((pair.weight for pair in self.pairs), default=0)), [_unit(one) for one in self.capacities]


def _unit(largest: int) -> int:
    """1, or a power of two that brings large numbers down to what the solver tells apart."""
    return 1 << max(0, largest.bit_length() - _LARGEST_COEFFICIENT.bit_length())


def read(weights: Table, sizes: Table, capacities: Sequence[Number]) -> Problem:
    """Checks the shapes and numbers and leaves out what can never be part of the best answer.

    Raises ValueError, also where weights are so far apart (1e300 beside 1e-300) that no double holds their total.
    """
    room = [_exact(one, f"the capacity of provider {number}") for number, one in enumerate(capacities)]
    if any(one < 0 for one in room):
        raise ValueError("A capacity is negative.")
    if len(weights) != len(sizes):
        raise ValueError(f"There are weights for {len(weights)} jobs and sizes for {len(sizes)}.")
    found = []
    for job, (row, taken) in enumerate(zip(weights, sizes, strict=True)):
        if row is None or taken is None:
            raise ValueError(
                f"There is no row for job {job}: an impossible pair is None, an impossible job a row of them."
            )
        if not len(row) == len(taken) == len(room):
            raise ValueError(f"Job {job} has {len(row)} weights and {len(taken)} sizes for {len(room)} providers.")
        found += list(_possible(job, row, taken, room))
    return _in_whole_numbers(len(weights), found, room)


_Found = tuple[int, int, Fraction, Fraction]


def _possible(
    job: int, weights: Sequence[Number | None], sizes: Sequence[Number | None], room: list[Fraction]
) -> Iterable[_Found]:
    for provider, (weight, size) in enumerate(zip(weights, sizes, strict=True)):
        if weight is None:
            continue
        where = f"job {job} at provider {provider}"
        if size is None:
            raise ValueError(f"There is a weight and no size for {where}.")
        worth, taken = _exact(weight, f"the weight of {where}"), _exact(size, f"the size of {where}")
        if taken < 0:
            raise ValueError(f"The size of {where} is negative.")
        if worth > 0 and taken <= room[provider]:
            yield job, provider, worth, taken


def _in_whole_numbers(jobs: int, found: list[_Found], room: list[Fraction]) -> Problem:
    of_weight = math.lcm(*(weight.denominator for _, _, weight, _ in found))
    of_room = [
        math.lcm(one.denominator, *(size.denominator for _, at, _, size in found if at == provider))
        for provider, one in enumerate(room)
    ]
    pairs = [(job, at, int(weight * of_weight), int(size * of_room[at])) for job, at, weight, size in found]
    # The coarsest units that still tell all of them apart: a step in weight is larger, tables of room are shorter.
    step = math.gcd(*(weight for _, _, weight, _ in pairs)) or 1
    if sum(weight // step for _, _, weight, _ in pairs) > _LARGEST_TOTAL:
        raise ValueError(
            "The weights are too far apart: some are more than 1e300 times as fine as all of them together."
        )
    steps = [math.gcd(*(size for _, to, _, size in pairs if to == at)) or 1 for at in range(len(room))]
    return Problem(
        jobs,
        tuple(Pair(job, at, weight // step, size // steps[at]) for job, at, weight, size in pairs),
        tuple(int(one * unit) // coarse for one, unit, coarse in zip(room, of_room, steps, strict=True)),
    )


def _exact(number: Number, what: str) -> Fraction:
    """The number as it is written: 0.1 is a tenth, so that three of them fit into 0.3."""
    try:
        return Fraction(repr(float(number))) if isinstance(number, float) else Fraction(number)
    except (ValueError, TypeError):
        raise ValueError(f"{what[0].upper()}{what[1:]} is not a finite number: {number!r}.") from None
