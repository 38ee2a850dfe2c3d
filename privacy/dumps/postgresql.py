"""PostgreSQL: `pg_dump` into a pipe, and `pg_restore` through a pipe into `psql`, which commits at the end or never."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

from django.db import connections
from django.db.backends.postgresql.client import DatabaseClient

from privacy.dumps.problems import BackupProblem

NAME = "PostgreSQL"
MAGIC = b"PGDMP"

# Tables and functions go one by one, not with their schema: the rights that docker/roles.sql gave in it must stay.
_OPENING = """
BEGIN;
SET LOCAL lock_timeout = '10s';
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT c.oid::regclass AS name FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP TABLE %s CASCADE', one.name);
    END LOOP;
    FOR one IN
        SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP ROUTINE %s', one.name);
    END LOOP;
END $$;
"""
_CLOSING = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM public.django_migrations WHERE app || '.' || name NOT IN (%s)) THEN
        RAISE EXCEPTION 'it was made by a newer version of this software';
    END IF;
END $$;
COMMIT;
"""


@contextmanager
def reading(alias: str) -> Iterator[IO[bytes]]:
    """What `pg_dump` writes; leaving raises `BackupProblem` if it did not come to its end."""
    _check_version(alias, "pg_dump")
    # Who is signed in at this moment is nobody's business later.
    options = ["--format=custom", "--no-password", "--exclude-table-data=public.django_session"]
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(
            **_call("pg_dump", *options, alias=alias), stdout=subprocess.PIPE, stderr=complaints
        ) as dumping:
            yield cast("IO[bytes]", dumping.stdout)
        if dumping.returncode:
            raise BackupProblem(f"pg_dump did not come to its end: {_reason(complaints)}.")


def tables_in(alias: str, feed: Callable[[Any], None]) -> set[str]:
    """The names of the tables in a copy; raises `BackupProblem` if these programs cannot read it."""
    _check_version(alias, "pg_restore")
    with tempfile.TemporaryFile() as listing, tempfile.TemporaryFile() as complaints:
        call = _call("pg_restore", "--list")
        with (
            subprocess.Popen(**call, stdin=subprocess.PIPE, stdout=listing, stderr=complaints) as reader,
            suppress(BrokenPipeError),
            cast("IO[bytes]", reader.stdin) as archive,
        ):
            feed(_UntilFull(archive))
        if reader.returncode:
            raise BackupProblem(f"pg_restore cannot read the copy: {_reason(complaints)}.")
        listing.seek(0)
        return set(re.findall(r" TABLE public (\w+) ", listing.read().decode(errors="replace")))


def load(alias: str, feed: Callable[[Any], None], *, known_migrations: set[str]) -> None:
    """Drop everything and restore, in one transaction."""
    options = ["--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse"]
    with tempfile.TemporaryFile() as complaints:
        call = _call("psql", *options, alias=alias)
        with (
            subprocess.Popen(**call, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints) as loader,
            # psql that refuses something ends, and breaks the pipes of those who write to it.
            suppress(BrokenPipeError),
            cast("IO[bytes]", loader.stdin) as script,
        ):
            script.write(_OPENING.encode())
            script.flush()
            _restore_into(script, feed)
            names = ", ".join(f"'{name}'" for name in sorted(known_migrations))
            script.write((_CLOSING % names).encode())
        if loader.returncode:
            raise BackupProblem(f"PostgreSQL refused the copy, and nothing was changed: {_reason(complaints)}.")


def others_connected(alias: str) -> int:
    """How many sessions of people and programs there are beside ours."""
    with connections[alias].cursor() as cursor:
        # The server's own sessions have no user.
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def _restore_into(script: IO[bytes], feed: Callable[[Any], None]) -> None:
    """Write the copy as SQL; without the COMMIT that follows, an early end leaves everything as it was."""
    call = _call("pg_restore", "--no-owner", "--no-acl", "--no-comments", "--file=-")
    with tempfile.TemporaryFile() as complaints:
        with (
            subprocess.Popen(**call, stdin=subprocess.PIPE, stdout=script, stderr=complaints) as restoring,
            cast("IO[bytes]", restoring.stdin) as archive,
        ):
            feed(archive)
        if restoring.returncode < 0:
            raise BrokenPipeError
        if restoring.returncode:
            raise BackupProblem(f"pg_restore cannot read the copy, and nothing was changed: {_reason(complaints)}.")


class _UntilFull:
    """Feeds a program that stops reading when it has seen enough; drops the rest."""

    def __init__(self, program: IO[bytes]) -> None:
        self._program: IO[bytes] | None = program

    def write(self, chunk: bytes) -> int:
        if self._program is not None:
            try:
                self._program.write(chunk)
            except BrokenPipeError:
                self._program = None
        return len(chunk)

    def flush(self) -> None:
        """The program's pipe is flushed when it is closed."""


def _call(name: str, *options: str, alias: str = "") -> dict[str, Any]:
    """How to start a program, on a database if one is named; its password goes by the environment."""
    arguments, environment = ["", *options], None
    if alias:
        settings = connections[alias].settings_dict
        arguments, environment = DatabaseClient.settings_to_cmd_args_env(settings, list(options))
    return {"args": [_program(name), *arguments[1:]], "env": {**os.environ, **(environment or {}), "LC_ALL": "C"}}


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupProblem(f"{name} is missing: install PostgreSQL's client programs (Debian: postgresql-client).")
    return found


def _check_version(alias: str, name: str) -> None:
    """An older program does not read a newer server."""
    told = subprocess.run(**_call(name, "--version"), capture_output=True, text=True, check=False).stdout
    found = re.search(r"PostgreSQL\) (\d+)", told)
    server = connections[alias].pg_version // 10000  # type: ignore[attr-defined]
    if found is None or int(found[1]) < server:
        here = f"version {found[1]}" if found else "of an unknown version"
        raise BackupProblem(
            f"{name} here is {here} and the server's version {server}: install the client programs of version {server}."
        )


def _reason(complaints: IO[bytes]) -> str:
    """The first error that a program told, on one line."""
    complaints.seek(0)
    lines = [line for line in complaints.read().decode(errors="replace").splitlines() if line.strip()]
    first = next((line for line in lines if re.search("error:|fatal:", line, re.IGNORECASE)), lines[0] if lines else "")
    return re.sub(r"^.*?(error|fatal): +", "", first, flags=re.IGNORECASE).rstrip(".") or "no reason given"
