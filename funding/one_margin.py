"""Which figures of a quarter may be published, so that no reader learns of a handful of people.

The table has one margin: a row per provider with its distinct cases and the money paid for them, and their totals. No
Django here: the rule is a pure function of the figures.

**What is withheld.** 0 is shown. A cell of 1–10 cases is withheld with its money. One withheld cell could be had by
subtraction from the total, so further cells are withheld with it, smallest first, all by the same symbol, until no
reader can narrow a small cell. Where even withholding every cell is not enough only the totals are published, and
where those would tell too much, nothing: the payments then wait for the next quarter's release.

**Against whom.** An outsider, who sees the table, and each provider, who also knows its own cell exactly. Let H be the
withheld cells, with k members; their sums N (cases) and M (cents) follow from the published figures. As zeros are
shown, everyone knows that a withheld cell has at least one case. A reader who knows cell j narrows the cases of
another withheld cell v to

    from 1   to   N - n_j - (k - 2)        an outsider: to N - (k - 1)

as every one of the k - 2 others has at least one. Protected means: for every v of 1–10 cases and every reader the
interval covers [1, 11], so nobody learns that v is small, still less how small. This implies the familiar rules: at
least three withheld cells (with two, the upper end for the other provider is n_v itself) and N - n_j >= 11.

**Money.** The same reader narrows v's money to at most M - m_j less the cheapest price for each of the k - 2 others;
that must reach 1.2 times m_v (the p% rule with p = 20). Downwards nothing binds but the price list that everybody
knew before: at least one case, at least the cheapest price.

**The price list as an equation.** Every split of the same paid cases over the withheld providers gives the same N and
M; so prices say what kinds of cases the withheld providers had together, and nothing about who had how many. That a
provider takes only some case types does say something: a table by case type must bring its own audit.

**Total only** hides the zeros too, so the same bounds hold with 0 in the place of 1 (and of the cheapest price).

**Quarters.** Releases count disjoint sets of payments and are never revised, so no two of them can be subtracted. A
case paid in two quarters counts once in each; adding quarters up therefore counts payments' cases, not people.

**Known limits.** The readers above know the table and the price list. One who also re-runs this rule on every
candidate table ("a cell larger than a shown one would have been shown", "with one case fewer nothing would have been
published") excludes values, most in a quarter that shows only its totals. Two providers that pool their cells are one
reader more than is defended against here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# The smallest count that may be shown or pinned down, but 0.
THRESHOLD = 11


@dataclass(frozen=True, slots=True)
class Cell:
    """A provider's true figures: distinct cases and the cents paid for them."""

    provider: str
    cases: int
    cents: int

    @property
    def is_small(self) -> bool:
        return 0 < self.cases < THRESHOLD


@dataclass(frozen=True, slots=True)
class PublishedCell:
    """A provider's row as readers see it; both figures are None where it is withheld."""

    provider: str
    cases: int | None
    cents: int | None


@dataclass(frozen=True, slots=True)
class Published:
    """What may be published: rows and totals; no rows: totals only; totals None: nothing."""

    cells: tuple[PublishedCell, ...]
    cases: int | None
    cents: int | None

    @property
    def is_nothing(self) -> bool:
        return self.cases is None


NOTHING = Published((), None, None)


def withhold(cells: Sequence[Cell], *, cheapest: int = 0) -> Published:
    """The table that may be published; `cheapest` is the lowest price, in cents, on the price list."""
    hidden = [cell for cell in cells if cell.is_small]
    larger = sorted(
        (cell for cell in cells if cell.cases >= THRESHOLD), key=lambda cell: (cell.cases, cell.cents, cell.provider)
    )
    while not _are_protected(hidden, least_cases=1, least_cents=cheapest) and larger:
        hidden.append(larger.pop(0))
    if _are_protected(hidden, least_cases=1, least_cents=cheapest):
        return _with_totals(cells, [_row(cell, is_hidden=cell in hidden) for cell in cells])
    if _are_protected(cells, least_cases=0, least_cents=0):
        return _with_totals(cells, [])
    return NOTHING


def _are_protected(hidden: Sequence[Cell], *, least_cases: int, least_cents: int) -> bool:
    """Whether no reader narrows a small cell of `hidden`, of which every cell is known to have the least figures."""
    cases = sum(cell.cases for cell in hidden)
    cents = sum(cell.cents for cell in hidden)
    for small in (cell for cell in hidden if cell.is_small):
        for known in (None, *(cell for cell in hidden if cell is not small)):
            others = len(hidden) - (1 if known is None else 2)
            most_cases = cases - (known.cases if known else 0) - others * least_cases
            most_cents = cents - (known.cents if known else 0) - others * least_cents
            # In fifths: 1.2 times the money without leaving the integers.
            if most_cases < THRESHOLD or 5 * most_cents < 6 * small.cents:
                return False
    return True


def _row(cell: Cell, *, is_hidden: bool) -> PublishedCell:
    figures = (None, None) if is_hidden else (cell.cases, cell.cents)
    return PublishedCell(cell.provider, *figures)


def _with_totals(cells: Sequence[Cell], rows: Iterable[PublishedCell]) -> Published:
    return Published(tuple(rows), sum(cell.cases for cell in cells), sum(cell.cents for cell in cells))
