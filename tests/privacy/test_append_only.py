"""The tables that only grow refuse every other statement."""

import pytest
from django.db import IntegrityError, connection, connections, transaction

from privacy.append_only import APPEND_ONLY_TABLES, create_all, drop_all, statements_to_create, statements_to_drop

TABLES = {
    "accounts_peopleevent",
    "funding_approval",
    "funding_bankline",
    "funding_bankstatement",
    "funding_disbursement",
    "funding_followedevent",
    "funding_invoicemaker",
    "funding_journalentry",
    "funding_journalline",
    "funding_paidline",
    "funding_paymentfile",
    "funding_countedfact",
    "funding_publicpageswitch",
    "funding_release",
    "funding_releasedocument",
    "funding_waitinglink",
    "privacy_keytombstone",
    "privacy_tombstone",
    "referrals_caseevent",
}


IN_KEYS = {"privacy_keytombstone"}


def _triggers(database: str = "default") -> set[str]:
    query = {
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    }[connection.vendor]
    with connections[database].cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


def _names(table: str) -> set[str]:
    verbs = ("update", "delete") if connection.vendor == "sqlite" else ("change", "truncate")
    return {f"{table}_no_{verb}" for verb in verbs}


def test_every_ledger_and_log_is_registered() -> None:
    assert set(APPEND_ONLY_TABLES) == TABLES


@pytest.mark.django_db
@pytest.mark.parametrize("table", sorted(TABLES))
def test_the_migrations_leave_every_append_only_table_with_its_triggers(table: str) -> None:
    assert _names(table) <= _triggers("keys" if table in IN_KEYS else "default")


@pytest.mark.django_db
def test_triggers_can_be_dropped_and_made_again_any_number_of_times() -> None:
    drop_all(connection)
    drop_all(connection)
    assert not _triggers() & set().union(*map(_names, TABLES - IN_KEYS))
    create_all(connection)
    create_all(connection)
    assert set().union(*map(_names, TABLES - IN_KEYS)) <= _triggers()


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE notes SET words = 'b'", "DELETE FROM notes", "TRUNCATE notes"])
def test_a_change_is_refused_until_the_triggers_are_dropped(statement: str) -> None:
    if connection.vendor == "sqlite" and statement.startswith("TRUNCATE"):
        statement = "DELETE FROM notes WHERE words = 'a'"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE notes (words text)")
        for create in statements_to_create("notes", connection.vendor):
            cursor.execute(create.replace("CREATE TRIGGER", "CREATE TEMPORARY TRIGGER"))
        cursor.execute("INSERT INTO notes VALUES ('a')")

        with pytest.raises(IntegrityError, match="notes is append-only"), transaction.atomic():
            cursor.execute(statement)

        for drop in statements_to_drop("notes", connection.vendor):
            cursor.execute(drop)
        cursor.execute(statement)
