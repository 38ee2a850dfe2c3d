"""Following a request for a U visa certification from the agency's mailbox to the petition that is filed with it.

There is no verb that changes whether a request asked for the short clocks: Minn. Stat. 611A.95 counts it only in the
request itself, so that who forgot it withdraws the request and makes a new one.
"""

import logging
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.roles import SYSTEM, Actor, Role
from referrals import events
from referrals.actions.moves import close_tasks, lock_case, open_task
from referrals.business_time import answer_due
from referrals.certifications import (
    AWAITS_ANSWER,
    AWAITS_FILING,
    RUNS_OUT_SOON,
    Clocks,
    check_may_follow,
    clock_run_out,
    clocks,
    late,
    law,
    runs_out,
    today_of,
    unanswered,
    unfiled,
)
from referrals.deadlines import NotCounted
from referrals.models import Case, CertificationDesk, CertificationRequest, CertifyingAgency, TaskKind
from referrals.policies import WrongState, offer_held_by

log = logging.getLogger(__name__)


def may_request_certification(actor: Actor, case: Case) -> bool:
    """A coordinator, or the provider that holds the case."""
    return case.is_open and (actor.acts_as(Role.COORDINATOR) or offer_held_by(actor, case) is not None)


def request_certification(
    *,
    case: Case,
    agency: str,
    requested_on: date,
    in_removal: bool,
    expedite_asked: bool,
    by: Actor,
    now: datetime | None = None,
) -> CertificationRequest:
    """Notes that an agency was asked, and starts its clocks. One request to an agency at a time (WrongState)."""
    now = now or timezone.now()
    agency = CertifyingAgency(agency)
    with transaction.atomic():
        case = lock_case(case.pk)
        if not may_request_certification(by, case) or by.user_id is None:
            raise PermissionDenied("Coordinators and the provider that holds the case ask for certifications.")
        is_expedited = in_removal and expedite_asked
        ends = _counted(agency, requested_on, is_expedited)
        if case.certification_requests.filter(agency=agency).filter(AWAITS_ANSWER).exists():
            raise WrongState(
                f"{case.reference} already waits for an answer of this agency. To ask for the short clocks, withdraw"
                " that request and make a new one: the law counts it only in the request itself."
            )
        made = CertificationRequest.objects.create(
            case=case,
            agency=agency,
            requested_on=requested_on,
            in_removal=in_removal,
            expedite_asked=expedite_asked,
            city_due=ends.city,
            state_due=ends.state,
            entered_at=now,
            entered_by_user_id=by.user_id,
        )
        _note(made, "certification_requested", by, now, agency=str(agency), expedited=is_expedited)
    return made


def remind(*, request: CertificationRequest, desk: str, by: Actor, now: datetime | None = None) -> None:
    """The agency was reminded today; `desk` is who has the request in hand now."""
    now = now or timezone.now()
    with transaction.atomic():
        locked = _locked(request, by)
        _check(locked.is_open, locked)
        locked.reminded_on = today_of(now)
        locked.desk = CertificationDesk(desk)
        locked.held_by_user_id = by.user_id if locked.desk == CertificationDesk.OURS else None
        locked.save()
        _end_task_of_late(locked, by, now)
        _note(locked, "certification_reminded", by, now, desk=str(locked.desk))


def note_good_cause(*, request: CertificationRequest, by: Actor, now: datetime | None = None) -> None:
    """The agency needs longer, as the City's ordinance allows for good cause: from now on the State's clock counts."""
    now = now or timezone.now()
    with transaction.atomic():
        locked = _locked(request, by)
        _check(locked.is_open and locked.city_due is not None and locked.good_cause_on is None, locked)
        locked.good_cause_on = today_of(now)
        locked.save()
        if clock_run_out(locked, today_of(now)) is None:
            _end_task_of_late(locked, by, now)
        _note(locked, "certification_good_cause", by, now)


def certify(
    *, request: CertificationRequest, certified_on: date, signed_on: date, by: Actor, now: datetime | None = None
) -> None:
    """The agency signed: from `signed_on`, the day on Supplement B, six months run for the petition."""
    now = now or timezone.now()
    with transaction.atomic():
        locked = _locked(request, by)
        _check(locked.is_open, locked)
        locked.certified_on, locked.signed_on, locked.runs_out_on = (
            certified_on,
            signed_on,
            _counted_six_months(signed_on),
        )
        locked.save()
        _end_task_of_late(locked, by, now)
        _note(locked, "certified", by, now)


def refuse(*, request: CertificationRequest, refused_on: date, by: Actor, now: datetime | None = None) -> None:
    """The agency said no. Another request, to it or to another agency, is possible."""
    _end(request, "certification_refused", by, now, refused_on=refused_on)


def withdraw_request(*, request: CertificationRequest, by: Actor, now: datetime | None = None) -> None:
    """Our side takes the request back."""
    now = now or timezone.now()
    _end(request, "certification_withdrawn", by, now, withdrawn_on=today_of(now))


def note_filed(*, request: CertificationRequest, filed_on: date, by: Actor, now: datetime | None = None) -> None:
    """The petition was received with the signed Supplement B: nothing runs out any more."""
    now = now or timezone.now()
    with transaction.atomic():
        locked = _locked(request, by)
        _check(locked.certified_on is not None and locked.filed_on is None, locked)
        locked.filed_on = filed_on
        locked.save()
        _end_task_of_ends(locked, by, now)
        _note(locked, "petition_filed", by, now)


