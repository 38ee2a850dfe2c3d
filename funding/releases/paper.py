"""An edition as a tagged PDF, and what its text shows, read back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from django.template.loader import render_to_string

from funding.releases.documents import WITHHELD, Contents, Edition
from funding.releases.layout import ALL, CENTS, COUNT, LANGUAGES, OUTCOMES, PARTS, PURPOSES, STEPS, Cell
from funding.releases.words import DEFINITIONS, LABELS, TITLES

ORDER = {name: place for place, name in enumerate((*OUTCOMES, *PURPOSES, *PARTS[:-1], *LANGUAGES, *STEPS, ALL))}
COLUMNS = {"outcomes": (*OUTCOMES, ALL), "money": (*PURPOSES, ALL), "places": (*LANGUAGES, ALL), "steps": (ALL,)}
MEDIAN = "Median hours"


@dataclass(frozen=True, slots=True)
class Section:
    """One grid of the page: a heading, the words over its columns, and each row with its words and its cells."""

    title: str
    definition: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is printed."""

    label: str
    figures: Sequence[str]


@cache
def is_possible() -> bool:
    """Whether this machine has Pango, which draws the text."""
    try:
        import weasyprint  # noqa: F401
    except OSError:
        return False
    return True


def as_pdf(edition: Edition) -> bytes:
    """A PDF/UA-1 file with a table for every grid; it loads nothing and names nobody."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    context = {
        "quarter": edition.quarter,
        "is_funders": bool(edition.funder),
        "is_totals": edition.level != "tables",
        "withheld": DEFINITIONS["withheld"],
        "sections": [(section, _printed(section, edition)) for section in _sections(edition)],
        "names": sorted(edition.names.items()),
    }
    page = render_to_string("funding/release_print.html", context)
    html = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=()))
    # The identifier of a file is otherwise taken from the clock or the whole; the same edition is the same bytes.
    name = f"{edition.quarter} {edition.funder}".encode()
    pdf: bytes = html.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=name)
    return pdf


def from_pdf(content: bytes, edition: Edition) -> Contents:
    """What the text of a PDF shows, in the grids that this edition has. Raises ValueError."""
    from pypdf import PdfReader

    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    lines = iter([" ".join(line.split()) for line in text.splitlines()])
    shown: dict[Cell, int] = {}
    hours = None
    for section in _sections(edition):
        _find(lines, section.title)
        _find(lines, " ".join(section.columns))
        for label, cells in section.rows:
            figures = _figures_of(next(lines), label, len(cells))
            shown |= {cell: number for cell, number in zip(cells, figures, strict=True) if number is not None}
        if section.title == TITLES["steps", COUNT]:
            (hours,) = _figures_of(next(lines), MEDIAN, 1)
    return Contents(shown, hours)


def _find(lines: Iterator[str], wanted: str) -> None:
    if wanted not in lines:
        raise ValueError(f"There is no line {wanted!r} where one belongs.")


def _figures_of(line: str, label: str, number: int) -> list[int | None]:
    *words, first = line.split(" ")[: -number + 1 or None]
    figures = [first, *line.split(" ")[len(words) + 1 :]]
    if " ".join(words) != label:
        raise ValueError(f"This is not the row {label!r}.")
    return [None if one == WITHHELD else int(one.lstrip("$").replace(",", "").replace(".", "")) for one in figures]


def _sections(edition: Edition) -> Iterator[Section]:
    for (table, measure), title in TITLES.items():
        cells = {
            (cell.row, cell.column): cell for cell in edition.figures if (cell.table, cell.measure) == (table, measure)
        }
        if not cells:
            continue
        columns = COLUMNS[table]
        heads = [LABELS[column] for column in columns] if table != "steps" else ["Cases"]
        rows = sorted({row for row, _ in cells}, key=lambda row: (ORDER.get(row, -1), row))
        yield Section(
            title,
            DEFINITIONS[table],
            heads,
            [(_label(row, edition), [cells[row, column] for column in columns]) for row in rows],
        )


def _label(row: str, edition: Edition) -> str:
    if row == edition.funder:
        return "Your grants"
    # A provider's code is its own word.
    return LABELS.get(row, row)


def _printed(section: Section, edition: Edition) -> list[Row]:
    rows = [Row(label, [_figure(cell, edition.figures[cell]) for cell in cells]) for label, cells in section.rows]
    if section.title == TITLES["steps", COUNT]:
        rows.append(Row(MEDIAN, [WITHHELD if edition.median_hours is None else str(edition.median_hours)]))
    return rows


def _figure(cell: Cell, figure: int | None) -> str:
    if figure is None:
        return WITHHELD
    return f"${figure // 100:,}.{figure % 100:02}" if cell.measure == CENTS else f"{figure:,}"
