"""A release's document as tables to look at. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from funding.amounts import dollars
from funding.portal.document import Document
from funding.portal.words import CORNERS, TITLES, WITHHELD, column_label, row_label
from funding.releases.layout import ALL, CENTS, COUNT, LANGUAGES, OUTCOMES, PARTS, PURPOSES, STEPS

COLUMNS = {"outcomes": OUTCOMES, "places": LANGUAGES}


@dataclass(frozen=True, slots=True)
class Figure:
    """What stands in one place of a table, below which head. `value` is None where it is withheld."""

    head: str
    value: int | None
    is_money: bool = False

    @property
    def text(self) -> str:
        return written(self.value, is_money=self.is_money)

    @property
    def is_withheld(self) -> bool:
        return self.value is None


@dataclass(frozen=True, slots=True)
class Row:
    """A row; `is_total` stands below the others."""

    label: str
    figures: Sequence[Figure]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a release, with its definition in the words that are in the file."""

    code: str
    title: str
    corner: str
    heads: Sequence[str]
    rows: Sequence[Row]
    definition: str

    @property
    def is_narrow(self) -> bool:
        """Whether a phone has room for its columns."""
        return len(self.heads) <= 2


def written(value: int | None, *, is_money: bool = False) -> str:
    """A figure as the page writes it; the same word for whatever is withheld, for whichever reason."""
    if value is None:
        return WITHHELD
    return dollars(value) if is_money else f"{value:,}"


def tables_of(document: Document, names: Mapping[str, str]) -> list[Table]:
    """Steps, outcomes, money and places, of those that the document has; money whatever its source.

    `names` of providers by code. A document of which nothing could be shown has no tables.
    """
    if document.level == "nothing":
        return []
    found = []
    if document.rows("steps"):
        found.append(_steps(document))
    if document.rows("outcomes"):
        found.append(_crossed(document, "outcomes", names))
    if ALL in document.rows("money"):
        found.append(money_table(document, ALL))
    if document.rows("places"):
        found.append(_crossed(document, "places", names))
    return found


def own_money(document: Document) -> Table | None:
    """What the funder's own grants paid for; None where its edition has no row of its own."""
    if document.level == "nothing" or not document.edition or document.edition not in document.rows("money"):
        return None
    return money_table(document, document.edition)


def money_table(document: Document, funder: str) -> Table:
    """One funder's row (or all of them) with a line for each purpose: stages paid, and money."""
    rows = [
        Row(
            row_label("money", ALL, {}) if column == ALL else column_label(column),
            (
                Figure("Stages paid", document.figure("money", funder, column, COUNT)),
                Figure("Paid", document.figure("money", funder, column, CENTS), is_money=True),
            ),
            is_total=column == ALL,
        )
        for column in in_order(document.columns("money"), PURPOSES)
    ]
    return _table("money", ["Stages paid", "Paid"], rows, document)


def _steps(document: Document) -> Table:
    rows = [
        Row(row_label("steps", code, {}), (Figure("Cases", document.figure("steps", code)),))
        for code in in_order(document.rows("steps"), STEPS)
    ]
    return _table("steps", ["Cases"], rows, document)


def _crossed(document: Document, table: str, names: Mapping[str, str]) -> Table:
    """A table with totals on both sides, which come last."""
    columns = in_order(document.columns(table), COLUMNS[table])
    rows = [
        Row(
            row_label(table, row, names),
            [Figure(column_label(column), document.figure(table, row, column)) for column in columns],
            is_total=row == ALL,
        )
        for row in in_order(document.rows(table), PARTS if table == "places" else ())
    ]
    return _table(table, [column_label(column) for column in columns], rows, document)


def in_order(codes: Sequence[str], known: Iterable[str]) -> list[str]:
    """The codes that are known in their own order, then the others as they come, then the total."""
    first = [code for code in known if code in codes and code != ALL]
    return first + [code for code in codes if code not in first and code != ALL] + [ALL] * (ALL in codes)


def _table(code: str, heads: Sequence[str], rows: Sequence[Row], document: Document) -> Table:
    return Table(code, TITLES[code], CORNERS[code], heads, rows, document.definitions.get(code, ""))
