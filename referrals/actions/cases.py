"""Opening a case, and what new answers change in it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.roles import SYSTEM, Actor
from referrals import events
from referrals.actions.deadlines import apply_clocks, clocks_of_answers, take_from_answers
from referrals.actions.locating import start_search
from referrals.actions.moves import close_tasks, lock_case, mark_screened, move, open_task, tell_family
from referrals.actions.offers import TakeBackReason, end_live_offer
from referrals.actions.paging import page_if_closed
from referrals.actions.routing import offer_still_fits, route, route_after_commit
from referrals.actions.size import settle_size
from referrals.business_time import CHICAGO, answer_due, screening_due
from referrals.eligibility import income, residency, system_may_screen_in
from referrals.facts import Facts, YesNo
from referrals.machine import OPENING, OWNERSHIP
from referrals.models import (
    Case,
    CaseDeadline,
    Custody,
    CustodyPeriod,
    Facility,
    IncomeLine,
    ResidencyZip,
    Screening,
    State,
    TaskKind,
    TriageRule,
    Urgency,
    UrgencyRule,
)
from referrals.models.case import may_be_offered
from referrals.policies import WrongState
from referrals.reference import new_reference
from referrals.triage import NO_LEGAL_NEED, Whereabouts, triage, whereabouts
from referrals.urgency import urgency


@transaction.atomic
def open_case(
    *,
    case_id: UUID,
    facts: Facts,
    channel: str,
    language: str,
    by: Actor,
    now: datetime | None = None,
    is_complete: bool = True,
) -> Case:
    """Creates a case from its facts, triages, screens and routes it, all in the caller's transaction.

    `is_complete` False (a call cut short) opens it as needs_info with a call-back task.
    """
    now = now or timezone.now()
    state = State.RECEIVED if is_complete else State.NEEDS_INFO
    place = _place(facts, now)
    case = Case(
        id=case_id,
        reference=new_reference(),
        channel=channel,
        language=language,
        state=state,
        state_since=now,
        opened_at=now,
        screening_due_at=screening_due(now),
        **_verdicts(facts, place, now),
    )
    clocks = clocks_of_answers(case, facts, place, now)
    apply_clocks(case, clocks, now=now, rules=UrgencyRule.objects.on(now.astimezone(CHICAGO).date()))
    case.state_due_at = OWNERSHIP[state].clock(case.urgency, now)
    case.save(force_insert=True)
    CaseDeadline.objects.bulk_create(clocks)
    CustodyPeriod.objects.create(case=case, custody=case.custody, facility=case.facility, since=now)
    event = events.record(
        case=case, kind="open", by=by, now=now, to_state=state, detail=_codes(case) | {"channel": channel}
    )
    tell_family(case, OPENING.text, event, now)
    if is_complete:
        _screen(case, facts, now)
    else:
        open_task(case, TaskKind.CALL_BACK, due_at=answer_due(case.urgency, now), now=now)
    if may_be_offered(case):
        route(case, now=now)
    page_if_closed(case, by=by, now=now)
    return case


def record_facts(*, case: Case, facts: Facts, by: Actor, now: datetime | None = None, is_whole: bool = True) -> Case:
    """Triages a case again on new facts; a live offer stands if its program still takes the case, else it is re-routed.

    An accepted case keeps its provider whatever its new type: the change shows on the timeline. `is_whole` False: only
    some were asked again, so whatever else a coordinator was to ask stays asked.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        if not case.is_open:
            raise WrongState(f"{case.reference} is over: take it up again before its answers change.")
        before, was_eligible = _codes(case), _is_clearly_eligible(case)
        moved = (case.custody, case.facility_id)
        place = _place(facts, now)
        for field, value in _verdicts(facts, place, now).items():
            setattr(case, field, value)
        take_from_answers(case, clocks_of_answers(case, facts, place, now), now)
        if not is_whole:
            _hurry_call_back(case, now)
        case.save()
        if moved != (case.custody, case.facility_id):
            _note_place(case, by, now)
        events.record(case=case, kind="facts_changed", by=by, now=now, detail={"before": before, "after": _codes(case)})
        if is_whole and case.state == State.NEEDS_INFO:
            move(case, "info_received", by=by, now=now)
        if is_whole:
            close_tasks(case, TaskKind.CALL_BACK, TaskKind.CHECK_ANSWERS, by=by, now=now)
        _screen(case, facts, now, was_eligible=was_eligible)
        if _is_clearly_eligible(case) and facts.has_lawyer != YesNo.YES:
            close_tasks(case, TaskKind.SCREEN, by=by, now=now)
        if case.state == State.OFFERED and not offer_still_fits(case, now):
            detail = {"reason": TakeBackReason.FACTS_CHANGED.value}
            end_live_offer(case, "withdraw_offer", by=SYSTEM, now=now, detail=detail)
        settle_size(case, now=now)
        if may_be_offered(case):
            route_after_commit(case.pk, now)
        page_if_closed(case, by=by, now=now)
    case.refresh_from_db()
    return case


