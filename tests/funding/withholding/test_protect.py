"""As little as possible is hidden, and it is enough: measured against every other choice, and by attack."""

import math
from collections.abc import Mapping
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funding.disclosure import CannotProtect, TableError, attack, protect
from funding.withholding.demands import Demand, Reader
from funding.withholding.pattern import smallest
from funding.withholding.table import Table
from tests.conftest import SCALE
from tests.funding.withholding.tables import Book, books, fewest_by_one_program, margins, with_margins

Spread = float | Mapping[int, float]


def is_protected(book: Book, hidden: set[int], unsafe: set[int], spread: Spread) -> bool:
    bounds = attack(book.values, book.relations, hidden)
    return all(
        bounds[index][1] - bounds[index][0] >= (spread[index] if isinstance(spread, Mapping) else spread) - 1e-6
        for index in unsafe
    )


def best_of_all(book: Book, unsafe: set[int], spread: Spread) -> tuple[int, int] | None:
    """The number and the sum of the figures of the best set, by trying every one; none where none will do."""
    others = [index for index in range(len(book.values)) if index not in unsafe]
    for count in range(len(others) + 1):
        losses = [
            sum(book.values[index] for index in hidden)
            for more in combinations(others, count)
            if is_protected(book, hidden := unsafe | set(more), unsafe, spread)
        ]
        if losses:
            return len(unsafe) + count, min(losses)
    return None


def filled(sizes: tuple[int, ...]) -> Book:
    return with_margins(sizes, [(7 * number * number + 3 * number) % 23 for number in range(math.prod(sizes))])


spreads = st.one_of(
    st.sampled_from([0.0, 0.5, 5.0, 11.0, 60.0, 1e9, math.inf]),
    st.integers(0, 100_000).map(lambda thousandths: thousandths / 1000),
)


@settings(max_examples=SCALE["brute_force_tables"])
@given(st.one_of(books(), margins([(2, 2), (2, 3)])), st.data())
def test_no_other_choice_hides_fewer_nor_as_many_of_less(book: Book, data: st.DataObject) -> None:
    unsafe = data.draw(st.sets(st.sampled_from(range(len(book.values))), max_size=4))
    each = st.fixed_dictionaries(dict.fromkeys(unsafe, spreads))
    spread: Spread = data.draw(st.one_of(spreads, each))

    expected = best_of_all(book, unsafe, spread)

    if expected is None:
        with pytest.raises(CannotProtect):
            protect(book.values, book.relations, unsafe, spread=spread)
        return
    hidden = protect(book.values, book.relations, unsafe, spread=spread)
    assert unsafe <= hidden
    assert is_protected(book, hidden, unsafe, spread)
    assert (len(hidden), sum(book.values[index] for index in hidden)) == expected


@settings(max_examples=SCALE["protected_tables"])
@given(margins([(3, 4), (4, 5), (2, 2, 2), (2, 2, 3)]), st.sampled_from([2.0, 11.0, 30.0]))
def test_larger_tables_are_protected_with_nothing_to_spare(book: Book, spread: float) -> None:
    table = Table.of(book.values, book.relations)
    demands = [Demand(index, width=spread) for index in book.small]

    pattern = smallest(table, frozenset(book.small), demands)

    assert pattern.is_proven
    assert is_protected(book, set(pattern.hidden), book.small, spread)
    # Show any one of the others again, and the attack finds an unsafe figure.
    for index in pattern.hidden - book.small:
        assert not is_protected(book, set(pattern.hidden) - {index}, book.small, spread)


@pytest.mark.parametrize("sizes", [(3, 4), (4, 4), (5, 6)], ids=str)
def test_one_program_that_names_every_step_finds_no_fewer(sizes: tuple[int, ...]) -> None:
    book = filled(sizes)

    hidden = protect(book.values, book.relations, book.small, spread=11)

    assert len(hidden) == fewest_by_one_program(book, book.small, 11)


@pytest.mark.parametrize("sizes", [(6, 8), (2, 4, 4), (7, 7), (3, 3, 3)], ids=str)
def test_tables_of_75_cells_are_proven(sizes: tuple[int, ...]) -> None:
    book = filled(sizes)
    table = Table.of(book.values, book.relations)

    pattern = smallest(table, frozenset(book.small), [Demand(index, width=11) for index in book.small])

    assert pattern.is_proven
    assert is_protected(book, set(pattern.hidden), book.small, 11)


