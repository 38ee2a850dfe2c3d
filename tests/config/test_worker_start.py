"""A worker comes with the key it was set up with, or it ends with one sentence before it takes a task."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from config.celery import app
from privacy import worker_key
from privacy.models import ReaderKey
from privacy.readers import WORKER
from tests.services.threads import close_connections
from tests.services.worker import ROOT, Worker, pointed_at_test_databases

QUEUE = "celery"


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    """`celery -A config worker` with the project's own settings, on the tests' servers; it must end by itself."""
    environment = {**pointed_at_test_databases("worker"), "DJANGO_SETTINGS_MODULE": "config.settings", **changes}
    return subprocess.run(
        [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "1"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def ended_with(done: subprocess.CompletedProcess[str], sentence: str) -> None:
    assert done.returncode == 78
    assert done.stderr == f"{sentence}\n"
    # Not even the banner.
    assert done.stdout == ""


@pytest.mark.django_db
class TestRefusals:
    def test_without_a_key_file(self) -> None:
        ended_with(
            start(WORKER_KEY_FILE=""),
            f"This process has no worker key: {worker_key.MAKE_ONE}.",
        )

    def test_with_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        path = tmp_path / "none.key"

        ended_with(
            start(WORKER_KEY_FILE=str(path)),
            f"The worker key file {path} cannot be read (No such file or directory): {worker_key.MAKE_ONE}.",
        )
        assert not path.exists()

    def test_with_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        ended_with(
            start(WORKER_KEY_FILE=str(tmp_path)),
            f"The worker key file {tmp_path} cannot be read (Is a directory): {worker_key.MAKE_ONE}.",
        )

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
    def test_with_a_file_it_may_not_read(self, tmp_path: Path) -> None:
        path = tmp_path / "worker.key"
        worker_key.make_file(path)
        path.chmod(0)

        ended_with(
            start(WORKER_KEY_FILE=str(path)),
            f"The worker key file {path} cannot be read (Permission denied): {worker_key.MAKE_ONE}.",
        )

    def test_with_a_file_that_is_something_else(self, tmp_path: Path) -> None:
        path = tmp_path / "worker.key"
        path.write_text("not a key")

        ended_with(
            start(WORKER_KEY_FILE=str(path)),
            f"The worker key file {path} does not hold a worker key: {worker_key.MAKE_ONE}.",
        )

    def test_with_the_key_of_another_installation(self, tmp_path: Path) -> None:
        path = tmp_path / "worker.key"
        worker_key.make_file(path)
        before = ReaderKey.objects.get(reader=WORKER, retired_at=None).id

        ended_with(
            start(WORKER_KEY_FILE=str(path)),
            f"The worker key file {path} is not the one this database is sealed for: "
            "give the worker the file it was set up with.",
        )
        assert ReaderKey.objects.get(reader=WORKER, retired_at=None).id == before

    def test_with_a_database_that_does_not_answer(self) -> None:
        base = os.environ["DATABASE_URL"].rpartition("/")[0]
        done = start(DATABASE_URL=f"{base}/no_such_database")

        assert done.returncode == 75
        assert done.stderr == (
            "The worker cannot publish its key: the main database does not answer (OperationalError).\n"
        )

    def test_a_refused_worker_takes_no_task(self, tmp_path: Path) -> None:
        app.control.purge()
        app.send_task("notifications.tasks.beat")
        start(WORKER_KEY_FILE=str(tmp_path))

        with app.connection_for_read() as connection:
            assert connection.default_channel.client.llen(QUEUE) == 1
        app.control.purge()


@pytest.mark.django_db(transaction=True)
class TestPublishing:
    def test_the_first_worker_publishes_its_key(self, tmp_path: Path) -> None:
        expected = worker_key.load().newest_id
        ReaderKey.objects.filter(reader=WORKER).delete()
        worker = Worker(tmp_path)
        try:
            worker.start()
        finally:
            worker.stop()

        assert ReaderKey.objects.get(reader=WORKER).id == expected

    def test_of_workers_that_start_at_once_all_publish_one_key(self) -> None:
        ReaderKey.objects.filter(reader=WORKER).delete()
        together = Barrier(6)

        def begin(number: int) -> UUID:
            try:
                together.wait()
                return worker_key.publish_worker_key(timezone.now()).id
            finally:
                close_connections()

        with ThreadPoolExecutor(6) as pool:
            published = set(pool.map(begin, range(6)))

        assert published == {worker_key.load().newest_id}
        assert ReaderKey.objects.filter(reader=WORKER).count() == 1

    def test_a_second_first_worker_with_another_file_does_not_retire_the_firsts_key(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = ReaderKey.objects.get(reader=WORKER).id
        other = tmp_path / "worker.key"
        worker_key.make_file(other)

        found = worker_key._publish_first(worker_key.read(other), timezone.now())

        assert found.id == before
        assert ReaderKey.objects.get(reader=WORKER, retired_at=None).id == before


def test_only_the_worker_is_asked_for_a_key() -> None:
    """The web process imports the same app and has no such file."""
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup(); import config.celery; import config.wsgi"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "WORKER_KEY_FILE": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert settings.WORKER_KEY_FILE
