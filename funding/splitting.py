"""Parts of an amount that add up to it, to the cent."""

from collections.abc import Sequence


def largest_remainder(cents: int, weights: Sequence[int]) -> list[int]:
    """`cents` (not negative) in parts proportional to `weights`, in their order; the parts add up to `cents`.

    Each part is its exact share rounded down; the cents left over go one each to the largest fractions, the earlier one
    where two are equal (Hamilton's method). Raises ValueError where no weight is positive or one is negative.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must not be negative, and one must be positive")
    parts = [cents * weight // total for weight in weights]
    by_fraction = sorted(range(len(weights)), key=lambda index: (-(cents * weights[index] % total), index))
    for index in by_fraction[: cents - sum(parts)]:
        parts[index] += 1
    return parts
