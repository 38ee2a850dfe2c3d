"""Recording that a provider must not be asked to take a case."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor, Role
from providers.models import Provider
from referrals.actions.conflicts import hold_conflict
from referrals.actions.moves import lock_case, open_task
from referrals.actions.offers import TakeBackReason, end_live_offer
from referrals.actions.routing import route_after_commit
from referrals.business_time import answer_due
from referrals.models import Case, DeclineReason, TaskKind
from referrals.policies import check_may_hold_conflict, holder_of, live_offer_of, provider_with


def record_conflict(*, case: Case, provider: Provider, by: Actor, now: datetime | None = None) -> Case:
    """The provider is never asked to take the case: a coordinator names it, its own staff say it of themselves.

    A live offer to it ends and the next is asked; a case that it holds stays with it until somebody hands it on, which
    is a coordinator's task from now on.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        check_may_hold_conflict(by, case, provider)
        hold_conflict(case, provider, by=by, now=now)
        holder = holder_of(case)
        if holder is not None and holder.program.provider_id == provider.pk:
            open_task(case, TaskKind.HAND_ON, due_at=answer_due(case.urgency, now), now=now)
        offer = live_offer_of(case)
        if offer is None or offer.program.provider_id != provider.pk:
            return case
        if by.acts_as(Role.PROVIDER_STAFF):
            offer.decline_reason = DeclineReason.CONFLICT
            detail = {"reason": DeclineReason.CONFLICT.value}
            end_live_offer(case, "decline", by=by, now=now, detail=detail, offer=offer)
        else:
            detail = {"reason": TakeBackReason.CONFLICT.value}
            end_live_offer(case, "withdraw_offer", by=by, now=now, detail=detail, offer=offer)
        route_after_commit(case.pk, now)
    return case


def must_not_take(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """The provider's own staff say that theirs is the conflict, while the case is with them."""
    return record_conflict(case=case, provider=provider_with(case, by), by=by, now=now)
