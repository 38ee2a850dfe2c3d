"""What a release of a quarter of real size takes, and whether earlier releases make it longer; docs/performance.md."""

import random
import time

import pytest

from funding.releases.book import Book, Closed, Left, Opened, Paid, Placed, countable, people_of
from funding.releases.formats import draw, read
from funding.releases.hide import Level
from funding.releases.layout import LANGUAGES, OUTCOMES, PARTS
from funding.releases.links import FIRST, Link, Links
from funding.releases.publish import decide
from funding.releases.rules import System, links_of

PROVIDERS, FUNDERS = ("AHR", "VLN", "ILCM", "MMLA", "BINGER"), ("city", "county", "foundation")
PRICES = {
    "release": (10_000, 90_000, 250_000),
    "hearings": (80_000, 150_000, 200_000, 40_000),
    "advice": (15_000, 20_000),
}
# Six to eight cases a month is what one funder's contract buys (domain.md §7); the surge brought some hundreds.
OPENED, CLOSED, PAID = 400, 220, 380


def quarter(seed: int, waiting: frozenset[str] = frozenset()) -> Book:
    """Some hundreds of requests, unevenly spread, of which a few still wait at the end."""
    chance = random.Random(seed)
    providers = chance.choices(PROVIDERS, weights=(8, 7, 4, 2, 1), k=OPENED + CLOSED + PAID)
    people = [*sorted(waiting), *(f"{seed}-{n}" for n in range(OPENED))]
    fates = [chance.random() for _ in people]
    placed = [
        Placed(f"a{one}", one, providers.pop(), 90 * fate)
        for one, fate in zip(people, fates, strict=True)
        if fate < 0.75
    ]
    return Book(
        closed=[
            Closed(f"c{seed}-{n}", f"c{seed}-{n}", providers.pop(), chance.choices(OUTCOMES, (6, 3, 4, 5, 2))[0])
            for n in range(CLOSED)
        ],
        paid=[
            Paid(
                f"m{seed}-{n}",
                f"r{seed}-{chance.randrange(PAID)}",
                providers.pop() if providers else "AHR",
                chance.choices(FUNDERS, (6, 3, 2))[0],
                purpose,
                chance.choice(PRICES[purpose]),
            )
            for n in range(PAID)
            for purpose in chance.choices([*PRICES], (5, 3, 2))
        ],
        opened=[
            Opened(
                f"o{one}",
                one,
                chance.choices(PARTS, (3, 2, 4, 6, 2, 1))[0],
                chance.choices(LANGUAGES, (3, 8, 2, 1, 1))[0],
            )
            for one in people
            if one not in waiting
        ],
        placed=placed,
        left=[Left(f"l{one}", one) for one, fate in zip(people, fates, strict=True) if 0.75 <= fate < 0.985],
        waiting_before=waiting,
        prices=PRICES,
    )


def test_a_quarter_of_real_size_is_released_within_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    links: Links = FIRST
    waiting: frozenset[str] = frozenset()
    lines = []
    for number in range(9):
        book = countable(quarter(number, waiting))
        begun = time.perf_counter()
        system = System(book, f"20{26 + number // 4}Q{number % 4 + 1}", links)
        decision = decide(system, draw, read, choosing_seconds=35, audit_seconds=60)
        links = links_of(system, [system.index[cell] for cell in decision.shown])
        whole = time.perf_counter() - begun
        audit_seconds = decision.audits[-1][1].seconds
        waiting = _waiting(book)
        link: Link = links[""]
        lines.append(
            f"after {number}: {decision.level}, {len(decision.shown)} of {len(system.sheet.published)} figures shown, "
            f"{len(waiting)} wait{'' if link.is_known else ' (withheld)'}, {whole:.1f} s, audit {audit_seconds:.1f} s"
        )
        assert decision.level == Level.TABLES, decision.reasons
        assert whole <= 60
        assert audit_seconds <= 10
    with capsys.disabled():
        print("", *lines, sep="\n")


def _waiting(book: Book) -> frozenset[str]:
    gone = people_of(book.placed) | people_of(book.left)
    return (people_of(book.opened) | frozenset(book.waiting_before)) - gone
