"""Room is taken once and given back once, on every way out of every state; and what waits moves by the clock alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.roles import Actor, Role
from providers.actions import add_closure, pause, set_limits, set_weekly_limit
from providers.days import day_of, start_of
from providers.models import Program
from referrals import actions
from referrals.actions.offers import NoRoom
from referrals.actions.offers import _give_back as give_back
from referrals.machine import OWNERSHIP, Owner
from referrals.models import Case, Offer, OfferState, State
from referrals.policies import WrongState
from referrals.room_audit import recount
from tests import factories as make

pytestmark = pytest.mark.django_db
NOW = make.OFFICE_HOURS
HOLDING = {state for state, ownership in OWNERSHIP.items() if ownership.owner == Owner.PROVIDER}
# T0 without a word on where they live: offered provisionally, so that it can still be found not eligible.
PROVISIONAL = make.held_facts(zip_code="")


def steps_out(states: set[str]) -> set[tuple[str, str]]:
    """Every (state, transition) of the machine that leaves these states for one outside them."""
    found = set()
    for step in Case._meta.get_field("state").get_all_transitions(Case):
        targets = set(getattr(step.target, "allowed_states", None) or [step.target])
        if step.source in states and not targets & states:
            found.add((str(step.source), step.name))
    return found


def offered() -> Case:
    return make.case(PROVISIONAL, now=NOW)


def accepted() -> Case:
    return make.accepted_case(PROVISIONAL, now=NOW)


def represented() -> Case:
    return make.represented_case(make.held_facts(), now=NOW)


MADE: dict[str, Callable[[], Case]] = {"offered": offered, "accepted": accepted, "represented": represented}


def decline(case: Case, by: Actor) -> None:
    offer = make.live_offer(case)
    actions.decline_offer(offer=offer, reason="capacity", by=make.staff_of(offer), now=NOW)


def expire(case: Case, by: Actor) -> None:
    offer = make.live_offer(case)
    if not actions.expire_offer(offer_id=offer.pk, now=offer.expires_at):
        raise WrongState("answered")


def withdraw_offer(case: Case, by: Actor) -> None:
    actions.withdraw_offer(offer=make.live_offer(case), reason="mistake", by=by, now=NOW)


def mark_duplicate(case: Case, by: Actor) -> None:
    other = make.case(make.free_facts(), now=NOW)
    actions.mark_duplicate(case=case, duplicate_of=other, by=by, now=NOW)


def screen_out(case: Case, by: Actor) -> None:
    actions.screen_out(case=case, reason="income", referred_to=make.partner(), by=by, now=NOW)


def plainly(act: Callable[..., Any], **more: str) -> Callable[[Case, Actor], Any]:
    return lambda case, by: act(case=case, by=by, now=NOW, **more)


WAYS: dict[str, Callable[[Case, Actor], Any]] = {
    "decline": decline,
    "expire": expire,
    "withdraw_offer": withdraw_offer,
    "screen_out": screen_out,
    "transfer": plainly(actions.transfer, reason="capacity"),
    "close": plainly(actions.close, outcome="advice"),
    "withdraw": plainly(actions.withdraw),
    "mark_duplicate": mark_duplicate,
    "lose_contact": plainly(make.lose_contact),
}
EXITS = [(state, step) for state in MADE for step in WAYS if (state, step) in steps_out(HOLDING)]


def test_the_ways_out_below_are_all_that_the_machine_has() -> None:
    assert set(EXITS) == steps_out(HOLDING)
    assert len(EXITS) > 15
    assert set(MADE) == HOLDING


@pytest.mark.parametrize(("state", "step"), EXITS)
def test_every_way_out_gives_the_room_back_once(state: str, step: str) -> None:
    program, by = make.room(), make.actor(Role.COORDINATOR)
    case = MADE[state]()
    assert (case.state, Program.objects.get(pk=program.pk).in_use) == (state, 6)

    WAYS[step](case, by)

    assert Program.objects.get(pk=program.pk).in_use == 0
    offer = Offer.objects.get(case=case)
    assert offer.room_released_at is not None
    # Once more, by whoever pressed the button a moment later: nothing is given back that was given back already.
    with pytest.raises((WrongState, Offer.DoesNotExist)):
        WAYS[step](case, by)
    found = Program.objects.get(pk=program.pk)
    assert found.in_use == 0
    assert Offer.objects.get(case=case).room_released_at == offer.room_released_at
    # Who accepted has had a new case this week; an offer that was not accepted has not.
    assert found.week_count == (1 if state in ("accepted", "represented") else 0)
    assert all(one.agrees for one in recount(NOW))


def test_room_that_is_given_back_twice_goes_back_once() -> None:
    """Behind the states stands the offer's own mark: two who read the same offer cannot both give its points back."""
    program = make.room()
    make.accepted_case(now=NOW)
    first, second = (make.live_offer(make.case(now=NOW)) for _ in range(2))

    for offer in (first, Offer.objects.get(pk=first.pk), first):
        give_back(offer, NOW)

    assert Program.objects.get(pk=program.pk).in_use == 12
    assert Offer.objects.get(pk=second.pk).room_released_at is None


