"""Documents of releases made by hand, in the shape that is stored."""

import json
from typing import Any

from funding.portal.document import Document, read
from funding.releases.layout import ALL, CENTS, COUNT, LANGUAGES, OUTCOMES, PARTS, PURPOSES, STEPS

DEFINITIONS = {table: f"What {table} counts." for table in ("steps", "outcomes", "money", "places")}


def figure(table: str, row: str, column: str, value: int | None, measure: str = COUNT) -> dict[str, Any]:
    return {"table": table, "row": row, "column": column, "measure": measure, "figure": value}


def crossed(table: str, cells: dict[str, list[int | None]], columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """A grid by row, its last column the totals; the row `all` is given too."""
    return [
        figure(table, row, column, value)
        for row, values in cells.items()
        for column, value in zip((*columns, ALL), values, strict=True)
    ]


def money(row: str, counts: list[int | None], cents: list[int | None]) -> list[dict[str, Any]]:
    columns = (*PURPOSES, ALL)
    return [figure("money", row, column, value) for column, value in zip(columns, counts, strict=True)] + [
        figure("money", row, column, value, CENTS) for column, value in zip(columns, cents, strict=True)
    ]


def body(
    quarter: str = "2026Q3",
    *,
    edition: str = "",
    level: str = "tables",
    median_hours: int | None = 18,
    figures: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A quarter with something shown, something withheld and a zero in every table, sorted as files are."""
    if figures is None:
        figures = [
            *[figure("steps", step, ALL, value) for step, value in zip(STEPS, (80, 55, 12, None), strict=True)],
            *crossed(
                "outcomes",
                {
                    "AHR": [14, None, 0, None, 12, 40],
                    "VLN": [0, None, 11, None, 0, 30],
                    ALL: [14, 17, 11, 16, 12, 70],
                },
                OUTCOMES,
            ),
            *crossed(
                "places",
                {part: [None] * len(LANGUAGES) + [12] for part in PARTS} | {ALL: [20, 30, 0, None, None, 72]},
                LANGUAGES,
            ),
            *money(ALL, [12, 20, None, None, 0, 60], [3_000_000, 5_000_000, None, None, 125_050, 9_500_000]),
        ]
        if edition:
            figures += money(edition, [12, None, None, 0, 0, 40], [3_000_000, None, None, 0, 0, 6_000_000])
    figures = sorted(figures, key=lambda one: (one["table"], one["row"], one["column"], one["measure"]))
    return {
        "quarter": quarter,
        "edition": edition,
        "level": level,
        "figures": figures,
        "median_hours": median_hours,
        "definitions": DEFINITIONS,
    }


def content(quarter: str = "2026Q3", **given: Any) -> bytes:
    return json.dumps(body(quarter, **given), sort_keys=True, separators=(",", ":")).encode()


def document(quarter: str = "2026Q3", **given: Any) -> Document:
    return read(content(quarter, **given))
