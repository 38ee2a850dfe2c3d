"""Many at once on PostgreSQL: the pool never below nothing, one open bond a case, a bank line taken once."""

import threading
from collections.abc import Mapping

import pytest
from django.db import IntegrityError, connection
from django.db.models import F

from funding import ledger
from funding.actions import (
    approve_allowance,
    approve_bond,
    ask_allowance,
    ask_bond,
    import_statement,
)
from funding.approvals import digest_of
from funding.book_audit import differences
from funding.models import (
    Account,
    Allowance,
    AllowanceKind,
    AllowanceReason,
    BankLine,
    BankOutcome,
    Bond,
    BondState,
    CaseAccount,
    Commitment,
    CostType,
    Grant,
    PaymentItem,
)
from funding.policies import RefusedError
from tests.funding.builders import APPROVER, FINANCE, NOW, commitment, grant, payment, pool, staff
from tests.funding.test_races import together

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def _asked(number: int, cents: int) -> list[Bond]:
    """Bonds of so many cases, each signed by finance."""
    city, of = grant(90_000_000), pool(5 * cents + cents - 1)
    bonds = [
        ask_bond(pool=of, reference=commitment(city).case_reference, cents=cents, by=staff(), now=NOW)
        for _ in range(number)
    ]
    for one in bonds:
        approve_bond(bond=one, seen=digest_of(one), by=FINANCE, now=NOW)
    return bonds


def test_of_many_bonds_signed_at_once_only_those_the_pool_has_money_for_go_out(scale: Mapping[str, int]) -> None:
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    bonds = _asked(threads, 100_000)

    failures = together(
        threads,
        lambda index: approve_bond(bond=bonds[index], seen=digest_of(bonds[index]), by=APPROVER, now=NOW),
    )

    assert [type(failure) for failure in failures] == [RefusedError] * (threads - 5)
    assert Bond.objects.filter(state=BondState.POSTED).count() == 5
    assert pool().committed_cents == 500_000
    assert ledger.trial_balance()[Account.BOND_RECEIVABLE] == 500_000
    assert differences() == []


def test_negative_control_without_the_guard_the_pool_goes_below_nothing(scale: Mapping[str, int]) -> None:
    """Reading, deciding and writing apart, with the CHECK gone: if this does not overdraw, the race proves nothing."""
    assert connection.vendor == "postgresql"
    threads = scale["race_threads"]
    of = pool(599_999)
    read = threading.Barrier(threads)

    def take(_index: int) -> None:
        has_room = Grant.objects.get(pk=of.pk).committed_cents + 100_000 <= of.award_cents
        read.wait()
        if has_room:
            Grant.objects.filter(pk=of.pk).update(committed_cents=F("committed_cents") + 100_000)

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE funding_grant DROP CONSTRAINT grant_never_over_award")
    try:
        assert together(threads, take) == []
        of.refresh_from_db()
        assert of.committed_cents > of.award_cents
    finally:
        Grant.objects.update(committed_cents=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE funding_grant ADD CONSTRAINT grant_never_over_award "
                "CHECK (award_cents >= committed_cents + returned_cents)"
            )


def test_a_case_asked_for_by_many_at_once_has_one_open_bond(scale: Mapping[str, int]) -> None:
    threads = scale["race_threads"]
    of, made = pool(), commitment(grant())

    failures = together(
        threads,
        lambda _index: ask_bond(pool=of, reference=made.case_reference, cents=1, by=staff(), now=NOW),
    )

    assert [type(failure) for failure in failures] == [RefusedError] * (threads - 1)
    assert Bond.objects.count() == 1


def _ask(made: Commitment, kind: str, reason: str) -> Allowance:
    return ask_allowance(kind=kind, reference=made.case_reference, cents=100_000, reason=reason, by=staff(), now=NOW)


def test_a_higher_cap_asked_for_by_many_at_once_is_asked_for_once(scale: Mapping[str, int]) -> None:
    threads = scale["race_threads"]
    made = commitment(grant())
    reasons = list(AllowanceReason)

    failures = together(threads, lambda index: _ask(made, AllowanceKind.CAP, reasons[index % len(reasons)]))

    assert [type(failure) for failure in failures] == [RefusedError] * (threads - 1)
    assert Allowance.objects.count() == 1


def test_a_higher_cap_and_hardships_approved_at_once_raise_the_cap_by_all_of_them_once() -> None:
    made = commitment(grant())
    asked = [_ask(made, AllowanceKind.CAP, AllowanceReason.MORE_STAGES)]
    asked += [_ask(made, AllowanceKind.HARDSHIP, reason) for reason in AllowanceReason]
    for one in asked:
        approve_allowance(allowance=one, seen=digest_of(one), by=FINANCE, now=NOW)
    twice = asked * 4

    failures = together(
        len(twice),
        lambda index: approve_allowance(allowance=twice[index], seen=digest_of(twice[index]), by=APPROVER, now=NOW),
    )

    assert [type(failure) for failure in failures] == [RefusedError] * (3 * len(asked))
    account = CaseAccount.objects.get()
    assert account.cap_cents == 650_000 + 100_000 * len(asked)
    assert account.committed_cents == 250_000 + 100_000 * len(AllowanceReason)
    direct = Commitment.objects.filter(cost_type=CostType.DIRECT)
    assert len(set(direct.values_list("stage", flat=True))) == len(AllowanceReason)
    assert differences() == []


def test_overlapping_exports_read_in_at_once_take_each_line_once(scale: Mapping[str, int]) -> None:
    threads = scale["race_threads"]
    payment(commitment(grant()))
    trace = PaymentItem.objects.get().trace
    common = f"date,amount,description\n2026-11-18,-2500.00,{trace}\n2026-11-18,-25.00,Fee\n2026-11-18,-25.00,Fee\n"

    failures = together(
        threads,
        lambda index: import_statement(
            content=f"{common}2026-11-19,{index + 1}.00,Interest\n".encode(), by=FINANCE, now=NOW
        ),
    )

    assert failures == []
    assert BankLine.objects.filter(outcome=BankOutcome.MATCHED).count() == 1
    assert not BankLine.objects.filter(outcome=BankOutcome.AGAIN).exists()
    assert BankLine.objects.filter(cents=-2_500).count() == 2
    assert BankLine.objects.count() == 3 + threads


def test_negative_control_without_the_constraint_a_case_gets_two_open_bonds() -> None:
    """If the constraint is not what holds, two asks that look at the same moment both stand."""
    of, made = pool(), commitment(grant())
    first = ask_bond(pool=of, reference=made.case_reference, cents=1, by=staff(), now=NOW)
    with pytest.raises(IntegrityError, match="bond_one_open_per_case"):
        Bond.objects.create(
            pool=of,
            case_reference=first.case_reference,
            provider=first.provider,
            cents=1,
            asked_by_user_id=1,
            asked_at=NOW,
        )
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX bond_one_open_per_case")
    try:
        assert (
            together(2, lambda _index: ask_bond(pool=of, reference=made.case_reference, cents=1, by=staff(), now=NOW))
            == []
        )
        assert Bond.objects.count() == 3
    finally:
        Bond.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE UNIQUE INDEX bond_one_open_per_case ON funding_bond (case_reference) "
                "WHERE state IN ('asked', 'posted')"
            )
