"""Nobody learns of a handful of people from a release: random books, every reader, and the audit that must notice."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funding.releases.audit import audit
from funding.releases.book import THRESHOLD, Book, Opened, Paid, Placed, countable
from funding.releases.hide import Level, choose, margins
from funding.releases.hours import median_hours
from funding.releases.layout import ALL, CENTS, LANGUAGES, PARTS, part_of
from funding.releases.rules import System
from tests.conftest import SCALE
from tests.funding.releases.quarters import FUNDERS, PROVIDERS, books, drawn, everything, random_book, shown_by


@settings(max_examples=SCALE["random_books"])
@given(books, st.randoms(use_true_random=False))
def test_no_reader_learns_of_few_and_every_figure_shown_again_is_noticed(book: Book, chance: random.Random) -> None:
    system = System(countable(book), "2026Q3")

    choice = choose(system, seconds=30)

    shown = shown_by(system, choice)
    assert audit(system, drawn(system, shown, 4), seconds=60).breaches == []
    assert all(value not in range(1, THRESHOLD) for cell, value in shown.items() if cell.measure != CENTS)
    if choice.level == Level.TABLES:
        for cell in chance.sample(sorted(choice.hidden), min(SCALE["unhidden_cells"], len(choice.hidden))):
            leaky = shown | {cell: system.sheet.values[cell]}
            assert not audit(system, drawn(system, leaky), seconds=60).is_clean, cell


@given(books)
def test_margins_show_no_total_of_few(book: Book) -> None:
    # A coalition may still subtract; then the audit of the margins finds it, and nothing may be published.
    system = System(countable(book), "2026Q3")

    shown = shown_by(system, margins(system))

    assert all(
        not 0 < len(system.sheet.people[cell]) < THRESHOLD
        for cell in shown
        if cell.table in ("outcomes", "money", "places")
    )
    assert all(cell.column == ALL for cell in shown)


@given(books)
def test_what_is_counted_has_totals_of_nobody_or_eleven_and_the_rest_waits_whole(book: Book) -> None:
    counted = countable(book)

    for row in (*PROVIDERS, *FUNDERS):
        closed = {one.person for one in counted.closed if one.provider == row}
        paid = {one.person for one in counted.paid if one.funder == row}
        assert len(closed) not in range(1, THRESHOLD)
        assert len(paid) not in range(1, THRESHOLD)
    assert set(counted.facts) <= set(book.facts)
    assert sum(one.cents for one in counted.paid) == sum(
        one.cents for one in book.paid if one.funder in {kept.funder for kept in counted.paid}
    )


def test_a_document_that_shows_another_figure_than_the_books_is_noticed() -> None:
    system = System(countable(random_book(1, 60, 60, 60)), "2026Q3")
    shown = shown_by(system, choose(system, seconds=30))
    cell = system.sheet.cell("steps", "opened", ALL)

    report = audit(system, {"": [shown, shown | {cell: shown[cell] + 1}]}, seconds=60)

    assert {breach.kind for breach in report.breaches} == {"the documents differ", "not the ledger's figure"}


def test_an_audit_that_does_not_end_has_failed() -> None:
    system = System(countable(random_book(1, 60, 60, 60)), "2026Q3")
    shown = shown_by(system, choose(system, seconds=30))

    assert [breach.kind for breach in audit(system, drawn(system, shown), seconds=0).breaches] == [
        "the audit did not end"
    ]


def one_provider_short(others: int) -> Book:
    """Sixty requests of one part and language that a provider has, all but a few, and sixty more elsewhere."""
    provider_of = ["AHR"] * 60 + ["VLN"] * 60
    people = [(f"p{n}", PARTS[0] if n < 60 + others else PARTS[1], LANGUAGES[0]) for n in range(120)]
    return Book(
        opened=[Opened(f"o{person}", person, part, language) for person, part, language in people],
        placed=[
            Placed(f"a{person}", person, provider, 5.0)
            for (person, _, _), provider in zip(people, provider_of, strict=True)
        ],
    )


@pytest.mark.parametrize(("others", "is_hidden"), [(0, False), (4, True), (11, False)])
def test_a_provider_does_not_find_the_few_others_where_its_own_cases_live(others: int, is_hidden: bool) -> None:
    system = System(countable(one_provider_short(others)), "2026Q3")
    cell = system.sheet.cell("places", PARTS[0], LANGUAGES[0])

    assert (cell in choose(system, seconds=30).hidden) == is_hidden
    breaches = {
        (breach.kind, breach.reader) for breach in audit(system, drawn(system, everything(system)), seconds=60).breaches
    }
    assert (("shown", "provider AHR") in breaches) == is_hidden


def test_requests_wait_where_a_provider_could_count_the_few_that_it_has_not() -> None:
    opened = [Opened(f"o{n}", f"p{n}", PARTS[0], LANGUAGES[0]) for n in range(30)]
    placed = [Placed(f"a{n}", f"p{n}", "AHR", 5.0) for n in range(25)]

    assert countable(Book(opened=opened, placed=placed)).facts == []
    assert len(countable(Book(opened=opened, placed=placed[:15])).opened) == 30


def test_a_provider_knows_its_cases_while_their_placement_waits() -> None:
    opened = [Opened(f"o{n}", f"p{n}", PARTS[0], LANGUAGES[0]) for n in range(30)]
    placed = [Placed(f"a{n}", f"p{n}", "AHR", 5.0) for n in range(8)]

    counted = countable(Book(opened=opened, placed=placed))

    assert (len(counted.opened), len(counted.placed)) == (30, 0)
    assert len(part_of(counted, provider="AHR").opened) == 8


@pytest.mark.parametrize(("largest", "is_hidden"), [(10_000, False), (10_000_000, True)])
def test_the_dominance_of_one_case_is_judged_without_a_readers_own(largest: int, is_hidden: bool) -> None:
    # The own cases of AHR cover for the large one before everybody, but not before AHR.
    own = [Paid(f"x{n}", f"x{n}", "AHR", "city", "advice", 1_000_000) for n in range(20)]
    rest = [Paid(f"y{n}", f"y{n}", "VLN", "city", "advice", 10_000 if n else largest) for n in range(20)]
    system = System(countable(Book(paid=[*own, *rest])), "2026Q3")
    cell = system.sheet.cell("money", "city", "advice", CENTS)

    asked = {
        named.name: {demand.index for demand in system.primary(named)}
        for named in system.insiders
        if named.name in ("the public", "provider AHR")
    }

    assert system.index[cell] not in asked["the public"]
    assert (system.index[cell] in asked["provider AHR"]) == is_hidden


@pytest.mark.parametrize(
    ("hours", "is_count_shown", "told"),
    [
        ([5.0] * 19, True, None),
        ([5.0] * 20, False, None),
        ([5.0] * 20, True, 6),
        ([0.0] * 20, True, 0),
        ([*range(100)], True, 48),
        ([50.9] * 30, True, 48),
        ([51.0] * 30, True, 54),
    ],
)
def test_a_median_is_told_in_steps_of_six_hours_and_of_twenty_cases(
    hours: list[float], is_count_shown: bool, told: int | None
) -> None:
    placed = [Placed(f"a{n}", f"p{n}", "AHR", one) for n, one in enumerate(hours)]

    assert median_hours(placed, is_count_shown=is_count_shown) == told


def test_no_median_is_told_that_is_of_few_without_one_providers_own() -> None:
    placed = [Placed(f"a{n}", f"p{n}", "AHR" if n < 40 else "VLN", 12.0) for n in range(59)]

    assert median_hours(placed, is_count_shown=True) is None
    assert median_hours([*placed, Placed("a60", "p60", "VLN", 12.0)], is_count_shown=True) == 12


def test_running_costs_are_about_nobody_and_cover_for_nobody() -> None:
    running = [Paid(f"e{n}", "", "", "city", "running", 500_000) for n in range(12)]
    few = [Paid(f"m{n}", f"p{n}", "AHR", "city", "advice", 15_000) for n in range(5)]

    alone, with_few = countable(Book(paid=running)), countable(Book(paid=[*running, *few]))

    assert (len(alone.paid), len(with_few.paid)) == (12, 0)
    system = System(alone, "2026Q3")
    assert [named.name for named in system.insiders] == ["the public", "funder city"]
    shown = shown_by(system, choose(system, seconds=30))
    assert shown[system.sheet.cell("money", "city", "running", CENTS)] == 6_000_000
    assert audit(system, drawn(system, shown), seconds=60).is_clean
