"""What a coordinator decides about a case before (or, for T0, while) it is offered."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone

from accounts.roles import Actor, Role
from referrals import events
from referrals.actions.moves import close_tasks, lock_case, mark_screened, move, open_task
from referrals.actions.routing import route_after_commit
from referrals.business_time import answer_due
from referrals.models import Case, CoordinatorTask, Custody, Screening, State, TaskKind
from referrals.policies import WrongState, awaits_screening


class ScreenInReason(models.TextChoices):
    """What a coordinator's yes rests on."""

    STATEMENT = "statement", "The caller's word"
    PROOF_SEEN = "proof_seen", "Proof of address seen"
    HARDSHIP = "hardship", "Hardship: income up to 300 % of the guideline"


def pass_screening(*, case: Case, reason: str, by: Actor, now: datetime | None = None) -> Case:
    """Eligible by a coordinator's decision; a received case moves on, a provisional one loses that word."""
    now = now or timezone.now()
    detail = {"reason": ScreenInReason(reason).value}
    with transaction.atomic():
        case = lock_case(case.pk)
        if not by.acts_as(Role.COORDINATOR):
            raise PermissionDenied("Coordinators decide eligibility.")
        if not awaits_screening(case):
            raise WrongState(f"{case.reference} is not waiting for an eligibility decision.")
        if case.state == State.RECEIVED:
            move(case, "screen_in", by=by, now=now, detail=detail)
            route_after_commit(case.pk, now)
        else:
            mark_screened(case, by=by, now=now, detail=detail)
        close_tasks(case, TaskKind.SCREEN, by=by, now=now)
    case.refresh_from_db()
    return case


def request_info(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """Something is missing: the family is told that somebody will call, and a coordinator gets the call to make."""
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        move(case, "request_info", by=by, now=now)
        open_task(case, TaskKind.CALL_BACK, due_at=answer_due(case.urgency, now), now=now)
    return case


def finish_task(*, task: CoordinatorTask, by: Actor, now: datetime | None = None) -> None:
    """A coordinator has done a task; the case's log says so."""
    now = now or timezone.now()
    with transaction.atomic():
        if not by.acts_as(Role.COORDINATOR):
            raise PermissionDenied("Coordinators finish tasks.")
        case = lock_case(task.case_id)
        if _stands_for_a_decision(task, case):
            raise WrongState(f"This task ends with the decision itself: {task.get_kind_display().lower()}.")
        if not CoordinatorTask.objects.filter(pk=task.pk, done_at__isnull=True).update(
            done_at=now, done_by_user_id=by.user_id
        ):
            raise WrongState("The task is already done.")
        events.record(case=case, kind="task_done", by=by, now=now, detail={"task": task.kind})


def _stands_for_a_decision(task: CoordinatorTask, case: Case) -> bool:
    """Ticking these off would leave the case without anybody to act on it, or a referral without its outcome."""
    match task.kind:
        case TaskKind.SCREEN:
            return case.is_open and case.screening == Screening.PENDING
        case TaskKind.REFERRAL_OUTCOME:
            return case.warm_referrals.filter(outcome="").exists()
        case TaskKind.CALL_BACK:
            return bool(case.state == State.NEEDS_INFO)
        case TaskKind.LOCATE:
            return case.is_open and case.custody == Custody.UNKNOWN
        case _:
            return False
