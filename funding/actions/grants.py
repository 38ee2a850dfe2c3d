"""Grants: entered with their opening posting, set apart by lines, and given back when they are over."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Organization
from accounts.roles import Actor
from funding import ledger
from funding.actions import room
from funding.models import (
    Account,
    BudgetLine,
    Commitment,
    CommitmentShare,
    CommitmentState,
    CostType,
    Grant,
    GrantKind,
    JournalEntry,
)
from funding.policies import MONEY_ROLES, RefusedError, account_of, check_may_award
from funding.quarters import day_of
from funding.turns import wait_for_turn

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
    restrictions: Mapping[str, Any] | None = None,
) -> Grant:
    """Enter a grant with its opening posting; then fund from it what had no money. Both days are inclusive.

    `restrictions`: of the fields of `Grant`, `kind`, `case_types`, `cost_types`, `custody`, `residents_only` and
    `admin_cap_percent`.
    """
    check_may_award(by)
    now = now or timezone.now()
    grant = Grant.objects.create(
        funder=funder,
        name=name,
        award_cents=award_cents,
        starts_on=starts_on,
        ends_on=ends_on,
        **(restrictions or {}),
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
    transaction.on_commit(lambda: fund_unfunded(now=now), robust=True)
    return grant


def fund_unfunded(*, now: datetime | None = None) -> int:
    """Give unfunded commitments what room there is now, oldest first; returns how many. Safe to run again.

    A later, cheaper stage may be funded before an older one that fits no grant. What waits for an allowance is left.
    """
    unfunded = Commitment.objects.filter(state=CommitmentState.UNFUNDED, is_over_cap=False)
    waiting = unfunded.order_by("committed_at", "id").values_list("pk", flat=True)
    day = day_of(now or timezone.now())
    return sum(fund_one(pk, day=day) for pk in list(waiting[:BATCH]))


@transaction.atomic
def fund_one(pk: UUID, *, day: date) -> bool:
    """Fund one commitment if it still has no money and its case and a grant have room."""
    wait_for_turn()
    commitment = Commitment.objects.select_for_update().filter(pk=pk, state=CommitmentState.UNFUNDED).first()
    return commitment is not None and room.fund(commitment, day)


@transaction.atomic
def add_budget_line(*, grant: Grant, name: str, cost_type: str, cents: int, by: Actor) -> BudgetLine:
    """Set a part of a grant aside for one type of cost: from then on the grant spends by its lines alone.

    Raises RefusedError where the lines together would exceed the award, or money was committed before there were lines.
    """
    check_may_award(by)
    within = Grant.objects.filter(pk=grant.pk, award_cents__gte=F("budgeted_cents") + cents)
    if not within.update(budgeted_cents=F("budgeted_cents") + cents):
        raise RefusedError("The lines of a budget cannot add up to more than the award.")
    if CommitmentShare.objects.filter(grant=grant, budget_line=None).exists():
        raise RefusedError("Money of this grant is committed without a line: it is too late for a budget.")
    return BudgetLine.objects.create(grant=grant, name=name, cost_type=cost_type, cents=cents)


@transaction.atomic
def spend_on_administration(
    *, grant: Grant, cents: int, on: date, finance: Actor, approver: Actor, now: datetime | None = None
) -> JournalEntry:
    """Post administration's cost to a grant, up to its cap; both people have signed for it outside of this system.

    Raises PermissionDenied, RefusedError, ClosedMonthError. No page leads here.
    """
    if (finance.role, approver.role) != MONEY_ROLES or account_of(finance) == account_of(approver):
        raise PermissionDenied("One of finance and one approver, two people, sign for administration.")
    now = now or timezone.now()
    grant = Grant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    if cents <= 0:
        raise RefusedError("An amount is more than nothing.")
    if grant.kind != GrantKind.PROGRAM:
        raise RefusedError("A bond pool pays no administration.")
    if grant.cost_types and CostType.ADMIN not in grant.cost_types:
        raise RefusedError(f"{grant} does not pay administration.")
    if on > day_of(now):
        raise RefusedError("The day is in the future.")
    if not grant.starts_on <= on <= grant.ends_on:
        raise RefusedError(f"{grant} runs {grant.starts_on} to {grant.ends_on}.")
    within = Grant.objects.filter(
        pk=grant.pk,
        award_cents__gte=F("committed_cents") + F("returned_cents") + cents,
        admin_cents__lte=F("award_cents") * F("admin_cap_percent") / 100 - cents,
    )
    if not within.update(committed_cents=F("committed_cents") + cents, admin_cents=F("admin_cents") + cents):
        raise RefusedError("More than the grant leaves for administration.")
    if grant.budgeted_cents and not _take_administration_line(grant, cents):
        raise RefusedError("The budget's lines leave less for administration.")
    lines = [
        ledger.Line(Account.ADMIN_EXPENSE, grant, debit=cents, cost_type=CostType.ADMIN),
        ledger.Line(Account.CASH, grant, credit=cents),
        *released(grant, cents),
    ]
    return ledger.post(on=on, description="Administration", lines=lines, by=finance, now=now)


def _take_administration_line(grant: Grant, cents: int) -> bool:
    """Take it from one of the grant's lines for administration that has room; the grant's row is held."""
    committed = F("committed_cents") + cents
    for line in BudgetLine.objects.filter(grant=grant, cost_type=CostType.ADMIN).order_by("id"):
        if BudgetLine.objects.filter(pk=line.pk, cents__gte=committed).update(committed_cents=committed):
            return True
    return False


@transaction.atomic
def return_unspent(*, grant: Grant, on: date, by: Actor, now: datetime | None = None) -> int:
    """Give the funder back what a grant that is over has not spent; returns the cents.

    Raises RefusedError before its end, and while commitments may still be invoiced.
    """
    check_may_award(by)
    now = now or timezone.now()
    grant = Grant.objects.select_for_update().get(pk=grant.pk)
    if on <= grant.ends_on:
        raise RefusedError(f"{grant} ends on {grant.ends_on}.")
    if CommitmentShare.objects.filter(grant=grant, commitment__state=CommitmentState.OPEN).exists():
        raise RefusedError("Some of it is still committed.")
    unspent = grant.award_cents - grant.committed_cents - grant.returned_cents
    if unspent:
        grant.returned_cents += unspent
        grant.save(update_fields=["returned_cents"])
        lines = [
            ledger.Line(Account.NET_ASSETS, grant, debit=unspent),
            ledger.Line(Account.CASH, grant, credit=unspent),
        ]
        ledger.post(on=on, description="Returned to the funder", lines=lines, by=by, now=now)
    return unspent


def released(grant: Grant, cents: int) -> list[ledger.Line]:
    """The two lines by which spent money is no longer restricted."""
    return [
        ledger.Line(Account.NET_ASSETS, grant, debit=cents),
        ledger.Line(Account.RELEASED, grant, credit=cents),
    ]
