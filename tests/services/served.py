"""`make run`'s process, as a newcomer starts it: embedded defaults, a state folder and a port of its own."""

import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.services import process

ROOT = Path(__file__).parents[2]
# What an embedded run must find for itself, as a newcomer does.
LEFT_OUT = (
    "DATABASE_URL",
    "KEYS_DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "RETURN_CODE_PEPPER",
    "SECOND_FACTOR_KEY",
    "WORKER_KEY_FILE",
    "STATIC_ROOT",
)


class Served:
    """`python -m config.serve` on a free port with its state in `folder`; as a context, it has ended at its end.

    Whatever goes wrong here ends it too: one that is left running is found by whichever test comes later.
    """

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.log = folder / f"{self.port}.log"
        inherited = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
        self.process = process.start(
            [sys.executable, "-m", "config.serve"],
            log=self.log,
            cwd=ROOT,
            env=inherited
            | {"DJANGO_SETTINGS_MODULE": "config.settings", "STATE_DIR": str(folder), "PORT": str(self.port)},
        )

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_raised: object) -> None:
        process.stop(self.process)

    def wait_until_ready(self, seconds: float = 300) -> dict[str, bool]:
        """The checks of /health/ready, once all pass.

        The first start migrates two databases and makes the demo's quarters: some 35 seconds of one free core.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=seconds) as answer:
                    checks: dict[str, bool] = json.load(answer)["checks"]
                    return checks
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        process.stop(self.process)
        pytest.fail(f"It did not become ready:\n{process.tail(self.log)}")

    def end(self, ending: signal.Signals) -> tuple[int, float]:
        """Exit code and seconds it took after `ending`."""
        begun = time.monotonic()
        self.process.send_signal(ending)
        try:
            return self.process.wait(30), time.monotonic() - begun
        finally:
            process.stop(self.process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
