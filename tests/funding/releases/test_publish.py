"""Disclosures that are known to be easily missed: the audit finds them, the choice avoids them, else less is shown."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from funding.releases.audit import audit
from funding.releases.book import Book, Closed, Paid, countable
from funding.releases.documents import Contents, Edition
from funding.releases.hide import Level, choose
from funding.releases.layout import ALL, OUTCOMES, Cell
from funding.releases.publish import UNREADABLE, Decision, Document, decide
from funding.releases.rules import System
from tests.funding.releases.quarters import drawn, everything, shown_by

SECONDS = 60.0
# Two hidden cells in every row and column, and yet the one in the middle follows from the totals.
TWO_IN_EVERY_LINE = [
    [20, 21, 5, 0],
    [22, 23, 0, 0],
    [0, 0, 24, 25],
    [0, 0, 26, 27],
]


def closed_cases(table: Sequence[Sequence[int]]) -> Book:
    """A provider for every row, an outcome for every column."""
    return Book(
        closed=[
            Closed(f"c{row}-{column}-{n}", f"p{row}-{column}-{n}", f"provider{row}", OUTCOMES[column])
            for row, line in enumerate(table)
            for column, number in enumerate(line)
            for n in range(number)
        ]
    )


@pytest.fixture
def system() -> System:
    return System(countable(closed_cases(TWO_IN_EVERY_LINE)), "2026Q3")


def as_is(edition: Edition) -> list[Document]:
    return [Document(edition.funder, name, b"") for name in ("json", "csv")]


def itself(document: Document, edition: Edition) -> Contents:
    return edition.contents


def decided(system: System, read: Callable[[Document, Edition], Contents] = itself, seconds: float = 60) -> Decision:
    return decide(system, as_is, read, choosing_seconds=seconds, audit_seconds=SECONDS)


def has_tables(shown: Mapping[Cell, int | None]) -> bool:
    return any(figure is not None for cell, figure in shown.items() if cell.table == "outcomes" and cell.column != ALL)


def test_a_cell_that_two_suppressions_in_every_line_do_not_protect_is_recovered_and_avoided(system: System) -> None:
    hidden = {
        cell
        for cell in system.sheet.published
        if cell.table == "outcomes" and ALL not in (cell.row, cell.column) and system.sheet.values[cell]
    }
    for place in ("row", "column"):
        lines = [getattr(cell, place) for cell in hidden]
        assert min(lines.count(line) for line in lines) >= 2
    middle = system.sheet.cell("outcomes", "provider0", OUTCOMES[2])

    report = audit(system, drawn(system, everything(system, but=hidden)), seconds=SECONDS)
    choice = choose(system, seconds=SECONDS)

    assert ("recovered", "the public", middle) in {(one.kind, one.reader, one.cell) for one in report.breaches}
    assert choice.level == Level.TABLES
    assert middle in choice.hidden
    assert audit(system, drawn(system, shown_by(system, choice)), seconds=SECONDS).is_clean


def test_without_time_to_choose_only_margins_are_shown_and_it_is_said_why(system: System) -> None:
    decision = decided(system, seconds=0)

    assert decision.level == Level.MARGINS
    assert {(cell.row, cell.column) for cell in decision.shown if cell.table == "outcomes"} == {
        ("all", "all"),
        *((f"provider{row}", "all") for row in range(4)),
    }
    assert [(level, report.is_clean) for level, report in decision.audits] == [(Level.MARGINS, True)]
    assert decision.reasons == ["tables: the choice did not end"]


def test_what_the_audit_refuses_is_not_published_but_its_margins(system: System) -> None:
    leak = system.sheet.cell("outcomes", "provider0", OUTCOMES[2])

    def leaky(document: Document, edition: Edition) -> Contents:
        # One document of two tells what is hidden, as long as tables are drawn at all.
        shown = edition.contents.shown
        return Contents({**shown, leak: 5} if has_tables(edition.figures) and document.format == "csv" else shown, None)

    decision = decided(system, leaky)

    assert decision.level == Level.MARGINS
    assert leak not in decision.shown
    assert [(level, report.is_clean) for level, report in decision.audits] == [
        (Level.TABLES, False),
        (Level.MARGINS, True),
    ]
    assert "tables: the documents differ" in decision.reasons
    assert not any(character.isdigit() for reason in decision.reasons for character in reason)


def test_where_margins_fail_too_nothing_is_published(system: System) -> None:
    def torn(document: Document, edition: Edition) -> Contents:
        raise EOFError

    decision = decided(system, torn)

    assert (decision.level, decision.shown, decision.documents) == (Level.NOTHING, {}, ())
    assert [level for level, _ in decision.audits] == [Level.TABLES, Level.MARGINS]
    assert set(decision.reasons) == {f"tables: {UNREADABLE}", f"margins: {UNREADABLE}"}


def test_a_document_with_another_median_is_not_published(system: System) -> None:
    decision = decided(system, lambda document, edition: Contents(edition.contents.shown, 12))

    assert decision.level == Level.NOTHING


def test_a_quarter_without_facts_shows_zeros_and_needs_nothing_hidden() -> None:
    system = System(countable(Book()), "2026Q3")

    decision = decided(system)

    assert decision.level == Level.TABLES
    assert decision.shown == everything(system)
    assert set(decision.shown.values()) == {0}


def test_an_edition_that_holds_another_funders_row_is_noticed() -> None:
    paid = [
        Paid(f"m{funder}{n}", f"p{funder}{n}", "AHR", funder, "advice", 15_000)
        for funder in ("city", "foundation")
        for n in range(20)
    ]
    system = System(countable(Book(paid=paid)), "2026Q3")
    shown = drawn(system, everything(system))
    row = {cell: value for cell, value in shown["foundation"][0].items() if cell.row == "foundation"}
    assert row
    assert audit(system, shown, seconds=SECONDS).is_clean

    for edition in ("", "city"):
        leaky = shown | {edition: [{**shown[edition][0], **row}]}
        kinds = {(one.kind, one.cell) for one in audit(system, leaky, seconds=SECONDS).breaches}
        assert kinds == {("another edition's figure", cell) for cell in row}


def test_no_document_of_one_funder_names_another_or_is_of_another_shape() -> None:
    def editions(*funders: str) -> dict[str, list[Document]]:
        paid = [
            Paid(f"m{funder}{n}", f"p{funder}{n}", "AHR", funder, "advice", 15_000)
            for funder in funders
            for n in range(30)
        ]
        seen: dict[str, list[Document]] = {}

        def draw(edition: Edition) -> list[Document]:
            seen[edition.funder] = [Document(edition.funder, "json", repr(edition).encode())]
            return seen[edition.funder]

        decide(System(countable(Book(paid=paid)), "2026Q3"), draw, itself, choosing_seconds=60, audit_seconds=SECONDS)
        return seen

    both = editions("city", "foundation")

    assert set(both) == {"", "city", "foundation"}
    assert b"foundation" not in both["city"][0].content + both[""][0].content
    assert b"city" not in both[""][0].content
    assert list(editions("city")) == ["", "city"]
