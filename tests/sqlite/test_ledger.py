"""On SQLite too the ledger's tables refuse what they must, whoever writes."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from funding import ledger
from funding.apps import FundingConfig
from funding.book_audit import differences
from funding.models import Account, AccountingMonth, Grant, JournalEntry, JournalLine
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
    assert {
        "funding_journalentry_open_month",
        "funding_journalline_open_month",
        "funding_accountingmonth_stays_closed",
        "funding_journalline_no_append",
        "funding_journalentry_is_whole",
        "funding_journalentry_balances",
    } <= triggers


def test_a_payment_is_posted_and_what_is_posted_stays() -> None:
    payment(commitment(grant()))

    assert sum(ledger.trial_balance().values()) == 0
    assert differences() == []
    for statement in ("UPDATE funding_journalline SET debit_cents = 1", "DELETE FROM funding_journalentry"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def _pair(entry: JournalEntry, of: Grant, *, debit: int = 7, credit: int = 7) -> None:
    with transaction.atomic():
        JournalLine.objects.bulk_create(
            [
                JournalLine(entry=entry, account=Account.CASH, grant=of, debit_cents=debit),
                JournalLine(entry=entry, account=Account.NET_ASSETS, grant=of, credit_cents=credit),
            ]
        )


def _entry(on: date = date(2026, 11, 5)) -> JournalEntry:
    return JournalEntry(posted_on=on, description="Test", created_at=NOW, line_count=2)


def test_a_pair_of_a_closed_month_is_refused_whoever_writes_it() -> None:
    city, entry = grant(), _entry(date(2026, 10, 5))
    AccountingMonth.objects.create(first_day=date(2026, 10, 1), is_closed=True, closed_at=NOW)

    def post() -> None:
        with transaction.atomic():
            _pair(entry, city)
            entry.save(force_insert=True)

    with pytest.raises(IntegrityError, match="closed"):
        post()
    assert not entry.lines.exists()


@pytest.mark.parametrize("change", [{"is_closed": False, "closed_at": None}, {"first_day": date(2026, 9, 1)}])
def test_a_closed_month_is_neither_opened_nor_moved(change: dict[str, Any]) -> None:
    AccountingMonth.objects.create(first_day=date(2026, 10, 1), is_closed=True, closed_at=NOW)

    with pytest.raises(IntegrityError, match="stays closed"), transaction.atomic():
        AccountingMonth.objects.filter(first_day=date(2026, 10, 1)).update(**change)


def test_a_balanced_pair_is_not_appended_to_an_entry_that_has_its_lines() -> None:
    city = grant()
    lines = [ledger.Line(Account.CASH, city, debit=1), ledger.Line(Account.NET_ASSETS, city, credit=1)]
    entry = ledger.post(on=date(2026, 11, 5), description="Test", lines=lines, by=FINANCE, now=NOW)

    with pytest.raises(IntegrityError, match="all of its lines"):
        _pair(entry, city)
    assert entry.lines.count() == 2


@pytest.mark.parametrize(("debit", "is_refused"), [(7, False), (8, True)])
def test_an_entry_is_in_balance(debit: int, is_refused: bool) -> None:
    city, entry = grant(), _entry()

    def post() -> None:
        with transaction.atomic():
            _pair(entry, city, debit=debit)
            entry.save(force_insert=True)

    if is_refused:
        with pytest.raises(IntegrityError, match="out of balance"):
            post()
    else:
        post()
    assert entry.lines.exists() is not is_refused


@pytest.mark.parametrize("lines", [0, 1, 3])
def test_no_entry_is_there_without_exactly_its_lines(lines: int) -> None:
    city, entry = grant(), _entry()

    def post() -> None:
        with transaction.atomic():
            JournalLine.objects.bulk_create(
                JournalLine(entry=entry, account=Account.CASH, grant=city, debit_cents=7) for _ in range(lines)
            )
            entry.save(force_insert=True)

    with pytest.raises(IntegrityError, match="the entry"):
        post()
    assert not JournalEntry.objects.filter(pk=entry.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_no_line_outlives_its_transaction_without_an_entry() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        _pair(_entry(), grant())

    assert not JournalLine.objects.exists()


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
