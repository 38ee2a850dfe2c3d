"""A backup is two files that only the fund opens, complete or not there, kept as long as we say and no longer."""

import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import IO, Any

import pyrage
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connections

from privacy import backups
from privacy.backups import KEEP
from tests.privacy.copies import NOW, Fund

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

ON_POSTGRESQL = pytest.mark.skipif(
    connections["default"].vendor != "postgresql", reason="the rule is about PostgreSQL's programs"
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def told(folder: Path) -> str:
    said = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("backup", "--to", str(folder), stdout=said)
    return said.getvalue()


def test_each_database_has_a_file_of_its_own_named_by_the_time_in_utc(fund: Fund) -> None:
    said = told(fund.folder)

    assert names_in(fund.folder) == ["keys-20261122T031700Z.age", "main-20261122T031700Z.age"]
    assert said.count("Written: ") == 2


def test_only_its_owner_may_read_a_copy(fund: Fund) -> None:
    told(fund.folder)

    assert {path.stat().st_mode & 0o777 for path in fund.folder.iterdir()} == {0o600}


def test_no_table_or_row_can_be_read_in_a_copy(fund: Fund) -> None:
    told(fund.folder)

    for path in fund.folder.iterdir():
        content = path.read_bytes()
        assert content.startswith(b"age-encryption.org/v1\n")
        for word in (b"PGDMP", b"SQLite", b"django_migrations", b"privacy_", b"hotline"):
            assert word not in content, path.name
        # And the test can tell: the same words are there for who opens it.
        person = backups.identities(fund.identities[1])
        assert b"django_migrations" in pyrage.decrypt(content, person)


def test_copies_are_kept_for_their_days_and_no_longer(fund: Fund) -> None:
    names = {}
    for name, kept in KEEP.items():
        for age in (kept, kept + timedelta(seconds=1), kept * 3):
            names[name, age] = f"{name}-{NOW - age:%Y%m%dT%H%M%SZ}.age"
            (fund.folder / names[name, age]).touch()
    strange = ["main-20200101T000000Z.age.txt", "keys-20209999T000000Z.age", "notes.txt", "other-20200101T000000Z.age"]
    for name in strange:
        (fund.folder / name).touch()

    said = told(fund.folder)

    left = {"keys-20261122T031700Z.age", "main-20261122T031700Z.age", *strange}
    assert set(names_in(fund.folder)) == left | {names[name, kept] for name, kept in KEEP.items()}
    assert said.count("Removed: ") == 4


def test_the_newest_copy_stays_however_old_it_is(fund: Fund) -> None:
    old = fund.folder / "keys-20200101T000000Z.age"
    old.touch()

    assert backups.prune("keys", fund.folder, now=NOW) == []
    assert old.exists()


def test_what_a_killed_backup_left_goes_after_a_day(fund: Fund) -> None:
    (fund.folder / "keys-20261121T031659Z.age.part").touch()
    (fund.folder / "keys-20261122T030000Z.age.part").touch()

    told(fund.folder)

    assert [name for name in names_in(fund.folder) if name.endswith(".part")] == ["keys-20261122T030000Z.age.part"]


def test_without_a_new_copy_no_old_one_goes(fund: Fund, settings: Any) -> None:
    for name in ("main-20200101T000000Z.age", "main-20200102T000000Z.age"):
        (fund.folder / name).touch()
    settings.BACKUP_RECIPIENTS = []

    with pytest.raises(CommandError):
        told(fund.folder)

    assert len(names_in(fund.folder)) == 2


def test_two_backups_in_the_same_second_do_not_mix(fund: Fund) -> None:
    (fund.folder / "main-20261122T031700Z.age.part").write_bytes(b"somebody else's")

    with pytest.raises(CommandError, match="another backup is being written"):
        told(fund.folder)

    assert (fund.folder / "main-20261122T031700Z.age.part").read_bytes() == b"somebody else's"


@pytest.mark.parametrize("given", [[], [""], [" "]])
def test_nothing_is_written_in_clear_for_want_of_a_recipient(fund: Fund, settings: Any, given: list[str]) -> None:
    settings.BACKUP_RECIPIENTS = given

    with pytest.raises(CommandError, match=r"Set BACKUP_RECIPIENTS to the fund's age public keys"):
        told(fund.folder)

    assert names_in(fund.folder) == []


def test_a_recipient_that_is_none_is_named_by_its_place_and_not_repeated(fund: Fund, settings: Any) -> None:
    secret = fund.identities[0].read_text().splitlines()[1]
    settings.BACKUP_RECIPIENTS = [fund.recipients[1], secret]

    with pytest.raises(CommandError, match=r"Entry 2 of BACKUP_RECIPIENTS is no age public key") as refused:
        told(fund.folder)

    assert secret not in str(refused.value)
    assert names_in(fund.folder) == []


def test_a_folder_that_is_not_there_is_refused(fund: Fund) -> None:
    with pytest.raises(CommandError, match="is not a folder"):
        told(fund.folder / "elsewhere")


def test_no_folder_at_all_is_refused(fund: Fund) -> None:
    with pytest.raises(CommandError, match="--to DIR, or set BACKUP_FOLDER"):
        call_command("backup")


def test_the_folder_may_come_from_the_settings(fund: Fund, settings: Any) -> None:
    settings.BACKUP_FOLDER = str(fund.folder)

    call_command("backup", stdout=StringIO())

    assert len(names_in(fund.folder)) == 2


def test_a_folder_that_cannot_be_written_to_is_refused_in_words(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> int:
        raise PermissionError(13, "Permission denied", args[0])

    # Not a folder's mode: root, whom the tests may run as, writes anywhere.
    monkeypatch.setattr("privacy.backups.os.open", refuse)

    with pytest.raises(CommandError, match="cannot be written to: Permission denied"):
        told(fund.folder)


def test_a_full_disk_leaves_no_half_copy(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    def onto_full_disk(handle: int, mode: str) -> IO[bytes]:
        os.close(handle)
        return Path("/dev/full").open("wb")

    monkeypatch.setattr("privacy.backups.os.fdopen", onto_full_disk)

    with pytest.raises(CommandError, match="No space left on device"):
        told(fund.folder)

    assert names_in(fund.folder) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "is empty"), ("# only a comment\n", "is empty"), ("AGE-SECRET-KEY-1NONSENSE", "holds no age identity")],
)
def test_an_identity_file_that_is_none_is_told_and_not_repeated(tmp_path: Path, content: str, words: str) -> None:
    identity = tmp_path / "identity.txt"
    identity.write_text(content)

    with pytest.raises(CommandError, match=words) as refused:
        call_command("restore", "keys", str(tmp_path / "x.age"), "--identity", str(identity))

    assert "NONSENSE" not in str(refused.value)


