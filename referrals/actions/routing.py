"""Choosing a program for a case and making the offer; nobody has room → the waitlist.

Every automatic offer, of a new case or after a decline, by the clock or because room appeared, is decided by one
function (`policy.current_policy()`, in the product `matching.place`). `placing_by` replaces it for a simulation.
"""

import logging
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.roles import SYSTEM, Actor
from providers.actions import take_room
from providers.models import CaseType, OfferPlace, Program
from referrals.actions.decisions import says_something_new, store
from referrals.actions.line import as_waiting, newest_of, past_offers, points_by_type, read_waiting
from referrals.actions.moves import close_tasks, lock_case, move, open_task
from referrals.actions.paging import page_if_closed
from referrals.actions.policy import current_policy, placing_by
from referrals.actions.sharing import file_follows
from referrals.business_time import CHICAGO, Hours, answer_due, is_on_duty, offer_expiry
from referrals.machine import OWNERSHIP
from referrals.matching import CaseProfile, Decision, OrderStep, ProgramProfile, Verdict, WaitingCase, misfit
from referrals.models import Case, Offer, OfferState, RoutingDecision, Screening, State, TaskKind, Urgency
from referrals.models.case import may_be_offered

__all__ = [
    "case_points",
    "hours_of",
    "make_offer",
    "offer_still_fits",
    "placing_by",
    "program_profile",
    "rematch_after_commit",
    "route",
    "route_after_commit",
    "route_waiting",
]

log = logging.getLogger(__name__)

# Waiting cases acted on in the request that made room; the clock does the rest.
IN_ONE_REQUEST = 25


@dataclass(frozen=True, slots=True)
class OfferOrders:
    """Today's offer orders with their programs, and the points of each case type."""

    rules: dict[str, list[OrderStep]]
    programs: dict[int, Program]
    points: dict[str, int]

    def profiles(self, now: datetime, full: set[int]) -> list[ProgramProfile]:
        return [program_profile(program, now, full) for program in self.programs.values()]

    def types_with_room(self, now: datetime, full: set[int], only: Collection[int] | None = None) -> set[str]:
        """The case types of which a program (one of `only`, where given) could take one more case now."""
        free = {
            one.id: one.free for one in self.profiles(now, full) if one.is_active and one.takes_new and one.free > 0
        }
        return {
            case_type
            for case_type, steps in self.rules.items()
            for step in steps
            if step.program_id in free
            and free[step.program_id] >= self.points.get(case_type, 0)
            and (only is None or step.program_id in only)
        }

    def chosen(self, decision: Decision) -> Program | None:
        return self.programs[decision.chosen.step.program_id or 0] if decision.chosen else None


def _offer_orders(now: datetime) -> OfferOrders:
    today = now.astimezone(CHICAGO).date()
    rules: dict[str, list[OrderStep]] = defaultdict(list)
    places = OfferPlace.objects.on(today).order_by("case_type", "position")
    # Ten programs stand in seventy places: each is read once.
    for case_type, position, program, limited in places.values_list(
        "case_type", "position", "program_id", "limited_scope"
    ):
        rules[case_type].append(OrderStep(position, program, limited))
    asked = {step.program_id for steps in rules.values() for step in steps}
    programs = Program.objects.select_related("provider__organization").prefetch_related("closures")
    return OfferOrders(rules, programs.in_bulk(asked - {None}), points_by_type(now))


def route(case: Case, *, now: datetime) -> Offer | None:
    """Offers a locked case to a program, or waitlists it; stores the decision. The caller's transaction.

    It takes room at once only if the placement of it together with every waiting case that could use the same room
    gives it that room. A program that lost its room to somebody else meanwhile is planned again as full.
    """
    orders = _offer_orders(now)
    points = orders.points[case.case_type]
    newcomer = _one_waiting(case, points, now)
    seed = secrets.randbits(62)
    full: set[int] = set()
    while True:
        rivals = _rivals(case, orders, now, full)
        plan = current_policy()([newcomer, *rivals], orders.profiles(now, full), rules=orders.rules, seed=seed)
        decision = plan.decisions[case.pk]
        program = orders.chosen(decision)
        if program is None:
            _wait(case, decision, points=points, now=now)
            if rivals:
                rematch_after_commit(now)
            return None
        if offer := _offer(case, decision, program, points=points, now=now):
            return offer
        full.add(program.pk)


