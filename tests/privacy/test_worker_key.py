"""The worker's key file: made once, complete or not at all, and said in one sentence when it is not right."""

import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from privacy import checks, rotation, vault, worker_key
from privacy.models import DocumentKind, ReaderKey, WrappedKey
from privacy.readers import WORKER
from privacy.worker_key import WorkerKeyProblem

NOW = datetime(2026, 11, 20, 4, 10, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path, settings: Any) -> Path:
    """A key file of its own that this process uses."""
    settings.WORKER_KEY_FILE = str(tmp_path / "worker.key")
    settings.WORKER_KEY_MADE_ON_FIRST_USE = False
    worker_key.make_file(tmp_path / "worker.key")
    return tmp_path / "worker.key"


def test_only_its_owner_may_read_the_file(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["worker.key"]


def test_a_key_is_never_replaced_by_making_one(path: Path) -> None:
    before = path.read_bytes()

    with pytest.raises(CommandError, match="there already"):
        call_command("make_worker_key", str(path))

    assert path.read_bytes() == before


def test_of_many_who_make_it_at_once_all_use_the_same(tmp_path: Path) -> None:
    def make(number: int) -> bytes:
        with suppress(FileExistsError):
            worker_key.make_file(tmp_path / "one.key")
        return (tmp_path / "one.key").read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b'{"pairs": [], "index": ""}', b"\xff\xfe"])
def test_a_file_that_is_no_key_is_one_sentence(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(WorkerKeyProblem, match="does not hold a worker key"):
        worker_key.read(path)
    (error,) = checks.worker_key_can_be_read()
    assert error.id == "privacy.E001"


def test_a_missing_file_says_how_to_make_one(path: Path) -> None:
    path.unlink()

    with pytest.raises(WorkerKeyProblem, match="make_worker_key"):
        worker_key.load()


def test_the_web_process_has_no_key_and_passes_its_checks(settings: Any) -> None:
    settings.WORKER_KEY_FILE = ""

    assert checks.worker_key_can_be_read() == []
    with pytest.raises(WorkerKeyProblem, match="no worker key"):
        worker_key.load()


@pytest.mark.django_db
def test_a_worker_with_another_file_does_not_take_over(path: Path) -> None:
    with pytest.raises(WorkerKeyProblem, match="not the one this database is sealed for"):
        worker_key.publish_worker_key(NOW)


@pytest.mark.django_db
def test_a_public_key_changed_in_the_database_is_said(path: Path) -> None:
    ReaderKey.objects.filter(reader=WORKER).delete()
    key = worker_key.publish_worker_key(NOW)
    assert worker_key.publish_worker_key(NOW).id == key.id
    ReaderKey.objects.filter(pk=key.pk).update(public=ReaderKey.objects.get(reader="hotline").public)

    with pytest.raises(WorkerKeyProblem, match="was changed"):
        worker_key.publish_worker_key(NOW)


@pytest.mark.django_db
def test_rotating_it_wraps_everything_anew_and_drops_the_old_pair(path: Path) -> None:
    ReaderKey.objects.filter(reader=WORKER).delete()
    old = worker_key.publish_worker_key(NOW)
    document = vault.seal(
        case_id=uuid4(), kind=DocumentKind.CONTACT, payload={"n": 1}, readers=[WORKER, "hotline"], now=NOW
    )

    call_command("rotate_worker_key")
    assert vault.open_document(document, keys=worker_key.load().keys()) == {"n": 1}
    assert len(worker_key.load().private) == 2, "somebody may still be sealing under the old pair"
    ReaderKey.objects.filter(pk=old.pk).update(retired_at=timezone.now() - rotation.SETTLED_AFTER)
    call_command("rotate_worker_key")

    assert WrappedKey.objects.get(document_id=document.id, reader=WORKER).reader_key_id != old.id
    assert vault.open_document(document, keys=worker_key.load().keys()) == {"n": 1}
    assert list(worker_key.load().private) == [ReaderKey.objects.get(reader=WORKER).id]


@pytest.mark.django_db
def test_the_keys_never_show_in_a_repr(path: Path) -> None:
    key = worker_key.load()

    assert "PrivateKey" not in repr(key)
    assert "PrivateKey" not in repr(key.keys())