@pytest.mark.parametrize("made", [PROVISIONAL, make.held_facts()], ids=["provisional", "screened"])
def test_steps_that_stay_with_the_provider_keep_the_room(made: Any) -> None:
    program = make.room()
    case = make.case(made, now=NOW)
    offer = make.live_offer(case)

    make.accept(offer, now=NOW)
    actions.engage(case=Case.objects.get(pk=case.pk), appearance="habeas", by=make.staff_of(offer), now=NOW)

    assert (Program.objects.get(pk=program.pk).in_use, Case.objects.get(pk=case.pk).state) == (6, "represented")
    assert all(one.agrees for one in recount(NOW))


@pytest.mark.parametrize("step", ["withdraw", "mark_duplicate", "lose_contact", "screen_out"])
def test_a_case_without_room_gives_none_back(step: str) -> None:
    case = make.case(PROVISIONAL, now=NOW)
    held = make.room()
    Program.objects.filter(pk=held.pk).update(in_use=6)

    WAYS[step](case, make.actor(Role.COORDINATOR))

    assert Program.objects.get(pk=held.pk).in_use == 6


def test_a_case_taken_up_again_takes_room_again(django_capture_on_commit_callbacks: Any) -> None:
    program, by = make.room(), make.actor(Role.COORDINATOR)
    case = make.represented_case(now=NOW)
    actions.close(case=case, outcome="advice", by=by, now=NOW)

    with django_capture_on_commit_callbacks(execute=True):
        actions.reopen(case=case, reason="new_event", by=by, now=NOW)

    assert Case.objects.get(pk=case.pk).state == State.OFFERED
    found = Program.objects.get(pk=program.pk)
    assert (found.in_use, found.week_count) == (6, 2)
    assert all(one.agrees for one in recount(NOW))


# What waits is tried again by the clock alone.


@pytest.fixture
def ahr() -> Program:
    """The only program of the order with room."""
    return make.room()


@pytest.fixture
def by() -> Actor:
    return make.actor(Role.COORDINATOR)


def verdict_of(case: Case) -> str:
    newest = case.routing_decisions.first()
    assert newest is not None
    return str(next(one["verdict"] for one in newest.candidates if one["provider"] == "AHR"))


def waits_then_is_offered(verdict: str, again_at: Any) -> None:
    case = make.case(now=NOW)
    assert (case.state, verdict_of(case)) == (State.WAITLISTED, verdict)

    assert actions.route_waiting(again_at - timedelta(minutes=1)) == 0
    assert actions.route_waiting(again_at) == 1

    assert Case.objects.get(pk=case.pk).state == State.OFFERED


def test_the_end_of_a_pause_moves_the_waitlist_without_anybody(ahr: Program, by: Actor) -> None:
    until = start_of(day_of(NOW) + timedelta(days=3))
    pause(program=ahr, until=until, by=by, now=NOW)

    waits_then_is_offered("paused", until)


def test_the_end_of_a_closure_moves_the_waitlist_without_anybody(ahr: Program, by: Actor) -> None:
    today = day_of(NOW)
    last = today + timedelta(days=2)
    add_closure(program=ahr, name="Training", first_day=today, last_day=last, by=by, now=NOW)

    waits_then_is_offered("closed", start_of(last + timedelta(days=1)))


