"""Grants: entered with their opening posting, and the room in them taken and given back."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Organization
from accounts.roles import Actor
from funding import ledger
from funding.models import Account, Commitment, CommitmentState, Grant
from funding.policies import check_may_award
from funding.quarters import day_of

# Unfunded commitments tried in one go; what is left waits for the next.
BATCH = 500


@transaction.atomic
def award_grant(
    *,
    funder: Organization,
    name: str,
    award_cents: int,
    starts_on: date,
    ends_on: date,
    by: Actor,
    now: datetime | None = None,
) -> Grant:
    """Enter a grant with its opening posting; then fund from it what had no money. Both days are inclusive."""
    check_may_award(by)
    now = now or timezone.now()
    grant = Grant.objects.create(
        funder=funder, name=name, award_cents=award_cents, starts_on=starts_on, ends_on=ends_on
    )
    ledger.post(
        on=starts_on,
        description="Award",
        lines=[
            ledger.Line(Account.CASH, grant, debit=award_cents),
            ledger.Line(Account.NET_ASSETS, grant, credit=award_cents),
        ],
        by=by,
        now=now,
    )
    # Each commitment in a transaction of its own: none waits for another's row while it holds a grant's.
    transaction.on_commit(fund_unfunded, robust=True)
    return grant


def fund_unfunded() -> int:
    """Give unfunded commitments what room there is now, oldest first; returns how many. Safe to run again.

    A later, cheaper stage may be funded before an older one that fits no grant.
    """
    unfunded = Commitment.objects.filter(state=CommitmentState.UNFUNDED).order_by("committed_at", "id")
    return sum(_fund(commitment) for commitment in unfunded[:BATCH])


@transaction.atomic
def _fund(commitment: Commitment) -> bool:
    grant = take_room(day_of(commitment.committed_at), commitment.cents)
    if grant is None:
        return False
    is_still_unfunded = Commitment.objects.filter(pk=commitment.pk, state=CommitmentState.UNFUNDED)
    if not is_still_unfunded.update(state=CommitmentState.OPEN, grant=grant):
        give_back_room(grant.pk, commitment.cents)
        return False
    return True


def take_room(day: date, cents: int) -> Grant | None:
    """Commit `cents` against a grant that covers the day, the earliest ending first; None when none has room.

    One conditional UPDATE per grant decides: of any number of concurrent callers only those within the award win. A
    transaction takes room once, so it holds one grant's row and cannot deadlock with another.
    """
    covering = Grant.objects.filter(starts_on__lte=day, ends_on__gte=day).order_by("ends_on", "id")
    for grant in covering:
        has_room = Grant.objects.filter(pk=grant.pk, award_cents__gte=F("committed_cents") + cents)
        if has_room.update(committed_cents=F("committed_cents") + cents):
            return grant
    return None


def give_back_room(grant_id: int, cents: int) -> None:
    """Undo `take_room`; the caller has just moved the commitment that held it, so it happens once."""
    Grant.objects.filter(pk=grant_id).update(committed_cents=F("committed_cents") - cents)
