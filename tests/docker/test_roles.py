"""docker/roles.sql on a real server: what runs all day may write rows and nothing else, a backup may only read."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.utils import timezone
from psycopg import errors, sql

from privacy import backups, dumps
from privacy.dumps.problems import BackupProblem
from tests.docker.test_compose import SERVICES
from tests.privacy.copies import Fund, empty_database, use_programs

ROLES = Path(__file__).parents[2] / "docker/roles.sql"
NAMES = ("owner", "web", "worker", "backup")
# At work all day, in reach of strangers.
DAILY = ("web", "worker")


class Installation:
    """A database made as the container makes it, and filled by the owner from a copy."""

    def __init__(self, fund: Fund, copy: backups.SealedCopy) -> None:
        self.fund, self.copy = fund, copy

    def connect(self, role: str) -> psycopg.Connection[Any]:
        return psycopg.connect(**parameters(f"intake_{role}", f"{role}-password"), autocommit=True)

    def refuses(self, role: str, statement: str) -> bool:
        with self.connect(role) as connection:
            try:
                connection.execute(statement)
            except errors.InsufficientPrivilege:
                return True
        return False


def parameters(user: str = "", password: str = "") -> dict[str, Any]:
    given = connections["default"].get_connection_params()
    changed = {"user": user, "password": password} if user else {}
    return {
        key: value for key in ("host", "port", "user", "password", "dbname") if (value := {**given, **changed}.get(key))
    }


@pytest.fixture(scope="module")
def installation(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("roles")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        use_programs(patch)
        fund = Fund(folder)
        patch.setattr("django.conf.settings.BACKUP_RECIPIENTS", fund.recipients)
        copy = backups.SealedCopy(fund.backup()["main"], backups.identities(fund.identities[0]))
        with empty_database("default", folder):
            _run_roles_sql()
            database = connections["default"].settings_dict
            with pytest.MonkeyPatch.context() as as_owner:
                as_owner.setitem(database, "USER", "intake_owner")
                as_owner.setitem(database, "PASSWORD", "owner-password")
                dumps.load("default", copy.feed)
                connections["default"].close()
            yield Installation(fund, copy)
            connections["default"].close()
            _drop_roles()


def _run_roles_sql() -> None:
    given = parameters()
    psql = ["psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={ROLES}", f"--dbname={given['dbname']}"]
    environment = {
        f"PG{name.upper()}": str(given[name]) for name in ("host", "port", "user", "password") if name in given
    }
    passwords = {f"{name.upper()}_PASSWORD": f"{name}-password" for name in NAMES}
    subprocess.run(psql, env={**os.environ, **environment, **passwords}, check=True, capture_output=True)


def _drop_roles() -> None:
    with psycopg.connect(**parameters(), autocommit=True) as connection:
        me = connection.execute("SELECT current_user").fetchone()
        assert me
        connection.execute(sql.SQL("REASSIGN OWNED BY intake_owner TO {}").format(sql.Identifier(me[0])))
        for name in NAMES:
            connection.execute(sql.SQL("DROP OWNED BY {0}").format(sql.Identifier(f"intake_{name}")))
            connection.execute(sql.SQL("DROP ROLE {0}").format(sql.Identifier(f"intake_{name}")))


RIGHTS_ON_ROWS = ["SELECT", "INSERT", "UPDATE", "DELETE"]


@pytest.mark.parametrize("role", DAILY)
def test_what_runs_all_day_may_read_and_write_every_row_and_no_more(installation: Installation, role: str) -> None:
    with installation.connect(role) as connection:
        tables = connection.execute(
            "SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        ).fetchall()
        rights = {
            right: connection.execute(
                "SELECT count(*) FROM unnest(%s::oid[]) t WHERE has_table_privilege(t, %s)",
                [[oid for (oid,) in tables], right],
            ).fetchone()
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")
        }
        sequences = connection.execute(
            "SELECT bool_and(has_sequence_privilege(oid, 'USAGE')) FROM pg_class WHERE relkind = 'S'"
        ).fetchone()

    assert len(tables) > 40
    assert [right for right, count in rights.items() if count == (len(tables),)] == RIGHTS_ON_ROWS
    assert [right for right, count in rights.items() if count == (0,)] == ["TRUNCATE", "TRIGGER", "REFERENCES"]
    assert sequences == (True,)


OWNERS_BUSINESS = [
    "TRUNCATE privacy_tombstone",
    "TRUNCATE auth_group",
    "ALTER TABLE privacy_tombstone DISABLE TRIGGER ALL",
    "DROP TRIGGER privacy_tombstone_no_change ON privacy_tombstone",
    "CREATE TRIGGER t BEFORE DELETE ON auth_group FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "DROP TABLE privacy_tombstone",
    "CREATE TABLE another (id int)",
    "CREATE TEMPORARY TABLE another (id int)",
    "SET session_replication_role = replica",
    "SET ROLE intake_owner",
    "GRANT intake_owner TO CURRENT_USER",
    "COPY auth_group TO PROGRAM 'cat'",
]


@pytest.mark.parametrize("role", [*DAILY, "backup"])
@pytest.mark.parametrize("statement", OWNERS_BUSINESS)
def test_tables_and_triggers_are_the_owners_business(installation: Installation, role: str, statement: str) -> None:
    assert installation.refuses(role, statement)


def test_the_owner_may_do_what_the_others_may_not(installation: Installation) -> None:
    # Else the test above could pass for a statement that is simply wrong.
    with installation.connect("owner") as connection:
        connection.execute("BEGIN")
        connection.execute("ALTER TABLE privacy_tombstone DISABLE TRIGGER USER")
        connection.execute("CREATE TABLE another (id int)")
        connection.execute("TRUNCATE privacy_tombstone")
        connection.execute("ROLLBACK")


@pytest.mark.parametrize("verb", ["INSERT INTO auth_group (name) VALUES ('x')", "DELETE FROM auth_group"])
def test_the_backup_role_changes_nothing(installation: Installation, verb: str) -> None:
    assert installation.refuses("backup", verb)


def test_a_backup_is_made_with_the_right_to_read(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    database = connections["default"].settings_dict
    use_programs(monkeypatch)
    monkeypatch.setattr("django.conf.settings.BACKUP_RECIPIENTS", installation.fund.recipients)
    monkeypatch.setitem(database, "USER", "intake_backup")
    monkeypatch.setitem(database, "PASSWORD", "backup-password")
    folder = installation.fund.folder / "by-its-role"
    folder.mkdir()

    path = backups.write("main", folder, now=timezone.now())

    copy = backups.SealedCopy(path, installation.copy.identities)
    dumps.check("default", copy.feed, table="privacy_sealeddocument")


@pytest.mark.parametrize("role", DAILY)
def test_only_the_owner_restores(installation: Installation, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    database = connections["default"].settings_dict
    use_programs(monkeypatch)
    monkeypatch.setitem(database, "USER", f"intake_{role}")
    monkeypatch.setitem(database, "PASSWORD", f"{role}-password")

    with pytest.raises(BackupProblem, match="must be owner of table"):
        dumps.load("default", installation.copy.feed)


def test_every_role_of_the_services_is_in_the_file_but_the_one_that_opens_no_database() -> None:
    named = {
        service["environment"]["DATABASE_URL"].split("//")[1].partition("@")[0].partition(":")[0]
        for service in SERVICES.values()
        if "DATABASE_URL" in service.get("environment", {})
    }
    assert named == {f"intake_{name}" for name in NAMES} | {"intake_beat"}
    assert "intake_beat" not in ROLES.read_text()


def test_the_worker_may_clear_deleted_rows_off_the_disk(installation: Installation) -> None:
    with installation.connect("worker") as connection:
        before = connection.execute("SELECT pg_relation_filenode('privacy_returncode')").fetchone()
        connection.execute("VACUUM (FULL) privacy_returncode")
        after = connection.execute("SELECT pg_relation_filenode('privacy_returncode')").fetchone()

    assert before != after
