"""Waking somebody: a case that cannot wait for opening time pages who is on call, then the next, until one takes it.

Texts and calls name the case's reference and nothing else.
"""

import logging
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import OrganizationKind, User
from accounts.roles import Actor, Role
from notifications.broker import ask_worker
from notifications.staff_phones import staff_phones
from referrals.business_time import HOTLINE_HOURS
from referrals.models import Assignment, Case, CoordinatorTask, DutyPage, DutyPhone, DutyShift, TaskKind, Urgency
from referrals.models.case import OPEN_STATES

log = logging.getLogger(__name__)

# The call-back desk; this package cannot name a route of the one above it.
DESK = "/staff/calls/"
NEXT_AFTER = timedelta(minutes=10)
# A case pages once a night: who took it goes on with it, whatever is found out later.
_ONCE_WITHIN = timedelta(hours=12)
# What waits for somebody to speak with the family, or to find it a lawyer who is awake.
_CALLS = (TaskKind.CALL_BACK, TaskKind.CALL_FAMILY, TaskKind.NOBODY_ON_DUTY)


def page_if_closed(case: Case, *, by: Actor, now: datetime) -> None:
    """Page the first person on call for a locked T0 case that no person has opened; in the caller's transaction."""
    if case.urgency == Urgency.T0 and by.user_id is None:
        wake_if_closed(case, now)


def wake_if_closed(case: Case, now: datetime) -> None:
    """Page the first person on call for a locked case, whatever its tier: its family says that it is urgent."""
    if HOTLINE_HOURS.is_open(now) or DutyPage.objects.filter(case=case, made_at__gt=now - _ONCE_WITHIN).exists():
        return
    _page(case.pk, 0, now)


def page_left_over(now: datetime) -> int:
    """Page for each open T0 case that nobody took before the hotline closed; returns how many."""
    if HOTLINE_HOURS.is_open(now):
        return 0
    calls = CoordinatorTask.objects.filter(kind__in=_CALLS, done_at=None)
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


def on_call(now: datetime) -> list[User]:
    """Who is paged, in order: those on shift now, then leads of the hotline, each with a phone to ring."""
    shifts = DutyShift.objects.filter(begins_at__lte=now, ends_at__gt=now, user__is_active=True)
    on_shift = [one.user for one in shifts.select_related("user").order_by("rank", "begins_at", "pk")]
    leads = User.objects.filter(is_active=True, membership__role=Role.HOTLINE_LEAD).order_by("pk")
    reachable = set(DutyPhone.objects.values_list("user_id", flat=True))
    return [one for one in dict.fromkeys([*on_shift, *leads]) if one.pk in reachable]


def escalate(now: datetime) -> int:
    """Page the next person for each open case that nobody has taken within ten minutes; returns how many.

    After the last one the first is paged again. In opening hours the desk has the case.
    """
    if HOTLINE_HOURS.is_open(now):
        return 0
    waiting = DutyPage.objects.filter(answered_at=None, case__state__in=OPEN_STATES).order_by("made_at", "rung")
    newest = {page.case_id: page for page in waiting}
    late = [page for page in newest.values() if page.made_at <= now - NEXT_AFTER]
    for page in late:
        try:
            with transaction.atomic():
                _page(page.case_id, page.rung + 1, now)
        except IntegrityError:
            # Another worker was quicker.
            continue
    return len(late)


def send_waiting(now: datetime) -> None:
    """Send what a lost broker message or a silent carrier left behind."""
    waiting = DutyPage.objects.filter(sent_at=None, answered_at=None, user_id__isnull=False)
    for page_id in waiting.values_list("pk", flat=True):
        try:
            send(page_id=page_id, now=now)
        except Exception:
            log.exception("page %s is not sent yet", page_id)


def send(*, page_id: UUID, now: datetime) -> bool:
    """Text and ring the person, unless that was done or the case was taken; False if the carrier took neither."""
    with transaction.atomic():
        page = (
            DutyPage.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("case")
            .filter(pk=page_id, sent_at=None, answered_at=None)
            .first()
        )
        phone = DutyPhone.objects.filter(user_id=page.user_id).first() if page and page.user_id else None
        if page is None or phone is None:
            return True
        backend = staff_phones()
        is_texted = backend.text(phone.phone, _text(page.case))
        is_rung = backend.ring(phone.phone, _spoken(page.case))
        if not (is_texted or is_rung):
            log.error("page %s could not be sent", page_id)
            return False
        page.sent_at = now
        page.save(update_fields=["sent_at"])
    return True


def _page(case_id: UUID, rung: int, now: datetime) -> None:
    people = on_call(now)
    person = people[rung % len(people)] if people else None
    if person is None:
        log.warning("nobody is on call for case %s: fill the rota", case_id)
    page = DutyPage.objects.create(case_id=case_id, user_id=person.pk if person else None, rung=rung, made_at=now)
    transaction.on_commit(partial(ask_worker, "referrals.tasks.send_page", [page.pk]), robust=True)


def _text(case: Case) -> str:
    return f"{case.reference} needs a call within 30 minutes. Please take it: {settings.PUBLIC_BASE_URL}{DESK}"


def _spoken(case: Case) -> str:
    letters = ". ".join(case.reference.replace("-", ""))
    return f"A request needs a call within 30 minutes. Please sign in and take it. Its reference is: {letters}."
