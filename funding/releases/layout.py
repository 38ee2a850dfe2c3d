"""The four fixed tables of a release as figures that add up, and as a reader's own part of them. Pure.

| table | rows | columns | figures |
|---|---|---|---|
| outcomes | providers | outcome groups | closed cases |
| money | funders | purposes | stages paid, and cents |
| places | parts of the city | language groups | requests |
| steps | opened, placed, left, waiting | – | cases |

A provider or a funder without a row had no cases, or too few (funding/releases/book.py). `all` is a total. The tables
`price` and `before` are never published: how many payments of each price a money figure is made of (the price list is
known to everybody), and how many waited when the quarter began, which the release before may have told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from funding.releases.book import NOBODY, Book, Closed, Paid, people_of

ALL = "all"
COUNT, CENTS = "count", "cents"
OTHER = "other"
OUTCOMES = ("released", "relief", "ordered", "helped", "elsewhere")
PURPOSES = ("release", "hearings", "advice", "costs", "running")
PARTS = ("north", "northeast", "central", "south", "southwest", OTHER)
LANGUAGES = ("en", "es", "so", "hmn", OTHER)
STEPS = ("opened", "placed", "left", "waiting")
PUBLISHED = ("outcomes", "money", "places", "steps")


class Cell(NamedTuple):
    """The place of one figure, of one release."""

    table: str
    row: str
    column: str
    measure: str
    release: str


@dataclass
class Sheet:
    """Figures, the relations between them, and whom each published figure is about."""

    release: str
    values: dict[Cell, int] = field(default_factory=dict)
    relations: list[dict[Cell, int]] = field(default_factory=list)
    people: dict[Cell, frozenset[str]] = field(default_factory=dict)

    @property
    def published(self) -> list[Cell]:
        return [cell for cell in self.values if cell.table in PUBLISHED]

    def cell(self, table: str, row: str, column: str, measure: str = COUNT) -> Cell:
        return Cell(table, row, column, measure, self.release)

    def put(self, cell: Cell, value: int, people: Iterable[str] = NOBODY) -> None:
        self.values[cell] = value
        self.people[cell] = frozenset(people)

    def is_inner(self, cell: Cell) -> bool:
        return ALL not in (cell.row, cell.column)


def belongs(cell: Cell, edition: str) -> bool:
    """Whether an edition may have this figure: the public's (empty) no funder's row, a funder's its own alone."""
    return cell.table in PUBLISHED and (cell.table != "money" or cell.row == ALL or cell.row == edition)


def editions_of(sheet: Sheet) -> dict[str, list[Cell]]:
    """The public edition's figures, and those of every funder with a row, in a fixed order."""
    funders = {cell.row for cell in sheet.published if cell.table == "money"} - {ALL}
    return {
        edition: sorted(cell for cell in sheet.published if belongs(cell, edition))
        for edition in ("", *sorted(funders))
    }


def lay_out(book: Book, release: str) -> Sheet:
    """The figures of a book of which everything is counted."""
    sheet = Sheet(release)
    _outcomes(sheet, book)
    _money(sheet, book)
    _places(sheet, book)
    _steps(sheet, book)
    return sheet


def part_of(book: Book, *, provider: str = "", person: str = "") -> Book:
    """The facts that a provider knows as its own, or a family.

    A provider knows what it closed and was paid for, and all that happened to its own cases on their way.
    """
    people = book.people_by_provider.get(provider, NOBODY) if provider else frozenset({person})

    def is_own(one: Closed | Paid) -> bool:
        return one.provider == provider if provider else one.person == person

    return Book(
        closed=[one for one in book.closed if is_own(one)],
        paid=[one for one in book.paid if is_own(one)],
        opened=[one for one in book.opened if one.person in people],
        placed=[one for one in book.placed if one.person in people],
        left=[one for one in book.left if one.person in people],
        waiting_before=[one for one in book.waiting_before if one in people],
        prices=book.prices,
    )


def _grid(
    sheet: Sheet,
    table: str,
    cells: Mapping[tuple[str, str], frozenset[str]],
    rows: Iterable[str],
    columns: Iterable[str],
) -> None:
    """Counts of people with totals on both sides."""
    rows, columns = [*rows], [*columns]
    for row in rows:
        for column in columns:
            people = cells.get((row, column), NOBODY)
            sheet.put(sheet.cell(table, row, column), len(people), people)
    _totals(sheet, table, rows, columns, COUNT)