def test_linked_releases_are_protected_together() -> None:
    # The same four providers in two quarters, and the sum of both, which is published as well.
    quarters = with_margins((2, 4), [4, 30, 25, 41, 3, 26, 60, 18])

    hidden = protect(quarters.values, quarters.relations, quarters.small, spread=11)

    assert is_protected(quarters, hidden, quarters.small, 11)
    alone = set()
    for quarter in range(2):
        alone |= {
            5 * quarter + index
            for index in protect(
                quarters.values[5 * quarter : 5 * quarter + 5],
                [dict.fromkeys(range(4), 1) | {4: -1}],
                {index - 5 * quarter for index in quarters.small if index // 5 == quarter},
                spread=11,
            )
        }
    assert not is_protected(quarters, alone, quarters.small, 11)


def test_what_an_earlier_release_shows_is_not_hidden_again() -> None:
    book = with_margins((3,), [4, 12, 30])
    table = Table.of(book.values, book.relations)

    pattern = smallest(table, frozenset({0}), [Demand(0, width=11)], fixed={1})

    assert pattern.hidden == {0, 2}
    with pytest.raises(CannotProtect):
        smallest(table, frozenset({0}), [Demand(0, width=11)], fixed={1, 2, 3})


def test_a_reader_who_knows_a_figure_learns_nothing_by_it() -> None:
    book = with_margins((4,), [4, 12, 30, 50])
    table = Table.of(book.values, book.relations)
    demands = [Demand(0, width=11, reader=Reader(frozenset(known))) for known in ((), (1,), (2,), (3,))]

    pattern = smallest(table, frozenset({0}), demands, fixed={4})

    assert pattern.hidden == {0, 1, 2}


def test_what_is_a_readers_own_is_no_room_for_doubt() -> None:
    # Of the second figure 10 are the reader's own: the others could fall by 2 only.
    book = with_margins((4,), [4, 12, 30, 50])
    table = Table.of(book.values, book.relations)
    reader = Reader(own=((1, 10.0), (4, 10.0)))

    assert smallest(table, frozenset({0}), [Demand(0, above=7)], fixed={4}).hidden == {0, 1}
    assert smallest(table, frozenset({0}), [Demand(0, above=7, reader=reader)], fixed={4}).hidden == {0, 2}


def test_it_is_no_matter_which_demands_are_asked_first() -> None:
    book = with_margins((4,), [4, 12, 30, 50])
    table = Table.of(book.values, book.relations)
    demands = [Demand(0, width=11, reader=Reader(frozenset(known))) for known in ((), (1,), (2,), (3,))]

    for first in range(len(demands)):
        pattern = smallest(table, frozenset({0}), demands[:first], later=demands[first:], fixed={4})
        assert pattern.hidden == {0, 1, 2}
        assert pattern.is_proven


def test_a_figure_may_be_asked_to_reach_a_number() -> None:
    # 8 of 10 hidden together: wide enough, but never as many as 11.
    book = with_margins((3,), [8, 2, 40])
    table = Table.of(book.values, book.relations)

    assert smallest(table, frozenset({0}), [Demand(0, width=10)]).hidden == {0, 1}
    assert smallest(table, frozenset({0}), [Demand(0, above=3)]).hidden == {0, 2}
    assert smallest(table, frozenset({0}), [Demand(0, below=8)]).hidden == {0, 1}


def test_figures_that_no_relation_bounds_need_no_others() -> None:
    assert protect([5, 3, 4, 7], [{1: 1, 2: 1, 3: -1}], {0}, spread=math.inf) == {0}


def test_nothing_unsafe_hides_nothing() -> None:
    assert protect([5, 3, 8], [{0: 1, 1: 1, 2: -1}], set(), spread=11) == set()
    assert protect([], [], set(), spread=11) == set()


def test_only_an_unbounded_figure_has_an_endless_spread() -> None:
    hidden = protect([5, 30, 40, 75], [{0: 1, 1: 1, 2: 1, 3: -1}], {0}, spread=math.inf)

    assert hidden == {0, 3}


def test_of_equally_many_those_of_the_least_sum_are_hidden() -> None:
    assert protect([5, 30, 12, 40, 87], [{0: 1, 1: 1, 2: 1, 3: 1, 4: -1}], {0}, spread=11) == {0, 2}


@pytest.mark.parametrize("row", [{0: 1}, {0: 1, 1: 1}, {0: 2, 1: 0.5, 2: 3}], ids=str)
def test_what_the_relations_alone_determine_cannot_be_protected(row: dict[int, float]) -> None:
    with pytest.raises(CannotProtect, match="figures 0") as refused:
        protect([0, 0, 0, 5], [row], {0, 3}, spread=1)
    assert refused.value.indexes == (0,)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize("spread", [-1, math.nan, {1: 4}], ids=str)
def test_a_spread_that_is_none_is_refused(spread: Spread) -> None:
    with pytest.raises(TableError, match="spread"):
        protect([5, 3, 8], [{0: 1, 1: 1, 2: -1}], {0}, spread=spread)


@given(margins())
def test_the_same_table_is_protected_the_same_way(book: Book) -> None:
    first = protect(book.values, book.relations, book.small, spread=11)

    assert protect(tuple(book.values), iter(book.relations), list(book.small), spread=11) == first


def test_when_the_time_is_over_what_was_found_is_enough() -> None:
    book = filled((3, 3, 4))
    table = Table.of(book.values, book.relations)

    pattern = smallest(table, frozenset(book.small), [Demand(index, width=30) for index in book.small], seconds=0.0)

    assert is_protected(book, set(pattern.hidden), book.small, 30)
    assert not pattern.is_proven