def _note_place(case: Case, by: Actor, now: datetime) -> None:
    CustodyPeriod.objects.create(case=case, custody=case.custody, facility=case.facility, since=now)
    # Answers that leave the place as it was do not end a search for whoever may have been moved.
    if case.custody != Custody.UNKNOWN:
        close_tasks(case, TaskKind.LOCATE, by=by, now=now)


def _hurry_call_back(case: Case, now: datetime) -> None:
    """An answer more of a call may make the case more urgent: whoever is to call back hears of it by the clock."""
    if case.state == State.NEEDS_INFO:
        sooner = answer_due(case.urgency, now)
        case.state_due_at = min(case.state_due_at or sooner, sooner)
    if case.tasks.filter(kind=TaskKind.CALL_BACK, done_at=None).exists():
        open_task(case, TaskKind.CALL_BACK, due_at=answer_due(case.urgency, now), now=now)


def asks_only_for_information(facts: Facts, *, now: datetime) -> bool:
    """Whether nothing in the answers calls for a lawyer: such a request opens no case, and nothing is kept."""
    today, place = now.astimezone(CHICAGO).date(), _place(facts, now)
    tier, _reason = urgency(facts, place, now, UrgencyRule.objects.on(today))
    return tier == Urgency.T3 and triage(facts, place, TriageRule.objects.on(today)).code == NO_LEGAL_NEED


def _place(facts: Facts, now: datetime) -> Whereabouts:
    return whereabouts(facts, Facility.objects.on(now.astimezone(CHICAGO).date()))


def _verdicts(facts: Facts, place: Whereabouts, now: datetime) -> dict[str, Any]:
    """The columns of a case that its facts decide."""
    today = now.astimezone(CHICAGO).date()
    # Somebody who asked for help is not sent away by a changed answer: a person ends a case.
    verdict = triage(facts, place, TriageRule.objects.on(today).exclude(code=NO_LEGAL_NEED))
    tier, reason = urgency(facts, place, now, UrgencyRule.objects.on(today))
    zip_row = ResidencyZip.objects.on(today).filter(zip_code=facts.zip_code).first() if facts.zip_code else None
    line = IncomeLine.objects.on(today).earliest("-valid_from")
    return {
        "case_type": verdict.code,
        "secondary_types": list(verdict.secondary),
        "triage_rule": verdict.rule,
        "urgency": tier,
        "urgency_reason": reason,
        "urgency_without_clocks": None,
        "urgency_reason_without_clocks": "",
        "custody": place.custody,
        "facility": place.facility,
        "part_of_city": zip_row.part_of_city if zip_row else "",
        "is_minor": facts.is_minor,
        "taken_on": facts.taken_at.astimezone(CHICAGO).date() if facts.taken_at else None,
        "residency": residency(facts, zip_row),
        "income": income(facts, line, is_held=place.is_held),
    }


def _codes(case: Case) -> dict[str, Any]:
    """What an event says of a case's verdicts."""
    return {
        "case_type": case.case_type,
        "rule": case.triage_rule_id,
        "urgency": int(case.urgency),
        "urgency_reason": case.urgency_reason,
        "custody": str(case.custody),
    }


def _is_clearly_eligible(case: Case) -> bool:
    return system_may_screen_in(case.residency, case.income)


def _screen(case: Case, facts: Facts, now: datetime, *, was_eligible: bool = False) -> None:
    """Passes what is clear, in whatever state; hands the rest to a coordinator. The machine refuses nobody.

    The fund is for people without a lawyer, so that whoever has one is for a coordinator to ask.
    """
    is_clear = _is_clearly_eligible(case) and facts.has_lawyer != YesNo.YES
    if case.case_type == "DET-LOC":
        start_search(case, now=now)
    detail = {"residency": case.residency, "income": case.income}
    if case.screening == Screening.PENDING and is_clear:
        if case.state == State.RECEIVED:
            move(case, "screen_in", by=SYSTEM, now=now, detail=detail)
        else:
            mark_screened(case, by=SYSTEM, now=now, detail=detail)
    elif case.screening == Screening.PENDING or (was_eligible and not is_clear):
        # An offer that did not wait for the question gives it the screening clock, not the half hour of a T0.
        due_at = case.screening_due_at if case.is_provisional else None
        open_task(case, TaskKind.SCREEN, due_at=due_at or answer_due(case.urgency, now), now=now)