def _totals(sheet: Sheet, table: str, rows: list[str], columns: list[str], measure: str) -> None:
    if ALL in (*rows, *columns):
        raise ValueError(f"Nobody may be called {ALL!r}: so the totals are.")
    sides = [(row, ALL, [(row, column) for column in columns]) for row in rows]
    sides += [(ALL, column, [(row, column) for row in rows]) for column in columns]
    sides += [(ALL, ALL, [(row, ALL) for row in rows])]
    for row, column, places in sides:
        parts = [sheet.cell(table, *place, measure) for place in places]
        total = sheet.cell(table, row, column, measure)
        sheet.put(
            total, sum(sheet.values[part] for part in parts), frozenset().union(*(sheet.people[part] for part in parts))
        )
        sheet.relations.append({**dict.fromkeys(parts, 1), total: -1})
    # The grand total is the sum of the columns' totals too.
    tops = [sheet.cell(table, ALL, column, measure) for column in columns]
    sheet.relations.append({**dict.fromkeys(tops, 1), sheet.cell(table, ALL, ALL, measure): -1})


def _outcomes(sheet: Sheet, book: Book) -> None:
    cells: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in book.closed:
        cells[one.provider, one.outcome].add(one.person)
    rows = sorted({one.provider for one in book.closed})
    if rows:
        _grid(sheet, "outcomes", {place: frozenset(people) for place, people in cells.items()}, rows, OUTCOMES)


def _places(sheet: Sheet, book: Book) -> None:
    cells: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in book.opened:
        cells[one.part, one.language].add(one.person)
    _grid(sheet, "places", {place: frozenset(people) for place, people in cells.items()}, PARTS, LANGUAGES)


def _money(sheet: Sheet, book: Book) -> None:
    cells: defaultdict[tuple[str, str], list[Paid]] = defaultdict(list)
    for one in book.paid:
        cells[one.funder, one.purpose].append(one)
    rows = sorted({one.funder for one in book.paid})
    for row in rows:
        for column in PURPOSES:
            _money_cell(sheet, row, column, cells[row, column], book.prices.get(column, ()))
    if rows:
        _totals(sheet, "money", rows, [*PURPOSES], COUNT)
        _totals(sheet, "money", rows, [*PURPOSES], CENTS)


def _money_cell(sheet: Sheet, row: str, column: str, paid: list[Paid], prices: Iterable[int]) -> None:
    """A count and an amount, and what everybody knows of them: so many payments of each price, and others."""
    people = people_of(paid)
    count, cents = (sheet.cell("money", row, column, measure) for measure in (COUNT, CENTS))
    sheet.put(count, sum(1 if one.cents > 0 else -1 for one in paid), people)
    sheet.put(cents, sum(one.cents for one in paid), people)
    of_price: defaultdict[int, int] = defaultdict(int)
    for one in paid:
        of_price[abs(one.cents)] += 1 if one.cents > 0 else -1
    listed = {price: of_price[price] for price in prices}
    rest = sheet.values[count] - sum(listed.values()), sheet.values[cents] - sum(p * n for p, n in listed.items())
    if min([*rest, *listed.values()]) < 0:
        # A payment came back whose quarter is over: the prices explain nothing here.
        listed, rest = {}, (sheet.values[count], sheet.values[cents])
    counted, money = {count: -1}, {cents: -1}
    for price, number in listed.items():
        latent = sheet.cell("price", row, f"{column} {price}")
        sheet.values[latent] = number
        counted[latent], money[latent] = 1, price
    for measure, relation, value in ((COUNT, counted, rest[0]), (CENTS, money, rest[1])):
        latent = sheet.cell("price", row, f"{column} {OTHER}", measure)
        sheet.values[latent] = value
        relation[latent] = 1
    sheet.relations += [counted, money]


def _steps(sheet: Sheet, book: Book) -> None:
    people = {
        "opened": frozenset(one.person for one in book.opened),
        "placed": frozenset(one.person for one in book.placed),
        "left": frozenset(one.person for one in book.left),
    }
    before = frozenset(book.waiting_before)
    people["waiting"] = (before | people["opened"]) - people["placed"] - people["left"]
    for step, those in people.items():
        sheet.put(sheet.cell("steps", step, ALL), len(those), those)
    waited = sheet.cell("before", "waiting", ALL)
    sheet.values[waited] = len(before)
    opened, placed, left, waiting = (sheet.cell("steps", step, ALL) for step in STEPS)
    sheet.relations.append({waited: 1, opened: 1, placed: -1, left: -1, waiting: -1})
    sheet.relations.append({opened: 1, sheet.cell("places", ALL, ALL): -1})
