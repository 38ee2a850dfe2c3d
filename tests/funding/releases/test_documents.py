"""Every document of a release shows the same figures, no formula, and nobody's name."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from funding.releases.book import countable
from funding.releases.documents import Edition, as_csv, as_json, as_xlsx
from funding.releases.formats import draw, read
from funding.releases.layout import CENTS, COUNT, Cell, editions_of
from funding.releases.paper import from_pdf
from funding.releases.publish import Document
from funding.releases.rules import System
from funding.releases.words import DEFINITIONS, LABELS
from tests.funding.releases.quarters import random_book

NAMES = ("city", "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "'quoted", "'=twice")
CELLS = [Cell("money", name, "advice", measure, "2026Q3") for name in NAMES for measure in (COUNT, CENTS)]
STRANGE = Edition("2026Q3", "", "tables", {cell: 11 * n if n % 3 else None for n, cell in enumerate(CELLS)})


def edition(funder: str, median: int | None = 18) -> Edition:
    """A whole quarter with every third figure withheld."""
    system = System(countable(random_book(5, 80, 70, 70)), "2026Q3")
    figures = {
        cell: system.sheet.values[cell] if number % 3 else None
        for number, cell in enumerate(editions_of(system.sheet)[funder])
    }
    return Edition("2026Q3", funder, "tables", figures, median, {"AHR": "The Advocates"})


WHOLE = [edition(""), edition("city"), edition("city", None)]


@pytest.mark.parametrize("of", WHOLE)
def test_each_document_is_read_back_to_what_is_shown(of: Edition) -> None:
    drawn = draw(of)
    assert [one.format for one in drawn] == ["json", "csv", "xlsx", "pdf"]
    for document in drawn:
        assert read(document, of) == of.contents, document.format
    assert of.contents.shown


@pytest.mark.parametrize(("name", "as_document"), [("json", as_json), ("csv", as_csv), ("xlsx", as_xlsx)])
def test_names_that_look_like_formulas_are_read_back_as_they_are(
    name: str, as_document: Callable[[Edition], bytes]
) -> None:
    assert read(Document("", name, as_document(STRANGE)), STRANGE) == STRANGE.contents


def test_every_document_says_what_its_figures_mean() -> None:
    of = WHOLE[1]
    drawn = {one.format: one.content for one in draw(of)}
    book = openpyxl.load_workbook(io.BytesIO(drawn["xlsx"]))
    texts = {
        "json": drawn["json"].decode(),
        "csv": drawn["csv"].decode().replace('""', '"'),
        "xlsx": " ".join(str(cell) for row in book["definitions"].iter_rows(values_only=True) for cell in row),
        "pdf": " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(drawn["pdf"])).pages),
    }
    for name, text in texts.items():
        for words in DEFINITIONS.values():
            assert words in text, name


def test_a_pdf_with_another_figure_row_or_table_is_read_as_it_is_or_not_at_all() -> None:
    of, other = edition("city"), edition("")
    drawn = next(one.content for one in draw(of) if one.format == "pdf")
    cell = next(cell for cell, figure in of.figures.items() if figure is not None)

    changed = Edition(of.quarter, of.funder, of.level, {**of.figures, cell: 99_999}, of.median_hours, of.names)
    again = next(one for one in draw(changed) if one.format == "pdf")

    assert read(again, of).shown == {**of.contents.shown, cell: 99_999}
    with pytest.raises((ValueError, StopIteration)):
        from_pdf(next(one.content for one in draw(other) if one.format == "pdf"), of)
    assert from_pdf(drawn, of).shown == of.contents.shown


def test_no_cell_of_a_sheet_is_a_formula_and_no_line_begins_one() -> None:
    rows = [*openpyxl.load_workbook(io.BytesIO(as_xlsx(STRANGE)))["figures"].iter_rows()]
    assert {one.data_type for row in rows for one in row} == {"s", "n"}
    for row in as_csv(STRANGE).decode().split("\r\n"):
        assert all(not field.strip('"').startswith(("=", "+", "-", "@", "\t")) for field in row.split(","))


def test_a_sheet_names_no_author_time_or_path_and_hides_nothing() -> None:
    content = as_xlsx(STRANGE)
    book = openpyxl.load_workbook(io.BytesIO(content))

    assert [(sheet.title, sheet.sheet_state) for sheet in book] == [("figures", "visible"), ("definitions", "visible")]
    assert not book.defined_names
    assert not any(
        dimension.hidden
        for sheet in book
        for dimensions in (sheet.row_dimensions, sheet.column_dimensions)
        for dimension in dimensions.values()
    )
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        core = parts.read("docProps/core.xml")
        assert {part.date_time[0] for part in parts.infolist()} == {1980}
        assert not any(
            word in parts.read(name) for name in parts.namelist() for word in (b"/home", b"/tmp", b"absPath")
        )
    assert not any(word in core for word in (b"creator>", b"created", b"modified", b"lastModifiedBy"))


def _structure(node: Any) -> Iterator[Any]:
    """The elements of a PDF's structure below a node."""
    below = node.get_object().get("/K", [])
    for one in below if isinstance(below, list) else [below]:
        if hasattr(one.get_object(), "get") and "/S" in one.get_object():
            yield one
            yield from _structure(one)


def test_a_pdf_is_tagged_and_names_no_author_time_or_path() -> None:
    content = next(one.content for one in draw(WHOLE[0]) if one.format == "pdf")
    reader = PdfReader(io.BytesIO(content))

    assert set(reader.metadata or {}) == {"/Title", "/Producer"}
    root: Any = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    kinds = {str(one.get_object().get("/S")) for one in _structure(root["/StructTreeRoot"])}
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/P"} <= kinds
    assert reader.metadata is not None
    assert reader.metadata.title == "Release of 2026Q3"
    assert not {"/Names", "/AcroForm", "/OpenAction", "/AA"} & set(root)
    assert root["/Lang"] == "en"
    xmp = root["/Metadata"].get_data()
    assert b"pdfuaid" in xmp
    for word in (b"creator", b"CreateDate", b"ModifyDate", b"/home", b"/tmp", b"file:"):
        assert word not in xmp
    assert not any(name in content for name in (b"/home", b"/tmp", b"file:", b"CreationDate", b"/Author"))
    assert not reader.attachments


HASHES = """
import django; django.setup()
import hashlib
from funding.releases.formats import draw
from tests.funding.releases.test_documents import WHOLE
print([hashlib.sha256(one.content).hexdigest() for of in WHOLE for one in draw(of)])
"""


def test_the_same_edition_is_the_same_bytes_in_every_process() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", HASHES],
            env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONHASHSEED": seed, "PATH": "", "TZ": zone},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }

    assert len(outputs) == 1
    assert len(outputs.pop()) > 64 * 4


def test_every_word_of_a_document_has_a_label() -> None:
    words = {word for cell in WHOLE[0].figures for word in (cell.row, cell.column)}

    assert words - set(LABELS) <= {"AHR", "VLN", "ILCM"}
    assert as_json(WHOLE[0]) == as_json(edition(""))
    assert Document("", "json", b"").funder == ""
