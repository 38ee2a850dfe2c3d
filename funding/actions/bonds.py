"""The bond pool: money that goes out on bonds and comes back, apart from what pays for lawyers."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.roles import Actor
from funding import ledger
from funding.actions.approving import sign
from funding.billing import NOT_YOURS, provider_of
from funding.models import Account, Bond, BondState, Commitment, CommitmentState, Grant, GrantKind
from funding.policies import RefusedError, account_of, check_may_approve, check_may_bill, check_may_record_payments
from funding.quarters import day_of
from providers.models import Provider


def ask_bond(
    *,
    pool: Grant,
    reference: str,
    cents: int,
    payer_cents: int = 0,
    receipt: str = "",
    by: Actor,
    now: datetime | None = None,
) -> Bond:
    """A provider asks for one of its cases: `payer_cents` are paid in by somebody else, by the number of their receipt.

    Raises PermissionDenied, RefusedError.
    """
    check_may_bill(by)
    provider = provider_of(by)
    if pool.kind != GrantKind.BOND_POOL:
        raise RefusedError("Bonds are paid from a bond pool alone.")
    if not Commitment.objects.filter(provider=provider, case_reference=reference).exists():
        raise RefusedError(NOT_YOURS)
    now = now or timezone.now()
    _check_may_be_posted(pool, reference, provider, day_of(now))
    if payer_cents > cents or bool(payer_cents) != bool(receipt):
        raise RefusedError("What a payer puts in has a receipt number and is not more than the bond.")
    try:
        with transaction.atomic():
            return Bond.objects.create(
                pool=pool,
                case_reference=reference,
                provider=provider,
                cents=cents,
                payer_cents=payer_cents,
                receipt=receipt,
                asked_by_user_id=account_of(by),
                asked_at=now,
            )
    except IntegrityError:
        raise RefusedError("A bond for this case is asked for or out already.") from None


@transaction.atomic
def approve_bond(*, bond: Bond, seen: str, by: Actor, now: datetime | None = None) -> Bond:
    """Sign it; the second of both signatures posts it, if the pool has the money. Raises what `sign` and the ledger do.

    The payer's part is owed to the payer from then on; the rest is the pool's, and is out until it comes back.
    """
    check_may_approve(by)
    now = now or timezone.now()
    bond = _lock(bond, BondState.ASKED)
    _check_may_be_posted(bond.pool, bond.case_reference, bond.provider, day_of(now))
    if not sign(bond, seen=seen, by=by, now=now):
        return bond
    own = bond.cents - bond.payer_cents
    committed = F("committed_cents") + own
    has_room = Grant.objects.filter(pk=bond.pool_id, award_cents__gte=committed + F("returned_cents"))
    if not has_room.update(committed_cents=committed):
        raise RefusedError("The pool has not enough left: a bond must come back first.")
    bond.state, bond.posted_on = BondState.POSTED, day_of(now)
    bond.save()
    lines = [
        ledger.Line(Account.BOND_RECEIVABLE, bond.pool, debit=bond.cents),
        ledger.Line(Account.CASH, bond.pool, credit=bond.cents),
    ]
    if bond.payer_cents:
        lines += [
            ledger.Line(Account.CASH, bond.pool, debit=bond.payer_cents),
            ledger.Line(Account.BOND_LIABILITY, bond.pool, credit=bond.payer_cents),
        ]
    ledger.post(on=bond.posted_on, description="Bond posted", lines=lines, by=by, now=now)
    return bond


@transaction.atomic
def refuse_bond(*, bond: Bond, by: Actor) -> Bond:
    """One of the two is enough to say no."""
    check_may_approve(by)
    bond = _lock(bond, BondState.ASKED)
    bond.state = BondState.REFUSED
    bond.save()
    return bond


@transaction.atomic
def refund_bond(*, bond: Bond, on: date, by: Actor, now: datetime | None = None) -> Bond:
    """The government paid the bond back: the pool's part can be used again, the payer's waits for the payer."""
    check_may_record_payments(by)
    bond = _end(bond, BondState.REFUNDED, on, now)
    Grant.objects.filter(pk=bond.pool_id).update(committed_cents=F("committed_cents") - (bond.cents - bond.payer_cents))
    lines = [
        ledger.Line(Account.CASH, bond.pool, debit=bond.cents),
        ledger.Line(Account.BOND_RECEIVABLE, bond.pool, credit=bond.cents),
    ]
    ledger.post(on=on, description="Bond came back", lines=lines, by=by, now=now or timezone.now())
    return bond


@transaction.atomic
def return_to_payer(*, bond: Bond, on: date, by: Actor, now: datetime | None = None) -> Bond:
    """The payer has its part again. Raises RefusedError where there is none, or the bond is still out."""
    check_may_record_payments(by)
    now = now or timezone.now()
    bond = _lock(bond, BondState.REFUNDED)
    if not bond.payer_cents:
        raise RefusedError("Nobody else paid into this bond.")
    _check_day(bond, on, now)
    bond.state = BondState.RETURNED
    bond.save()
    lines = [
        ledger.Line(Account.BOND_LIABILITY, bond.pool, debit=bond.payer_cents),
        ledger.Line(Account.CASH, bond.pool, credit=bond.payer_cents),
    ]
    ledger.post(on=on, description="Bond returned to its payer", lines=lines, by=by, now=now)
    return bond


@transaction.atomic
def forfeit_bond(*, bond: Bond, on: date, by: Actor, now: datetime | None = None) -> Bond:
    """The bond is lost: the pool's part for good, and the payer is owed nothing."""
    check_may_record_payments(by)
    bond = _end(bond, BondState.FORFEITED, on, now)
    own = bond.cents - bond.payer_cents
    lines = [ledger.Line(Account.BOND_RECEIVABLE, bond.pool, credit=bond.cents)]
    if own:
        lines.append(ledger.Line(Account.BOND_LOSS, bond.pool, debit=own))
    if bond.payer_cents:
        lines.append(ledger.Line(Account.BOND_LIABILITY, bond.pool, debit=bond.payer_cents))
    ledger.post(on=on, description="Bond lost", lines=lines, by=by, now=now or timezone.now())
    return bond


def _check_may_be_posted(pool: Grant, reference: str, provider: Provider, day: date) -> None:
    """The pool runs on that day, and the provider still works on the case."""
    if not pool.starts_on <= day <= pool.ends_on:
        raise RefusedError(f"{pool} runs {pool.starts_on} to {pool.ends_on}.")
    theirs = Commitment.objects.filter(provider=provider, case_reference=reference)
    if not theirs.exclude(state=CommitmentState.RELEASED).exists():
        raise RefusedError("The provider's work on this case was given up: no bond is posted by it.")


def _lock(bond: Bond, state: BondState) -> Bond:
    locked = Bond.objects.select_for_update(of=("self",)).select_related("pool", "provider").get(pk=bond.pk)
    if locked.state != state:
        raise RefusedError(f"This bond is: {locked.get_state_display()}.")
    return locked


def _end(bond: Bond, state: BondState, on: date, now: datetime | None) -> Bond:
    bond = _lock(bond, BondState.POSTED)
    _check_day(bond, on, now or timezone.now())
    bond.state, bond.ended_on = state, on
    bond.save()
    return bond


def _check_day(bond: Bond, on: date, now: datetime) -> None:
    if bond.posted_on is None or not (bond.ended_on or bond.posted_on) <= on <= day_of(now):
        raise RefusedError("The day lies between the posting and today.")
