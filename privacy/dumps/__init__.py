"""A whole database as a stream of bytes, and back: by PostgreSQL's own programs, or as the pages of an SQLite file.

Nothing passes the disk in clear. What is loaded replaces all there was, in one transaction, or changes nothing.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import ModuleType
from typing import IO, Any

from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader

from privacy.dumps import postgresql, sqlite
from privacy.dumps.problems import BackupProblem

# Writes a copy's content to what has `write`; raises `BackupProblem` unless the copy is whole.
Feed = Callable[[Any], None]

_ENGINES = {"postgresql": postgresql, "sqlite": sqlite}
_LONGEST_MAGIC = 16


def reading(alias: str) -> AbstractContextManager[IO[bytes]]:
    """The database's content, to be read to its end; leaving raises `BackupProblem` if that was not all of it."""
    reading: AbstractContextManager[IO[bytes]] = _engine(alias).reading(alias)
    return reading


def check(alias: str, feed: Feed, *, table: str) -> None:
    """Read a copy to its end and see that it is one of this database, by a table that no other has."""
    engine, head = _engine(alias), _Head()
    feed(head)
    if not head.seen.startswith(engine.MAGIC):
        other = next((one.NAME for one in _ENGINES.values() if head.seen.startswith(one.MAGIC)), None)
        what = f"of {other}, and this installation runs on {engine.NAME}" if other else "not of a database"
        raise BackupProblem(f"The copy is {what}.")
    if table not in engine.tables_in(alias, feed):
        raise BackupProblem(f"The copy is one of another database: it has no table {table}.")


def load(alias: str, feed: Feed) -> None:
    """Replace all of the database by the copy; raises `BackupProblem` with nothing changed."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    engine = _engine(alias)
    connections[alias].close()
    engine.load(alias, feed, known_migrations=known)


def others_connected(alias: str) -> int:
    """How many other sessions use the database now; SQLite does not know and says 0."""
    count: int = _engine(alias).others_connected(alias)
    return count


def _engine(alias: str) -> ModuleType:
    connection = connections[alias]
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        raise BackupProblem(f"The database {alias} does not answer: {str(error).splitlines()[0]}.") from None
    return _ENGINES[connection.vendor]


class _Head:
    """Keeps the first bytes of what it is fed."""

    def __init__(self) -> None:
        self.seen = b""

    def write(self, chunk: bytes) -> int:
        if len(self.seen) < _LONGEST_MAGIC:
            self.seen += chunk[:_LONGEST_MAGIC]
        return len(chunk)

    def flush(self) -> None:
        """Nothing waits here."""
