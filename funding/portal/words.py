"""The words for the codes of a release, those of the files (funding/releases/words.py). Pure.

A code without words there, or a provider that was renamed or removed, is shown by its code: old files stay readable.
"""

from collections.abc import Mapping

from funding.releases.layout import ALL
from funding.releases.words import LABELS

WITHHELD = "withheld"

TITLES = {
    "steps": "From request to lawyer",
    "outcomes": "How cases ended",
    "money": "What the money paid for",
    "places": "Where people live and the language they speak",
}
# The head of a table's first column.
CORNERS = {"steps": "Step", "outcomes": "Provider", "money": "Purpose", "places": "Part of the city"}

TOTALS = {"outcomes": "All providers", "money": "All purposes", "places": "All parts"}


def row_label(table: str, code: str, names: Mapping[str, str]) -> str:
    """What a row of the table is called; `names` are those of providers by code."""
    if code == ALL:
        return TOTALS.get(table, LABELS[ALL])
    return names.get(code, code) if table == "outcomes" else LABELS.get(code, code)


def column_label(code: str) -> str:
    return LABELS.get(code, code)


def quarter_words(quarter: str) -> str:
    """2026Q3 → July to September 2026."""
    months = {"1": "January to March", "2": "April to June", "3": "July to September", "4": "October to December"}
    return f"{months[quarter[-1]]} {quarter[:4]}"
