"""Waking somebody: a case that cannot wait for opening time pages who is on call, then the next, until one takes it.

Here is decided who is woken and when; `referrals/actions/pages_out.py` asks the carrier, and
`referrals/actions/duty_mail.py` writes to the leads.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from accounts.models import OrganizationKind, User
from accounts.roles import Actor, Role
from notifications.broker import ask_worker
from referrals.actions import duty_mail
from referrals.actions.moves import open_task
from referrals.business_time import HOTLINE_HOURS, answer_due
from referrals.models import (
    CALLS,
    Assignment,
    Case,
    CoordinatorTask,
    DutyMailKind,
    DutyPage,
    DutyPhone,
    DutyShift,
    TaskKind,
    Urgency,
)
from referrals.models.case import OPEN_STATES

log = logging.getLogger(__name__)

NEXT_AFTER = timedelta(minutes=10)
# Everybody on call is paged so often, ten minutes apart; then it is one of them an hour until the office opens.
ROUNDS = 3
LATER_AFTER = timedelta(hours=1)
# A case pages once a night: who took it goes on with it, whatever is found out later.
_ONCE_WITHIN = timedelta(hours=12)
# What waits for somebody to speak with the family, or to find it a lawyer who is awake.
_WAITS = (*CALLS, TaskKind.NOBODY_ON_DUTY)


def page_if_closed(case: Case, *, by: Actor, now: datetime) -> None:
    """Page the first person on call for a locked T0 case that no person has opened; in the caller's transaction."""
    if case.urgency == Urgency.T0 and by.user_id is None:
        wake_if_closed(case, now)


def wake_if_closed(case: Case, now: datetime) -> None:
    """Page the first person on call for a locked case, whatever its tier: its family says that it is urgent.

    The page leads to the desk, so the case stands there as a call to make, if it does not yet.
    """
    if HOTLINE_HOURS.is_open(now) or DutyPage.objects.filter(case=case, made_at__gt=now - _ONCE_WITHIN).exists():
        return
    if not CoordinatorTask.objects.filter(case=case, kind__in=CALLS, done_at=None).exists():
        open_task(case, TaskKind.CALL_NOW, due_at=answer_due(case.urgency, now), now=now)
    people = on_call(now)
    # What nobody answered last night is over; its pages keep their places.
    before = DutyPage.objects.filter(case=case, answered_at=None).order_by("rung").last()
    _page(case, people[0] if people else None, before.rung + 1 if before else 0, now)
    if not people:
        # The row stands for everybody: whoever comes on call later is paged after it.
        _tell_nobody_is_on_call(case, now)


def page_left_over(now: datetime) -> int:
    """Page for each open T0 case that nobody took before the hotline closed; returns how many."""
    if HOTLINE_HOURS.is_open(now):
        return 0
    calls = CoordinatorTask.objects.filter(kind__in=_WAITS, done_at=None)
    taken = Assignment.objects.filter(organization__kind=OrganizationKind.HOTLINE)
    paged = DutyPage.objects.filter(made_at__gt=now - _ONCE_WITHIN)
    left = (
        Case.objects.filter(state__in=OPEN_STATES, urgency=Urgency.T0, pk__in=calls.values("case"))
        .exclude(pk__in=taken.values("case"))
        .exclude(pk__in=paged.values("case"))
    )
    found = list(left.values_list("pk", flat=True))
    for case_id in found:
        with transaction.atomic():
            wake_if_closed(Case.objects.select_for_update().get(pk=case_id), now)
    return len(found)


def note_answered(case: Case, *, by: Actor, now: datetime) -> None:
    """Somebody works on the case: nobody else is woken for it."""
    waiting = DutyPage.objects.filter(case=case, answered_at=None)
    waiting.update(answered_at=now, answered_by_user_id=by.user_id)


def is_paging(case: Case) -> bool:
    """Whether people are being woken for the case and none of them has taken it."""
    return DutyPage.objects.filter(case=case, answered_at=None).exists()


def on_call(now: datetime) -> list[User]:
    """Who is paged, in order: those on shift now, then leads of the hotline, each with a phone to ring."""
    shifts = DutyShift.objects.filter(begins_at__lte=now, ends_at__gt=now, user__is_active=True)
    on_shift = [one.user for one in shifts.select_related("user").order_by("rank", "begins_at", "pk")]
    leads = User.objects.filter(is_active=True, membership__role=Role.HOTLINE_LEAD).order_by("pk")
    reachable = set(DutyPhone.objects.values_list("user_id", flat=True))
    return [one for one in dict.fromkeys([*on_shift, *leads]) if one.pk in reachable]


def escalate(now: datetime) -> int:
    """Page the next person for each open case that nobody has taken within ten minutes; returns how many.

    After the last one the leads are told and the first is paged again. In opening hours the desk has the case.
    """
    if HOTLINE_HOURS.is_open(now):
        return 0
    waiting = DutyPage.objects.filter(answered_at=None, case__state__in=OPEN_STATES)
    paged = 0
    for case_id in waiting.order_by().values_list("case_id", flat=True).distinct():
        with transaction.atomic():
            # Two that escalate at the same moment ask one person.
            paged += _go_on(Case.objects.select_for_update().get(pk=case_id), now)
    return paged


def _go_on(case: Case, now: datetime) -> bool:
    """Page whoever is next for a locked case; False where it is not time yet, or nobody is there."""
    unanswered = DutyPage.objects.filter(case=case, answered_at=None).order_by("made_at", "rung")
    pages = [page for page in unanswered if HOTLINE_HOURS.next_opening(page.made_at) > now]
    if not pages:
        # Taken a moment ago; or the office was open since: then the case is the desk's.
        return False
    people = on_call(now)
    if not people:
        _tell_nobody_is_on_call(case, now, since=pages[0].made_at)
        return False
    person, rounds = _next_of(people, pages)
    if pages[-1].user_id is not None and now < pages[-1].made_at + (NEXT_AFTER if rounds < ROUNDS else LATER_AFTER):
        return False
    if rounds:
        duty_mail.tell_leads(case, DutyMailKind.UNANSWERED, now=now, since=pages[0].made_at)
    _page(case, person, pages[-1].rung + 1, now)
    return True


def _next_of(people: Sequence[User], pages: Sequence[DutyPage]) -> tuple[User, int]:
    """The first of those paged least, and how many whole rounds there have been."""
    paged = Counter(page.user_id for page in pages)
    person = min(people, key=lambda one: paged[one.pk])
    return person, paged[person.pk]


def _tell_nobody_is_on_call(case: Case, now: datetime, since: datetime | None = None) -> None:
    if duty_mail.tell_leads(case, DutyMailKind.NOBODY_ON_CALL, now=now, since=since or now):
        log.warning("nobody is on call for case %s: fill the rota", case.pk)


def _page(case: Case, person: User | None, rung: int, now: datetime) -> None:
    page = DutyPage.objects.create(case=case, user_id=person.pk if person else None, rung=rung, made_at=now)
    if person:
        transaction.on_commit(partial(ask_worker, "referrals.tasks.send_page", [page.pk]), robust=True)
