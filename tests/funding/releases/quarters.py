"""Quarters for the tests of releases: random ones, and how their editions show figures."""

import random
from collections.abc import Collection, Mapping

from hypothesis import strategies as st

from funding.releases.book import Book, Closed, Left, Opened, Paid, Placed
from funding.releases.hide import Choice
from funding.releases.layout import LANGUAGES, OUTCOMES, PARTS, Cell, editions_of
from funding.releases.rules import System

PRICES = {"release": [10_000, 90_000, 250_000], "hearings": [80_000, 200_000], "advice": [15_000, 20_000]}
PROVIDERS, FUNDERS = ("AHR", "VLN", "ILCM"), ("city", "foundation")


def skewed(chance: random.Random, names: tuple[str, ...]) -> str:
    return chance.choices(names, weights=[2.0**-place for place in range(len(names))])[0]


def random_book(seed: int, opened: int, closed: int, paid: int) -> Book:
    """A quarter in which some providers, funders, parts of the city and languages are rare."""
    chance = random.Random(seed)
    steps = [chance.random() for _ in range(opened)]
    purposes = [chance.choice([*PRICES]) for _ in range(paid)]
    return Book(
        closed=[Closed(f"c{n}", f"q{n}", skewed(chance, PROVIDERS), chance.choice(OUTCOMES)) for n in range(closed)],
        paid=[
            Paid(
                f"m{n}",
                f"r{chance.randrange(paid)}",
                skewed(chance, PROVIDERS),
                skewed(chance, FUNDERS),
                purpose,
                chance.choice(PRICES[purpose]),
            )
            for n, purpose in enumerate(purposes)
        ],
        opened=[Opened(f"o{n}", f"p{n}", skewed(chance, PARTS), skewed(chance, LANGUAGES)) for n in range(opened)],
        placed=[
            Placed(f"a{n}", f"p{n}", skewed(chance, PROVIDERS), 100 * step)
            for n, step in enumerate(steps)
            if step < 0.5
        ],
        left=[Left(f"l{n}", f"p{n}") for n, step in enumerate(steps) if step > 0.8],
        prices=PRICES,
    )


books = st.builds(random_book, st.integers(0, 10**6), st.integers(0, 90), st.integers(0, 70), st.integers(0, 70))


def shown_by(system: System, choice: Choice) -> dict[Cell, int]:
    return {cell: system.sheet.values[cell] for cell in system.sheet.published if cell not in choice.hidden}


def drawn(system: System, shown: Mapping[Cell, int], times: int = 1) -> dict[str, list[Mapping[Cell, int]]]:
    """What so many documents of every edition show, where together they show this."""
    return {
        funder: [{cell: shown[cell] for cell in cells if cell in shown}] * times
        for funder, cells in editions_of(system.sheet).items()
    }


def everything(system: System, *, but: Collection[Cell] = ()) -> dict[Cell, int]:
    return {cell: system.sheet.values[cell] for cell in system.sheet.published if cell not in but}
