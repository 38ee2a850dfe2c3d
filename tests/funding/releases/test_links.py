"""Two releases together tell no more than each may; and a later one is made of the same few numbers however many were.

The whole of two quarters is attacked here as one table, apart from the rule, which carries a few numbers over.
"""

import random
from collections.abc import Collection
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from funding.releases.audit import audit
from funding.releases.book import Book, Left, Opened, Placed, countable, people_of
from funding.releases.hide import choose
from funding.releases.layout import ALL, LANGUAGES, PARTS, PUBLISHED, Cell
from funding.releases.links import EVERYBODY, FIRST, Link, Links
from funding.releases.rules import Named, System, links_of
from funding.withholding.demands import Demand, unmet, wants_of
from funding.withholding.table import Table
from tests.conftest import SCALE
from tests.funding.releases.quarters import PROVIDERS, drawn, everything, shown_by, skewed


def quarter(
    name: str, opened: int, placed: int, left: int, waiting: Collection[str] = (), chance: random.Random | None = None
) -> Book:
    """Requests of which the first, after those that waited, are placed by three providers in turn; the last left."""
    people = [f"{name}-{n}" for n in range(opened)]
    everybody = [*sorted(waiting), *people]
    left = min(left, len(everybody) - placed)
    return Book(
        opened=[
            Opened(f"o{one}", one, *((skewed(chance, PARTS), skewed(chance, LANGUAGES)) if chance else ("north", "en")))
            for one in people
        ],
        placed=[Placed(f"a{one}", one, PROVIDERS[n % 3], 1.0) for n, one in enumerate(everybody[:placed])],
        left=[Left(f"l{one}", one) for one in everybody[len(everybody) - left :]],
        waiting_before=waiting,
    )


def waiting_after(book: Book) -> list[str]:
    gone = people_of(book.placed) | people_of(book.left)
    return sorted((people_of(book.opened) | frozenset(book.waiting_before)) - gone)


def seen_by(system: System, shown: Collection[Cell]) -> list[int]:
    return [system.index[cell] for cell in shown]


def published(system: System, links: list[Links]) -> dict[Cell, int]:
    """Show what may be shown, and add what is handed on."""
    shown = shown_by(system, choose(system, seconds=30))
    links.append(links_of(system, seen_by(system, shown)))
    return shown


# Five wait at the end of the first quarter; how many is the only thing that the second could tell of them.
FEW_WAIT = countable(quarter("first", 60, 33, 22))


def test_a_figure_that_only_two_releases_together_tell_is_noticed_and_avoided() -> None:
    first, links = System(FEW_WAIT, "2026Q2"), list[Links]()
    waiting = first.sheet.cell("steps", "waiting", ALL)
    assert first.sheet.values[waiting] == 5
    assert waiting not in published(first, links)
    assert (links[0][EVERYBODY].highest or 11) >= 11
    after = countable(quarter("second", 66, 33, 22, waiting_after(FEW_WAIT)))
    second = System(after, "2026Q3", links[0])
    # No figure of the second quarter is about few.
    assert all(value not in range(1, 11) for value in everything(second).values())

    report = audit(second, drawn(second, everything(second)), seconds=60)
    shown = published(second, links)

    told = second.sheet.cell("before", "waiting", ALL)
    assert ("recovered", told) in {(one.kind, one.cell) for one in report.breaches}
    assert len(shown) < len(everything(second))
    assert audit(second, drawn(second, shown), seconds=60).is_clean
    # Alone the second quarter would show everything: nothing but the link hides it.
    alone = System(after, "2026Q3", {EVERYBODY: Link(5)})
    assert set(shown_by(alone, choose(alone, seconds=30))) == set(everything(alone))


def test_before_the_first_release_nobody_was_counted_and_everybody_knows_it() -> None:
    system = System(countable(quarter("first", 60, 33, 22)), "2026Q2", FIRST)

    # Opened, placed and left are shown: who waits is their difference.
    report = audit(
        system, drawn(system, everything(system, but=[system.sheet.cell("steps", "waiting", ALL)])), seconds=60
    )

    assert "recovered" in {one.kind for one in report.breaches}


