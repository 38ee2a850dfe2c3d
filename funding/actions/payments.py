"""Payments to providers."""

from datetime import date, datetime
from typing import cast

from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor
from funding import ledger
from funding.models import Account, Commitment, CommitmentState, Disbursement, Grant
from funding.policies import RefusedError, check_is_payable, check_may_record_payments, check_payment_day
from funding.quarters import day_of


@transaction.atomic
def record_disbursement(
    *, commitment: Commitment, paid_on: date, by: Actor, now: datetime | None = None
) -> Disbursement:
    """Record that a provider was paid: debit program expense, credit the grant's cash.

    Raises PermissionDenied for anyone but finance, and RefusedError when the commitment is not open or the day is
    wrong. The whole commitment is paid, once: one conditional UPDATE decides between two who press the button together.
    """
    check_may_record_payments(by)
    now = now or timezone.now()
    is_open = Commitment.objects.filter(pk=commitment.pk, state=CommitmentState.OPEN)
    was_open = is_open.update(state=CommitmentState.PAID)
    commitment = Commitment.objects.select_related("grant", "provider").get(pk=commitment.pk)
    if not was_open:
        check_is_payable(commitment)
        raise RefusedError("This commitment is not open.")
    check_payment_day(commitment, paid_on, today=day_of(now))
    # Never None: a CHECK gives every paid commitment a grant.
    grant = cast("Grant", commitment.grant)
    entry = ledger.post(
        on=paid_on,
        description="Payment",
        lines=[
            ledger.Line(Account.PROGRAM_EXPENSE, grant, debit=commitment.cents, provider=commitment.provider),
            ledger.Line(Account.CASH, grant, credit=commitment.cents),
        ],
        by=by,
        now=now,
    )
    return Disbursement.objects.create(
        commitment=commitment, entry=entry, paid_on=paid_on, recorded_by_user_id=cast("int", by.user_id)
    )
