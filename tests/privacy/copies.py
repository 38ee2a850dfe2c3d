"""What the tests of backups share: the fund's identities, PostgreSQL's programs, and databases to restore into."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pyrage
import pytest
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from privacy import destruction, return_codes, vault
from privacy.aead import Unreadable
from privacy.models import DocumentKind, SealedDocument
from tests.services import postgres
from tests.services.vault_keys import keys_for

NAMES = {"main": "default", "keys": "keys"}
NOW = datetime(2026, 11, 22, 3, 17, tzinfo=UTC)
PAYLOAD = {"phone": "+16125550142", "name": "Testperson"}


class Fund:
    """Two people who hold an identity each, and the folder the backups go to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "backups"
        self.folder.mkdir()
        self.identities = [_identity(folder / f"person-{number}.txt") for number in (1, 2)]

    @property
    def recipients(self) -> list[str]:
        return [str(pyrage.x25519.Identity.from_str(_secret(path)).to_public()) for path in self.identities]

    def backup(self) -> dict[str, Path]:
        """Run the command; the newest copy of each database."""
        call_command("backup", "--to", str(self.folder), stdout=StringIO())
        return {name: max(self.folder.glob(f"{name}-*.age")) for name in NAMES}

    def restore(self, name: str, copy: Path, *, yes: bool = False, person: int = 0) -> str:
        """Run the command; what it said."""
        said = StringIO()
        options = ["--identity", str(self.identities[person]), *(["--yes"] if yes else [])]
        call_command("restore", name, str(copy), *options, stdout=said)
        return said.getvalue()


def sealed_case(now: datetime = NOW) -> UUID:
    """A case's documents and its return code."""
    case_id, draft_id = uuid4(), uuid4()
    for kind in (DocumentKind.CONTACT, DocumentKind.FILE):
        vault.seal(case_id=case_id, kind=kind, payload=PAYLOAD, readers=["worker", "hotline"], now=now)
    return_codes.register(lookup_id=case_id.bytes, draft_id=draft_id, expires_at=now, now=now)
    return_codes.attach_case(draft_id=draft_id, case_id=case_id)
    return case_id


def shred(case_id: UUID, now: datetime = NOW) -> None:
    """As retention ends a case."""
    destruction.schedule(case_id=case_id, reason="closed", due_at=now, now=now, ends_case=True)
    assert destruction.carry_out_due(now) == 1


def is_readable(documents: list[SealedDocument], reader: str = "hotline") -> bool:
    """Whether all of them open; they are given as rows, which a copy of main would have too."""
    try:
        return [vault.open_document(one, keys=keys_for(reader)) for one in documents] == [PAYLOAD] * len(documents)
    except Unreadable:
        return False


def documents_of(case_id: UUID) -> list[SealedDocument]:
    return list(SealedDocument.objects.filter(case_id=case_id))


def stranger(folder: Path) -> Path:
    """An identity file that nothing is encrypted for."""
    return _identity(folder / "stranger.txt")


def use_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the programs of the server's own version in front of PATH, as an installation has them."""
    if connections["default"].vendor != "postgresql":
        return
    found = postgres.binaries()
    assert found
    monkeypatch.setenv("PATH", f"{found}{os.pathsep}{os.environ['PATH']}")


@contextmanager
def empty_database(alias: str, folder: Path) -> Iterator[None]:
    """Point `alias` at a new database without a single table."""
    database = connections[alias].settings_dict
    before = database["NAME"]
    connections[alias].close()
    if connections[alias].vendor == "sqlite":
        database["NAME"] = str(folder / f"{alias}-{uuid4().hex}.sqlite3")
    else:
        database["NAME"] = f"elsewhere_{uuid4().hex[:12]}"
        _on_server(alias, "CREATE DATABASE {}", database["NAME"])
    try:
        yield
    finally:
        elsewhere, database["NAME"] = database["NAME"], before
        connections[alias].close()
        if connections[alias].vendor == "postgresql":
            _on_server(alias, "DROP DATABASE {} WITH (FORCE)", elsewhere)


def _on_server(alias: str, statement: str, name: str) -> None:
    parameters = {**connections[alias].get_connection_params(), "dbname": "postgres"}
    wanted = {key: parameters[key] for key in ("host", "port", "user", "password", "dbname") if parameters.get(key)}
    with psycopg.connect(**wanted, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _identity(path: Path) -> Path:
    path.write_text(f"# made for a test\n{pyrage.x25519.Identity.generate()}\n")
    path.chmod(0o600)
    return path


def _secret(path: Path) -> str:
    return path.read_text().splitlines()[1]
