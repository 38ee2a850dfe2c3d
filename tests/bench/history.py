"""Years of closed cases and the open ones of a day, written by SQL alone: what they hold is plausible, not true.

A closed case has six events, one or two offers whose room is released, a routing decision, and what else a case leaves
behind for ever; what retention destroys a month after the end (sealed documents, codes) only young ones have. As in
life each year has as many cases as the one before: more history is older history.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from tests.bench.history_rows import CASES, FOR_EACH_DATABASE, IN_KEYS, ROOM, STAGED_EVENTS, TABLES

STAGING = ("bench_case", "bench_event", "bench_staff")


@dataclass(frozen=True, slots=True)
class Crew:
    """Who worked on the cases: accounts of the hotline, and those of each provider's organization."""

    hotline: int
    coordinators: Sequence[int]
    staff: dict[int, list[int]]


def add_cases(*, database: str, keys: str, crew: Crew, now: datetime, closed: range, opened: range = range(0)) -> None:
    """Add the closed and open cases of these numbers (each number once in all); `database`, `keys`: the aliases.

    In one transaction. Indexes are made anew afterwards, and foreign keys are not checked: the account must be a
    superuser.
    """
    with transaction.atomic(using=database), _cursor(database) as cursor:
        _stage(cursor, crew, now, closed, opened)
        with _without_indexes(cursor, TABLES):
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in FOR_EACH_DATABASE:
                cursor.execute(statement, {"now": now})
            cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute(ROOM)
        sealed = _sealed_of_open_cases(cursor)
        for table in STAGING:
            cursor.execute(f"DROP TABLE {table}")
    with transaction.atomic(using=keys), _cursor(keys) as cursor:
        cursor.execute(IN_KEYS, {"now": now, **sealed})
    for alias in (database, keys):
        with _cursor(alias) as cursor:
            # What autovacuum does for an installation, and not for the tests' server.
            cursor.execute("VACUUM ANALYZE")


def _stage(cursor: CursorWrapper, crew: Crew, now: datetime, closed: range, opened: range) -> None:
    cursor.execute("SET LOCAL work_mem = '256MB'")
    cursor.execute("CREATE UNLOGGED TABLE bench_staff (organization_id bigint, users bigint[])")
    for organization, users in crew.staff.items():
        cursor.execute("INSERT INTO bench_staff VALUES (%s, %s)", [organization, users])
    given: dict[str, Any] = {
        "now": now,
        "hotline": crew.hotline,
        "coordinators": list(crew.coordinators),
        "closed_from": closed.start,
        "closed_to": closed.stop - 1,
        "open_from": opened.start,
        "open_to": opened.stop - 1,
    }
    cursor.execute(CASES, given)
    cursor.execute(STAGED_EVENTS)
    cursor.execute("ANALYZE bench_case")


def _sealed_of_open_cases(cursor: CursorWrapper) -> dict[str, Any]:
    """The documents that somebody can still read, for their wraps in the other database."""
    cursor.execute(
        "SELECT d.id, d.case_id, d.kind FROM privacy_sealeddocument d JOIN bench_case c ON c.id = d.case_id"
        " WHERE c.is_open"
    )
    rows = cursor.fetchall()
    cursor.execute("SELECT reader, id FROM privacy_readerkey WHERE retired_at IS NULL")
    readers = cursor.fetchall()
    return {
        "documents": [row[0] for row in rows],
        "cases": [row[1] for row in rows],
        "kinds": [row[2] for row in rows],
        "readers": [row[0] for row in readers],
        "reader_keys": [row[1] for row in readers],
    }


@contextmanager
def _without_indexes(cursor: CursorWrapper, tables: Sequence[str]) -> Iterator[None]:
    """Take away every index that no foreign key needs, and make it anew: quicker than to keep it row by row."""
    cursor.execute(
        "SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid),"
        "       c.conname, pg_get_constraintdef(c.oid)"
        "  FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')"
        " WHERE i.indrelid = ANY(%s::regclass[])"
        "   AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = i.indexrelid)",
        [list(tables)],
    )
    made_anew = []
    for table, index, definition, constraint, constraint_definition in cursor.fetchall():
        if constraint:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"')
            made_anew.append(f'ALTER TABLE {table} ADD CONSTRAINT "{constraint}" {constraint_definition}')
        else:
            cursor.execute(f"DROP INDEX {index}")
            made_anew.append(definition)
    yield
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    for statement in made_anew:
        cursor.execute(statement)


def _cursor(alias: str) -> Any:
    return connections[alias].cursor()


def copy_database(cursor: CursorWrapper, *, source: str, copy: str) -> None:
    """A second database with the same rows; nobody may be connected to the first one."""
    drop_database(cursor, copy)
    cursor.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copy), sql.Identifier(source)).as_string()
    )


def drop_database(cursor: CursorWrapper, name: str) -> None:
    cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)).as_string())
