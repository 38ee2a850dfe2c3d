"""`make run`'s process, as a newcomer starts it: embedded defaults, own folder, own port."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.demo import PASSWORD
from tests.services import process
from tests.services.served import ROOT, Served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = Served(tmp_path_factory.mktemp("serve"))
    running.wait_until_ready()
    yield running
    process.stop(running.process)


def test_one_process_serves_web_worker_and_clock(served: Served) -> None:
    assert all(served.wait_until_ready().values())


def test_it_prints_addresses_and_sign_ins(served: Served) -> None:
    printed = served.log.read_text()
    assert f"http://127.0.0.1:{served.port}/staff/" in printed
    assert "coordinator@demo.example" in printed
    assert PASSWORD in printed


def test_its_log_holds_no_error(served: Served) -> None:
    served.wait_until_ready()
    # Whoever asks before the worker's first heartbeat is told 503, and Django logs that: it is the right answer.
    lines = [line for line in served.log.read_text().splitlines() if not line.endswith("Unavailable: /health/ready")]
    assert not [line for line in lines if "ERROR" in line or "Traceback" in line]


def test_a_taken_port_is_said_in_one_sentence(served: Served) -> None:
    (served.folder / "second").mkdir()
    second = Served(served.folder / "second", port=served.port)
    assert second.process.wait(30) == 1
    assert second.log.read_text().splitlines() == [
        f"Port {served.port} is taken. Choose another one: PORT={served.port + 1} make run"
    ]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_it_ends_within_five_seconds_and_keeps_its_data(tmp_path: Path, ending: signal.Signals) -> None:
    first = Served(tmp_path)
    first.wait_until_ready()
    code, seconds = first.end(ending)
    assert code == 0
    assert seconds < 5
    again = Served(tmp_path)
    again.wait_until_ready()
    again.end(ending)
    assert "Demo data" in first.log.read_text()
    assert "Demo data" not in again.log.read_text()


def test_a_port_that_is_no_number_is_refused() -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "config.serve"],
        cwd=ROOT,
        env=os.environ | {"PORT": "eight"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr == "PORT must be a number, not “eight”.\n"
