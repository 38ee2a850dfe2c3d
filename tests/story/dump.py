"""Everything both databases hold, as bytes, and whether a typed word can be found in it in any spelling."""

import re

from config.drills.places import tables
from config.drills.search import Search, spellings

__all__ = ("leaks", "spellings", "tables", "zip_in_columns")


def leaks(words: list[str]) -> list[tuple[str, str, str]]:
    """(database, table, word) for every typed word found; empty is what it must be."""
    search = Search(words)
    return [(alias, table, word) for alias, table, content in tables() for word in sorted(search.found_in(content))]


def zip_in_columns(zip_code: str) -> list[tuple[str, str]]:
    """Tables, the ZIP rule table aside, with the ZIP as a word of its own (not inside a hash or a fraction)."""
    word = re.compile(rb"(?<![0-9A-Za-z.])" + zip_code.encode() + rb"(?![0-9A-Za-z])")
    return [
        (alias, table)
        for alias, table, content in tables()
        if table != "referrals_residencyzip" and word.search(content)
    ]
