"""Runs in processes and databases of their own: nothing here can reach the installation's.

The process that plays gets an environment that names no database, no broker and no secret, and an empty folder for its
state: so it is an embedded installation with two SQLite files there, made by the migrations and gone afterwards.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# What a process needs to start, and nothing that an installation is configured by.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "DJANGO_SETTINGS_MODULE")


@dataclass(frozen=True, slots=True)
class Run:
    """One year to play. `share`: of the expected number of requests, for a small run; `room`: of the demand."""

    policy: str
    seed: int
    weeks: int
    room: float = 0.6
    share: float = 1.0


class RunFailed(Exception):
    """The process that played ended with an error, which it has printed."""


@contextmanager
def scratch() -> Iterator[Callable[[Run], dict[str, Any]]]:
    """Something to play runs with, each in a process of its own on a copy of one freshly migrated installation."""
    with tempfile.TemporaryDirectory(prefix="simulate-") as name:
        empty = Path(name) / "empty"
        _process(empty, "prepare")

        def play(run: Run) -> dict[str, Any]:
            with _copy(empty) as own:
                _process(own, json.dumps(asdict(run)))
                result: dict[str, Any] = json.loads((own / "result.json").read_text())
                return result

        yield play


def results(runs: Sequence[Run], *, at_once: int = 1) -> Iterator[dict[str, Any]]:
    """The figures of the runs, in their order, `at_once` of them played side by side."""
    with scratch() as play, ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(play, runs)


@contextmanager
def _copy(empty: Path) -> Iterator[Path]:
    own = Path(tempfile.mkdtemp(dir=empty.parent))
    shutil.copytree(empty, own, dirs_exist_ok=True)
    try:
        yield own
    finally:
        shutil.rmtree(own)


def _process(state: Path, job: str) -> None:
    state.mkdir(exist_ok=True)
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    command = [sys.executable, "-m", "referrals.simulation.scratch", job]
    place = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, env=environment | {"STATE_DIR": str(state)}, cwd=place, check=False)  # noqa: S603
    if done.returncode:
        raise RunFailed(f"The simulation of {job} failed.")


def main(job: str) -> int:
    """In the process of its own: prepare the empty installation, or play one run there. The exit code."""
    import django
    from django.conf import settings

    django.setup()
    state = Path(os.environ["STATE_DIR"])
    if not is_scratch(state, settings.DATABASES, settings.REDIS_URL):
        print("The simulation runs on scratch databases only.", file=sys.stderr)
        return 1
    if job == "prepare":
        _migrate()
    else:
        began = time.monotonic()
        result = _play(Run(**json.loads(job)))
        result["run_seconds"] = round(time.monotonic() - began, 1)
        result["processor_seconds"] = round(time.process_time(), 1)
        (state / "result.json").write_text(json.dumps(result))
    return 0


def is_scratch(state: Path, databases: Mapping[str, Mapping[str, Any]], broker: str) -> bool:
    """Whether every database is a SQLite file in the folder `state`, and no broker is named."""
    return not broker and all(
        "sqlite3" in database["ENGINE"] and Path(str(database["NAME"])).parent == state
        for database in databases.values()
    )


def _migrate() -> None:
    from django.conf import settings
    from django.core.management import call_command

    for alias in settings.DATABASES:
        call_command("migrate", database=alias, verbosity=0, interactive=False)


def _play(run: Run) -> dict[str, Any]:
    from django.db import connections

    from referrals.simulation.year import play

    for connection in connections.all():
        with connection.cursor() as cursor:
            # Nobody needs the files after a crash.
            cursor.execute("PRAGMA synchronous=OFF")
    return play(run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
