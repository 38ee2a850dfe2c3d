"""What a reader can bound a hidden figure to is found exactly, whatever the table is."""

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funding.disclosure import TableError, attack
from tests.funding.withholding.tables import Book, books, exact_bounds, margins, with_margins


@given(st.one_of(books(), margins([(2, 2), (2, 3)])), st.data())
def test_the_bounds_are_those_of_all_tables_that_agree(book: Book, data: st.DataObject) -> None:
    everything = range(len(book.values))
    hidden = set(data.draw(st.lists(st.sampled_from(everything), unique=True, max_size=7)))

    found = attack(book.values, book.relations, hidden)

    expected = exact_bounds(book, hidden)
    assert list(found) == sorted(hidden)
    for index in hidden:
        assert found[index] == pytest.approx(expected[index], abs=1e-6)


@given(st.one_of(books(), margins()), st.data())
def test_the_true_figure_is_always_within_its_bounds(book: Book, data: st.DataObject) -> None:
    hidden = data.draw(st.sets(st.sampled_from(range(len(book.values)))))

    for index, (low, high) in attack(book.values, book.relations, hidden).items():
        assert 0 <= low <= book.values[index] <= high


@given(margins(), st.data())
def test_hiding_more_never_narrows(book: Book, data: st.DataObject) -> None:
    some = data.draw(st.sets(st.sampled_from(range(len(book.values)))))
    more = some | data.draw(st.sets(st.sampled_from(range(len(book.values)))))

    wide = attack(book.values, book.relations, more)
    for index, (low, high) in attack(book.values, book.relations, some).items():
        assert wide[index][0] <= low
        assert high <= wide[index][1]


def test_a_single_hidden_cell_is_had_by_subtraction() -> None:
    assert attack([3, 4, 7], [{0: 1, 1: 1, 2: -1}], {0}) == {0: (3.0, 3.0)}


def test_two_hidden_cells_of_a_row_share_what_is_left() -> None:
    assert attack([3, 4, 20, 27], [{0: 1, 1: 1, 2: 1, 3: -1}], {0, 1}) == {0: (0.0, 7.0), 1: (0.0, 7.0)}


def test_a_cell_is_determined_though_every_row_and_column_hides_two() -> None:
    # Two squares of hidden cells and one hidden cell that joins them: rows 0-1 and 2-3, columns 0-1 and 2-3.
    squares = {(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3)}
    joined = (1, 2)
    inner = [5 + (3 * row + 7 * column) % 11 for row in range(4) for column in range(4)]
    book = with_margins((4, 4), inner)
    hidden = {5 * row + column for row, column in squares | {joined}}

    found = attack(book.values, book.relations, hidden)

    true = book.values[5 * 1 + 2]
    assert found.pop(5 * 1 + 2) == (true, true)
    assert all(high - low >= 2 for low, high in found.values())


def test_two_releases_tell_together_what_neither_tells_alone() -> None:
    # By quarter and provider: a first release, and a later one of both quarters together, which hides other cells.
    first = with_margins((3,), [4, 9, 30])
    both = with_margins((3,), [4 + 20, 9 + 3, 30 + 2])
    second = [20, 3, 2]
    values = [*first.values, *both.values, *second, sum(second)]
    relations = [
        *first.relations,
        *({index + 4: factor for index, factor in row.items()} for row in both.relations),
        {8: 1, 9: 1, 10: 1, 11: -1},
        *({index: 1, index + 8: 1, index + 4: -1} for index in range(4)),
    ]
    hidden_first, hidden_second = {0, 1}, {9, 10}

    alone = attack(first.values, first.relations, hidden_first)
    together = attack(values, relations, hidden_first | hidden_second | {5, 6})
    subtracted = attack(values, relations, hidden_first | hidden_second)

    assert all(high - low >= 11 for low, high in alone.values())
    assert subtracted[1] == (9.0, 9.0)
    assert subtracted[0] == (4.0, 4.0)
    assert together[0] == (4.0, 4.0)


def test_a_price_list_ties_money_to_counts() -> None:
    # Money 3 x 900 + 2 x 150; once it is shown, the counts follow from each other.
    prices = {0: 900, 1: 150, 2: -1}

    alone = attack([3, 2, 3000], [prices], {0, 1})
    assert alone[0] == pytest.approx((0.0, 10 / 3))
    assert alone[1] == (0.0, 20.0)
    assert attack([3, 2, 3000, 5], [prices, {0: 1, 1: 1, 3: -1}], {0, 1}) == {0: (3.0, 3.0), 1: (2.0, 2.0)}


def test_what_nothing_bounds_is_without_end() -> None:
    assert attack([3, 4, 7, 5], [{0: 1, 1: 1, 2: -1}], {0, 2, 3}) == {
        0: (0.0, math.inf),
        2: (4.0, math.inf),
        3: (0.0, math.inf),
    }


def test_zeros_are_figures_like_any_other() -> None:
    assert attack([0, 0, 0], [{0: 1, 1: 1, 2: -1}], {0, 1}) == {0: (0.0, 0.0), 1: (0.0, 0.0)}


@pytest.mark.parametrize("size", [1e-9, 1e-3, 1.0, 1e6, 1e9, 1e12, 1e15])
def test_the_size_of_figures_is_no_matter(size: float) -> None:
    found = attack([size, 2 * size, 3 * size], [{0: 1, 1: 1, 2: -1}], {0, 1})

    assert found[0] == found[1] == pytest.approx((0.0, 3 * size), rel=1e-12)


def test_coefficients_of_any_size_and_figures_with_fractions() -> None:
    values = [0.25, 0.5, 0.75, 1e8]
    relations = [{0: 1.5, 1: 1.5, 2: -1.5}, {2: 1e8, 3: -0.75}]

    assert attack(values, relations, {0, 1}) == {0: (0.0, 0.75), 1: (0.0, 0.75)}
    assert attack(values, relations, {2}) == {2: (0.75, 0.75)}


def test_nothing_hidden_is_nothing_to_bound() -> None:
    assert attack([1, 2, 3], [{0: 1, 1: 1, 2: -1}], set()) == {}
    assert attack([], [], []) == {}


@pytest.mark.parametrize(
    ("values", "relations", "hidden", "words"),
    [
        ([1, -2], [], {0}, "not below zero"),
        ([1, math.nan], [], {0}, "finite"),
        ([1, 2, 4], [{0: 1, 1: 1, 2: -1}], {0}, "not to zero"),
        ([1, 2, 3], [{0: 1, 7: 1}], {0}, "figure 7"),
        ([1, 2, 3], [{0: math.inf}], {0}, "coefficient"),
        ([1, 2, 3], [], {3}, "no figure 3"),
        ([1, 2, 3], [], {-1}, "no figure -1"),
    ],
)
def test_what_is_no_table_is_refused_in_words(
    values: list[float], relations: list[dict[int, float]], hidden: set[int], words: str
) -> None:
    with pytest.raises(TableError, match=words):
        attack(values, relations, hidden)
    assert issubclass(TableError, ValueError)


def test_both_halves_need_no_django() -> None:
    program = "import sys, funding.disclosure; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
