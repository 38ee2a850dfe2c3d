"""The room in grants, their budget lines and a case's cap: taken and given back, each by one conditional UPDATE.

Locks are taken in one order everywhere: first the log's turn (`wait_for_turn`) by every transaction that funds or
releases, then rows of commitments, the case's account, grants by end and number, each grant's line behind it.
A release takes a commitment's account after grants of another: without the turn it could meet a funding half-way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import F

from funding.models import (
    Allowance,
    AllowanceKind,
    BudgetLine,
    CaseAccount,
    CaseSplit,
    Commitment,
    CommitmentShare,
    CommitmentState,
    Grant,
    GrantKind,
    HeldOrNot,
    RequestState,
)
from funding.money_rules import rule_on
from funding.quarters import day_of
from funding.splitting import largest_remainder


@dataclass(frozen=True, slots=True)
class Need:
    """What a commitment asks of a grant; `is_held` and `is_resident` None are not known."""

    case_id: UUID
    day: date
    cents: int
    cost_type: str
    case_type: str = ""
    is_held: bool | None = None
    is_resident: bool | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What a grant carries, already taken."""

    grant: Grant
    line: BudgetLine | None
    cents: int


class _NoRoom(Exception):
    """One of the grants of a split has no room: none is used."""


def allows(grant: Grant, need: Need) -> bool:
    """Whether the grant's days and restrictions let it pay for this."""
    held_fits = grant.custody == HeldOrNot.ANY or (
        need.is_held is not None and need.is_held == (grant.custody == HeldOrNot.HELD)
    )
    return (
        grant.kind == GrantKind.PROGRAM
        and grant.closed_out_on is None
        and grant.starts_on <= need.day <= grant.ends_on
        and (not grant.case_types or need.case_type in grant.case_types)
        and (not grant.cost_types or need.cost_type in grant.cost_types)
        and held_fits
        and (not grant.residents_only or need.is_resident is True)
    )


def take(need: Need, *, running_on: date | None = None) -> list[Share] | None:
    """Take `need.cents` from the grants that a split names for the case, or else from the first that has room.

    The grant that ends first is used first; with `running_on` none that has ended before that day. A split is over when
    one of its grants is. None, and nothing taken, where there is no room. Of any number of concurrent callers only
    those within the award win.
    """
    not_before = max(need.day, running_on or need.day)
    split = list(CaseSplit.objects.filter(case_id=need.case_id).select_related("grant"))
    if split and all(part.grant.ends_on >= not_before and part.grant.closed_out_on is None for part in split):
        split.sort(key=lambda part: (part.grant.ends_on, part.grant_id))
        return _take_split([part.grant for part in split], [part.percent for part in split], need)
    covering = Grant.objects.filter(starts_on__lte=need.day, ends_on__gte=not_before).order_by("ends_on", "id")
    for grant in covering:
        if allows(grant, need) and (share := _take_from(grant, need.cents, need.cost_type)):
            return [share]
    return None


def _take_split(grants: Sequence[Grant], percents: Sequence[int], need: Need) -> list[Share] | None:
    try:
        with transaction.atomic():
            shares = []
            for grant, cents in zip(grants, largest_remainder(need.cents, percents), strict=True):
                # A part of nothing is no share.
                if cents == 0:
                    continue
                share = _take_from(grant, cents, need.cost_type) if allows(grant, need) else None
                if share is None:
                    raise _NoRoom
                shares.append(share)
            return shares
    except _NoRoom:
        return None


def _take_from(grant: Grant, cents: int, cost_type: str) -> Share | None:
    committed = F("committed_cents") + cents
    has_room = Grant.objects.filter(pk=grant.pk, award_cents__gte=committed + F("returned_cents"))
    if not has_room.update(committed_cents=committed):
        return None
    # Read again now that the row is held: a budget may have been made since the caller read the grant.
    if not Grant.objects.values_list("budgeted_cents", flat=True).get(pk=grant.pk):
        return Share(grant, None, cents)
    for line in BudgetLine.objects.filter(grant=grant, cost_type=cost_type).order_by("id"):
        if BudgetLine.objects.filter(pk=line.pk, cents__gte=committed).update(committed_cents=committed):
            return Share(grant, line, cents)
    Grant.objects.filter(pk=grant.pk).update(committed_cents=F("committed_cents") - cents)
    return None


