"""On SQLite too the ledger's tables refuse what they must, whoever writes."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from funding import ledger
from funding.apps import FundingConfig
from funding.book_audit import differences
from funding.models import AccountingMonth, JournalEntry
from privacy.append_only import APPEND_ONLY_TABLES
from tests.funding.builders import FINANCE, NOW, commitment, grant, payment

pytestmark = pytest.mark.django_db


def test_every_table_of_the_ledger_has_its_triggers() -> None:
    assert connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        triggers = {name for (name,) in cursor.fetchall()}

    ours = [table for table in APPEND_ONLY_TABLES if table.startswith(f"{FundingConfig.name}_")]
    assert len(ours) > 8
    assert {f"{table}_no_{verb}" for table in ours for verb in ("update", "delete")} <= triggers
    assert "funding_journalentry_open_month" in triggers


def test_a_payment_is_posted_and_what_is_posted_stays() -> None:
    payment(commitment(grant()))

    assert sum(ledger.trial_balance().values()) == 0
    assert differences() == []
    for statement in ("UPDATE funding_journalline SET debit_cents = 1", "DELETE FROM funding_journalentry"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(("day", "is_refused"), [(date(2026, 10, 31), True), (date(2026, 11, 1), False)])
def test_a_closed_month_takes_no_row(day: date, is_refused: bool) -> None:
    AccountingMonth.objects.create(first_day=date(2026, 10, 1), is_closed=True, closed_at=NOW)

    def post() -> None:
        with transaction.atomic():
            JournalEntry.objects.create(posted_on=day, description="Test", created_at=NOW)

    if is_refused:
        with pytest.raises(IntegrityError, match="closed"):
            post()
    else:
        post()
    with pytest.raises(ledger.ClosedMonthError):
        ledger.post(
            on=date(2026, 10, 5),
            description="Test",
            lines=[
                ledger.Line(ledger.Account.CASH, grant(), debit=1),
                ledger.Line(ledger.Account.NET_ASSETS, grant(), credit=1),
            ],
            by=FINANCE,
            now=NOW,
        )
