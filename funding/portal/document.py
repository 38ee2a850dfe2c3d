"""The stored JSON of a release, read. Nothing else is known here of a quarter: the page cannot show more than the file.

    {"quarter": "2026Q3", "edition": "", "level": "tables" | "margins" | "nothing", "median_hours": 24 or null,
     "figures": [{"table", "row", "column", "measure", "figure": 37 or null}], "definitions": {table: text}}

A `figure` of null is withheld. Tables, rows and columns are the codes of funding/releases/layout.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from funding.releases.layout import ALL, COUNT

# Table, row, column, measure.
Place = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """One edition of a release: of the public where `edition` is empty, else of the funder with that slug."""

    quarter: str
    edition: str
    level: str
    figures: Mapping[Place, int | None]
    median_hours: int | None
    definitions: Mapping[str, str]

    def figure(self, table: str, row: str = ALL, column: str = ALL, measure: str = COUNT) -> int | None:
        """The figure; None where it is withheld, or the table has no such row: there was too little for one."""
        return self.figures.get((table, row, column, measure))

    def rows(self, table: str) -> list[str]:
        """The codes of the table's rows as they come in the file, each once."""
        return list(dict.fromkeys(row for of, row, _, _ in self.figures if of == table))

    def columns(self, table: str) -> list[str]:
        """The codes of the table's columns as they come in the file, each once."""
        return list(dict.fromkeys(column for of, _, column, _ in self.figures if of == table))

    @property
    def has_withheld(self) -> bool:
        return any(figure is None for figure in self.figures.values())


def read(content: bytes) -> Document:
    """The document in these bytes. Raises KeyError or ValueError for what is none."""
    body = json.loads(content)
    return Document(
        quarter=body["quarter"],
        edition=body["edition"],
        level=body["level"],
        figures={(one["table"], one["row"], one["column"], one["measure"]): one["figure"] for one in body["figures"]},
        median_hours=body["median_hours"],
        definitions=body["definitions"],
    )
