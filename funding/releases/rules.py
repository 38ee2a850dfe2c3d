"""Which figures are unsafe, for whom, and how far each reader must be left in doubt. Pure.

A figure about 1 to 10 people is hidden, with its money, and an amount of which all cases but the two largest are less
than a fifth of the largest (the p % rule, p = 20). Both are asked of what is left to each reader when its own is set
aside. No reader may narrow it: a count must be able to be 1 as well as 11, an amount a fifth less as well as a fifth
more.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from funding.releases.book import NOBODY, THRESHOLD, Book
from funding.releases.layout import ALL, CENTS, COUNT, OTHER, OUTCOMES, PUBLISHED, Cell, Sheet, lay_out, part_of
from funding.releases.links import EVERYBODY, FIRST, Link, Links, carried
from funding.withholding.demands import ANYBODY, Demand, Reader
from funding.withholding.table import Table

# The p % rule; in the same measure an amount must stay open above and below.
PERCENT = 20
# Tables that relations link; a reader's part in one group says nothing about another.
NOTHING: frozenset[int] = frozenset()
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
    # Whose link to the release before is this reader's.
    code: str = EVERYBODY


class System:
    """The figures of a release and their relations as one table, with what earlier releases left of the one they share.

    `fixed`: indexes of what everybody knows before anything is shown.
    """

    def __init__(self, book: Book, release: str, links: Links = FIRST) -> None:
        if any(link.waiting != len(book.waiting_before) for link in links.values()):
            raise ValueError("Not as many waited when the quarter began as at the end of the release before.")
        self.book, self.sheet = book, lay_out(book, release)
        self.links = {EVERYBODY: links[EVERYBODY]} if links[EVERYBODY].is_known else dict(links)
        values = dict(self.sheet.values)
        self._before = self.sheet.cell("before", "waiting", ALL)
        told: dict[str, set[Cell]] = {}
        bounds = []
        for name, link in self.links.items():
            told[name] = {self._before} if link.is_known else set()
            for side, limit, sign in (("highest", link.highest, 1), ("lowest", link.lowest or None, -1)):
                if limit is not None and not link.is_known:
                    end, room = (self.sheet.cell("before", f"{side} {what}", name) for what in ("known", "room"))
                    values[end], values[room] = limit, abs(limit - link.waiting)
                    bounds.append({self._before: 1, room: sign, end: -1})
                    told[name].add(end)
        self.cells = [*values]
        self.index = {cell: number for number, cell in enumerate(self.cells)}
        self.sums, of_bounds = (
            [{self.index[cell]: factor for cell, factor in row.items()} for row in rows]
            for rows in (self.sheet.relations, bounds)
        )
        self.relations = [*self.sums, *of_bounds]
        self.table = Table.of([*values.values()], self.relations)
        self.fixed = frozenset(self.index[cell] for cell in told[EVERYBODY])
        self._told = {name: frozenset(self.index[cell] for cell in cells) for name, cells in told.items()}
        self.latent = frozenset(self.index[cell] for cell in self.cells if cell not in self.sheet.people) - self.fixed

    @property
    def waiting(self) -> int:
        """The index of how many wait at the end."""
        return self.index[self.sheet.cell("steps", "waiting", ALL)]

    @cached_property
    def insiders(self) -> tuple[Named, ...]:
        """Everybody, every provider, every funder, and each funder with one provider."""
        return tuple(self._insiders())

    @cached_property
    def families(self) -> tuple[Named, ...]:
        """A family for every place that one case can have in the tables, those that are not linked one at a time."""
        return tuple(self._families())

    def _insiders(self) -> Iterator[Named]:
        providers = [*self.book.people_by_provider]
        funders = sorted({one.funder for one in self.book.paid})
        for funder in ("", *funders):
            for provider in ("", *providers):
                name = " with ".join(filter(None, (funder and f"funder {funder}", provider and f"provider {provider}")))
                yield self._named(name or "the public", funder, provider)

    def _families(self) -> Iterator[Named]:
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
        } | self._told.get(provider, NOTHING)
        # No relation leads from the money to the other tables: of those a funder knows nothing besides.
        tables = ("money",) if funder else PUBLISHED
        payments = frozenset(one.fact for one in mine.paid)
        return Named(name, self._reader(own.values, known), own, tables, payments, provider)

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
        yield from self._of_links(named)

    def _of_links(self, named: Named) -> Iterator[Demand]:
        """What earlier releases left this reader in doubt about, of what has not become its own since."""
        link = self.links.get(named.code)
        if link is None or link.is_known or "steps" not in named.tables:
            return
        own = named.own.values.get(self._before, 0)
        above, below = float(link.above), float(max(0, min(link.below, link.waiting - own)))
        if above or below:
            yield Demand(self.index[self._before], above=above, below=below, reader=named.reader)

    def family_demands(self, unsafe: Sequence[Demand]) -> Iterator[tuple[Named, list[Demand]]]:
        """What no family may find of what is unsafe for everybody in the tables its case is in, its own set aside."""
        public = [demand for demand in unsafe if demand.reader == ANYBODY]
        for family in self.families:
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


def links_of(system: System, seen: Collection[int]) -> dict[str, Link]:
    """What the next release must leave in doubt, for the public and every provider, when these indexes are known."""
    hidden = frozenset(range(len(system.cells))) - frozenset(seen) - system.fixed
    readers = {
        named.code: (named.reader, [*system.primary(named)]) for named in system.insiders if named.tables == PUBLISHED
    }
    return carried(system.table, hidden, system.waiting, readers)
