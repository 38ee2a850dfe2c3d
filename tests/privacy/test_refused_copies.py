"""A copy that is damaged, foreign or not for us is refused in words, and the database stays as it was."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from privacy import backups, restoring
from privacy.dumps.problems import BackupProblem
from privacy.models import WrappedKey
from tests.privacy.copies import NOW, Fund, empty_database, sealed_case, stranger

committed = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@committed
def test_what_a_database_holds_is_replaced_only_when_told_to(fund: Fund, tmp_path: Path) -> None:
    copies = fund.backup()
    with empty_database("keys", tmp_path):
        fund.restore("keys", copies["keys"])
        later = sealed_case()

        with pytest.raises(CommandError, match=r"holds data.*--yes"):
            fund.restore("keys", copies["keys"])
        assert WrappedKey.objects.filter(case_id=later).exists()

        said = fund.restore("keys", copies["keys"], yes=True)
        assert not WrappedKey.objects.exists()
    assert "Lost: 2 documents younger than this copy" in said


@committed
def test_a_copy_of_a_newer_version_is_refused_and_changes_nothing(fund: Fund, tmp_path: Path) -> None:
    with empty_database("keys", tmp_path):
        call_command("migrate", database="keys", interactive=False, verbosity=0)
        with connections["keys"].cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('privacy', '9999_later', %s)", [NOW]
            )
        copies = fund.backup()
        kept = sealed_case()

        with pytest.raises(CommandError, match="newer version of this software"):
            fund.restore("keys", copies["keys"], yes=True)

        assert WrappedKey.objects.filter(case_id=kept).count() == 4


@committed
@pytest.mark.skipif(connections["default"].vendor != "postgresql", reason="SQLite does not know who else is there")
def test_nothing_is_restored_under_somebody_who_works_there(fund: Fund, tmp_path: Path) -> None:
    copies = fund.backup()

    with empty_database("keys", tmp_path):
        somebody = connections["keys"].copy()
        with somebody.cursor(), pytest.raises(CommandError, match=r"Somebody else is connected to keys.*stop web"):
            fund.restore("keys", copies["keys"])
        somebody.close()
        assert "Restored" in fund.restore("keys", copies["keys"])


@committed
def test_a_copy_needs_the_other_database_to_be_there(fund: Fund, tmp_path: Path) -> None:
    copies = fund.backup()

    with (
        empty_database("default", tmp_path),
        empty_database("keys", tmp_path),
        pytest.raises(CommandError, match="The database main has no tables yet"),
    ):
        fund.restore("keys", copies["keys"])


@committed
def test_a_file_that_changes_after_it_was_checked_changes_nothing(fund: Fund, tmp_path: Path) -> None:
    sealed_case()
    copies = fund.backup()

    class Changing(backups.SealedCopy):
        reads = 0

        def feed(self, writer: Any) -> None:
            Changing.reads += 1
            if Changing.reads > 2:
                content = pyrage.decrypt(self.path.read_bytes(), self.identities)
                writer.write(content[: len(content) * 2 // 3])
                raise BackupProblem("cut short")
            super().feed(writer)

    with empty_database("keys", tmp_path):
        fund.restore("keys", copies["keys"])
        kept = sealed_case()

        with pytest.raises(BackupProblem, match="cut short"):
            restoring.restore("keys", Changing(copies["keys"], backups.identities(fund.identities[0])))

        assert Changing.reads == 3
        assert WrappedKey.objects.filter(case_id=kept).count() == 4


def cut_to(size: float) -> Callable[[bytes], bytes]:
    return lambda content: content[: int(len(content) * size)]


def flipped_at(place: float) -> Callable[[bytes], bytes]:
    def flip(content: bytes) -> bytes:
        at = int(len(content) * place)
        return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]

    return flip


DAMAGES = {
    "empty": (cut_to(0), "no age file"),
    "cut in its header": (cut_to(0.001), "no age file"),
    "cut in half": (cut_to(0.5), "cut short or changed"),
    "without its last byte": (lambda content: content[:-1], "cut short or changed"),
    "with a byte more": (lambda content: content + b"\0", "cut short or changed"),
    "flipped in the middle": (flipped_at(0.5), "cut short or changed"),
    "flipped near the end": (flipped_at(0.999), "cut short or changed"),
    "something else": (lambda content: b"-- PostgreSQL database dump", "no age file"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_in_words_and_nothing_changes(
    a_copy: tuple[Fund, dict[str, Path]], tmp_path: Path, damage: str
) -> None:
    fund, copies = a_copy
    change, words = DAMAGES[damage]
    damaged = tmp_path / "keys-20261122T031700Z.age"
    damaged.write_bytes(change(copies["keys"].read_bytes()))
    case_id = sealed_case()

    with pytest.raises(CommandError, match=words):
        fund.restore("keys", damaged, yes=True)

    assert WrappedKey.objects.filter(case_id=case_id).count() == 4


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["main", "keys"])
def test_a_copy_of_the_other_database_is_refused(a_copy: tuple[Fund, dict[str, Path]], name: str) -> None:
    fund, copies = a_copy
    other = {"main": "keys", "keys": "main"}[name]

    with pytest.raises(CommandError, match="copy is one of another database"):
        fund.restore(name, copies[other], yes=True)


@pytest.mark.django_db
def test_a_copy_from_another_kind_of_database_is_refused(a_copy: tuple[Fund, dict[str, Path]], tmp_path: Path) -> None:
    fund, _ = a_copy
    vendor = connections["keys"].vendor
    foreign, name = (b"SQLite format 3\0", "SQLite") if vendor == "postgresql" else (b"PGDMP\1\x10", "PostgreSQL")
    readers = [pyrage.x25519.Recipient.from_str(one) for one in fund.recipients]

    for content, words in ((foreign + bytes(200), f"copy is of {name}, and"), (b"hello", "not of a database")):
        (tmp_path / "copy.age").write_bytes(pyrage.encrypt(content, readers))
        with pytest.raises(CommandError, match=words):
            fund.restore("keys", tmp_path / "copy.age", yes=True)


@pytest.mark.django_db
def test_a_copy_that_is_damaged_inside_is_refused(a_copy: tuple[Fund, dict[str, Path]], tmp_path: Path) -> None:
    fund, copies = a_copy
    readers = [pyrage.x25519.Recipient.from_str(one) for one in fund.recipients]
    content = pyrage.decrypt(copies["keys"].read_bytes(), backups.identities(fund.identities[0]))
    (tmp_path / "copy.age").write_bytes(pyrage.encrypt(content[:60], readers))

    with pytest.raises(CommandError, match=r"cannot read the copy|damaged SQLite file"):
        fund.restore("keys", tmp_path / "copy.age", yes=True)


@pytest.mark.django_db
def test_a_wrong_identity_is_refused_in_words(a_copy: tuple[Fund, dict[str, Path]], tmp_path: Path) -> None:
    _, copies = a_copy
    case_id = sealed_case()

    with pytest.raises(CommandError, match="not encrypted for any of these identities"):
        call_command("restore", "keys", str(copies["keys"]), "--identity", str(stranger(tmp_path)), "--yes")

    assert WrappedKey.objects.filter(case_id=case_id).count() == 4