def _rivals(case: Case, orders: OfferOrders, now: datetime, full: set[int]) -> list[WaitingCase]:
    """The waiting cases that could use room of a program in the case's offer order."""
    own = {step.program_id for step in orders.rules.get(case.case_type, []) if step.program_id}
    waiting = read_waiting(orders.types_with_room(now, full, own), besides=case.pk)
    return _as_waiting(waiting, orders, now)


def _one_waiting(case: Case, points: int, now: datetime) -> WaitingCase:
    holds = case.conflict_holds.select_related("provider")
    return as_waiting(case, list(past_offers().filter(case=case)), points=points, now=now, holds=holds)


def _as_waiting(cases: Iterable[Case], orders: OfferOrders, now: datetime) -> list[WaitingCase]:
    return [
        as_waiting(
            one,
            one.past_offers,  # type: ignore[attr-defined]
            points=orders.points[one.case_type],
            now=now,
            holds=one.holds,  # type: ignore[attr-defined]
        )
        for one in cases
    ]


def _offer(case: Case, decision: Decision, program: Program, *, points: int, now: datetime) -> Offer | None:
    """Takes the room and makes the offer to a locked case; None when somebody else was first."""
    if not take_room(program_id=program.pk, points=points, now=now):
        return None
    store(case, decision, program, points=points, now=now)
    limited = decision.chosen is not None and decision.chosen.step.limited_scope
    return make_offer(case, program, points=points, limited_scope=limited, by=SYSTEM, now=now)


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
    if offer.is_provisional and case.screening_due_at:
        # Whether it is the fund's case holds nobody up now: five business days, where it would have been half an hour.
        case.tasks.filter(kind=TaskKind.SCREEN, done_at=None).update(due_at=case.screening_due_at)
    if case.urgency == Urgency.T0 and not is_on_duty(hours, now):
        open_task(case, TaskKind.NOBODY_ON_DUTY, due_at=now, now=now)
        page_if_closed(case, by=by, now=now)
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
    """Whether the program of the live offer takes the case as it is now; a person's own choice is theirs to judge."""
    today = now.astimezone(CHICAGO).date()
    live = Offer.objects.select_related("program__provider").get(case=case, state=OfferState.LIVE)
    if not OfferPlace.objects.on(today).filter(case_type=case.case_type, program_id=live.program_id).exists():
        return False
    profile = _one_waiting(case, live.points, now).case
    return live.made_by_hand or misfit(profile, program_profile(live.program, now)) is None


def route_after_commit(case_id: UUID, now: datetime) -> None:
    """Routes the case right after this transaction, in one of its own; the clock repeats it if that fails."""
    transaction.on_commit(lambda: _route_by_id(case_id, now), robust=True)


@transaction.atomic
def _route_by_id(case_id: UUID, now: datetime) -> Offer | None:
    case = lock_case(case_id)
    return route(case, now=now) if case.state != State.OFFERED and may_be_offered(case) else None


def rematch_after_commit(now: datetime) -> None:
    """Matches the waitlist right after this transaction, as far as one request may; the clock does the rest."""
    transaction.on_commit(lambda: route_waiting(now, at_most=IN_ONE_REQUEST), robust=True)


def route_waiting(now: datetime, *, at_most: int | None = None) -> int:
    """Matches the waitlist as a whole and makes the offers that come of it; returns how many.

    One plan with one seed; then each case has a transaction of its own, and one that fails is logged and does not stop
    the others. Where a program lost its room meanwhile, the rest is planned again. Cases for whose type nobody has room
    now are not read. `at_most` bounds how many are acted on, for somebody's request; the clock acts on all.
    """
    _start_clocks_again(now)
    seed = secrets.randbits(62)
    full: set[int] = set()
    seen: set[UUID] = set()
    placed = 0
    while True:
        lost: set[int] = set()
        for work in _plan(now, seed, full):
            if work.case_id in seen or (work.program and work.program.pk in lost):
                continue
            if len(seen) == at_most:
                return placed
            seen.add(work.case_id)
            try:
                placed += _carry_out(work, now)
            except _RoomLost as error:
                lost.add(error.program_id)
                seen.discard(work.case_id)
            except Exception:
                log.exception("case %s could not be routed", work.case_id)
        if not lost:
            return placed
        full |= lost


