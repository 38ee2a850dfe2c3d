"""A real Celery worker process on the tests' own databases and broker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from config.celery import app
from tests.services import process

ROOT = Path(__file__).parents[2]


def pointed_at_test_databases(name: str) -> dict[str, str]:
    """The tests' environment, pointed at the databases that pytest-django made (their names begin with test_).

    The database server knows the process's connections by `name`.
    """
    environment = dict(os.environ) | {"PGAPPNAME": name}
    for alias, variable in (("default", "DATABASE_URL"), ("keys", "KEYS_DATABASE_URL")):
        base, _, _ = environment[variable].rpartition("/")
        environment[variable] = f"{base}/{connections[alias].settings_dict['NAME']}"
    return environment


class Worker:
    """One worker process; a test may kill it and start it again.

    `settings` are added to its environment; `include` names a module with more tasks.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, include: str = "") -> None:
        self.log = folder / "worker.log"
        self._settings = dict(settings or {})
        self._include = ["--include", include] if include else []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, seconds: float = 60) -> None:
        """Start the process and wait until it takes tasks."""
        begins_at = self.log.stat().st_size if self.log.exists() else 0
        # The worker sets its own process title and log level; gossip and mingle wait for siblings it does not have.
        options = ["--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle", *self._include]
        self._process = process.start(
            [sys.executable, "-m", "celery", "-A", "config", "worker", *options],
            log=self.log,
            cwd=ROOT,
            env=pointed_at_test_databases("worker") | self._settings,
        )
        deadline = time.monotonic() + seconds
        while b" ready." not in self.log.read_bytes()[begins_at:]:
            if not self.is_running or time.monotonic() > deadline:
                raise RuntimeError(f"The Celery worker did not start:\n{process.tail(self.log)}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a crash would: no goodbye, running tasks lost."""
        if self._process is not None and self.is_running:
            children = self.children()
            self._process.kill()
            self._process.wait()
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)

    def kill_one_child(self) -> None:
        """End a process that does tasks, as the kernel does when memory is short; the worker starts another."""
        for child in self.children()[:1]:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def children(self) -> list[int]:
        """The processes that do the tasks."""
        if self._process is None:
            return []
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        return [int(child) for thread in threads for child in thread.read_text().split()]

    def stop(self) -> None:
        """End it as a deploy would: running tasks finish."""
        if self._process is not None:
            process.stop(self._process, signal.SIGTERM)


@pytest.fixture(scope="session")
def _worker(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    worker = Worker(tmp_path_factory.mktemp("worker"))
    yield worker
    worker.stop()


@pytest.fixture
def celery_worker_process(transactional_db: None, _worker: Worker) -> Iterator[Worker]:
    """A running worker with empty queues; it sees what the test commits.

    It ends with the test: beside one that asks for none it would take what that test queues.
    """
    assert settings.CELERY_BROKER_URL.startswith("redis"), "the process test needs the real broker"
    # Tasks of earlier tests name rows that are gone.
    app.control.purge()
    if not _worker.is_running:
        _worker.start()
    yield _worker
    _worker.stop()
