"""Recording that a provider must not be asked to take a case, and that it may be again."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone

from accounts.roles import Actor, Role
from providers.models import Provider
from referrals.actions.conflicts import conflicts_of, hold_conflict, lift_hold_of
from referrals.actions.moves import close_tasks, lock_case, open_task
from referrals.actions.offers import TakeBackReason, end_live_offer
from referrals.actions.routing import route_after_commit
from referrals.business_time import answer_due
from referrals.models import Case, DeclineReason, TaskKind
from referrals.policies import WrongState, check_may_hold_conflict, holder_of, live_offer_of, provider_with


class LiftReason(models.TextChoices):
    """Why a provider may be asked after all."""

    BY_MISTAKE = "by_mistake", "It was recorded by mistake"
    ENDED = "ended", "The provider says that there is none any more"


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


def lift_conflict(*, case: Case, provider: Provider, reason: str, by: Actor, now: datetime | None = None) -> Case:
    """The provider may be asked again; a case that waits is offered anew at once. WrongState if no conflict is kept."""
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        if not by.acts_as(Role.COORDINATOR):
            raise PermissionDenied("Coordinators lift a conflict of interest.")
        check_may_hold_conflict(by, case, provider)
        if provider.code not in conflicts_of(case):
            raise WrongState(f"No conflict of {provider.name} is kept on {case.reference}.")
        lift_hold_of(case, provider, reason=LiftReason(reason).value, by=by, now=now)
        holder = holder_of(case)
        if holder is not None and holder.program.provider_id == provider.pk:
            close_tasks(case, TaskKind.HAND_ON, by=by, now=now)
        route_after_commit(case.pk, now)
    return case


def must_not_take(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """The provider's own staff say that theirs is the conflict, while the case is with them."""
    return record_conflict(case=case, provider=provider_with(case, by), by=by, now=now)
