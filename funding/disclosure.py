"""Disclosure control: which figures of a table to hide, and what a reader can still work out. Pure: no Django.

A table is a list of figures, none below zero, and relations between them: rows `{index: coefficient}` whose sums are
zero. A total is such a row (`{part: 1, part: 1, total: -1}`), an equation between money and counts is one
(`{stage: price, ..., money: -1}`), a figure of an earlier release is another figure, linked by rows of its own.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from funding.withholding.demands import Demand
from funding.withholding.intervals import intervals
from funding.withholding.pattern import smallest
from funding.withholding.table import CannotProtect, Number, Table, TableError

__all__ = ["CannotProtect", "TableError", "attack", "protect"]

# After so long the search for a proof ends. What it returns then is enough, if perhaps not the fewest.
SECONDS = 50.0


def protect(
    values: Sequence[Number],
    relations: Iterable[Mapping[int, Number]],
    unsafe: Collection[int],
    *,
    spread: Number | Mapping[int, Number],
) -> set[int]:
    """Every index to hide, `unsafe` among them: the fewest, and of those the least sum of figures.

    After it `attack` leaves every index of `unsafe` at least `spread` between its lowest and its highest; `spread` is a
    number (math.inf: nothing may bound it) or one for each index of `unsafe`. Raises TableError for what is no table,
    CannotProtect where not even hiding everything is enough.
    """
    table = Table.of(values, relations)
    required = table.indexes(unsafe)
    demands = [Demand(index, width=_width(spread, index)) for index in sorted(required)]
    return set(smallest(table, required, demands, seconds=SECONDS).hidden)


def attack(
    values: Sequence[Number], relations: Iterable[Mapping[int, Number]], hidden: Collection[int]
) -> dict[int, tuple[float, float]]:
    """For each hidden index the lowest and the highest that it can be, for a reader who sees all other figures.

    The reader knows the relations, and that nothing is below zero. The highest is math.inf where nothing bounds it.
    Raises TableError.
    """
    table = Table.of(values, relations)
    return intervals(table, table.indexes(hidden))


def _width(spread: Number | Mapping[int, Number], index: int) -> float:
    if isinstance(spread, Mapping):
        if index not in spread:
            raise TableError(f"No spread is given for the unsafe figure {index}.")
        wanted = float(spread[index])
    else:
        wanted = float(spread)
    if not wanted >= 0:
        raise TableError(f"The spread {wanted} of figure {index} is no width.")
    return wanted
