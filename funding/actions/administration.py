"""Administration's cost from asking to posting, and what finance may take back in the journal."""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.roles import Actor, Role
from accounts.same_person import same_person
from funding import ledger
from funding.actions.grants import spend_on_administration
from funding.models import (
    Account,
    AdministrationCost,
    BudgetLine,
    CostType,
    Grant,
    GrantKind,
    JournalEntry,
    RequestState,
)
from funding.policies import RefusedError, account_of, check_may_approve, check_may_record_payments
from funding.quarters import day_of

NOT_HERE = "This posting is not taken back here: a payment is given back where payments are, a bond where bonds are."


@transaction.atomic
def ask_administration(
    *, grant: Grant, cents: int, on: date, by: Actor, now: datetime | None = None
) -> AdministrationCost:
    """Finance asks a grant to carry an amount; nothing is posted yet. Raises PermissionDenied, RefusedError."""
    check_may_record_payments(by)
    now = now or timezone.now()
    if cents <= 0:
        raise RefusedError("An amount is more than nothing.")
    if grant.kind != GrantKind.PROGRAM:
        raise RefusedError("A bond pool pays no administration.")
    if on > day_of(now):
        raise RefusedError("The day is in the future.")
    if not grant.starts_on <= on <= grant.ends_on:
        raise RefusedError(f"{grant} runs {grant.starts_on} to {grant.ends_on}.")
    return AdministrationCost.objects.create(
        grant=grant, cents=cents, spent_on=on, asked_by_user_id=account_of(by), asked_at=now
    )


@transaction.atomic
def approve_administration(*, cost: AdministrationCost, by: Actor, now: datetime | None = None) -> AdministrationCost:
    """The approver signs, and it is posted. Raises PermissionDenied, RefusedError, ClosedMonthError."""
    if by.role != Role.APPROVER:
        raise PermissionDenied("Finance has asked; an approver signs.")
    now = now or timezone.now()
    cost = _lock(cost)
    if same_person(by.user_id or 0, {cost.asked_by_user_id}):
        raise PermissionDenied("Two people sign: you are, or seem to be, who asked for it.")
    cost.entry = spend_on_administration(
        grant=cost.grant,
        cents=cost.cents,
        on=cost.spent_on,
        finance=Actor(Role.FINANCE, user_id=cost.asked_by_user_id),
        approver=by,
        now=now,
    )
    return _decide(cost, RequestState.APPROVED, by, now)


@transaction.atomic
def refuse_administration(*, cost: AdministrationCost, by: Actor, now: datetime | None = None) -> AdministrationCost:
    """An approver says no, or finance takes it back."""
    check_may_approve(by)
    return _decide(_lock(cost), RequestState.REFUSED, by, now or timezone.now())


@transaction.atomic
def take_back(*, entry: JournalEntry, on: date, by: Actor, now: datetime | None = None) -> JournalEntry:
    """Reverse a posting of administration's cost or of money that went back to a funder, once, with what it counted.

    Finance alone: it puts right what was typed wrong, and only makes room. Raises PermissionDenied, RefusedError for
    any other posting, NotReversibleError, ClosedMonthError.
    """
    check_may_record_payments(by)
    now = now or timezone.now()
    if not entry.posted_on <= on <= day_of(now):
        raise RefusedError("The day lies between the posting and today.")
    cost = AdministrationCost.objects.filter(entry=entry).first()
    if cost is None and not is_return(entry):
        raise RefusedError(NOT_HERE)
    grant_id, cents = entry.lines.filter(account=Account.NET_ASSETS).values_list("grant_id", "debit_cents").get()
    grant = Grant.objects.select_for_update(of=("self",)).get(pk=grant_id)
    reversal = ledger.reverse(entry, on=on, by=by, now=now)
    if cost is None:
        Grant.objects.filter(pk=grant.pk).update(returned_cents=F("returned_cents") - cents)
    else:
        Grant.objects.filter(pk=grant.pk).update(
            committed_cents=F("committed_cents") - cents, admin_cents=F("admin_cents") - cents
        )
        _give_back_to_lines(grant, cents)
    return reversal


def may_be_taken_back(entry: JournalEntry) -> bool:
    """Whether `take_back` takes postings of this kind, and nobody has taken this one back."""
    if entry.reverses_id is not None or JournalEntry.objects.filter(reverses=entry).exists():
        return False
    return AdministrationCost.objects.filter(entry=entry).exists() or is_return(entry)


def is_return(entry: JournalEntry) -> bool:
    """Whether the posting gave a funder back what was not spent: two lines, out of cash and of restricted assets."""
    lines = set(entry.lines.values_list("account", "debit_cents", "credit_cents"))
    accounts = {account: (debit, credit) for account, debit, credit in lines}
    return (
        entry.reverses_id is None
        and len(lines) == 2
        and accounts.keys() == {Account.NET_ASSETS, Account.CASH}
        and accounts[Account.NET_ASSETS][0] > 0
    )


def _give_back_to_lines(grant: Grant, cents: int) -> None:
    """The grant's lines for administration count so much less together; the grant's row is held."""
    for line in BudgetLine.objects.filter(grant=grant, cost_type=CostType.ADMIN).order_by("-id"):
        part = min(cents, line.committed_cents)
        BudgetLine.objects.filter(pk=line.pk).update(committed_cents=F("committed_cents") - part)
        cents -= part


def _lock(cost: AdministrationCost) -> AdministrationCost:
    locked = AdministrationCost.objects.select_for_update(of=("self",)).select_related("grant").get(pk=cost.pk)
    if locked.state != RequestState.ASKED:
        raise RefusedError(f"This one is: {locked.get_state_display()}.")
    return locked


def _decide(cost: AdministrationCost, state: RequestState, by: Actor, now: datetime) -> AdministrationCost:
    cost.state, cost.decided_by_user_id, cost.decided_at = state, account_of(by), now
    cost.save()
    return cost
