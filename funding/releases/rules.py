"""Which figures are unsafe, for whom, and how far each reader must be left in doubt. Pure.

A figure about 1 to 10 people is hidden, with its money, and an amount of which all cases but the two largest are less
than a fifth of the largest (the p % rule, p = 20). Both are asked of what is left to each reader when its own is set
aside. No reader may narrow it: a count must be able to be 1 as well as 11, an amount a fifth less as well as a fifth
more.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from funding.releases.book import NOBODY, THRESHOLD, Book
from funding.releases.layout import ALL, CENTS, COUNT, OTHER, OUTCOMES, PUBLISHED, Cell, Sheet, lay_out, part_of
from funding.withholding.demands import ANYBODY, Demand, Reader
from funding.withholding.table import Table

# The p % rule; in the same measure an amount must stay open above and below.
PERCENT = 20
# Tables that relations link; a reader's part in one group says nothing about another.
LINKED = (frozenset({"outcomes"}), frozenset({"money", "price"}), frozenset({"places", "steps", "before"}))


@dataclass(frozen=True)
class Named:
    """A reader by name, with the sheet of its own facts and the tables' rows it knows whole.

    `tables`: where it can learn more than a reader who knows less. `payments`: the facts that are its own money.
    """

    name: str
    reader: Reader
    own: Sheet
    tables: Collection[str] = PUBLISHED
    payments: frozenset[str] = NOBODY


class System:
    """All sheets to date as one table: the last is to be released, the others are."""

    def __init__(self, books: Sequence[tuple[str, Book]]) -> None:
        self.books = books
        self.sheets = [lay_out(book, release) for release, book in books]
        self.sheet, self.book = self.sheets[-1], books[-1][1]
        self.cells = [cell for sheet in self.sheets for cell in sheet.values]
        self.index = {cell: number for number, cell in enumerate(self.cells)}
        values = [sheet.values[cell] for sheet in self.sheets for cell in sheet.values]
        relations = [relation for sheet in self.sheets for relation in sheet.relations]
        for before, after in zip(self.sheets, self.sheets[1:], strict=False):
            # Who waited at the end of one release waited at the beginning of the next.
            relations.append({before.cell("steps", "waiting", ALL): 1, after.cell("before", "waiting", ALL): -1})
        self.relations = [{self.index[cell]: factor for cell, factor in row.items()} for row in relations]
        self.table = Table.of(values, self.relations)
        self.latent = frozenset(self.index[cell] for cell in self.cells if cell not in self.people)

    @property
    def people(self) -> dict[Cell, frozenset[str]]:
        return {cell: people for sheet in self.sheets for cell, people in sheet.people.items()}

    def insiders(self) -> Iterator[Named]:
        """Everybody, every provider, every funder, and each funder with one provider."""
        providers = [*self.book.people_by_provider]
        funders = sorted({one.funder for one in self.book.paid})
        for funder in ("", *funders):
            for provider in ("", *providers):
                name = " with ".join(filter(None, (funder and f"funder {funder}", provider and f"provider {provider}")))
                yield self._named(name or "the public", funder, provider)

    def families(self) -> Iterator[Named]:
        """A family for every place that one case can have in the tables, those that are not linked one at a time."""
        seen = set()
        everyone = frozenset().union(*self.sheet.people.values())
        for person in sorted(everyone):
            own = lay_out(part_of(self.book, person=person), self.sheet.release)
            for tables in LINKED:
                amounts = {cell: value for cell, value in own.values.items() if value and cell.table in tables}
                reader = self._reader(amounts)
                if reader.own and reader.own not in seen:
                    seen.add(reader.own)
                    yield Named("a family", reader, own)

    def _named(self, name: str, funder: str, provider: str) -> Named:
        book = self.book
        mine = part_of(book, provider=provider) if provider else Book(prices=book.prices)
        if funder:
            paid = [one for one in book.paid if one.funder == funder or (provider and one.provider == provider)]
            mine = replace(mine, paid=paid)
        own = lay_out(mine, self.sheet.release)
        known = {
            self.index[cell]
            for cell in self.sheet.values
            if (cell.table == "outcomes" and cell.row == provider)
            or (cell.table in ("money", "price") and cell.row == funder)
        }
        # No relation leads from the money to the other tables: of those a funder knows nothing besides.
        tables = ("money",) if funder else PUBLISHED
        return Named(name, self._reader(own.values, known), own, tables, frozenset(one.fact for one in mine.paid))

    def _reader(self, own: Mapping[Cell, int], known: Collection[int] = ()) -> Reader:
        amounts: defaultdict[int, float] = defaultdict(float)
        for cell, value in own.items():
            if cell in self.index:
                amounts[self.index[cell]] += value
            elif value and cell.table == "price":
                # The whole cell's amounts are not explained by prices, so neither is a part of it.
                purpose, price = cell.column.split()
                for measure, amount in ((COUNT, value), (CENTS, value * int(price))):
                    other = Cell("price", cell.row, f"{purpose} {OTHER}", measure, cell.release)
                    amounts[self.index[other]] += amount
        return Reader(frozenset(known), tuple(sorted((index, amount) for index, amount in amounts.items() if amount)))

    def primary(self, named: Named) -> Iterator[Demand]:
        """What this reader must be left in doubt about in the new release, of what is not its own."""
        for cell in self.sheet.published:
            index = self.index[cell]
            if index in named.reader.known or cell.table not in named.tables:
                continue
            rest = self.sheet.people[cell] - named.own.people.get(cell, frozenset())
            value = self.sheet.values[cell] - named.own.values.get(cell, 0)
            if 0 < len(rest) < THRESHOLD or self._is_dominated(cell, named.payments):
                yield self._demand(cell, value, named.reader)
            elif named.reader == ANYBODY and self._is_group(cell):
                yield Demand(index, below=float(min(value, THRESHOLD)))

    def family_demands(self, unsafe: Sequence[Demand]) -> Iterator[tuple[Named, list[Demand]]]:
        """What no family may find of what is unsafe for everybody in the tables its case is in, its own set aside."""
        public = [demand for demand in unsafe if demand.reader == ANYBODY]
        for family in self.families():
            mine = dict(family.reader.own)
            tables = {self.cells[index].table for index in mine}
            linked = next(group for group in LINKED if tables & group)
            yield (
                family,
                [
                    Demand(
                        demand.index,
                        above=demand.above,
                        below=min(demand.below, self.table.values[demand.index] - mine.get(demand.index, 0.0)),
                        reader=family.reader,
                    )
                    for demand in public
                    if self.cells[demand.index].table in linked
                ],
            )

    def _demand(self, cell: Cell, value: int, reader: Reader) -> Demand:
        index = self.index[cell]
        if cell.measure == CENTS:
            return Demand(index, above=value * PERCENT / 100, below=value * PERCENT / 100, reader=reader)
        return Demand(index, above=float(max(1, THRESHOLD - value)), below=float(max(0, value - 1)), reader=reader)

    def _is_dominated(self, cell: Cell, own: Collection[str]) -> bool:
        """Whether one case could be told from an amount, less these payments, by who knows the second largest."""
        if cell.measure != CENTS:
            return False
        paid: defaultdict[str, int] = defaultdict(int)
        for one in self.book.paid:
            is_in = cell.row in (ALL, one.funder) and cell.column in (ALL, one.purpose)
            if is_in and one.person and one.fact not in own:
                paid[one.person] += one.cents
        largest, *others = sorted(paid.values(), reverse=True) or [0]
        return bool(paid) and sum(others[1:]) * 100 < largest * PERCENT

    def _is_group(self, cell: Cell) -> bool:
        """Whether all closed cases of a small row ended in one way: everybody would know it of each of them."""
        if cell.table != "outcomes" or cell.column not in OUTCOMES or cell.row == ALL:
            return False
        total = self.sheet.values[self.sheet.cell("outcomes", cell.row, ALL)]
        return self.sheet.values[cell] == total and THRESHOLD <= total < 2 * THRESHOLD


def earlier_demands(system: System) -> list[Demand]:
    """What earlier releases left everybody in doubt about, which the new one must not end."""
    found = []
    for number in range(1, len(system.books)):
        before = System(system.books[:number])
        public = next(before.insiders())
        for demand in before.primary(public):
            cell = before.cells[demand.index]
            found.append(Demand(system.index[cell], above=demand.above, below=demand.below))
    return found
