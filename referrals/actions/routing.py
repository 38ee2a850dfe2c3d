"""Choosing a program for a case and making the offer; nobody has room → the waitlist."""

import logging
import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.roles import SYSTEM, Actor
from providers.actions import take_room
from providers.models import CaseType, OfferPlace, Program
from referrals.actions.moves import close_tasks, lock_case, move, open_task
from referrals.actions.sharing import file_follows
from referrals.business_time import CHICAGO, Hours, answer_due, is_on_duty, offer_expiry
from referrals.machine import OWNERSHIP
from referrals.matching import CaseProfile, Decision, OrderStep, PastOffer, ProgramProfile, Verdict, rank
from referrals.models import Case, Offer, OfferState, RoutingDecision, Screening, State, TaskKind, Urgency
from referrals.models.case import may_be_offered

log = logging.getLogger(__name__)


def route(case: Case, *, now: datetime) -> Offer | None:
    """Offers a locked case to the first able program, or waitlists it; stores the decision. The caller's transaction.

    A program that lost its room to somebody else between reading and taking is ranked again as full.
    """
    points = case_points(case, now)
    places = _places(case, now)
    seed = secrets.randbits(62)
    full: set[int] = set()
    while True:
        decision = _decide(case, places, points=points, now=now, seed=seed, full=full)
        chosen = decision.chosen
        program = next((one.program for one in places if chosen and one.program_id == chosen.step.program_id), None)
        if program is None:
            _store(case, decision, None, points=points, now=now)
            _wait(case, decision, now)
            return None
        if take_room(program_id=program.pk, points=points, now=now):
            _store(case, decision, program, points=points, now=now)
            limited = chosen is not None and chosen.step.limited_scope
            return make_offer(case, program, points=points, limited_scope=limited, by=SYSTEM, now=now)
        full.add(program.pk)


def make_offer(
    case: Case,
    program: Program,
    *,
    points: int,
    limited_scope: bool = False,
    by: Actor,
    now: datetime,
    reason: str = "",
) -> Offer:
    """The offer row and its transition, for a program of which the caller has just taken `points`.

    `reason`: why a coordinator chose the program by hand.
    """
    hours = hours_of(program)
    expires_at = offer_expiry(case.urgency, hours, now)
    offer = Offer.objects.create(
        case=case,
        program=program,
        case_type=case.case_type,
        points=points,
        limited_scope=limited_scope,
        is_provisional=case.screening == Screening.PENDING,
        made_by_hand=bool(reason),
        offered_at=now,
        expires_at=expires_at,
        file_follows=file_follows(case, program),
    )
    detail = {"offer": str(offer.pk), "program": program.pk, "provider": program.provider.code}
    move(case, "offer", by=by, now=now, due_at=expires_at, detail=detail | ({"reason": reason} if reason else {}))
    if case.urgency == Urgency.T0 and not is_on_duty(hours, now):
        open_task(case, TaskKind.NOBODY_ON_DUTY, due_at=now, now=now)
    close_tasks(case, TaskKind.NO_ROOM, by=by, now=now)
    return offer


def hours_of(program: Program) -> Hours:
    provider = program.provider
    return Hours(provider.opens_at, provider.closes_at, provider.has_on_call)


def case_points(case: Case, now: datetime) -> int:
    """The room the case takes, in points: by today's row, else by the newest one that has ended."""
    today = now.astimezone(CHICAGO).date()
    rows = CaseType.objects.filter(code=case.case_type, valid_from__lte=today).order_by("-valid_from")
    return rows.values_list("points", flat=True)[0]


def offer_still_fits(case: Case, now: datetime) -> bool:
    """Whether the program of the live offer is in the offer order of the case's (new) type."""
    today = now.astimezone(CHICAGO).date()
    live = Offer.objects.get(case=case, state=OfferState.LIVE)
    return OfferPlace.objects.on(today).filter(case_type=case.case_type, program_id=live.program_id).exists()


def route_after_commit(case_id: UUID, now: datetime) -> None:
    """Routes the case right after this transaction, in one of its own; the clock repeats it if that fails."""
    transaction.on_commit(lambda: _route_by_id(case_id, now), robust=True)


@transaction.atomic
def _route_by_id(case_id: UUID, now: datetime) -> Offer | None:
    case = lock_case(case_id)
    return route(case, now=now) if case.state != State.OFFERED and may_be_offered(case) else None


def route_waiting(now: datetime, *, at_most: int | None = None) -> int:
    """Tries every case that waits for a provider, most urgent first; returns how many got an offer.

    Each has a transaction of its own, and one that fails is logged and does not stop the others. The programs' room is
    read once: a case for whose type nobody has room now costs no query of its own. `at_most` bounds how many are tried,
    for somebody's request; the clock tries all.
    """
    waiting = (
        Case.objects.filter(state__in=[State.WAITLISTED, State.SCREENED, State.RECEIVED, State.NEEDS_INFO])
        .order_by("urgency", "next_deadline", "opened_at")
        .values_list("pk", "case_type", "state", "urgency", "screening")
    )
    room = _room_by_case_type(now)
    _start_clocks_again(now)
    tried = placed = 0
    for pk, case_type, state, urgency, screening in waiting:
        candidate = Case(state=state, urgency=urgency, screening=screening)
        if not may_be_offered(candidate) or (state != State.SCREENED and case_type not in room):
            continue
        if tried == at_most:
            break
        tried += 1
        try:
            placed += _route_by_id(pk, now) is not None
        except Exception:
            log.exception("case %s could not be routed", pk)
    return placed


