"""What one release counts, and what waits for the next since there is too little of it. Pure.

Every fact is counted once, in the first release that can show a total it belongs to: a provider's closed cases, a
funder's payments, all requests, all placements, all that ended without a provider. `person` is the case; so that two
payments for one case are one person.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

# The smallest number of people that may be shown or pinned down, but 0.
THRESHOLD = 11


class _OfPerson(Protocol):
    @property
    def person(self) -> str: ...


F = TypeVar("F", bound=_OfPerson)


@dataclass(frozen=True, slots=True)
class Closed:
    """A case that its provider closed."""

    fact: str
    person: str
    provider: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Paid:
    """An amount that one funder's grants paid a provider; below zero where a payment came back.

    Of the fund's own running costs `person` and `provider` are empty: they are about nobody, and hidden from nobody.
    """

    fact: str
    person: str
    provider: str
    funder: str
    purpose: str
    cents: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A request for help."""

    fact: str
    person: str
    part: str
    language: str


@dataclass(frozen=True, slots=True)
class Placed:
    """The first acceptance of a case, so many hours after it was opened."""

    fact: str
    person: str
    provider: str
    hours: float


@dataclass(frozen=True, slots=True)
class Left:
    """A case that ended without a provider."""

    fact: str
    person: str


@dataclass(frozen=True, slots=True)
class Book:
    """The facts of one release.

    `waiting_before`: cases that an earlier release counted as opened and none as placed or left. `prices`: the cents of
    the price list, by purpose. `had_by`: by provider, people it knows as its own though no fact here says so.
    """

    closed: Sequence[Closed] = ()
    paid: Sequence[Paid] = ()
    opened: Sequence[Opened] = ()
    placed: Sequence[Placed] = ()
    left: Sequence[Left] = ()
    waiting_before: Collection[str] = ()
    prices: Mapping[str, Collection[int]] = field(default_factory=dict)
    had_by: Mapping[str, Collection[str]] = field(default_factory=dict)

    @property
    def facts(self) -> list[str]:
        """The ids of everything that is counted."""
        return [one.fact for kind in (self.closed, self.paid, self.opened, self.placed, self.left) for one in kind]

    @property
    def people_by_provider(self) -> dict[str, frozenset[str]]:
        """Whom each provider knows: it knows of its own cases where they live, and that they were opened and placed."""
        theirs: defaultdict[str, set[str]] = defaultdict(set)
        for kind in (self.closed, self.paid, self.placed):
            for one in kind:
                if one.provider:
                    theirs[one.provider].add(one.person)
        for provider, people in self.had_by.items():
            theirs[provider].update(people)
        return {provider: frozenset(people) for provider, people in sorted(theirs.items())}


NOBODY: frozenset[str] = frozenset()


def countable(book: Book) -> Book:
    """The book less what has to wait: every total that is left has no people or at least eleven.

    A provider knows its own people, so that the others of a total must be none or eleven too.
    """
    known = book.people_by_provider
    opened = book.opened if _is_safe(people_of(book.opened), known.values()) else ()
    counted = set(book.waiting_before) | {one.person for one in opened}
    placed = [one for one in book.placed if one.person in counted]
    placed = placed if _is_safe(people_of(placed), known.values()) else []
    left = [one for one in book.left if one.person in counted]
    left = left if _is_safe(people_of(left), known.values()) else []
    return replace(
        book,
        closed=_whole_rows(book.closed, lambda one: one.provider, others=False),
        paid=_whole_rows(_settled(book.paid), lambda one: one.funder, others=True),
        opened=opened,
        placed=placed,
        left=left,
        # A provider knows its own cases in the tables of requests even while their placement waits.
        had_by=known,
    )


def people_of(facts: Iterable[_OfPerson]) -> frozenset[str]:
    """The people that these facts are about."""
    return frozenset(one.person for one in facts if one.person)


def _whole_rows(facts: Sequence[F], row_of: Callable[[F], str], *, others: bool) -> list[F]:
    """The facts of those rows whose total may be shown."""
    kept: list[F] = []
    for row in _rows(facts, row_of).values():
        providers = _by(row, lambda one: one.provider).values() if others else ()  # type: ignore[attr-defined]
        if _is_safe(people_of(row), providers):
            kept += row
    return kept


def _settled(paid: Sequence[Paid]) -> list[Paid]:
    """Without those funders of whose payments more came back than were made, for any purpose: all of theirs wait."""
    sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in paid:
        of_cell = sums[one.funder, one.provider, one.purpose]
        of_cell[0] += one.cents
        of_cell[1] += 1 if one.cents > 0 else -1
    waiting = {funder for (funder, _, _), of_cell in sums.items() if min(of_cell) < 0}
    return [one for one in paid if one.funder not in waiting]


def _is_safe(people: frozenset[str], known: Iterable[frozenset[str]] = ()) -> bool:
    rests = [people, *(people - theirs for theirs in known)]
    return all(not rest or len(rest) >= THRESHOLD for rest in rests)


def _rows(facts: Iterable[F], key: Callable[[F], Hashable]) -> dict[Hashable, list[F]]:
    rows: defaultdict[Hashable, list[F]] = defaultdict(list)
    for one in facts:
        rows[key(one)].append(one)
    return dict(rows)


def _by(facts: Iterable[F], key: Callable[[F], Hashable]) -> dict[Hashable, frozenset[str]]:
    return {name: people_of(row) for name, row in _rows(facts, key).items()}
