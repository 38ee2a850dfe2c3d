"""Everything both databases hold, as bytes, and whether a typed word can be found in it in any spelling."""

import base64
import re
from collections.abc import Iterator

from django.db import connections


def tables() -> Iterator[tuple[str, str, bytes]]:
    """(database, table, every row as PostgreSQL's COPY text, bytea decoded) for both databases."""
    for alias in ("default", "keys"):
        connection = connections[alias]
        for table in connection.introspection.table_names():
            with connection.cursor() as cursor, cursor.cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                rows = b"".join(bytes(block) for block in copy)
            raw = re.sub(rb"\\\\x([0-9a-f]*)", lambda found: bytes.fromhex(found[1].decode()), rows)
            yield alias, table, rows + b"\n" + raw


def spellings(word: str) -> set[bytes]:
    """The word in UTF-8, lower case too, hex, JSON's escapes, and base64 at all three alignments."""
    plain = word.encode()
    escaped = word.encode("unicode_escape")
    found = {plain, word.lower().encode(), escaped, plain.hex().encode(), plain.hex().upper().encode()}
    for alignment in range(3):
        encoded = base64.b64encode(b"\0" * alignment + plain).rstrip(b"=")
        # Cut what also depends on the neighbours: the first and the last characters of a misaligned word.
        first = {0: 0, 1: 2, 2: 3}[alignment]
        last = len(encoded) - (1 if (alignment + len(plain)) % 3 else 0)
        core = encoded[first:last]
        found |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def leaks(words: list[str]) -> list[tuple[str, str, str]]:
    """(database, table, word) for every typed word found; empty is what it must be."""
    dumped = list(tables())
    return [
        (alias, table, word)
        for word in words
        for spelling in spellings(word)
        for alias, table, content in dumped
        if spelling in content
    ]


def zip_in_columns(zip_code: str) -> list[tuple[str, str]]:
    """Tables, the ZIP rule table aside, with the ZIP as a word of its own (not inside a hash or a fraction)."""
    word = re.compile(rb"(?<![0-9A-Za-z.])" + zip_code.encode() + rb"(?![0-9A-Za-z])")
    return [
        (alias, table)
        for alias, table, content in tables()
        if table != "referrals_residencyzip" and word.search(content)
    ]
