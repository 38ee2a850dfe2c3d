"""No reader of a published table learns of a handful of people.

The attacks here are written apart from the rule: they try every table that agrees with what the reader sees.
"""

from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from funding.one_margin import NOTHING, THRESHOLD, Cell, Published, PublishedCell, withhold

PRICES = [10_000, 15_000, 20_000, 40_000, 80_000, 90_000, 150_000, 200_000, 250_000]
CHEAPEST = min(PRICES)


def cells(*figures: tuple[int, int]) -> list[Cell]:
    return [Cell(f"P{number}", cases, cents) for number, (cases, cents) in enumerate(figures)]


def even(*counts: int, price: int = 90_000) -> list[Cell]:
    """Cells whose every case was paid the same."""
    return cells(*((count, count * price) for count in counts))


def shown(published: Published) -> list[int | None]:
    return [cell.cases for cell in published.cells]


@st.composite
def books(draw: st.DrawFn) -> list[Cell]:
    """A quarter of two to seven providers: none, a few or many cases each, every one paid some of the list's prices."""
    figures = []
    for _provider in range(draw(st.integers(2, 7))):
        count = draw(st.one_of(st.just(0), st.integers(1, 10), st.integers(11, 14), st.integers(11, 60)))
        prices = draw(st.lists(st.sampled_from(PRICES), min_size=1, max_size=3))
        figures.append((count, sum(prices[number % len(prices)] for number in range(count))))
    return cells(*figures)


# What is shown.


def test_zero_and_eleven_are_shown() -> None:
    published = withhold(even(0, 11, 40))

    assert shown(published) == [0, 11, 40]
    assert (published.cases, published.cents) == (51, 51 * 90_000)


def test_a_quarter_without_payments_shows_its_zeros() -> None:
    assert withhold(even(0, 0)) == Published((PublishedCell("P0", 0, 0), PublishedCell("P1", 0, 0)), 0, 0)


@pytest.mark.parametrize("small", range(1, 11))
def test_one_to_ten_is_withheld_with_its_money_and_with_the_smallest_others(small: int) -> None:
    published = withhold(even(60, small, 30, 12, 45, 0))

    assert shown(published) == [60, None, None, None, 45, 0]
    assert [cell.cents for cell in published.cells if cell.cases is None] == [None, None, None]
    assert published.cases == 147 + small


def test_more_cells_are_withheld_when_a_provider_could_subtract_its_own() -> None:
    # 3 + 4 + 5 withheld: whoever knows 5 knows that the others have 7 together.
    assert shown(withhold(even(3, 4, 5, 20, 50))) == [None, None, None, None, None]


def test_more_cells_are_withheld_when_the_money_of_a_small_one_would_be_nearly_known() -> None:
    # Of the first three, whoever has 11 cheap cases knows that the others' 11 took little of the rest.
    same_counts = even(10, 11, 11, 40, 50)
    cheap_others = cells((10, 2_500_000), (11, 110_000), (11, 110_000), (40, 4_000_000), (50, 4_500_000))

    assert shown(withhold(same_counts, cheapest=CHEAPEST)) == [None, None, None, 40, 50]
    assert shown(withhold(cheap_others, cheapest=CHEAPEST)) == [None, None, None, None, None]


def test_only_totals_where_withholding_every_cell_is_not_enough() -> None:
    # Shown zeros would tell the first provider that neither of two others has more than 10 of 11 cases.
    published = withhold(even(40, 4, 7, 0))

    assert published == Published((), 51, 51 * 90_000)


@pytest.mark.parametrize(
    "counts",
    [(5,), (3, 4), (10, 30), (10, 30, 0), (3, 7, 30), (10, 0)],
    ids=str,
)
def test_nothing_where_even_the_total_tells_too_much(counts: tuple[int, ...]) -> None:
    assert withhold(even(*counts)) == NOTHING


@given(books())
def test_a_small_cell_is_never_shown_and_shown_cells_are_true(book: list[Cell]) -> None:
    published = withhold(book, cheapest=CHEAPEST)

    for cell, row in zip(book, published.cells, strict=False):
        if row.cases is None:
            assert row.cents is None
        else:
            assert (row.cases, row.cents) == (cell.cases, cell.cents)
            assert not cell.is_small
    if not published.is_nothing:
        assert (published.cases, published.cents) == (sum(c.cases for c in book), sum(c.cents for c in book))
        assert published.cases not in range(1, THRESHOLD)


