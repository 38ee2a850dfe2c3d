"""`manage.py drill`: on scratch databases, gone afterwards; a failed drill is a failed command."""

import os
import subprocess
import sys
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from config.drills import scratch
from config.management.commands import drill
from tests.services.served import LEFT_OUT, ROOT


def command(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "drill", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=280,
    )


def test_without_a_name_it_says_what_there_is() -> None:
    out = StringIO()

    call_command("drill", stdout=out)

    named = [line.split()[0] for line in out.getvalue().splitlines()]
    assert {"canary", "subpoena", "rotate", "stolen-host"} <= set(named)
    assert all(len(line.split()) > 4 for line in out.getvalue().splitlines())


def test_an_unknown_drill_is_named_and_the_known_ones_too() -> None:
    with pytest.raises(CommandError, match="no drill “fire”; there are canary, "):
        call_command("drill", "fire")


@pytest.mark.parametrize("count", [0, -1])
def test_a_number_below_one_is_refused(count: int) -> None:
    with pytest.raises(CommandError, match="1 or more"):
        call_command("drill", "canary", count=count)


@pytest.mark.parametrize("passes", [True, False])
def test_a_drill_that_fails_fails_the_command(monkeypatch: pytest.MonkeyPatch, passes: bool) -> None:
    made_up = SimpleNamespace(COUNT=7, run=lambda count, report: report(f"done {count}") or passes)
    monkeypatch.setattr(drill, "drills", lambda: {"made-up": made_up})
    monkeypatch.setattr(drill, "installation", nullcontext)
    out = StringIO()

    if passes:
        call_command("drill", "made-up", stdout=out)
        assert "Passed (made-up, 7, 0 s)." in out.getvalue()
    else:
        with pytest.raises(CommandError, match=r"The drill failed \(made-up, 7, 0 s\)"):
            call_command("drill", "made-up", stdout=out)
    assert "done 7" in out.getvalue()


def test_where_no_database_may_be_made_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**more: object) -> None:
        raise SystemExit(2)

    monkeypatch.setattr(scratch, "setup_databases", refused)
    monkeypatch.setattr(scratch, "setup_test_environment", lambda **more: None)
    monkeypatch.setattr(scratch, "teardown_test_environment", lambda: None)
    for alias in connections:
        monkeypatch.setitem(connections[alias].settings_dict["TEST"], "NAME", "kept")

    with pytest.raises(CommandError, match="may the database role create some"):
        call_command("drill", "subpoena", count=1)


@pytest.mark.django_db(transaction=True)
def test_on_postgresql_its_databases_stand_beside_the_real_ones_and_are_gone_afterwards() -> None:
    ran = command("subpoena", "--count", "1", env=dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "config.settings"})

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Passed (subpoena, 1," in ran.stdout
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'drill%'")
        assert cursor.fetchall() == []
    # The real ones were never even migrated.
    for name in ("DATABASE_URL", "KEYS_DATABASE_URL"):
        host, _, database = os.environ[name].partition("@/")[2].rpartition("/")
        try:
            with psycopg.connect(host=host, user="postgres", dbname=database) as connection:
                assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (
                    0,
                )
        except psycopg.OperationalError as error:
            assert "does not exist" in str(error)  # noqa: PT017 (as good as empty)


def test_on_sqlite_the_installations_own_files_are_not_written_to(tmp_path: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    env = inherited | {"DJANGO_SETTINGS_MODULE": "config.settings", "STATE_DIR": str(tmp_path)}

    ran = command("subpoena", "--count", "1", env=env)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    for file in tmp_path.glob("*.sqlite3"):
        assert file.stat().st_size == 0, "the installation's own database was written to"
