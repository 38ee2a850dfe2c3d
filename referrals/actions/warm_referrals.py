"""Sending a family to somebody outside the fund, and asking afterwards what became of it."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor, Role
from referrals import events
from referrals.actions.moves import close_tasks, lock_case, open_task
from referrals.business_time import HOTLINE_HOURS
from referrals.models import Case, ReferralOutcome, ReferralPartner, TaskKind, WarmReferral
from referrals.policies import WrongState

# Business days until somebody asks what became of a referral.
ASK_AFTER_DAYS = 3


def refer_out(*, case: Case, partner: ReferralPartner, by: Actor, now: datetime | None = None) -> WarmReferral:
    """Sends the family to `partner`, too; the case goes on. Raises WrongState where that is under way already."""
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        _check_is_coordinator(by)
        if not case.is_open:
            raise WrongState(f"{case.reference} is over: take it up again before you refer the family on.")
        if case.warm_referrals.filter(partner__code=partner.code, outcome="").exists():
            raise WrongState(f"The family is referred to {partner.name} already: record what became of it.")
        events.record(case=case, kind="referred_out", by=by, now=now, detail={"partner": partner.code})
        return begin_referral(case, partner, by=by, now=now)


def begin_referral(case: Case, partner: ReferralPartner, *, by: Actor, now: datetime) -> WarmReferral:
    """On a locked case; the task to ask outlives the case. One that is under way already goes on."""
    referral, _ = WarmReferral.objects.get_or_create(
        case=case, partner=partner, outcome="", defaults={"at": now, "by_user_id": by.user_id}
    )
    due_at = HOTLINE_HOURS.after_business_days(now, ASK_AFTER_DAYS)
    open_task(case, TaskKind.REFERRAL_OUTCOME, due_at=due_at, now=now)
    return referral


def record_referral_outcome(
    *, case: Case, referral: WarmReferral, outcome: str, by: Actor, now: datetime | None = None
) -> WarmReferral:
    """What became of a referral; with the last one its task ends."""
    now, outcome = now or timezone.now(), ReferralOutcome(outcome)
    with transaction.atomic():
        case = lock_case(case.pk)
        _check_is_coordinator(by)
        waiting = WarmReferral.objects.filter(pk=referral.pk, case=case, outcome="")
        if not waiting.update(outcome=outcome, outcome_at=now, outcome_by_user_id=by.user_id):
            raise WrongState("What became of this referral is recorded already.")
        detail = {"partner": referral.partner.code, "outcome": outcome.value}
        events.record(case=case, kind="referral_outcome", by=by, now=now, detail=detail)
        if not case.warm_referrals.filter(outcome="").exists():
            close_tasks(case, TaskKind.REFERRAL_OUTCOME, by=by, now=now)
    referral.refresh_from_db()
    return referral


def _check_is_coordinator(by: Actor) -> None:
    if not by.acts_as(Role.COORDINATOR):
        raise PermissionDenied("Coordinators refer families and ask what became of it.")
