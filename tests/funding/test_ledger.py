"""The books balance, and nothing posted is ever changed."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.roles import Actor, Role
from funding import ledger
from funding.actions import award_grant, make_release, record_disbursement
from funding.models import (
    Account,
    Commitment,
    CommitmentState,
    Disbursement,
    Grant,
    JournalEntry,
    JournalLine,
    Release,
    ReleasedDisbursement,
)
from funding.policies import RefusedError
from tests.factories import organization
from tests.funding.builders import FINANCE, NOW, commitment, grant, paid

TODAY = date(2026, 11, 17)

pytestmark = pytest.mark.django_db


def test_an_award_opens_with_cash_and_net_assets() -> None:
    city = grant(5_000_000)

    lines = JournalLine.objects.filter(grant=city).values_list("account", "debit_cents", "credit_cents")
    assert set(lines) == {(Account.CASH, 5_000_000, 0), (Account.NET_ASSETS, 0, 5_000_000)}


def test_a_payment_debits_program_expense_and_credits_the_grants_cash() -> None:
    made = commitment(grant())

    payment = record_disbursement(commitment=made, paid_on=TODAY, by=FINANCE, now=NOW)

    lines = payment.entry.lines.values_list("account", "grant", "provider__code", "debit_cents", "credit_cents")
    assert set(lines) == {
        (Account.PROGRAM_EXPENSE, made.grant_id, "AHR", 250_000, 0),
        (Account.CASH, made.grant_id, None, 0, 250_000),
    }
    made.refresh_from_db()
    assert (made.state, payment.recorded_by_user_id) == (CommitmentState.PAID, FINANCE.user_id)


def test_the_trial_balance_of_awards_and_payments_is_zero() -> None:
    city = grant(900_000)
    grant(100_000)
    for cents in (10_000, 250_000, 15_000):
        record_disbursement(commitment=commitment(city, cents=cents), paid_on=TODAY, by=FINANCE, now=NOW)

    balance = ledger.trial_balance()

    assert balance == {Account.CASH: 725_000, Account.NET_ASSETS: -1_000_000, Account.PROGRAM_EXPENSE: 275_000}
    assert sum(balance.values()) == 0


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


def test_a_commitment_is_paid_once() -> None:
    made = commitment(grant())
    record_disbursement(commitment=made, paid_on=TODAY, by=FINANCE, now=NOW)

    with pytest.raises(RefusedError, match="already recorded"):
        record_disbursement(commitment=made, paid_on=TODAY, by=FINANCE, now=NOW)

    assert Disbursement.objects.count() == 1
    assert sum(ledger.trial_balance().values()) == 0


@pytest.mark.parametrize("state", [CommitmentState.UNFUNDED, CommitmentState.RELEASED])
def test_what_is_not_committed_is_not_paid(state: CommitmentState) -> None:
    made = commitment(None, state=state)

    with pytest.raises(RefusedError, match="nothing to pay"):
        record_disbursement(commitment=made, paid_on=TODAY, by=FINANCE, now=NOW)
    assert not Disbursement.objects.exists()


@pytest.mark.parametrize(
    ("paid_on", "reason"),
    [
        (date(2026, 11, 18), "in the future"),
        (date(2026, 11, 6), "accepted the case on November 7, 2026"),
        (date(2026, 11, 11), "does not cover this day"),
    ],
)
def test_a_wrong_day_is_refused_and_leaves_no_trace(paid_on: date, reason: str) -> None:
    made = commitment(grant(ends_on=date(2026, 11, 10)), committed_at=NOW - timedelta(days=10))
    entries = JournalEntry.objects.count()

    with pytest.raises(RefusedError, match=reason):
        record_disbursement(commitment=made, paid_on=paid_on, by=FINANCE, now=NOW)

    made.refresh_from_db()
    assert made.state == CommitmentState.OPEN
    assert JournalEntry.objects.count() == entries


def test_the_fund_lives_in_chicago_days() -> None:
    # 23:30 on the 16th in Minneapolis is the 17th in UTC.
    late = NOW.replace(day=17, hour=5, minute=30)
    made = commitment(grant(), committed_at=late)

    with pytest.raises(RefusedError, match="in the future"):
        record_disbursement(commitment=made, paid_on=TODAY, by=FINANCE, now=late)
    record_disbursement(commitment=made, paid_on=date(2026, 11, 16), by=FINANCE, now=late)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.FINANCE])
def test_only_finance_records_payments(role: Role) -> None:
    made = commitment(grant())

    with pytest.raises(PermissionDenied):
        record_disbursement(commitment=made, paid_on=TODAY, by=Actor(role, user_id=1), now=NOW)


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


APPEND_ONLY: list[Any] = [JournalEntry, JournalLine, Disbursement, Release, ReleasedDisbursement]


@pytest.fixture
def books() -> None:
    """One row at least in every table of the ledger."""
    city = grant()
    for _ in range(11):
        paid(city, code="AHR", paid_on=date(2026, 5, 4))
    make_release(quarter="2026Q2", by=FINANCE, now=NOW)


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("model", APPEND_ONLY)
def test_what_is_posted_is_never_changed_or_deleted(model: Any) -> None:
    rows = model.objects.count()
    assert rows > 0
    table = connection.ops.quote_name(model._meta.db_table)
    # PostgreSQL truncates no table whose deferred foreign keys are still to be checked.
    connection.check_constraints()
    statements = [f"UPDATE {table} SET id = id", f"DELETE FROM {table}"]
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
