"""After every test of money the books are whole."""

from collections.abc import Iterator

import pytest
from django.db import connection

from funding import ledger
from funding.book_audit import differences


@pytest.fixture(autouse=True)
def _balanced_books(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where a test had the database: the trial balance is zero, and what is counted is what the rows come to."""
    uses_database = request.node.get_closest_marker("django_db") is not None
    if uses_database:
        # Before this one, so that the books are looked at before they are emptied.
        is_transactional = request.node.get_closest_marker("django_db").kwargs.get("transaction")
        request.getfixturevalue("transactional_db" if is_transactional else "db")
    yield
    # A test that ends with a refused statement has no transaction left to look at.
    if uses_database and not connection.needs_rollback:
        assert sum(ledger.trial_balance().values()) == 0
        assert differences() == []