def test_a_new_week_moves_the_waitlist_without_anybody(ahr: Program, by: Actor) -> None:
    set_weekly_limit(program=ahr, limit=1, by=by, now=NOW)
    make.accepted_case(now=NOW)

    waits_then_is_offered("weekly_limit", start_of(day_of(NOW) + timedelta(days=6)))


@pytest.mark.parametrize("ends_by", ["pause", "closure"])
def test_who_declined_for_capacity_is_asked_again_when_the_clock_makes_room(
    ahr: Program, by: Actor, ends_by: str
) -> None:
    case = make.case(now=NOW)
    offer = make.live_offer(case)
    tomorrow = day_of(NOW) + timedelta(days=1)
    if ends_by == "pause":
        pause(program=ahr, until=start_of(tomorrow), by=by, now=NOW)
    else:
        add_closure(program=ahr, name="Move", first_day=day_of(NOW), last_day=day_of(NOW), by=by, now=NOW)
    actions.decline_offer(offer=offer, reason="capacity", by=make.staff_of(offer), now=NOW)
    actions.route_waiting(NOW)
    assert start_of(tomorrow) - NOW < timedelta(hours=24)

    assert actions.route_waiting(start_of(tomorrow)) == 1

    assert make.live_offer(case).program == ahr


@pytest.mark.parametrize(
    ("place", "us_states", "circuits", "verdict"),
    [
        ("whipple", ["MN"], [], "chosen"),
        ("whipple", ["ND", "SD"], [], "venue"),
        ("whipple", [], [5], "venue"),
        ("whipple", [], [8], "chosen"),
        ("other_state", ["MN"], [], "venue"),
        ("other_state", ["MN", "TX"], [], "chosen"),
        ("unknown", ["MN"], [], "chosen"),
        ("local_jail", ["MN"], [8], "chosen"),
        ("local_jail", ["TX"], [], "venue"),
    ],
)
def test_a_program_is_asked_only_where_it_goes(
    by: Actor, place: str, us_states: list[str], circuits: list[int], verdict: str
) -> None:
    for kind in ("detained_full", "detained_limited"):
        program = make.room(kind=kind)
        set_limits(program=program, languages=[], us_states=us_states, circuits=circuits, by=by, now=NOW)

    case = make.case(make.held_facts(place=place), now=NOW)

    assert verdict_of(case) == verdict


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        (lambda program, by: pause(program=program, by=by, now=NOW), "is paused"),
        (
            lambda program, by: add_closure(
                program=program, name="Move", first_day=day_of(NOW), last_day=day_of(NOW), by=by, now=NOW
            ),
            r"is closed until Nov 17 \(Move\)",
        ),
        (lambda program, by: set_weekly_limit(program=program, limit=1, by=by, now=NOW), "1 new cases it takes in"),
    ],
    ids=["paused", "closed", "week full"],
)
def test_by_hand_nobody_is_offered_what_they_do_not_take_now(
    ahr: Program, by: Actor, limit: Callable[[Program, Actor], Any], sentence: str
) -> None:
    make.accepted_case(now=NOW)
    limit(ahr, by)
    waiting = make.case(now=NOW)

    with pytest.raises(NoRoom, match=sentence):
        actions.offer_by_hand(case=waiting, program=ahr, reason="asked_for", by=by, now=NOW)

    assert Case.objects.get(pk=waiting.pk).state == State.WAITLISTED
    assert Program.objects.get(pk=ahr.pk).in_use == 6


def test_a_place_or_language_does_not_keep_a_coordinator_from_offering_by_hand(ahr: Program, by: Actor) -> None:
    set_limits(program=ahr, languages=["hmn"], us_states=["TX"], circuits=[5], by=by, now=NOW)
    waiting = make.case(now=NOW)
    assert waiting.state == State.WAITLISTED

    offer = actions.offer_by_hand(case=waiting, program=ahr, reason="venue", by=by, now=NOW)

    assert offer.state == OfferState.LIVE