@given(books())
def test_the_order_of_providers_decides_nothing(book: list[Cell]) -> None:
    assert set(withhold(book).cells) == set(withhold(book[::-1]).cells)


# Attacks.


def readers(book: Sequence[Cell]) -> Iterator[Cell | None]:
    """An outsider, and every provider with its own true figures."""
    yield None
    yield from book


def counts_that_agree(published: Published, book: Sequence[Cell], reader: Cell | None) -> Iterator[tuple[int, ...]]:
    """Every list of counts that fits the published table and what the reader knows."""
    total = published.cases or 0
    ranges: list[range] = []
    for number, cell in enumerate(book):
        row = published.cells[number] if published.cells else None
        if cell is reader or (row and row.cases is not None):
            ranges.append(range(cell.cases, cell.cases + 1))
        else:
            ranges.append(range(1 if row else 0, total + 1))
    # The last count follows from the total.
    *free, last = ranges
    for counts in product(*free):
        rest = total - sum(counts)
        if rest in last:
            yield (*counts, rest)


@given(st.lists(st.sampled_from([0, 1, 2, 5, 9, 10, 11, 12, 15]), min_size=2, max_size=4))
@example([10, 10, 10, 12])
@example([1, 11, 11, 11])
@example([11, 1, 10])
@example([4, 7, 12, 0])
def test_every_reader_leaves_a_small_cell_anywhere_from_1_to_11(counts: list[int]) -> None:
    book = even(*counts)
    published = withhold(book)
    assume(not published.is_nothing)

    for reader in readers(book):
        found = list(zip(*counts_that_agree(published, book, reader), strict=True))
        for number, cell in enumerate(book):
            if cell.is_small and cell is not reader:
                assert min(found[number]) <= 1
                assert max(found[number]) >= THRESHOLD


def money_interval(published: Published, book: Sequence[Cell], reader: Cell | None, target: int) -> tuple[int, int]:
    """The lowest and the highest cents the target may have for this reader: every other withheld cell at its bounds."""
    rest = published.cents or 0
    others = 0
    for number, cell in enumerate(book):
        row = published.cells[number] if published.cells else None
        if number == target:
            continue
        if cell is reader or (row and row.cases is not None):
            rest -= cell.cents
        else:
            others += 1
    least = CHEAPEST if published.cells else 0
    lowest = least if others else rest
    return lowest, rest - others * least


@given(books())
def test_every_reader_leaves_a_small_cells_money_a_fifth_of_room(book: list[Cell]) -> None:
    published = withhold(book, cheapest=CHEAPEST)
    assume(not published.is_nothing)

    for reader in readers(book):
        for number, cell in enumerate(book):
            if cell.is_small and cell is not reader:
                lowest, highest = money_interval(published, book, reader, number)
                # Nobody can have been paid less than the cheapest price: that bound is not ours.
                assert lowest <= max(cell.cents * 4 // 5, CHEAPEST)
                assert highest * 5 >= cell.cents * 6


@given(books())
def test_what_a_reader_can_subtract_is_nobody_or_at_least_eleven(book: list[Cell]) -> None:
    published = withhold(book, cheapest=CHEAPEST)
    assume(not published.is_nothing)
    withheld = book
    if published.cells:
        withheld = [cell for cell, row in zip(book, published.cells, strict=True) if row.cases is None]
        assert len(withheld) == 0 or len(withheld) >= 3
    derivable = sum(cell.cases for cell in withheld)

    assert all(rest == 0 or rest >= THRESHOLD for rest in [derivable, *(derivable - cell.cases for cell in withheld)])


def test_the_attack_succeeds_when_one_withheld_cell_is_shown_again() -> None:
    book = even(60, 5, 12, 30)
    published = withhold(book)
    assert shown(published) == [60, None, None, None]

    for number in (2, 3):
        rows = list(published.cells)
        rows[number] = PublishedCell(book[number].provider, book[number].cases, book[number].cents)
        leaky = Published(tuple(rows), published.cases, published.cents)
        insider = book[5 - number]
        assert {counts[1] for counts in counts_that_agree(leaky, book, insider)} == {5}