def tell_of_late(now: datetime) -> int:
    """The clock's part: a task for each clock that an agency let run out, the City's and then the State's, and one for
    each Supplement B that runs out soon; returns how many. Running it twice tells nobody twice."""
    today = today_of(now)
    requests = CertificationRequest.objects.all()
    unfiled_soon = unfiled(requests).filter(runs_out_on__lte=today + RUNS_OUT_SOON, ends_told_at__isnull=True)
    told = sum(_tell_late(request, now) for request in late(requests, today))
    return told + sum(_tell_ends(request, now) for request in unfiled_soon)


def recount(now: datetime) -> int:
    """The clock's part: counts the clocks of open cases' requests anew where the table of the law has changed since;
    returns how many changed."""
    rules, changed = law(), 0
    for request in unanswered(CertificationRequest.objects.all()):
        try:
            ends = clocks(request.agency, request.requested_on, is_expedited=request.is_expedited, rules=rules)
        except NotCounted:
            # A row of the table has ended without another: the days stand as they were counted.
            log.warning("the clocks of certification %s are not in the table any more", request.pk)
            continue
        if (ends.city, ends.state) != (request.city_due, request.state_due):
            changed += _set(request, now, city_due=ends.city, state_due=ends.state)
    for request in unfiled(CertificationRequest.objects.all()):
        try:
            end = runs_out(request.signed_on, rules=rules) if request.signed_on else request.runs_out_on
        except NotCounted:
            log.warning("the end of certification %s is not in the table any more", request.pk)
            continue
        if end != request.runs_out_on:
            changed += _set(request, now, runs_out_on=end)
    return changed


def _set(request: CertificationRequest, now: datetime, **days: date | None) -> int:
    with transaction.atomic():
        request.case = lock_case(request.case_id)
        CertificationRequest.objects.filter(pk=request.pk).update(**days)
        _note(request, "certification_recounted", SYSTEM, now)
    return 1


def _counted(agency: str, requested_on: date, is_expedited: bool) -> Clocks:
    try:
        return clocks(agency, requested_on, is_expedited=is_expedited, rules=law())
    except NotCounted as error:
        raise WrongState(str(error)) from error


def _counted_six_months(signed_on: date) -> date:
    try:
        return runs_out(signed_on, rules=law())
    except NotCounted as error:
        raise WrongState(str(error)) from error


def _tell_late(request: CertificationRequest, now: datetime) -> bool:
    ended = clock_run_out(request, today_of(now))
    if ended is None or request.late_told_for == ended:
        return False
    with transaction.atomic():
        case = lock_case(request.case_id)
        # Under the lock, so that two clocks at once, or an answer or a good cause entered meanwhile, make no task.
        waiting = CertificationRequest.objects.filter(AWAITS_ANSWER, pk=request.pk, good_cause_on=request.good_cause_on)
        is_news = waiting.filter(Q(late_told_for=None) | Q(late_told_for__lt=ended)).update(late_told_for=ended)
        if is_news and case.is_open:
            open_task(case, TaskKind.CERTIFICATION_LATE, due_at=answer_due(case.urgency, now), now=now)
    return bool(is_news)


def _tell_ends(request: CertificationRequest, now: datetime) -> bool:
    with transaction.atomic():
        case = lock_case(request.case_id)
        waiting = CertificationRequest.objects.filter(AWAITS_FILING, pk=request.pk, ends_told_at__isnull=True)
        is_news = waiting.update(ends_told_at=now)
        if is_news and case.is_open:
            open_task(case, TaskKind.CERTIFICATION_ENDS, due_at=answer_due(case.urgency, now), now=now)
    return bool(is_news)


def _end_task_of_late(done: CertificationRequest, by: Actor, now: datetime) -> None:
    """Ends the case's task about late agencies, unless another one is late and was not reminded since: a case has one
    such task for all its agencies."""
    today = today_of(now)
    for other in done.case.certification_requests.filter(AWAITS_ANSWER).exclude(pk=done.pk):
        ended = clock_run_out(other, today)
        if ended is not None and (other.reminded_on is None or other.reminded_on <= ended):
            return
    close_tasks(done.case, TaskKind.CERTIFICATION_LATE, by=by, now=now)


def _end_task_of_ends(done: CertificationRequest, by: Actor, now: datetime) -> None:
    """Ends the case's task about what runs out, unless another Supplement B, that it was also about, still does."""
    others = done.case.certification_requests.filter(AWAITS_FILING, ends_told_at__isnull=False)
    if not others.exclude(pk=done.pk).exists():
        close_tasks(done.case, TaskKind.CERTIFICATION_ENDS, by=by, now=now)


def _end(request: CertificationRequest, kind: str, by: Actor, now: datetime | None, **days: date) -> None:
    now = now or timezone.now()
    with transaction.atomic():
        locked = _locked(request, by)
        _check(locked.is_open, locked)
        for name, day in days.items():
            setattr(locked, name, day)
        locked.save()
        _end_task_of_late(locked, by, now)
        _note(locked, kind, by, now)


def _locked(request: CertificationRequest, by: Actor) -> CertificationRequest:
    """The request as it is now, under its case's lock."""
    case = lock_case(request.case_id)
    check_may_follow(by, request)
    locked = CertificationRequest.objects.get(pk=request.pk)
    locked.case = case
    return locked


def _check(allows: bool, request: CertificationRequest) -> None:
    if not allows or not request.case.is_open:
        raise WrongState("This cannot be done with the request now: somebody may have been quicker.")


def _note(request: CertificationRequest, kind: str, by: Actor, now: datetime, **detail: Any) -> None:
    events.record(case=request.case, kind=kind, by=by, now=now, detail={"request": str(request.pk)} | detail)
