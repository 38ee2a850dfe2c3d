"""A year as the sum of its released quarters, from the published files alone. Pure.

Nothing is counted again from cases or payments: whoever has the quarters' files can add the same sums, so that a year
tells nothing that they did not. What a quarter withholds is missing from the sum, which then says "at least"; it is
never filled in from what another table, edition or quarter would let one work out. What waited in a quarter for being
too little is in a later one's figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from funding.portal.document import Document
from funding.portal.tables import in_order, written
from funding.portal.words import WITHHELD, column_label, row_label
from funding.releases.layout import ALL, CENTS, COUNT
from funding.releases.layout import OUTCOMES as OUTCOME_CODES
from funding.releases.layout import PURPOSES as PURPOSE_CODES


@dataclass(frozen=True, slots=True)
class Sum:
    """Of the figures that are shown; `is_least` where some are not. `value` is None where all are withheld."""

    value: int | None
    is_least: bool = False
    is_money: bool = False

    @property
    def text(self) -> str:
        if self.value is None:
            return WITHHELD
        return f"{'at least ' if self.is_least else ''}{written(self.value, is_money=self.is_money)}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the year's report: its figures in words beside their quarters."""

    label: str
    cells: Sequence[tuple[str, str]]
    total: Sum
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Year:
    """What the released quarters of a year come to. `missing`: those not released yet."""

    year: int
    quarters: Sequence[str]
    missing: Sequence[str]
    steps: Sequence[Line]
    outcomes: Sequence[Line]
    stages: Sequence[Line]
    money: Sequence[Line]
    waits: Sequence[Line]
    opened: Sequence[int | None]
    placed: Sequence[int | None]


def sum_of(figures: Sequence[int | None], *, is_money: bool = False) -> Sum:
    """Shown figures added up; withheld ones add nothing and make it a least."""
    shown = [figure for figure in figures if figure is not None]
    if not shown:
        return Sum(None, is_money=is_money)
    return Sum(sum(shown), is_least=len(shown) < len(figures), is_money=is_money)


def year_of(year: int, documents: Sequence[Document]) -> Year:
    """The report of a year from its documents, one a quarter, in any order. Raises ValueError for another year's."""
    if any(not document.quarter.startswith(f"{year}Q") for document in documents):
        raise ValueError("A document is of another year.")
    ordered = sorted(documents, key=lambda document: document.quarter)
    quarters = [document.quarter for document in ordered]
    outcomes = in_order(_codes(ordered, "outcomes"), OUTCOME_CODES)
    purposes = in_order(_codes(ordered, "money"), PURPOSE_CODES)

    def line(label: str, table: str, row: str, column: str, measure: str = COUNT) -> Line:
        figures = _shown(ordered, table, row, column, measure)
        return _line(label, quarters, figures, is_total=column == ALL, is_money=measure == CENTS)

    def last(label: str, figures: Sequence[int | None]) -> Line:
        texts = [written(figure) for figure in figures]
        return Line(label, [*zip(quarters, texts, strict=True)], Sum(figures[-1] if figures else None))

    return Year(
        year=year,
        quarters=quarters,
        missing=[name for number in range(1, 5) if (name := f"{year}Q{number}") not in quarters],
        steps=[
            _line(row_label("steps", code, {}), quarters, _shown(ordered, "steps", code))
            for code in ("opened", "placed", "left")
        ],
        outcomes=[
            line("All closed cases" if code == ALL else column_label(code), "outcomes", ALL, code) for code in outcomes
        ],
        stages=[line(_purpose(code), "money", ALL, code) for code in purposes],
        money=[line(_purpose(code), "money", ALL, code, CENTS) for code in purposes],
        # Neither is added up: who waits at the end of each may be the same people, and no median is one of medians.
        waits=[
            last("People waiting", _shown(ordered, "steps", "waiting")),
            last("Hours until a provider took a case, half less", [document.median_hours for document in ordered]),
        ],
        opened=_shown(ordered, "steps", "opened"),
        placed=_shown(ordered, "steps", "placed"),
    )


def own_money(documents: Sequence[Document]) -> list[Line]:
    """By purpose, what a funder's own editions of the year say its grants paid."""
    ordered = sorted(documents, key=lambda document: document.quarter)
    return [
        _line(
            _purpose(code),
            [document.quarter for document in ordered],
            [document.figure("money", document.edition, code, CENTS) for document in ordered],
            is_total=code == ALL,
            is_money=True,
        )
        for code in in_order(_codes(ordered, "money"), PURPOSE_CODES)
    ]


def _purpose(code: str) -> str:
    return row_label("money", code, {})


def _codes(documents: Sequence[Document], table: str) -> list[str]:
    return list(dict.fromkeys(column for document in documents for column in document.columns(table)))


def _shown(
    documents: Sequence[Document], table: str, row: str = ALL, column: str = ALL, measure: str = COUNT
) -> list[int | None]:
    return [document.figure(table, row, column, measure) for document in documents]


def _line(
    label: str,
    quarters: Sequence[str],
    figures: Sequence[int | None],
    *,
    is_total: bool = False,
    is_money: bool = False,
) -> Line:
    texts = [written(figure, is_money=is_money) for figure in figures]
    return Line(label, [*zip(quarters, texts, strict=True)], sum_of(figures, is_money=is_money), is_total=is_total)
