"""One at a time: what must happen in the order of the case log, whoever runs it."""

from django.db import connection

# Any number that no other lock of this database has.
_FOLLOWING = 7_001_332


def wait_for_turn() -> None:
    """Hold the log's turn until the transaction ends.

    SQLite needs none: its transactions here are IMMEDIATE, so that there is one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_FOLLOWING])