def of_whole(before: System, after: System) -> tuple[Table, list[int], list[int]]:
    """Both quarters as one table, and where each one's indexes are in it."""
    first, second = [*range(len(before.cells))], [len(before.cells) + n for n in range(len(after.cells))]
    rows = [*before.relations, *({second[index]: factor for index, factor in row.items()} for row in after.sums)]
    rows.append({before.waiting: 1, second[after.index[after.sheet.cell("before", "waiting", ALL)]]: -1})
    return Table.of([*before.table.values, *after.table.values], rows), first, second


def demands_of(named: Named, before: System, after: System, second: list[int]) -> list[Demand]:
    """What a reader must be left in doubt about in both quarters."""
    whole = {one.code: one for one in before.insiders if one.tables == PUBLISHED}
    # Who had no case in the earlier quarter read it as the public did.
    earlier = whole.get(named.code, whole[EVERYBODY])
    own = {**dict(earlier.reader.own), **{second[index]: amount for index, amount in named.reader.own}}
    reader = replace(
        named.reader,
        known=earlier.reader.known | {second[index] for index in named.reader.known},
        own=tuple(sorted(own.items())),
    )
    return [
        *(replace(one, reader=reader) for one in before.primary(earlier)),
        *(
            replace(one, index=second[one.index], reader=reader)
            for one in after.primary(named)
            if after.cells[one.index].table != "before"
        ),
    ]


@settings(max_examples=SCALE["linked_quarters"], deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(25, 90),
    st.integers(0, 60),
    st.integers(0, 40),
    st.integers(25, 90),
    st.booleans(),
)
@example(seed=0, opened=25, placed=0, left=23, later=25, is_all_shown=False)
def test_what_is_carried_over_finds_all_that_the_whole_of_two_quarters_tells(
    seed: int, opened: int, placed: int, left: int, later: int, is_all_shown: bool
) -> None:
    chance = random.Random(seed)
    first = countable(quarter("first", opened, min(placed, opened), left, chance=chance))
    before, links = System(first, "2026Q2"), list[Links]()
    seen = seen_by(before, published(before, links))
    waiting = waiting_after(first)
    second = quarter("second", later, chance.randrange(later + len(waiting)), left, waiting, chance)
    after = System(countable(second), "2026Q3", links[0])
    shown = everything(after) if is_all_shown else shown_by(after, choose(after, seconds=30))
    if is_all_shown:
        unsafe = {one.index for named in after.insiders for one in after.primary(named)}
        shown = {cell: value for cell, value in shown.items() if after.index[cell] not in unsafe}

    table, _, places = of_whole(before, after)
    known = {*seen, *before.fixed, *(places[index] for index in seen_by(after, shown))}
    hidden = frozenset(range(len(table.values))) - known
    for named in after.insiders:
        if named.own.values[after.sheet.cell("before", "waiting", ALL)]:
            # It has since taken some of those that waited; that is its own to know.
            continue
        told = wants_of(after.primary(named))
        by_links = unmet(
            after.table, frozenset(range(len(after.cells))) - set(seen_by(after, shown)) - after.fixed, told
        )
        by_whole = unmet(table, hidden, wants_of(demands_of(named, before, after, places)))
        assert bool(by_links) == bool(by_whole), named.name


def test_as_many_wait_at_the_beginning_as_at_the_end_before() -> None:
    with pytest.raises(ValueError, match="waited"):
        System(Book(waiting_before=["a"]), "2026Q3", {EVERYBODY: Link(2)})


def test_the_table_of_the_tenth_release_is_as_large_as_that_of_the_second() -> None:
    links: list[Links] = [FIRST]
    sizes = []
    waiting: list[str] = []
    for number in range(10):
        book = countable(quarter(f"q{number}", 60, 33, 22, waiting))
        system = System(book, f"20{26 + number}Q1", links[-1])
        published(system, links)
        waiting = waiting_after(book)
        sizes.append(len(system.cells))

    assert max(sizes[1:]) - min(sizes[1:]) <= 4 * (len(PROVIDERS) + 1)
