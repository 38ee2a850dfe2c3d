"""An edition of a release as JSON, CSV and XLSX, and each read back to what it shows. Pure.

Every document is the same bytes for the same edition: no clock, author or path is in them.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import openpyxl

from funding.releases.layout import Cell
from funding.releases.words import DEFINITIONS

# What a reader sees in the place of a withheld figure.
WITHHELD = "withheld"
HEAD = ("table", "row", "column", "measure", "figure")
HOURS = ("steps", "placed", "all", "median hours")
# A spreadsheet takes a text that begins so for a formula; the quote that says otherwise is quoted too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
# The moment that every document says it was made: the format's first.
NO_TIME = (1980, 1, 1, 0, 0, 0)

Line = tuple[str, str, str, str, int | str]


@dataclass(frozen=True, slots=True)
class Edition:
    """What one edition says of a quarter: the figures (None: withheld), and the median of hours.

    `funder`: the slug of the organization whose edition it is; empty is the public's.
    """

    quarter: str
    funder: str
    level: str
    figures: Mapping[Cell, int | None]
    median_hours: int | None = None
    # By provider's code; for readers only.
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def definitions(self) -> dict[str, str]:
        """The plain words of the tables that are in it."""
        tables = {cell.table for cell in self.figures}
        return {name: words for name, words in DEFINITIONS.items() if name in tables or name == "withheld"}

    @property
    def contents(self) -> "Contents":
        return Contents(
            {cell: figure for cell, figure in self.figures.items() if figure is not None}, self.median_hours
        )


class Contents(NamedTuple):
    """What a document shows, read back from its bytes."""

    shown: dict[Cell, int]
    median_hours: int | None


def as_json(edition: Edition) -> bytes:
    """A list of figures; null is withheld."""
    body = {
        "quarter": edition.quarter,
        "edition": edition.funder,
        "level": edition.level,
        "figures": [dict(zip(HEAD, (*cell[:4], figure), strict=True)) for cell, figure in edition.figures.items()],
        "median_hours": edition.median_hours,
        "definitions": edition.definitions,
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def as_csv(edition: Edition) -> bytes:
    """The figures, then the words that define them."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEAD, *_figures(edition), *_words(edition)])
    return text.getvalue().encode()


def as_xlsx(edition: Edition) -> bytes:
    """Two visible sheets, without properties that name anybody."""
    book = openpyxl.Workbook()
    figures = book.active
    figures.title = "figures"
    definitions = book.create_sheet("definitions")
    for line in [HEAD, *_figures(edition)]:
        figures.append(line)
    for table, _, _, _, words in _words(edition):
        definitions.append([table, words])
    for sheet in book:
        for one in (one for row in sheet.iter_rows() for one in row):
            if isinstance(one.value, str):
                one.data_type = "s"
    book.properties.creator = ""
    written = io.BytesIO()
    book.save(written)
    return _without_times(written.getvalue())


def plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _raw(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _figures(edition: Edition) -> list[Line]:
    lines: list[Line] = [
        (plain(cell.table), plain(cell.row), plain(cell.column), cell.measure, WITHHELD if figure is None else figure)
        for cell, figure in edition.figures.items()
    ]
    return [*lines, (*HOURS, WITHHELD if edition.median_hours is None else edition.median_hours)]


def _words(edition: Edition) -> list[Line]:
    lines: list[Line] = [("release", "", "", "", f"{edition.quarter} {edition.level}")]
    return lines + [(plain(table), "", "", "", plain(words)) for table, words in edition.definitions.items()]


def _without_times(content: bytes) -> bytes:
    """The same parts in the same order, all of one moment; the properties are empty."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            part = source.read(name)
            if name == "docProps/core.xml":
                head, tail = b"<cp:coreProperties", b"</cp:coreProperties>"
                part = part[part.index(head) : part.index(b">") + 1] + tail
            target.writestr(zipfile.ZipInfo(name, NO_TIME), part, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def from_json(content: bytes) -> Contents:
    """What a JSON document shows."""
    body = json.loads(content)
    shown = {
        Cell._make([*(one[name] for name in HEAD[:4]), body["quarter"]]): one["figure"]
        for one in body["figures"]
        if one["figure"] is not None
    }
    return Contents(shown, body["median_hours"])


def from_csv(content: bytes, quarter: str) -> Contents:
    """What a CSV document shows. Raises ValueError."""
    return _contents(list(csv.reader(io.StringIO(content.decode(), newline=""))), quarter)


def from_xlsx(content: bytes, quarter: str) -> Contents:
    """What a spreadsheet shows, on every sheet, also one that is hidden. Raises ValueError."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = [
        ["" if one is None else str(one) for one in row] for sheet in book for row in sheet.iter_rows(values_only=True)
    ]
    return _contents(rows, quarter)


def _contents(rows: Sequence[Sequence[str]], quarter: str) -> Contents:
    if tuple(rows[0]) != HEAD:
        raise ValueError("This is not a release.")
    shown: dict[Cell, int] = {}
    hours = None
    for row in rows[1:]:
        # A definition measures nothing.
        if len(row) < len(HEAD) or not row[3] or row[4] == WITHHELD:
            continue
        if tuple(row[:4]) == HOURS:
            hours = int(row[4])
        else:
            shown[Cell._make([*(_raw(text) for text in row[:4]), quarter])] = int(row[4])
    return Contents(shown, hours)