def test_a_missing_identity_or_copy_is_told(fund: Fund, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"identity file .*gone.txt cannot be read: No such file"):
        call_command("restore", "keys", "x.age", "--identity", str(tmp_path / "gone.txt"))
    with pytest.raises(CommandError, match=r"gone.age cannot be read: No such file"):
        fund.restore("keys", tmp_path / "gone.age", yes=True)


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@ON_POSTGRESQL
def test_without_pg_dump_the_operator_hears_what_to_install(
    fund: Fund, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CommandError, match="pg_dump is missing: install PostgreSQL's client programs"):
        told(fund.folder)

    assert names_in(fund.folder) == []


@ON_POSTGRESQL
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("pg_dump (PostgreSQL) 9.6.24", "pg_dump here is version 9 and the server's version"),
        ("", "of an unknown version"),
    ],
)
def test_programs_older_than_the_server_are_refused(
    fund: Fund, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, words: str
) -> None:
    program(tmp_path / "bin", "pg_dump", f"echo '{answer}'")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    with pytest.raises(CommandError, match=words):
        told(fund.folder)

    assert names_in(fund.folder) == []


@ON_POSTGRESQL
def test_a_dump_that_breaks_off_leaves_no_copy(fund: Fund, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = "[ \"$1\" = --version ] && { echo 'pg_dump (PostgreSQL) 99.1'; exit; }"
    program(tmp_path / "bin", "pg_dump", f"{version}\necho PGDMP; echo 'pg_dump: error: server went away' >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    with pytest.raises(CommandError, match=r"pg_dump did not come to its end: server went away\."):
        told(fund.folder)

    assert names_in(fund.folder) == []


@ON_POSTGRESQL
@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_database_that_does_not_answer_is_told(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connections["keys"]
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", "nowhere")

    try:
        with pytest.raises(CommandError, match=r"The database keys does not answer: .*nowhere"):
            told(fund.folder)
    finally:
        monkeypatch.undo()

    assert names_in(fund.folder) == ["main-20261122T031700Z.age"]


@ON_POSTGRESQL
def test_the_password_is_on_no_command_line(fund: Fund, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = "[ \"$1\" = --version ] && { echo 'pg_dump (PostgreSQL) 99.1'; exit; }"
    program(
        tmp_path / "bin", "pg_dump", f'{version}\necho "$@" >> {tmp_path}/called; echo "$PGPASSWORD" >> {tmp_path}/env'
    )
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for alias in ("default", "keys"):
        monkeypatch.setitem(connections[alias].settings_dict, "PASSWORD", "not-for-ps")

    told(fund.folder)

    assert "not-for-ps" not in (tmp_path / "called").read_text()
    assert (tmp_path / "env").read_text() == "not-for-ps\n" * 2


def test_a_long_stream_is_encrypted_in_little_memory(tmp_path: Path) -> None:
    """200 MB pass through a process that may use 50 MB more address space than it begins with."""
    script = (
        "import pyrage, resource, sys; key = pyrage.x25519.Identity.generate();"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize();"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000,) * 2);"
        "pyrage.encrypt_io(open('/dev/stdin', 'rb'), open(sys.argv[1], 'wb'), [key.to_public()]);"
        "pyrage.decrypt_io(open(sys.argv[1], 'rb'), open('/dev/null', 'wb'), [key])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "long.age")], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as encrypting:
        assert encrypting.stdin
        for _ in range(200):
            encrypting.stdin.write(bytes(1_000_000))
        encrypting.stdin.close()
        assert encrypting.stderr
        complaint = encrypting.stderr.read()

    assert encrypting.returncode == 0, complaint
    assert (tmp_path / "long.age").stat().st_size > 200_000_000
    (tmp_path / "long.age").unlink()
