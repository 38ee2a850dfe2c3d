import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import connections
from playwright.sync_api import Error, Page
from pytest_django.live_server_helper import LiveServer
from pytest_socket import SocketConnectBlockedError

from tests.services import postgres
from tests.services.worker import ROOT, Worker


@pytest.mark.django_db
@pytest.mark.parametrize(("alias", "name"), [("default", "test_main"), ("keys", "test_keys")])
def test_both_databases_are_real_postgresql(alias: str, name: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_database(), version()")
        database, version = cursor.fetchone()
    assert database.removesuffix(f"_{os.environ.get('PYTEST_XDIST_WORKER', '')}") == name
    assert version.startswith("PostgreSQL ")


@pytest.mark.filterwarnings("ignore:A test tried to use socket:UserWarning")
def test_a_stranger_cannot_be_reached() -> None:
    with socket.socket() as stranger, pytest.raises(SocketConnectBlockedError):
        stranger.connect(("192.0.2.1", 80))


@pytest.mark.parametrize("round_", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_a_transactional_test_leaves_nothing_behind(round_: int) -> None:
    assert not Group.objects.exists()
    Group.objects.create(name="left behind")


def test_postgresql_starts_from_a_folder_that_only_its_owner_may_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    found = postgres.binaries()
    assert found
    (tmp_path / "bin").symlink_to(found)
    server = postgres.start(tmp_path / "bin")
    with psycopg.connect(host=str(server.folder), user="postgres", dbname="postgres") as connection:
        row = connection.execute("SELECT count(*) FROM pg_database").fetchone()
    server.stop()
    assert row == (3,)
    assert server.started
    assert server.started.poll() is not None
    assert server.folder
    assert not server.folder.exists()


def test_servers_die_with_the_tests_whatever_ends_them(tmp_path: Path) -> None:
    parent = (
        "import os, signal, sys; from pathlib import Path; from tests.services import process;"
        f"child = process.start(['sleep', '600'], log=Path({str(tmp_path / 'log')!r}), cwd=Path('/'));"
        "print(child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", parent], cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    child = Path("/proc") / killed.stdout.strip()
    deadline = time.monotonic() + 10
    while child.exists() and "Z" not in (child / "stat").read_text().split()[2] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.exists() or "Z" in (child / "stat").read_text().split()[2]


def test_a_killed_worker_starts_again(celery_worker_process: Worker) -> None:
    celery_worker_process.kill()
    assert not celery_worker_process.is_running
    celery_worker_process.start()
    assert celery_worker_process.is_running


def test_the_browser_opens_pages_of_this_machine_and_no_others(page: Page, live_server: LiveServer) -> None:
    response = page.goto(f"{live_server.url}/health/live")
    assert response
    assert response.status == 200
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.org/")


def test_scripts_run_only_where_they_are_allowed(page: Page, page_without_scripts: Page) -> None:
    content = "<p>none</p><script>document.querySelector('p').textContent = 'ran'</script>"
    page.set_content(content)
    page_without_scripts.set_content(content)
    assert page.locator("p").inner_text() == "ran"
    assert page_without_scripts.locator("p").inner_text() == "none"
