"""The documents of an edition, in every format that this machine can draw, and each read back."""

from funding.releases import documents, paper
from funding.releases.documents import Contents, Edition
from funding.releases.publish import Document


def draw(edition: Edition) -> list[Document]:
    """JSON, CSV, XLSX, and PDF where Pango is installed."""
    drawn = {
        "json": documents.as_json(edition),
        "csv": documents.as_csv(edition),
        "xlsx": documents.as_xlsx(edition),
    }
    if paper.is_possible():
        drawn["pdf"] = paper.as_pdf(edition)
    return [Document(edition.funder, name, content) for name, content in drawn.items()]


def read(document: Document, edition: Edition) -> Contents:
    """What a document shows. Raises whatever a library raises for bytes that are none of its own."""
    if document.format == "json":
        return documents.from_json(document.content)
    if document.format == "csv":
        return documents.from_csv(document.content, edition.quarter)
    if document.format == "xlsx":
        return documents.from_xlsx(document.content, edition.quarter)
    return paper.from_pdf(document.content, edition)
