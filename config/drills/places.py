"""Where words could lie: both databases in every form, the write-ahead log, Redis, the cache, sessions."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, connections, transaction

ALIASES = ("default", "keys")
_BYTEA = re.compile(rb"\\\\x([0-9a-f]*)")


class CannotSearch(Exception):
    """This place cannot be looked into from here; says why. Never to be counted as searched."""


def is_postgresql(alias: str) -> bool:
    return connections[alias].vendor == "postgresql"


def tables() -> Iterator[tuple[str, str, bytes]]:
    """(database, table, every row as a dump has it, bytes as they are) for both databases."""
    for alias in ALIASES:
        with connections[alias].cursor() as cursor:
            names = connections[alias].introspection.table_names(cursor)
        for table in names:
            yield alias, table, _copied(alias, table) if is_postgresql(alias) else _selected(alias, table)


def columns_and_rows(alias: str) -> Iterator[tuple[str, list[str], list[tuple[Any, ...]]]]:
    """(table, columns, rows) of all that this process's role can read in a database."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor, include_views=True):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 (names of our own tables)
            yield table, [column[0] for column in cursor.description], cursor.fetchall()


def sqlite_files() -> Iterator[tuple[str, bytes]]:
    """The database files of SQLite with their write-ahead logs; nothing on another database."""
    for alias in ALIASES:
        if connections[alias].vendor != "sqlite":
            continue
        path = Path(str(connections[alias].settings_dict["NAME"]))
        if not path.is_file():
            raise CannotSearch(f"the database {alias} is in memory")
        for file in (path, *path.parent.glob(f"{path.name}-*")):
            yield f"file {file.name}", file.read_bytes()


def log_position() -> dict[str, str]:
    """Where each database's write-ahead log stands now, for `write_ahead_log` later."""
    return {
        alias: str(_asked(alias, "SELECT pg_current_wal_insert_lsn()")) for alias in ALIASES if is_postgresql(alias)
    }


def write_ahead_log(since: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """PostgreSQL's write-ahead log from a `log_position` on; raises `CannotSearch` where the server shows it to nobody.

    Values of more than two kilobytes may be compressed in it in PostgreSQL's own way; the dump has them plain.
    """
    seen: set[tuple[str, str, str]] = set()
    for alias, position in since.items():
        server = connections[alias].settings_dict
        try:
            with transaction.atomic(using=alias):
                # What is still in memory is written, and the files end here: a file that comes after is an old one,
                # used again, with old words in it.
                end = str(_asked(alias, "SELECT pg_switch_wal()"))
                first = str(_asked(alias, "SELECT pg_walfile_name(%s)", position))
                # Where nothing was written since the last switch, the end is the beginning of such an old file: the
                # byte before it lies in the last one that is ours.
                last = str(_asked(alias, "SELECT pg_walfile_name(%s::pg_lsn - 1)", end))
                found = "SELECT array_agg(name ORDER BY name) FROM pg_ls_waldir() WHERE name BETWEEN %s AND %s"
                for name in _asked(alias, found, first, last) or ():
                    if (place := (server["HOST"], server["PORT"], name)) not in seen:
                        seen.add(place)
                        read = bytes(_asked(alias, "SELECT pg_read_binary_file(%s)", f"pg_wal/{name}"))
                        offset = "SELECT file_offset FROM pg_walfile_name_offset(%s)"
                        begin = int(_asked(alias, offset, position)) if name == first else 0
                        yield f"write-ahead log {name}", read[begin:]
        except DatabaseError as error:
            raise CannotSearch(f"the database role may not read it ({type(error.__cause__).__name__})") from None


def redis_keys() -> Iterator[tuple[str, bytes]]:
    """Every key of the Redis that serves cache and broker, in each of its databases, with all it holds, uncompressed.

    Waiting and unacknowledged tasks, bindings, locks, and results, if any task kept one, are keys like others.
    """
    if not settings.REDIS_URL:
        raise CannotSearch("there is no Redis: broker and cache are in this process's memory")
    with redis.Redis.from_url(settings.REDIS_URL, single_connection_client=True) as client:
        for name in sorted(client.info("keyspace")):
            client.execute_command("SELECT", name.removeprefix("db"))
            for key in client.scan_iter(count=500):
                yield f"Redis {name} key {key.decode(errors='replace')}", key + b"\n" + _held(client, key)


def cached() -> Iterator[tuple[str, bytes]]:
    """What the cache in this process's memory holds; nothing where Redis is the cache."""
    held = getattr(cache, "_cache", None)
    for key, value in held.items() if isinstance(held, dict) else ():
        yield f"cache key {key}", f"{key}\n".encode() + value


def sessions() -> Iterator[tuple[str, bytes]]:
    """Every session as the program reads it: the table has it packed and signed."""
    for session in Session.objects.all():
        yield "session", repr(session.get_decoded()).encode()


def _copied(alias: str, table: str) -> bytes:
    with connections[alias].cursor() as cursor, cursor.cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
        rows = b"".join(bytes(block) for block in copy)
    return _BYTEA.sub(lambda found: bytes.fromhex(found[1].decode()), rows)


def _selected(alias: str, table: str) -> bytes:
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 (names of our own tables)
        return b"\n".join(b"\t".join(map(as_bytes, row)) for row in cursor.fetchall())


def as_bytes(value: Any) -> bytes:
    """A value of a row as a dump would have it."""
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def _asked(alias: str, statement: str, *values: str) -> Any:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def _held(client: Any, key: bytes) -> bytes:
    kind = client.type(key).decode()
    read: dict[str, Any] = {
        "string": lambda: [client.get(key)],
        "list": lambda: client.lrange(key, 0, -1),
        "set": lambda: client.smembers(key),
        "zset": lambda: client.zrange(key, 0, -1),
        "hash": lambda: [part for pair in client.hgetall(key).items() for part in pair],
        "stream": lambda: [repr(entry).encode() for entry in client.xrange(key)],
        # Gone since it was listed.
        "none": list,
    }
    return b"\n".join(part or b"" for part in read[kind]())
