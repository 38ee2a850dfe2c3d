"""The books balance, and nothing posted is ever changed."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.roles import Actor, Role
from funding import ledger
from funding.actions import award_grant, follow_acceptances, import_statement, make_release
from funding.models import (
    Account,
    AccountingMonth,
    Approval,
    BankLine,
    BankStatement,
    Commitment,
    CommitmentState,
    CountedFact,
    Disbursement,
    FollowedEvent,
    Grant,
    JournalEntry,
    JournalLine,
    PaidLine,
    PaymentFile,
    Release,
    ReleaseDocument,
    WaitingLink,
)
from tests.factories import organization
from tests.funding.builders import FINANCE, NOW, accepted, commitment, grant, paid, payment

TODAY = date(2026, 11, 17)

pytestmark = pytest.mark.django_db


def test_an_award_opens_with_cash_and_net_assets() -> None:
    city = grant(5_000_000)

    lines = JournalLine.objects.filter(grant=city).values_list("account", "debit_cents", "credit_cents")
    assert set(lines) == {(Account.CASH, 5_000_000, 0), (Account.NET_ASSETS, 0, 5_000_000)}


def test_a_payment_debits_program_expense_credits_the_grants_cash_and_releases_the_restriction() -> None:
    made = commitment(grant())

    payment(made, on=TODAY)

    paid_for = Disbursement.objects.get(commitment=made)
    lines = paid_for.entry.lines.values_list("account", "grant", "provider__code", "debit_cents", "credit_cents")
    assert set(lines) == {
        (Account.PROGRAM_EXPENSE, made.grant_id, "AHR", 250_000, 0),
        (Account.CASH, made.grant_id, None, 0, 250_000),
        (Account.NET_ASSETS, made.grant_id, None, 250_000, 0),
        (Account.RELEASED, made.grant_id, None, 0, 250_000),
    }
    made.refresh_from_db()
    assert (made.state, paid_for.recorded_by_user_id) == (CommitmentState.PAID, FINANCE.user_id)


def test_the_trial_balance_of_awards_and_payments_is_zero() -> None:
    city = grant(900_000)
    grant(100_000)
    payment(*(commitment(city, cents=cents) for cents in (10_000, 250_000, 15_000)), on=TODAY)

    assert ledger.trial_balance() == {
        Account.CASH: 725_000,
        Account.NET_ASSETS: -725_000,
        Account.RELEASED: -275_000,
        Account.PROGRAM_EXPENSE: 275_000,
    }


@given(debits=st.lists(st.integers(1, 9), max_size=4), credited=st.lists(st.integers(1, 9), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_unbalanced_posting_is_refused(debits: list[int], credited: list[int]) -> None:
    city = Grant.objects.first() or grant()
    lines = [ledger.Line(Account.CASH, city, debit=cents) for cents in debits]
    lines += [ledger.Line(Account.NET_ASSETS, city, credit=cents) for cents in credited]
    before = JournalEntry.objects.count()

    if lines and sum(debits) == sum(credited):
        ledger.post(on=TODAY, description="Test", lines=lines, by=FINANCE, now=NOW)
        assert JournalEntry.objects.count() == before + 1
    else:
        with pytest.raises(ledger.UnbalancedError):
            ledger.post(on=TODAY, description="Test", lines=lines, by=FINANCE, now=NOW)
        assert JournalEntry.objects.count() == before


def test_the_mirror_image_corrects_an_entry_once() -> None:
    payment(commitment(grant()), on=TODAY)
    entry = Disbursement.objects.get().entry

    reversal = ledger.reverse(entry, on=TODAY, by=FINANCE, now=NOW)

    assert ledger.trial_balance() == {
        Account.CASH: 10_000_000,
        Account.NET_ASSETS: -10_000_000,
        Account.RELEASED: 0,
        Account.PROGRAM_EXPENSE: 0,
    }
    assert entry.reversed_by == reversal
    for again in (entry, reversal):
        with pytest.raises(ledger.NotReversibleError):
            ledger.reverse(again, on=TODAY, by=FINANCE, now=NOW)
    assert JournalEntry.objects.filter(reverses__isnull=False).count() == 1


def test_a_closed_month_takes_no_posting() -> None:
    city = grant()
    october = date(2026, 10, 5)
    lines = [ledger.Line(Account.CASH, city, debit=1), ledger.Line(Account.NET_ASSETS, city, credit=1)]
    ledger.post(on=october, description="Test", lines=lines, by=FINANCE, now=NOW)
    ledger.close_month(october, by=FINANCE, now=NOW)

    with pytest.raises(ledger.ClosedMonthError, match="October 2026"):
        ledger.post(on=october, description="Test", lines=lines, by=FINANCE, now=NOW)
    ledger.post(on=date(2026, 11, 1), description="Test", lines=lines, by=FINANCE, now=NOW)

    assert ledger.is_closed(october)
    assert not ledger.is_closed(date(2026, 11, 1))


def test_the_database_refuses_a_posting_into_a_closed_month_too() -> None:
    AccountingMonth.objects.create(first_day=date(2026, 10, 1), is_closed=True, closed_at=NOW)

    with pytest.raises(IntegrityError, match="closed"), transaction.atomic():
        JournalEntry.objects.create(posted_on=date(2026, 10, 31), description="Test", created_at=NOW)
    JournalEntry.objects.create(posted_on=date(2026, 11, 1), description="Test", created_at=NOW)


def test_the_database_refuses_a_balanced_pair_of_lines_in_an_old_entry_of_a_closed_month() -> None:
    city = grant()
    lines = [ledger.Line(Account.CASH, city, debit=1), ledger.Line(Account.NET_ASSETS, city, credit=1)]
    entry = ledger.post(on=date(2026, 10, 5), description="Test", lines=lines, by=FINANCE, now=NOW)
    ledger.close_month(date(2026, 10, 5), by=FINANCE, now=NOW)

    with pytest.raises(IntegrityError, match="closed"), transaction.atomic():
        JournalLine.objects.bulk_create(
            [
                JournalLine(entry=entry, account=Account.CASH, grant=city, debit_cents=7),
                JournalLine(entry=entry, account=Account.NET_ASSETS, grant=city, credit_cents=7),
            ]
        )

    assert entry.lines.count() == 2


def test_the_database_refuses_a_balanced_pair_of_lines_in_an_old_entry_of_an_open_month() -> None:
    assert connection.vendor == "postgresql"
    city = grant()
    lines = [ledger.Line(Account.CASH, city, debit=1), ledger.Line(Account.NET_ASSETS, city, credit=1)]
    entry = ledger.post(on=TODAY, description="Test", lines=lines, by=FINANCE, now=NOW)
    connection.check_constraints()

    def append() -> None:
        with transaction.atomic():
            JournalLine.objects.bulk_create(
                [
                    JournalLine(entry=entry, account=Account.CASH, grant=city, debit_cents=7),
                    JournalLine(entry=entry, account=Account.NET_ASSETS, grant=city, credit_cents=7),
                ]
            )
            connection.check_constraints()

    with pytest.raises(IntegrityError, match="other lines than it was posted with"):
        append()
    assert entry.lines.count() == 2


def test_the_database_refuses_an_entry_without_the_lines_it_speaks_of() -> None:
    assert connection.vendor == "postgresql"

    def post() -> None:
        with transaction.atomic():
            JournalEntry.objects.create(posted_on=TODAY, description="Test", created_at=NOW, line_count=2)
            connection.check_constraints()

    with pytest.raises(IntegrityError, match="other lines"):
        post()


@pytest.mark.parametrize(
    "change", [{"is_closed": False, "closed_at": None}, {"first_day": date(2026, 9, 1)}], ids=["opened", "moved"]
)
def test_the_database_refuses_to_open_a_closed_month(change: dict[str, Any]) -> None:
    ledger.close_month(date(2026, 10, 5), by=FINANCE, now=NOW)
    month = AccountingMonth.objects.filter(first_day=date(2026, 10, 1))

    with pytest.raises(IntegrityError, match="stays closed"), transaction.atomic():
        month.update(**change)

    assert month.get().is_closed


def test_the_database_refuses_an_entry_out_of_balance_at_the_end_of_its_transaction() -> None:
    assert connection.vendor == "postgresql"
    city = grant()

    def post_one_side() -> None:
        with transaction.atomic():
            entry = JournalEntry.objects.create(posted_on=TODAY, description="Test", created_at=NOW, line_count=1)
            JournalLine.objects.create(entry=entry, account=Account.CASH, grant=city, debit_cents=1)
            connection.check_constraints()

    with pytest.raises(IntegrityError, match="out of balance"):
        post_one_side()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.FINANCE])
def test_only_finance_closes_a_month(role: Role) -> None:
    with pytest.raises(PermissionDenied):
        ledger.close_month(TODAY, by=Actor(role, user_id=1), now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.FINANCE, Role.OPERATOR)])
def test_only_finance_and_the_operator_award_grants(role: Role) -> None:
    with pytest.raises(PermissionDenied):
        award_grant(
            funder=organization("city"),
            name="no",
            award_cents=1,
            starts_on=TODAY,
            ends_on=date(2027, 1, 1),
            by=Actor(role, user_id=1),
            now=NOW,
        )
    assert not Grant.objects.exists()


APPEND_ONLY: list[Any] = [
    Approval,
    BankLine,
    BankStatement,
    Disbursement,
    FollowedEvent,
    JournalEntry,
    JournalLine,
    PaidLine,
    PaymentFile,
    Release,
    ReleaseDocument,
    CountedFact,
    WaitingLink,
]


@pytest.fixture
def books() -> None:
    """One row at least in every table of the ledger."""
    city = grant()
    for _ in range(11):
        paid(city, code="AHR", paid_on=date(2026, 5, 4))
    make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    accepted()
    follow_acceptances(now=NOW)
    import_statement(content=b"date,amount,description\n2026-05-04,-1.00,x\n", by=FINANCE, now=NOW)


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("model", APPEND_ONLY)
def test_what_is_posted_is_never_changed_or_deleted(model: Any) -> None:
    rows = model.objects.count()
    assert rows > 0
    table = connection.ops.quote_name(model._meta.db_table)
    # PostgreSQL truncates no table whose deferred foreign keys are still to be checked.
    connection.check_constraints()
    statements = [f"UPDATE {table} SET {model._meta.pk.column} = {model._meta.pk.column}", f"DELETE FROM {table}"]
    if connection.vendor == "postgresql":
        statements.append(f"TRUNCATE {table} CASCADE")

    for statement in statements:
        with (
            pytest.raises(IntegrityError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert model.objects.count() == rows


def test_a_grant_of_a_commitment_is_there_unless_it_is_unfunded_or_released() -> None:
    made = commitment(grant())

    for changes in ({"grant": None}, {"state": CommitmentState.UNFUNDED}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Commitment.objects.filter(pk=made.pk).update(**changes)