@transaction.atomic
def _start_clocks_again(now: datetime) -> None:
    """Whoever waits has been looked at: overdue means that nobody has looked.

    Skips rows that somebody holds: waiting for several rows in no order would be a deadlock in waiting.
    """
    waiting = Case.objects.select_for_update(skip_locked=True).filter(state=State.WAITLISTED)
    due_at = OWNERSHIP[State.WAITLISTED].clock(0, now)
    Case.objects.filter(pk__in=[case.pk for case in waiting.only("pk")]).update(state_due_at=due_at)


def _room_by_case_type(now: datetime) -> set[str]:
    """The case types of which at least one program could take one more case now."""
    today = now.astimezone(CHICAGO).date()
    points = dict(CaseType.objects.on(today).values_list("code", "points"))
    places = OfferPlace.objects.on(today).filter(
        program__isnull=False, program__paused_at__isnull=True, program__provider__is_active=True
    )
    return {
        place.case_type
        for place in places.select_related("program")
        if place.program and place.program.free >= points.get(place.case_type, 0)
    }


def _places(case: Case, now: datetime) -> list[OfferPlace]:
    """Today's offer order of the case's type, with its programs."""
    today = now.astimezone(CHICAGO).date()
    places = OfferPlace.objects.on(today).filter(case_type=case.case_type).order_by("position")
    return list(places.select_related("program__provider__organization"))


def _decide(case: Case, places: list[OfferPlace], *, points: int, now: datetime, seed: int, full: set[int]) -> Decision:
    profile = CaseProfile(
        case_type=case.case_type,
        points=points,
        urgency=int(case.urgency),
        language=case.language,
        is_minor=case.is_minor,
        now=now,
        past=tuple(_past(case.offers.exclude(state=OfferState.LIVE), case.case_type)),
    )
    programs = [program_profile(place.program, now, full) for place in places if place.program]
    steps = [OrderStep(place.position, place.program_id, place.limited_scope) for place in places]
    return rank(profile, programs, rules=steps, seed=seed)


def _past(offers: Iterable[Offer], case_type: str) -> Iterable[PastOffer]:
    for offer in offers:
        match offer.state:
            case OfferState.DECLINED:
                ending = offer.decline_reason
            case OfferState.HANDED_ON:
                ending = "handed_on"
            case OfferState.ACCEPTED:
                # Held to the end of an earlier round: whoever helped before may well be asked again.
                continue
            case OfferState.WITHDRAWN:
                # Taken back for this type of case; for another type the answer may be another.
                if offer.case_type != case_type:
                    continue
                ending = "taken_back"
            case _:
                ending = "expired"
        yield PastOffer(offer.program_id, ending, offer.room_released_at or offer.offered_at)


def program_profile(program: Program, now: datetime, full: set[int] | None = None) -> ProgramProfile:
    """What matching reads of a program row; `full` names programs that lost their room a moment ago."""
    lost_room = full is not None and program.pk in full
    return ProgramProfile(
        id=program.pk,
        provider=program.provider.code,
        kind=program.kind,
        ceiling=program.ceiling,
        in_use=program.ceiling if lost_room else program.in_use,
        is_active=program.provider.is_active,
        is_paused=program.paused_at is not None,
        on_duty=is_on_duty(hours_of(program), now),
        takes_minors=program.takes_minors,
        languages=frozenset(program.languages),
        last_offer_at=program.last_offer_at,
        room_changed_at=program.room_changed_at,
    )


def _store(case: Case, decision: Decision, program: Program | None, *, points: int, now: datetime) -> None:
    """Keeps the decision, unless it only repeats the newest one without choosing anybody (the clock asks often)."""
    candidates = [
        {
            "program": one.program.id if one.program else None,
            "provider": one.program.provider if one.program else "",
            "kind": one.program.kind if one.program else "",
            "free": one.program.free if one.program else 0,
            "limited": one.step.limited_scope,
            "verdict": str(one.verdict),
        }
        for one in decision.candidates
    ]
    if program is None:
        newest = RoutingDecision.objects.filter(case=case).first()
        if newest and newest.chosen_id is None and newest.candidates == candidates:
            return
    RoutingDecision.objects.create(
        case=case,
        at=now,
        chosen=program,
        case_type=case.case_type,
        urgency=case.urgency,
        points=points,
        candidates=candidates,
        seed=decision.seed,
    )


def _wait(case: Case, decision: Decision, now: datetime) -> None:
    """Nobody can be asked: a screened case goes on the waitlist; a coordinator hears of it either way."""
    if case.state == State.SCREENED:
        move(case, "waitlist", by=SYSTEM, now=now)
    due_at = answer_due(case.urgency, now)
    open_task(case, TaskKind.NO_ROOM, due_at=due_at, now=now)
    if any(one.verdict is Verdict.TASK for one in decision.candidates):
        open_task(case, TaskKind.OFFER_ORDER, due_at=due_at, now=now)


def store_choice_by_hand(case: Case, program: Program, *, points: int, now: datetime) -> None:
    """Keeps that a coordinator chose a program themself."""
    RoutingDecision.objects.create(
        case=case,
        at=now,
        chosen=program,
        made_by_hand=True,
        case_type=case.case_type,
        urgency=case.urgency,
        points=points,
        candidates=[],
        seed=0,
    )
