"""Tables that only grow: triggers refuse UPDATE and DELETE on SQLite and PostgreSQL, and TRUNCATE on the latter.

They stop mistakes and shortcuts of the application, not the owner of the database, who can drop a trigger; the case
log's hash chain is what shows that. A refused statement raises `django.db.IntegrityError` on both databases.

On SQLite a later migration that alters such a table rebuilds it and loses its triggers: end that migration with
`refuse_changes(table)` again (tests/privacy/test_append_only.py fails without).
"""

from functools import partial
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import RunPython

# Packages name theirs in AppConfig.ready(); the tests drop and re-create these triggers around a flush.
APPEND_ONLY_TABLES: list[str] = []

_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$"""


def statements_to_create(table: str, vendor: str) -> list[str]:
    """The SQL that makes `table` append-only on a database of `vendor`; may be run again."""
    if vendor == "sqlite":
        return [
            f'CREATE TRIGGER IF NOT EXISTS "{table}_no_{verb.lower()}" BEFORE {verb} ON "{table}" '
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        _POSTGRESQL_FUNCTION,
        (
            f'CREATE OR REPLACE TRIGGER "{table}_no_change" BEFORE UPDATE OR DELETE ON "{table}" '
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ),
        (
            f'CREATE OR REPLACE TRIGGER "{table}_no_truncate" BEFORE TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        ),
    ]


def statements_to_drop(table: str, vendor: str) -> list[str]:
    """The SQL that lets `table` change again; may be run where there is no trigger."""
    if vendor == "sqlite":
        return [f'DROP TRIGGER IF EXISTS "{table}_no_{verb}"' for verb in ("update", "delete")]
    return [f'DROP TRIGGER IF EXISTS "{table}_no_{verb}" ON "{table}"' for verb in ("change", "truncate")]


def create_all(connection: BaseDatabaseWrapper) -> None:
    """Make every append-only table that this database has refuse changes."""
    for table in _present(connection):
        _run(connection, statements_to_create(table, connection.vendor))


def drop_all(connection: BaseDatabaseWrapper) -> None:
    """Let every append-only table of this database change again: only for emptying a test database."""
    for table in _present(connection):
        _run(connection, statements_to_drop(table, connection.vendor))


def refuse_changes(*tables: str, model_name: str | None = None) -> RunPython:
    """The migration operation that makes `tables` append-only.

    `model_name` (lower case) is for tables of the `keys` database: by it the router finds where they are.
    """
    forth, back = partial(_migrate, statements_to_create, tables), partial(_migrate, statements_to_drop, tables)
    return RunPython(forth, back, hints={"model_name": model_name} if model_name else None)


def _migrate(statements: Any, tables: tuple[str, ...], apps: Any, schema_editor: Any) -> None:
    for table in tables:
        _run(schema_editor.connection, statements(table, schema_editor.connection.vendor))


def _present(connection: BaseDatabaseWrapper) -> list[str]:
    existing = set(connection.introspection.table_names())
    return [table for table in APPEND_ONLY_TABLES if table in existing]


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
