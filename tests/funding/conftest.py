"""After every test of money the books are whole."""

from collections.abc import Iterator

import pytest
from django.db import connection

from funding.book_audit import differences


@pytest.fixture(autouse=True)
def _whole_books(_zero_trial_balance: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Where a test had the database, what is counted is what the rows come to."""
    yield
    if request.node.get_closest_marker("django_db") is not None and not connection.needs_rollback:
        assert differences() == []
