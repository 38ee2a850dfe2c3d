"""Chance that all policies share: a draw depends on the seed and on what it is drawn for, on nothing else. Pure."""

import hashlib
import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import TypeVar

Value = TypeVar("Value")
_NORMAL = NormalDist()


def uniform(*what: object) -> float:
    """A number between 0 and 1, neither included, the same for the same `what`."""
    drawn = int.from_bytes(hashlib.sha256(":".join(map(str, what)).encode()).digest()[:7])
    return (drawn + 0.5) / 2**56


def lognormal(median: float, sigma: float, *what: object) -> float:
    """A positive number around `median`; `sigma` is the standard deviation of its logarithm."""
    return median * math.exp(sigma * _NORMAL.inv_cdf(uniform(*what)))


def poisson(mean: float, *what: object) -> int:
    """A count with this mean."""
    left = uniform(*what)
    count, probability = 0, math.exp(-mean)
    while left > probability and count < 20 * mean + 50:
        left -= probability
        count += 1
        probability *= mean / count
    return count


def one_of(shares: Mapping[Value, float], *what: object) -> Value:
    """One of the keys, each as often as its share of the sum."""
    left = uniform(*what) * sum(shares.values())
    for value, share in shares.items():
        left -= share
        if left <= 0:
            return value
    return value
