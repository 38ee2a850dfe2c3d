"""The bond pool: out by two signatures, back to be used again, and to the payer what the payer put in."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from funding import ledger
from funding.actions import (
    approve_bond,
    ask_bond,
    follow_acceptances,
    forfeit_bond,
    refund_bond,
    refuse_bond,
    return_to_payer,
)
from funding.approvals import digest_of
from funding.billing import NOT_YOURS
from funding.models import Bond, BondState, Commitment, CommitmentState, Grant
from funding.policies import RefusedError
from referrals.models import Case
from tests.funding.builders import APPROVER, FINANCE, NOW, accepted, grant, left, pool, staff
from tests.funding.builders import bond as ask

TODAY = date(2026, 11, 17)

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    """A case with a commitment of AHR's."""
    event = accepted()
    follow_acceptances(now=NOW)
    return event.case


def _post(bond: Bond) -> Bond:
    for signer in (FINANCE, APPROVER):
        bond = approve_bond(bond=bond, seen=digest_of(bond), by=signer, now=NOW)
    return bond


def _balances() -> dict[str, int]:
    kept = ("cash", "bond_receivable", "bond_liability", "bond_loss")
    return {account.value: cents for account, cents in ledger.trial_balance().items() if account in kept and cents}


def test_a_bond_goes_out_by_two_signatures_comes_back_and_pays_the_next(case: Case) -> None:
    bond = _post(ask(case))
    assert _balances() == {"cash": 250_000, "bond_receivable": 750_000}
    other = accepted()
    follow_acceptances(now=NOW)
    second = ask(other.case)
    with pytest.raises(RefusedError, match="not enough left"):
        _post(second)

    refund_bond(bond=bond, on=TODAY, by=FINANCE, now=NOW)
    assert _balances() == {"cash": 1_000_000}
    second = approve_bond(bond=second, seen=digest_of(second), by=APPROVER, now=NOW)

    assert second.state == BondState.POSTED
    with pytest.raises(RefusedError, match="Nobody else paid"):
        return_to_payer(bond=bond, on=TODAY, by=FINANCE, now=NOW)


def test_what_a_payer_put_in_is_owed_to_the_payer_and_not_the_pools(case: Case) -> None:
    bond = _post(ask(case, payer_cents=150_000))
    assert _balances() == {"cash": 400_000, "bond_receivable": 750_000, "bond_liability": -150_000}
    bond = refund_bond(bond=bond, on=TODAY, by=FINANCE, now=NOW)

    bond = return_to_payer(bond=bond, on=TODAY, by=FINANCE, now=NOW)

    assert (bond.state, _balances()) == (BondState.RETURNED, {"cash": 1_000_000})
    with pytest.raises(RefusedError):
        return_to_payer(bond=bond, on=TODAY, by=FINANCE, now=NOW)


def test_a_lost_bond_is_the_pools_loss_and_nothing_is_owed(case: Case) -> None:
    bond = _post(ask(case, payer_cents=150_000))

    forfeit_bond(bond=bond, on=TODAY, by=FINANCE, now=NOW)

    assert _balances() == {"cash": 400_000, "bond_loss": 600_000}
    pool().refresh_from_db()
    assert pool().committed_cents == 600_000
    with pytest.raises(RefusedError):
        refund_bond(bond=bond, on=TODAY, by=FINANCE, now=NOW)


def test_bonds_are_asked_from_a_pool_for_a_case_of_ones_own(case: Case) -> None:
    with pytest.raises(RefusedError, match="bond pool alone"):
        ask_bond(pool=grant(), reference=case.reference, cents=1, by=staff(), now=NOW)
    with pytest.raises(RefusedError, match=NOT_YOURS):
        ask_bond(pool=pool(), reference=case.reference, cents=1, by=staff("VLN"), now=NOW)
    with pytest.raises(RefusedError, match="receipt"):
        ask_bond(pool=pool(), reference=case.reference, cents=1, payer_cents=1, by=staff(), now=NOW)


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "is_refused"),
    [
        (date(2026, 1, 1), date(2026, 11, 16), True),
        (date(2026, 1, 1), TODAY, False),
        (TODAY, date(2027, 1, 1), False),
        (date(2026, 11, 18), date(2027, 1, 1), True),
    ],
)
def test_a_bond_is_asked_for_and_posted_on_a_day_of_its_pool(
    case: Case, starts_on: date, ends_on: date, is_refused: bool
) -> None:
    asked = ask(case)
    Grant.objects.filter(pk=asked.pool_id).update(starts_on=starts_on, ends_on=ends_on)

    if is_refused:
        with pytest.raises(RefusedError, match=f"runs {starts_on}"):
            _post(asked)
        refuse_bond(bond=asked, by=FINANCE)
        with pytest.raises(RefusedError, match=f"runs {starts_on}"):
            ask(case)
    else:
        assert _post(asked).state == BondState.POSTED


def test_no_bond_comes_of_work_that_was_given_up(case: Case) -> None:
    grant()
    asked = ask(case)
    approve_bond(bond=asked, seen=digest_of(asked), by=FINANCE, now=NOW)
    left(case, "transfer", at=NOW + timedelta(minutes=1))
    follow_acceptances(now=NOW + timedelta(hours=1))
    assert Commitment.objects.get().state == CommitmentState.RELEASED

    with pytest.raises(RefusedError, match="given up"):
        approve_bond(bond=asked, seen=digest_of(asked), by=APPROVER, now=NOW)
    refuse_bond(bond=asked, by=APPROVER)
    with pytest.raises(RefusedError, match="given up"):
        ask(case)


def test_a_case_has_one_open_bond(case: Case) -> None:
    first = ask(case, 100_000)
    with pytest.raises(RefusedError, match="asked for or out"):
        ask(case, 100_000)
    first = _post(first)
    with pytest.raises(RefusedError, match="asked for or out"):
        ask(case, 100_000)
    with pytest.raises(IntegrityError, match="bond_one_open_per_case"), transaction.atomic():
        Bond.objects.create(
            pool=first.pool,
            case_reference=case.reference,
            provider=first.provider,
            cents=1,
            asked_by_user_id=1,
            asked_at=NOW,
        )

    refund_bond(bond=first, on=TODAY, by=FINANCE, now=NOW)

    assert _post(ask(case, 100_000)).state == BondState.POSTED


def test_a_refused_bond_is_not_posted(case: Case) -> None:
    bond = refuse_bond(bond=ask(case), by=APPROVER)

    with pytest.raises(RefusedError):
        _post(bond)
