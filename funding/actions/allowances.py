"""More than the rules give a case: a higher cap, or direct costs for a family in hardship; and a case's split."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.roles import Actor
from funding.actions.approving import sign
from funding.actions.grants import fund_one, fund_unfunded
from funding.actions.room import place, settle_cap
from funding.billing import NOT_YOURS, provider_of
from funding.models import (
    Allowance,
    AllowanceKind,
    AllowanceReason,
    CaseAccount,
    CaseSplit,
    Commitment,
    CommitmentState,
    CostType,
    Grant,
    RequestState,
)
from funding.money_rules import rule_on
from funding.policies import RefusedError, account_of, check_may_approve, check_may_award, check_may_bill
from funding.quarters import day_of
from funding.turns import wait_for_turn
from providers.models import Provider


def ask_allowance(
    *, kind: str, reference: str, cents: int, reason: str, by: Actor, now: datetime | None = None
) -> Allowance:
    """A provider's staff ask for one of its own cases: one at a time for more cap, one hardship for each reason.

    Raises PermissionDenied, RefusedError.
    """
    check_may_bill(by)
    provider = provider_of(by)
    commitment = Commitment.objects.filter(provider=provider, case_reference=reference).first()
    if commitment is None:
        raise RefusedError(NOT_YOURS)
    _check_works_on(commitment.case_id, provider)
    try:
        with transaction.atomic():
            return Allowance.objects.create(
                kind=AllowanceKind(kind),
                case_id=commitment.case_id,
                case_reference=reference,
                provider=provider,
                cents=cents,
                reason=AllowanceReason(reason),
                asked_by_user_id=account_of(by),
                asked_at=now or timezone.now(),
            )
    except IntegrityError:
        raise RefusedError("The same was asked for this case and is not decided yet.") from None


def approve_allowance(*, allowance: Allowance, seen: str, by: Actor, now: datetime | None = None) -> Allowance:
    """Sign it; the second of both signatures lets the money go. Raises PermissionDenied, RefusedError.

    More cap: what waited for it is funded if a grant has room. Hardship: the direct cost is committed, above the cap.
    """
    check_may_approve(by)
    now = now or timezone.now()
    with transaction.atomic():
        wait_for_turn()
        allowance = _lock(allowance.pk)
        _check_works_on(allowance.case_id, allowance.provider)
        if sign(allowance, seen=seen, by=by, now=now):
            allowance.state, allowance.decided_at = RequestState.APPROVED, now
            allowance.raised_cents = allowance.cents
            allowance.save()
            _raise_cap(allowance)
            if allowance.kind == AllowanceKind.HARDSHIP:
                _commit_direct_cost(allowance, now)
    if allowance.state == RequestState.APPROVED:
        waiting = Commitment.objects.filter(case_id=allowance.case_id, state=CommitmentState.UNFUNDED)
        for pk in list(waiting.order_by("committed_at", "id").values_list("pk", flat=True)):
            fund_one(pk, day=day_of(now))
    return allowance


@transaction.atomic
def refuse_allowance(*, allowance: Allowance, by: Actor, now: datetime | None = None) -> Allowance:
    """One of the two is enough to say no."""
    check_may_approve(by)
    allowance = _lock(allowance.pk)
    allowance.state, allowance.decided_at = RequestState.REFUSED, now or timezone.now()
    allowance.save()
    return allowance


@transaction.atomic
def withdraw_allowance(*, allowance: Allowance, by: Actor, now: datetime | None = None) -> Allowance:
    """The provider does not ask any more, as long as it is not decided. Raises PermissionDenied, RefusedError."""
    check_may_bill(by)
    allowance = _lock(allowance.pk)
    if allowance.provider.organization_id != by.organization_id:
        raise PermissionDenied("This was asked by another provider.")
    allowance.state, allowance.decided_at = RequestState.WITHDRAWN, now or timezone.now()
    allowance.save()
    return allowance


@transaction.atomic
def end_allowance(*, allowance: Allowance, by: Actor) -> Allowance:
    """A higher cap is over: what the case has not used of it goes, and what it uses goes when that is given back.

    A hardship is over with its commitment. Raises PermissionDenied, RefusedError.
    """
    check_may_approve(by)
    wait_for_turn()
    allowance = Allowance.objects.select_for_update(of=("self",)).select_related("provider").get(pk=allowance.pk)
    if (allowance.kind, allowance.state) != (AllowanceKind.CAP, RequestState.APPROVED):
        raise RefusedError("Only a higher cap that was approved is ended.")
    allowance.state = RequestState.ENDED
    allowance.save()
    settle_cap(allowance.case_id)
    allowance.refresh_from_db()
    return allowance


def split_case(
    *, reference: str, percents: Mapping[int, int], by: Actor, now: datetime | None = None
) -> list[CaseSplit]:
    """Let several grants carry a case from now on: {grant id: percent}, together 100; empty: as any other case.

    What is committed already stays where it is. Raises PermissionDenied, RefusedError.
    """
    check_may_award(by)
    account = CaseAccount.objects.filter(case_reference=reference).first()
    if account is None:
        raise RefusedError("No money was ever committed to a case with this reference.")
    if percents and (sum(percents.values()) != 100 or min(percents.values()) < 1 or len(percents) < 2):
        raise RefusedError("The parts of at least two grants must add up to 100 percent.")
    if Grant.objects.filter(pk__in=percents).count() != len(percents):
        raise RefusedError("One of these grants does not exist.")
    with transaction.atomic():
        CaseSplit.objects.filter(case_id=account.case_id).delete()
        made = CaseSplit.objects.bulk_create(
            CaseSplit(
                case_id=account.case_id,
                case_reference=reference,
                grant_id=grant,
                percent=percent,
                set_by_user_id=account_of(by),
                set_at=now or timezone.now(),
            )
            for grant, percent in sorted(percents.items())
        )
    fund_unfunded(now=now)
    return made


def _check_works_on(case: UUID, provider: Provider) -> None:
    theirs = Commitment.objects.filter(provider=provider, case_id=case)
    if not theirs.exclude(state=CommitmentState.RELEASED).exists():
        raise RefusedError("The provider's work on this case was given up: there is nothing to allow more for.")


def _lock(pk: UUID) -> Allowance:
    allowance = Allowance.objects.select_for_update(of=("self",)).select_related("provider").get(pk=pk)
    if allowance.state != RequestState.ASKED:
        raise RefusedError("This was decided before.")
    return allowance


def _raise_cap(allowance: Allowance) -> None:
    raised = CaseAccount.objects.filter(case_id=allowance.case_id)
    raised.update(cap_cents=F("cap_cents") + allowance.cents)


def _commit_direct_cost(allowance: Allowance, now: datetime) -> None:
    """One commitment for each allowance: its name is numbered, since a case may need several."""
    day = day_of(now)
    earlier = Commitment.objects.filter(
        case_id=allowance.case_id, provider=allowance.provider, cost_type=CostType.DIRECT
    ).count()
    known = Commitment.objects.filter(case_id=allowance.case_id, provider=allowance.provider).order_by("-committed_at")
    like = known[:1].get()
    place(
        Commitment(
            case_id=allowance.case_id,
            case_reference=allowance.case_reference,
            provider=allowance.provider,
            stage=f"direct cost {earlier + 1}",
            cost_type=CostType.DIRECT,
            cents=allowance.cents,
            accepted_event=allowance.pk,
            committed_at=now,
            expires_on=day + timedelta(days=rule_on(day).commitment_days),
            case_type=like.case_type,
            is_held=like.is_held,
            is_resident=like.is_resident,
        )
    )
