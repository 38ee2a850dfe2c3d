"""`make run`'s process, as a newcomer starts it: embedded defaults, own folder, own port."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.demo import PASSWORD, VAULT_PASSPHRASE
from privacy import worker_key
from tests.services.served import LEFT_OUT, ROOT, Served, free_port


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("serve")) as running:
        running.wait_until_ready()
        yield running


def test_one_that_does_not_get_ready_is_not_left_running(tmp_path: Path) -> None:
    slow = Served(tmp_path)

    with pytest.raises(pytest.fail.Exception):
        slow.wait_until_ready(seconds=0)

    assert slow.process.returncode is not None


def test_one_process_serves_web_worker_and_clock(served: Served) -> None:
    assert all(served.wait_until_ready().values())


def test_it_prints_addresses_and_sign_ins(served: Served) -> None:
    printed = served.log.read_text()
    assert f"http://127.0.0.1:{served.port}/staff/" in printed
    assert "coordinator@demo.example" in printed
    assert PASSWORD in printed
    assert VAULT_PASSPHRASE in printed


def test_its_log_holds_no_error(served: Served) -> None:
    served.wait_until_ready()
    # Whoever asks before the worker's first heartbeat is told 503, and Django logs that: it is the right answer.
    lines = [line for line in served.log.read_text().splitlines() if not line.endswith("Unavailable: /health/ready")]
    assert not [line for line in lines if "ERROR" in line or "Traceback" in line]


def test_a_taken_port_is_said_in_one_sentence(served: Served) -> None:
    (served.folder / "second").mkdir()
    with Served(served.folder / "second", port=served.port) as second:
        assert second.process.wait(30) == 1
    assert second.log.read_text().splitlines() == [
        f"Port {served.port} is taken. Choose another one: PORT={served.port + 1} make run"
    ]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_it_ends_within_five_seconds_and_keeps_its_data(tmp_path: Path, ending: signal.Signals) -> None:
    with Served(tmp_path) as first:
        first.wait_until_ready()
        code, seconds = first.end(ending)
    assert code == 0
    assert seconds < 5
    with Served(tmp_path) as again:
        again.wait_until_ready()
        again.end(ending)
    assert "Demo data" in first.log.read_text()
    assert "Demo data" not in again.log.read_text()


def test_no_task_that_still_runs_holds_the_process() -> None:
    script = (
        "import concurrent.futures, sys, time\n"
        "from config import serve\n"
        "concurrent.futures.ThreadPoolExecutor().submit(time.sleep, 60)\n"
        "print('Ended.', end='')\n"
        "serve.leave(3)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=30, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (3, "Ended.")


def refused_start(folder: Path, port: int, **more: str) -> subprocess.CompletedProcess[str]:
    """A start that must end by itself."""
    inherited = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    return subprocess.run(
        [sys.executable, "-m", "config.serve"],
        cwd=ROOT,
        env=inherited
        | {"DJANGO_SETTINGS_MODULE": "config.settings", "STATE_DIR": str(folder), "PORT": str(port)}
        | more,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_worker_key_that_cannot_be_read_is_said_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "worker.key").write_text("not a key")
    port = free_port()

    refused = refused_start(tmp_path, port)

    assert refused.returncode == 1
    assert refused.stderr == (
        f"The worker key file {tmp_path / 'worker.key'} does not hold a worker key: {worker_key.MAKE_ONE}.\n"
    )
    assert refused.stdout == ""
    assert is_free(port)
    assert not list(tmp_path.glob("*.sqlite3"))


def test_another_installations_worker_key_is_refused_and_changes_nothing(served: Served, tmp_path: Path) -> None:
    served.wait_until_ready()
    other = tmp_path / "worker.key"
    worker_key.make_file(other)
    port = free_port()

    refused = refused_start(served.folder, port, WORKER_KEY_FILE=str(other))

    assert refused.returncode == 1
    assert refused.stderr == (
        f"The worker key file {other} is not the one this database is sealed for: "
        "give the worker the file it was set up with.\n"
    )
    assert is_free(port)
    assert all(served.wait_until_ready().values())


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
