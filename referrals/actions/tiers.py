"""Urgent words in a family's text make its case the most urgent at once; a person reads them and may put that back."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.roles import FAMILY, Actor, Role
from referrals import events
from referrals.actions.deadlines import follow_clocks, hurry, unhurry
from referrals.actions.moves import close_tasks, lock_case
from referrals.actions.paging import note_answered
from referrals.models import Case, CaseEvent, CoordinatorTask, TaskKind, Urgency
from referrals.policies import WrongState
from referrals.urgency import SAID_URGENT

PUT_BACK = "tier_put_back"


def raise_by_words(case: Case, *, said_at: datetime, now: datetime) -> None:
    """A locked case becomes T0 because a text said so at `said_at`; its clocks and new answers take nothing of it back.

    The event names the family: no person has judged yet.
    """
    if not case.is_open:
        return
    case.said_urgent_at = said_at
    case.save()
    follow_clocks(case, by=FAMILY, now=now)


def put_tier_back(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """A coordinator read the words: the case is as urgent as its answers and its legal clocks make it.

    Who must act, and every task, has the time again that the words took, counted from when it had it first.
    Raises PermissionDenied for anybody else, `WrongState` where no text made it more urgent.
    """
    now = now or timezone.now()
    if not by.acts_as(Role.COORDINATOR):
        raise PermissionDenied("Coordinators decide how urgent a case is.")
    with transaction.atomic():
        case = lock_case(case.pk)
        if not can_be_put_back(case):
            raise WrongState(f"No text makes {case.reference} more urgent now.")
        raised = _raised_by_words(case)
        case.said_urgent_at = None
        case.save()
        events.record(case=case, kind=PUT_BACK, by=by, now=now)
        follow_clocks(case, by=by, now=now)
        if raised:
            unhurry(case, raised.detail.get("hurried", {}))
            if case.urgency < raised.detail["before"]:
                # A clock of the law came nearer meanwhile.
                hurry(case, now)
                case.save()
        close_tasks(case, TaskKind.URGENT_TEXT, by=by, now=now)
        if raised and case.urgency != Urgency.T0:
            # Nobody is woken any more for the words alone.
            asked = CoordinatorTask.objects.filter(case=case, kind=TaskKind.CALL_NOW, opened_at__gte=raised.at)
            asked.filter(done_at=None).update(done_at=now, done_by_user_id=by.user_id)
            note_answered(case, by=by, now=now)
    return case


def _raised_by_words(case: Case) -> CaseEvent | None:
    """The event by which the words that count now made it more urgent; None where it was as urgent before."""
    raised = Q(kind="urgency_changed", detail__reason=SAID_URGENT) | Q(kind=PUT_BACK)
    last = CaseEvent.objects.filter(raised, case=case).order_by("sequence").last()
    return last if last is not None and last.kind != PUT_BACK else None


def can_be_put_back(case: Case) -> bool:
    """Whether urgent words in a text, which no person has judged, count for the case."""
    return case.is_open and case.said_urgent_at is not None
