"""Reading CSV that people made: each cell or the reason why not. Pure; no reason repeats what a cell held."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

MAX_BYTES = 1_000_000
MAX_LINES = 2_000
_REFERENCE = re.compile(r"[A-Z0-9]{3}-?[A-Z0-9]{3}")
_AMOUNT = re.compile(r"\$?([0-9]{1,9})(?:\.([0-9]{2}))?")
_US_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


class UnreadableError(ValueError):
    """Why a file, or a cell, cannot be read: a sentence."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of the file (the header is line 1) with a reason; `reference` where it names a case that can be one."""

    number: int
    reason: str
    reference: str = ""


def rows_of(content: bytes, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The file's lines with their numbers, as {column: cell}. Raises UnreadableError for the file as a whole."""
    if len(content) > MAX_BYTES:
        raise UnreadableError("The file is too large: one megabyte at most.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("The file is not UTF-8 text. Save it as “CSV UTF-8”.") from None
    if "\x00" in text:
        raise UnreadableError("The file is not text.")
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise UnreadableError(
            "The file is not CSV: a quotation mark is not closed, something follows one, or a cell is far too long."
        ) from None
    if not lines or [cell.strip().lower() for cell in lines[0]] != list(columns):
        raise UnreadableError(f"The first line must be: {','.join(columns)}")
    if len(lines) > MAX_LINES:
        raise UnreadableError(f"The file has more than {MAX_LINES:,} lines.")
    filled = [(number, line) for number, line in enumerate(lines, start=1) if number > 1 and any(map(str.strip, line))]
    if not filled:
        raise UnreadableError("The file has no lines below the first.")
    return [
        # A line of another length has no cell by any name: `cell_of` says so.
        (number, dict(zip(columns, map(str.strip, line), strict=True)) if len(line) == len(columns) else {})
        for number, line in filled
    ]


def reference_of(cell: str) -> str:
    """A case's reference. Raises UnreadableError."""
    letters = cell.upper()
    if not _REFERENCE.fullmatch(letters):
        raise UnreadableError("This is not a case reference: write it like K7M-4QD, and nothing else.")
    letters = letters.replace("-", "")
    return f"{letters[:3]}-{letters[3:]}"


def day_from(cell: str) -> date:
    """A day as 2026-11-05 or 11/5/2026. Raises UnreadableError."""
    try:
        if match := _US_DAY.fullmatch(cell):
            return date(int(match[3]), int(match[1]), int(match[2]))
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
            return date.fromisoformat(cell)
    except ValueError:
        raise UnreadableError("This day does not exist.") from None
    raise UnreadableError("Write the day like 2026-11-05 or 11/5/2026.")


def cents_from(cell: str) -> int:
    """Dollars with a decimal point, or none, as cents. Raises UnreadableError."""
    if "," in cell:
        raise UnreadableError("Write the amount without a comma, with a point before the cents: 2500.00")
    if not (match := _AMOUNT.fullmatch(cell)):
        raise UnreadableError("Write the amount in dollars, like 2500 or 2500.00")
    return int(match[1]) * 100 + int(match[2] or 0)


def neutral(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
