"""Parts add up to the whole, to the cent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funding.splitting import largest_remainder

WEIGHTS = st.lists(st.integers(0, 100), min_size=1, max_size=6).filter(any)


@given(st.integers(0, 10**9), WEIGHTS)
def test_parts_add_up_and_none_is_a_cent_off_its_exact_share(cents: int, weights: list[int]) -> None:
    parts = largest_remainder(cents, weights)

    assert sum(parts) == cents
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - cents * weight) < sum(weights)
        assert weight or part == 0


@pytest.mark.parametrize(
    ("cents", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (250_001, [60, 40], [150_001, 100_000]),
        (250_001, [50, 50], [125_001, 125_000]),
        # Fractions .2, .3, .5: the last gets the cent.
        (1, [20, 30, 50], [0, 0, 1]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_the_cents_left_over_go_to_the_largest_remainders(cents: int, weights: list[int], parts: list[int]) -> None:
    assert largest_remainder(cents, weights) == parts


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_weights_that_mean_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        largest_remainder(100, weights)
