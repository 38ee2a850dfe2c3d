"""Tries to reach a family by phone, and when they have been enough to say that contact is lost."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.roles import HOTLINE_ROLES, Actor
from referrals import events
from referrals.actions.assignments import assign, works_on
from referrals.actions.duty_mail import tell_taken_over
from referrals.actions.moves import close_tasks, lock_case
from referrals.actions.paging import is_paging, note_answered
from referrals.business_time import CHICAGO, answer_due
from referrals.models import CALLS, CallAttempt, CallOutcome, Case, CoordinatorTask, TaskKind
from referrals.policies import WrongState

TRIED, REACHED = "call_tried", "family_reached"
# The fund's rule: so many tries, on so many different days, before contact counts as lost.
TRIES, DAYS = 3, 3


class TakenByColleague(WrongState):
    """Somebody else took the call a moment ago."""


def claim(*, case: Case, by: Actor, now: datetime | None = None) -> None:
    """Take the call: of two at the same moment the first has it. Raises `TakenByColleague`, PermissionDenied.

    While people are being woken for the case, whoever is awake takes it from the colleague who worked on it by day, and
    that colleague is told.
    """
    now = now or timezone.now()
    _check_hotline(by)
    with transaction.atomic():
        case = lock_case(case.pk)
        person = works_on(case, by.organization_id)
        if person is not None and person != by.user_id:
            if not is_paging(case):
                raise TakenByColleague(f"A colleague works on {case.reference}.")
            tell_taken_over(case, person, now)
        assign(case, by.user_id, by=by, now=now)


def note_attempt(*, case: Case, outcome: str, by: Actor, now: datetime | None = None) -> CallAttempt:
    """Write a try down.

    Reached: the call after a lost text, or of a night, is done. Not reached: the clock of the next try begins.
    """
    now, outcome = now or timezone.now(), CallOutcome(outcome)
    _check_hotline(by)
    with transaction.atomic():
        case = lock_case(case.pk)
        if not case.is_open:
            raise WrongState(f"{case.reference} is over.")
        # Whoever tries is awake: nobody else has to be.
        note_answered(case, by=by, now=now)
        attempt = CallAttempt.objects.create(case=case, user_id=by.user_id or 0, outcome=outcome, at=now)
        kind = REACHED if outcome == CallOutcome.REACHED else TRIED
        events.record(case=case, kind=kind, by=by, now=now, detail={"outcome": outcome.value})
        if outcome == CallOutcome.REACHED:
            close_tasks(case, TaskKind.CALL_FAMILY, TaskKind.CALL_NOW, by=by, now=now)
        else:
            open_calls = CoordinatorTask.objects.filter(case=case, kind__in=CALLS, done_at=None)
            open_calls.update(due_at=answer_due(case.urgency, now))
    return attempt


def tries_since_reached(case: Case) -> tuple[int, int]:
    """How many tries there were since the family was last reached, and on how many days of Minneapolis."""
    attempts = list(CallAttempt.objects.filter(case=case))
    reached = max((one.at for one in attempts if one.outcome == CallOutcome.REACHED), default=None)
    tries = [one for one in attempts if reached is None or one.at > reached]
    return len(tries), len({one.at.astimezone(CHICAGO).date() for one in tries})


def check_was_tried(case: Case) -> None:
    """Raises WrongState while there were fewer than three tries, or all on fewer than three days."""
    tries, days = tries_since_reached(case)
    if tries < TRIES or days < DAYS:
        raise WrongState(
            f"{case.reference}: contact is lost after {TRIES} tries on {DAYS} days; there were {tries} on {days}."
        )


def _check_hotline(by: Actor) -> None:
    if by.role not in HOTLINE_ROLES:
        raise PermissionDenied("Only the hotline calls families back.")