def place(commitment: Commitment) -> None:
    """Find money for a commitment that has none, and save it: open, or unfunded where a cap or the grants have no room.

    Runs inside the caller's transaction.
    """
    day = day_of(commitment.committed_at)
    CaseAccount.objects.get_or_create(
        case_id=commitment.case_id,
        defaults={"case_reference": commitment.case_reference, "cap_cents": rule_on(day).case_cap_cents},
    )
    committed = F("committed_cents") + commitment.cents
    is_within_cap = CaseAccount.objects.filter(case_id=commitment.case_id, cap_cents__gte=committed)
    commitment.is_over_cap = not is_within_cap.update(committed_cents=committed)
    shares = None if commitment.is_over_cap else take(need_of(commitment))
    _save(commitment, shares or [])


def fund(commitment: Commitment, day: date) -> bool:
    """Give an unfunded commitment, whose row the caller has locked, what room there is on this day.

    A grant that runs and covers the day the stage began comes first, then one that runs today and pays for the work
    from now on, then one that has ended and may still be invoiced.
    """
    if commitment.is_over_cap:
        committed = F("committed_cents") + commitment.cents
        is_within_cap = CaseAccount.objects.filter(case_id=commitment.case_id, cap_cents__gte=committed)
        if not is_within_cap.update(committed_cents=committed):
            return False
        commitment.is_over_cap = False
    need = need_of(commitment)
    shares = take(need, running_on=day)
    if shares is None and day > need.day:
        shares = take(replace(need, day=day)) or take(need)
    _save(commitment, shares or [])
    return bool(shares)


def move_on(commitment: Commitment, day: date) -> bool:
    """Take an open commitment, whose row the caller has locked, from its grants to what others have room on this day.

    Whether another had; else it is unfunded. What it counts in its case's account stays.
    """
    _give_back_shares(commitment)
    return fund(commitment, day)


def _save(commitment: Commitment, shares: list[Share]) -> None:
    commitment.state = CommitmentState.OPEN if shares else CommitmentState.UNFUNDED
    commitment.grant = max(shares, key=lambda share: share.cents).grant if shares else None
    commitment.save()
    CommitmentShare.objects.bulk_create(
        CommitmentShare(commitment=commitment, grant=share.grant, budget_line=share.line, cents=share.cents)
        for share in shares
    )


def give_back(commitment: Commitment) -> None:
    """Undo `place`; the caller has just released the commitment, so it happens once."""
    if not commitment.is_over_cap:
        held = CaseAccount.objects.filter(case_id=commitment.case_id, committed_cents__gte=commitment.cents)
        held.update(committed_cents=F("committed_cents") - commitment.cents)
        settle_cap(commitment.case_id)
    _give_back_shares(commitment)


def settle_cap(case: UUID) -> None:
    """Lower a case's cap by what allowances that are over raised it and nothing of the case uses.

    Under the turn: nothing else takes room of the case meanwhile.
    """
    over = list(Allowance.objects.filter(case_id=case, state=RequestState.ENDED, raised_cents__gt=0).order_by("id"))
    if not over:
        return
    account = CaseAccount.objects.select_for_update().get(case_id=case)
    for allowance in over:
        unused = min(allowance.raised_cents, account.cap_cents - account.committed_cents)
        account.cap_cents -= unused
        allowance.raised_cents -= unused
        allowance.save(update_fields=["raised_cents"])
    account.save(update_fields=["cap_cents"])


def end_raises(case: UUID, provider: str) -> None:
    """The provider (its code) has left the case: the cap that was raised for its work is lower again."""
    raised = Allowance.objects.filter(
        case_id=case, provider__code=provider, kind=AllowanceKind.CAP, state=RequestState.APPROVED
    )
    if raised.update(state=RequestState.ENDED):
        settle_cap(case)


def _give_back_shares(commitment: Commitment) -> None:
    shares = CommitmentShare.objects.filter(commitment=commitment).select_related("grant")
    for share in sorted(shares, key=lambda one: (one.grant.ends_on, one.grant_id)):
        Grant.objects.filter(pk=share.grant_id).update(committed_cents=F("committed_cents") - share.cents)
        if share.budget_line_id is not None:
            line = BudgetLine.objects.filter(pk=share.budget_line_id)
            line.update(committed_cents=F("committed_cents") - share.cents)
        share.delete()


def need_of(commitment: Commitment) -> Need:
    return Need(
        case_id=commitment.case_id,
        day=day_of(commitment.committed_at),
        cents=commitment.cents,
        cost_type=commitment.cost_type,
        case_type=commitment.case_type,
        is_held=commitment.is_held,
        is_resident=commitment.is_resident,
    )


def lock_grants() -> None:
    """Hold every grant, in their order: before a transaction takes room more than once."""
    list(Grant.objects.select_for_update().order_by("ends_on", "id").values_list("pk", flat=True))
