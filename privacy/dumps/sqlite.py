"""SQLite: the file's pages, read and replaced in one transaction each; a small office's file fits into memory."""

import io
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from django.db import connections

from privacy.dumps.problems import BackupProblem

NAME = "SQLite"
MAGIC = b"SQLite format 3\0"
# Whoever holds the lock for longer ends the loading with a sentence.
_LOCK_SECONDS = 10


@contextmanager
def reading(alias: str) -> Iterator[IO[bytes]]:
    """All pages, as one read transaction sees them."""
    with _file_of(alias) as connection:
        content = connection.serialize()
    yield io.BytesIO(content)


def tables_in(alias: str, feed: Callable[[Any], None]) -> set[str]:
    """The names of the tables in a copy; raises `BackupProblem` for a damaged one."""
    try:
        with closing(_in_memory(feed)) as copy:
            if copy.execute("PRAGMA integrity_check").fetchone() == ("ok",):
                return {name for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    except sqlite3.DatabaseError:
        # Not even a schema can be read from it.
        pass
    raise BackupProblem("The copy is of a damaged SQLite file.")


def load(alias: str, feed: Callable[[Any], None], *, known_migrations: set[str]) -> None:
    """Replace the file's content, pages of the same transaction, whoever has it open."""
    with closing(_in_memory(feed)) as copy, _file_of(alias) as target:
        applied = copy.execute("SELECT app || '.' || name FROM django_migrations")
        if {name for (name,) in applied} - known_migrations:
            raise BackupProblem("The copy was made by a newer version of this software; nothing was changed.")
        gives_up_at = time.monotonic() + _LOCK_SECONDS

        def look_at_clock(status: int, remaining: int, total: int) -> None:
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > gives_up_at:
                raise BackupProblem("Somebody else is writing to the database: end that first. Nothing was changed.")

        copy.backup(target, progress=look_at_clock)


def others_connected(alias: str) -> int:
    return 0


def _in_memory(feed: Callable[[Any], None]) -> sqlite3.Connection:
    content = io.BytesIO()
    feed(content)
    pages = bytearray(content.getbuffer())
    # The header asks for a write-ahead log, which a database in memory cannot have.
    pages[18:20] = b"\1\1"
    connection = sqlite3.connect(":memory:")
    connection.deserialize(bytes(pages))
    return connection


@contextmanager
def _file_of(alias: str) -> Iterator[sqlite3.Connection]:
    path = Path(connections[alias].settings_dict["NAME"]).absolute()
    try:
        with closing(sqlite3.connect(path, timeout=_LOCK_SECONDS)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise BackupProblem(f"The SQLite file {path} cannot be used: {error}.") from None