class _RoomLost(Exception):
    """Somebody else took the program's last points between the plan and its carrying out."""

    def __init__(self, program_id: int) -> None:
        super().__init__(program_id)
        self.program_id = program_id


@dataclass(frozen=True, slots=True)
class _Work:
    """What the plan says of one waiting case; `program` None: it waits on, and something about that is new."""

    case_id: UUID
    read: CaseProfile
    decision: Decision
    program: Program | None


def _plan(now: datetime, seed: int, full: set[int]) -> list[_Work]:
    """What is to be done for the waiting cases, those ahead in line first."""
    orders = _offer_orders(now)
    cases = {case.pk: case for case in read_waiting(orders.types_with_room(now, full), or_screened=True)}
    waiting = _as_waiting(cases.values(), orders, now)
    if not waiting:
        return []
    plan = current_policy()(waiting, orders.profiles(now, full), rules=orders.rules, seed=seed)
    read = {one.id: one.case for one in waiting}
    work = [_Work(pk, read[pk], decision, orders.chosen(decision)) for pk, decision in plan.decisions.items()]
    return [
        one
        for one in work
        if one.program
        or cases[one.case_id].state == State.SCREENED
        or says_something_new(cases[one.case_id], one.decision, newest_of(cases[one.case_id]))
    ]


@transaction.atomic
def _carry_out(work: _Work, now: datetime) -> bool:
    """Does what the plan says of a case, unless the case has changed since it was read; whether it was offered."""
    case = lock_case(work.case_id)
    if case.state == State.OFFERED or not may_be_offered(case):
        return False
    points = work.read.points
    if _one_waiting(case, points, work.read.now).case != work.read:
        return False
    if work.program is None:
        _wait(case, work.decision, points=points, now=now)
        return False
    if _offer(case, work.decision, work.program, points=points, now=now) is None:
        raise _RoomLost(work.program.pk)
    return True


@transaction.atomic
def _start_clocks_again(now: datetime) -> None:
    """Whoever waits has been looked at: overdue means that nobody has looked.

    Skips rows that somebody holds: waiting for several rows in no order would be a deadlock in waiting.
    """
    waiting = Case.objects.select_for_update(skip_locked=True).filter(state=State.WAITLISTED)
    due_at = OWNERSHIP[State.WAITLISTED].clock(0, now)
    # Ids, not cases: a case read without its state would fetch that by a query of its own.
    Case.objects.filter(pk__in=list(waiting.values_list("pk", flat=True))).update(state_due_at=due_at)


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
        is_paused=program.is_paused(now),
        on_duty=is_on_duty(hours_of(program), now),
        takes_minors=program.takes_minors,
        languages=frozenset(program.languages),
        last_offer_at=program.last_offer_at,
        room_changed_at=program.room_grew_at(now),
        is_closed=program.closure_at(now) is not None,
        left_in_week=program.left_in_week(now),
        us_states=frozenset(program.us_states),
        circuits=frozenset(program.circuits),
    )


def _wait(case: Case, decision: Decision, *, points: int, now: datetime) -> None:
    """Nobody can be asked: a screened case goes on the waitlist; a coordinator hears of it either way."""
    newest = RoutingDecision.objects.filter(case=case).first()
    if says_something_new(case, decision, newest):
        store(case, decision, None, points=points, now=now)
    if case.state == State.SCREENED:
        move(case, "waitlist", by=SYSTEM, now=now)
    due_at = answer_due(case.urgency, now)
    open_task(case, TaskKind.NO_ROOM, due_at=due_at, now=now)
    if any(one.verdict is Verdict.TASK for one in decision.candidates):
        open_task(case, TaskKind.OFFER_ORDER, due_at=due_at, now=now)
