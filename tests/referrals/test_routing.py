"""What happens to a case without a person's help: offered, passed on, waiting, offered again; and by hand."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.roles import FAMILY, Role
from notifications.models import Message
from providers.actions import pause, resume, set_ceiling
from providers.models import CaseType
from referrals import events
from referrals.actions import (
    NoRoom,
    close,
    decline_offer,
    expire_offer,
    mark_duplicate,
    offer_by_hand,
    pass_screening,
    record_facts,
    reopen,
    request_info,
    route_waiting,
    routing,
    screen_out,
    transfer,
    withdraw,
    withdraw_offer,
)
from referrals.actions.moves import tell_family
from referrals.actions.offers import Refused
from referrals.business_time import answer_due
from referrals.explanations import explain
from referrals.facts import Entry
from referrals.machine import OWNERSHIP
from referrals.models import (
    Case,
    CoordinatorTask,
    Offer,
    ReferralPartner,
    RoutingDecision,
    Screening,
    State,
    TaskKind,
    Urgency,
)
from referrals.policies import WrongState
from tests import factories as make

pytestmark = pytest.mark.django_db
NOW = make.OFFICE_HOURS
NIGHT = datetime(2026, 11, 23, 4, 10, tzinfo=UTC)  # Sunday 22:10 in Minneapolis


@pytest.fixture(autouse=True)
def after_commit(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[Any]]],
) -> Callable[[], AbstractContextManager[list[Any]]]:
    """What follows a commit runs at the end of a `with after_commit():` block."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def open_tasks(case: Case) -> set[str]:
    return set(CoordinatorTask.objects.filter(case=case, done_at=None).values_list("kind", flat=True))


def test_a_held_case_is_offered_to_the_first_provider_in_the_same_transaction() -> None:
    program = make.room("AHR")
    case = make.case(now=NOW)
    assert (case.state, case.urgency, case.case_type) == (State.OFFERED, Urgency.T0, "DET-HAB")
    offer = make.live_offer(case)
    assert (offer.program, offer.points, offer.expires_at) == (program, 6, NOW + timedelta(hours=1))
    program.refresh_from_db()
    assert program.in_use == 6
    assert [event.kind for event in case.events.order_by("sequence")] == ["open", "screen_in", "offer"]
    assert events.broken_links(case.pk) == []


def test_a_declined_case_goes_to_the_next_at_once(after_commit: Any) -> None:
    first, second = make.room("AHR"), make.room("BINGER", ceiling=12)
    case = make.case(now=NOW)
    offer = make.live_offer(case)
    with after_commit():
        decline_offer(offer=offer, reason="conflict", by=make.staff_of(offer), now=NOW)
    assert make.live_offer(case).program == second
    first.refresh_from_db()
    assert first.in_use == 0
    decision = RoutingDecision.objects.filter(case=case).first()
    assert decision is not None
    sentences = " ".join(explain(decision).reasons)
    assert "AHR cannot take this case and is not asked again." in sentences
    assert "conflict" not in sentences.lower()


def test_a_failure_after_the_decline_loses_nothing_and_the_clock_repeats_it(
    after_commit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.room("AHR")
    make.room("BINGER", ceiling=12)
    case = make.case(now=NOW)
    offer = make.live_offer(case)
    with monkeypatch.context() as broken:
        broken.setattr("referrals.actions.routing.make_offer", lambda *args, **kwargs: 1 / 0)
        with after_commit():
            decline_offer(offer=offer, reason="conflict", by=make.staff_of(offer), now=NOW)
    assert (fresh(case).state, fresh(case).state_due_at) == (State.SCREENED, NOW + timedelta(minutes=5))
    assert route_waiting(NOW + timedelta(minutes=5)) == 1
    assert make.live_offer(case).program.provider.code == "BINGER"


def test_an_expired_offer_goes_to_the_next_at_once(after_commit: Any) -> None:
    make.room("AHR")
    second = make.room("BINGER", ceiling=12)
    case = make.case(now=NOW)
    offer = make.live_offer(case)
    assert not expire_offer(offer_id=offer.pk, now=offer.expires_at - timedelta(seconds=1))
    with after_commit():
        assert expire_offer(offer_id=offer.pk, now=offer.expires_at)
    assert make.live_offer(case).program == second


def test_an_expired_offer_can_no_longer_be_accepted() -> None:
    make.room("AHR")
    offer = make.live_offer(make.case(now=NOW))
    with pytest.raises(WrongState):
        make.accept(offer, now=offer.expires_at)


def test_another_provider_cannot_answer_the_offer() -> None:
    make.room("AHR")
    offer = make.live_offer(make.case(now=NOW))
    with pytest.raises(PermissionDenied):
        make.accept(offer, by=make.actor(Role.PROVIDER_STAFF, "vln"), now=NOW)


def test_nobody_has_room_so_the_case_waits_and_a_coordinator_hears_of_it() -> None:
    case = make.case(now=NOW)
    assert case.state == State.WAITLISTED
    assert open_tasks(case) == {TaskKind.NO_ROOM}
    assert case.state_due_at is not None


def test_room_that_appears_is_offered_to_the_most_urgent_waiting_case(after_commit: Any) -> None:
    program = make.room("VLN", "nondetained", ceiling=0)
    later = make.case(make.free_facts(), now=NOW)
    sooner = make.case(make.free_facts(hearing_on=NOW.date() + timedelta(days=5)), now=NOW)
    assert (sooner.urgency, later.urgency) == (Urgency.T1, Urgency.T2)
    lead = make.actor(Role.PROVIDER_LEAD, "vln")
    with after_commit():
        set_ceiling(program=program, ceiling=5, by=lead, now=NOW)
    assert (fresh(sooner).state, fresh(later).state) == (State.OFFERED, State.WAITLISTED)


def test_closing_a_case_gives_its_room_to_the_waiting_one(after_commit: Any) -> None:
    make.room("AHR", ceiling=6)
    held = make.accepted_case(now=NOW)
    waiting = make.case(now=NOW)
    assert waiting.state == State.WAITLISTED
    with after_commit():
        close(case=held, outcome="habeas_release", by=make.actor(Role.COORDINATOR), now=NOW)
    assert fresh(waiting).state == State.OFFERED
    assert make.live_offer(waiting).program.in_use == 6


def test_a_pause_stops_new_offers_and_its_end_starts_them(after_commit: Any) -> None:
    program = make.room("AHR")
    lead = make.actor(Role.PROVIDER_LEAD)
    pause(program=program, by=lead, now=NOW)
    case = make.case(now=NOW)
    assert case.state == State.WAITLISTED
    with after_commit():
        resume(program=program, by=lead, now=NOW)
    assert fresh(case).state == State.OFFERED


def test_the_clock_asking_again_stores_no_second_identical_decision() -> None:
    case = make.case(now=NOW)
    for minute in range(3):
        route_waiting(NOW + timedelta(minutes=minute))
    assert RoutingDecision.objects.filter(case=case).count() == 1


def test_at_night_a_t0_case_is_held_for_the_first_office_and_somebody_is_paged() -> None:
    make.room("ILCM")
    case = make.case(now=NIGHT)
    opens = datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert make.live_offer(case).expires_at == opens + timedelta(hours=1)
    assert open_tasks(case) == {TaskKind.NOBODY_ON_DUTY, TaskKind.CALL_NOW}


def test_at_night_a_t0_case_passes_a_closed_office_for_one_on_call() -> None:
    make.room("AHR")
    case = make.case(now=NIGHT)
    assert make.live_offer(case).expires_at == NIGHT + timedelta(hours=1)


def test_a_t0_case_is_offered_before_it_is_screened_and_keeps_its_screening_clock() -> None:
    make.room("AHR")
    case = make.case(make.held_facts(zip_code="55423"), now=NOW)
    assert (case.state, case.screening, case.is_provisional) == (State.OFFERED, Screening.PENDING, True)
    assert open_tasks(case) == {TaskKind.SCREEN}
    assert make.live_offer(case).is_provisional
    pass_screening(case=case, reason="statement", by=make.actor(Role.COORDINATOR), now=NOW)
    assert fresh(case).screening == Screening.PASSED
    assert open_tasks(case) == set()


def test_a_provisional_case_found_not_eligible_gives_its_room_back_and_names_who_can_help() -> None:
    program = make.room("AHR")
    case = make.case(make.held_facts(zip_code="55111"), now=NOW)
    partner = ReferralPartner.objects.get(code="ilcm-intake")
    screen_out(case=case, reason="outside_city", referred_to=partner, by=make.actor(Role.COORDINATOR), now=NOW)
    program.refresh_from_db()
    assert (fresh(case).state, fresh(case).referred_to, program.in_use) == (State.NOT_ELIGIBLE, partner, 0)


def test_an_unclear_case_below_t0_waits_for_a_person_and_not_for_a_provider() -> None:
    make.room("VLN", "nondetained")
    case = make.case(make.free_facts(zip_code=""), now=NOW)
    assert (case.state, open_tasks(case)) == (State.RECEIVED, {TaskKind.SCREEN})


def test_a_call_cut_short_is_finished_by_a_coordinator(after_commit: Any) -> None:
    make.room("VLN", "nondetained")
    case = make.case(make.free_facts(zip_code=""), now=NOW, is_complete=False)
    assert (case.state, open_tasks(case)) == (State.NEEDS_INFO, {TaskKind.CALL_BACK})
    with after_commit():
        record_facts(case=case, facts=make.free_facts(), by=make.actor(Role.COORDINATOR), now=NOW)
    assert fresh(case).state == State.OFFERED
    assert "info_received" in case.events.values_list("kind", flat=True)


def test_asking_for_more_gives_somebody_the_call_to_make() -> None:
    case = make.case(make.free_facts(zip_code=""), now=NOW)
    request_info(case=case, by=make.actor(Role.COORDINATOR), now=NOW)
    assert fresh(case).state == State.NEEDS_INFO
    assert TaskKind.CALL_BACK in open_tasks(case)


def test_new_facts_that_the_program_does_not_take_withdraw_the_offer_and_re_route(after_commit: Any) -> None:
    make.room("BINGER", ceiling=12)
    bond = make.room("ILCM")
    case = make.case(now=NOW)
    assert make.live_offer(case).program.provider.code == "BINGER"
    with after_commit():
        record_facts(case=case, facts=make.held_facts(entry=Entry.ADMITTED), by=make.actor(Role.COORDINATOR), now=NOW)
    assert fresh(case).case_type == "DET-BOND"
    assert make.live_offer(case).program == bond


def test_new_facts_that_the_program_still_takes_leave_the_offer() -> None:
    make.room("AHR")
    case = make.case(now=NOW)
    offer = make.live_offer(case)
    record_facts(case=case, facts=make.held_facts(entry=Entry.ADMITTED), by=make.actor(Role.COORDINATOR), now=NOW)
    assert make.live_offer(case) == offer


def test_a_coordinator_offers_by_hand_with_a_reason_but_never_above_the_ceiling() -> None:
    case = make.case(now=NOW)
    coordinator = make.actor(Role.COORDINATOR)
    small = make.room("MMLA", ceiling=5)
    with pytest.raises(NoRoom, match="5 of 5 points free"):
        offer_by_hand(case=case, program=small, reason="asked_for", by=coordinator, now=NOW)
    large = make.room("MMLA", ceiling=6)
    offer = offer_by_hand(case=case, program=large, reason="asked_for", by=coordinator, now=NOW)
    assert (offer.made_by_hand, fresh(case).state) == (True, State.OFFERED)
    last = case.events.order_by("sequence").last()
    assert last is not None
    assert (last.kind, last.role, last.detail["reason"]) == ("offer", "coordinator", "asked_for")


def test_a_transferred_case_goes_to_another_provider(after_commit: Any) -> None:
    first, second = make.room("AHR"), make.room("BINGER", ceiling=12)
    case = make.accepted_case(now=NOW)
    with after_commit():
        transfer(case=case, reason="capacity", by=make.actor(Role.PROVIDER_LEAD), now=NOW)
    first.refresh_from_db()
    assert (first.in_use, make.live_offer(case).program) == (0, second)


def test_a_withdrawn_case_leaves_no_offer_task_or_room_behind() -> None:
    program = make.room("AHR")
    case = make.case(make.held_facts(zip_code="55423"), now=NOW)
    withdraw(case=case, by=FAMILY, now=NOW)
    program.refresh_from_db()
    assert program.in_use == 0
    assert open_tasks(case) == set()
    assert not Offer.objects.filter(case=case, state="live").exists()
    assert fresh(case).next_deadline is None


def test_a_duplicate_names_the_case_that_goes_on() -> None:
    original, double = make.case(now=NOW), make.case(now=NOW)
    coordinator = make.actor(Role.COORDINATOR)
    with pytest.raises(WrongState):
        mark_duplicate(case=double, duplicate_of=double, by=coordinator, now=NOW)
    mark_duplicate(case=double, duplicate_of=original, by=coordinator, now=NOW)
    assert fresh(double).duplicate_of == original


def test_a_reopened_case_is_routed_like_a_new_one_and_its_answers_are_checked(after_commit: Any) -> None:
    program = make.room("AHR")
    case = make.accepted_case(now=NOW)
    coordinator = make.actor(Role.COORDINATOR)
    close(case=case, outcome="habeas_release", by=coordinator, now=NOW)
    with after_commit():
        reopen(case=case, reason="new_event", by=coordinator, now=NOW)
    assert make.live_offer(case).program == program
    assert TaskKind.CHECK_ANSWERS in open_tasks(case)


def test_every_open_state_has_an_owner() -> None:
    assert set(OWNERSHIP) == {state for state in State if Case(state=state).is_open}


def test_a_transferred_case_does_not_go_back_to_who_handed_it_on(after_commit: Any) -> None:
    make.room("AHR")
    case = make.accepted_case(now=NOW)
    with after_commit():
        transfer(case=case, reason="capacity", by=make.actor(Role.PROVIDER_LEAD), now=NOW)
    assert fresh(case).state == State.WAITLISTED


def test_the_answers_of_a_case_that_is_over_do_not_change() -> None:
    case = make.case(now=NOW)
    withdraw(case=case, by=FAMILY, now=NOW)
    with pytest.raises(WrongState):
        record_facts(case=case, facts=make.held_facts(), by=make.actor(Role.COORDINATOR), now=NOW)


def test_new_answers_of_an_accepted_provisional_case_leave_it_with_its_provider(after_commit: Any) -> None:
    make.room("AHR")
    case = make.accepted_case(make.held_facts(zip_code="55423"), now=NOW)
    with after_commit():
        record_facts(case=case, facts=make.held_facts(zip_code="55423"), by=make.actor(Role.COORDINATOR), now=NOW)
    assert (fresh(case).state, open_tasks(case)) == (State.ACCEPTED, {TaskKind.SCREEN})
    assert CoordinatorTask.objects.get(case=case, done_at=None).due_at == case.screening_due_at
    assert RoutingDecision.objects.filter(case=case).count() == 1


def test_answers_that_make_it_clear_end_the_provisional_word_and_the_task(after_commit: Any) -> None:
    make.room("AHR")
    case = make.case(make.held_facts(zip_code="55423"), now=NOW)
    with after_commit():
        record_facts(case=case, facts=make.held_facts(), by=make.actor(Role.COORDINATOR), now=NOW)
    assert (fresh(case).state, fresh(case).screening, open_tasks(case)) == (State.OFFERED, Screening.PASSED, set())
    assert not make.live_offer(case).is_provisional


def test_answers_that_make_eligibility_doubtful_give_a_coordinator_the_question(after_commit: Any) -> None:
    make.room("AHR")
    case = make.case(now=NOW)
    with after_commit():
        record_facts(case=case, facts=make.held_facts(zip_code="55111"), by=make.actor(Role.COORDINATOR), now=NOW)
    assert TaskKind.SCREEN in open_tasks(case)


def test_finding_the_person_ends_the_search(after_commit: Any) -> None:
    make.room("AHR")
    case = make.case(make.held_facts(place="unknown"), now=NOW)
    assert TaskKind.LOCATE in open_tasks(case)
    with after_commit():
        record_facts(case=case, facts=make.held_facts(), by=make.actor(Role.COORDINATOR), now=NOW)
    assert TaskKind.LOCATE not in open_tasks(case)


def test_a_duplicate_of_a_case_that_is_over_is_refused_and_chains_are_pulled_straight() -> None:
    first, second, third = (make.case(now=NOW) for _ in range(3))
    coordinator = make.actor(Role.COORDINATOR)
    mark_duplicate(case=first, duplicate_of=second, by=coordinator, now=NOW)
    mark_duplicate(case=second, duplicate_of=third, by=coordinator, now=NOW)
    assert fresh(first).duplicate_of == third
    withdraw(case=third, by=FAMILY, now=NOW)
    with pytest.raises(WrongState):
        mark_duplicate(case=make.case(now=NOW), duplicate_of=third, by=coordinator, now=NOW)


def test_who_declined_for_conflict_or_scope_is_not_asked_by_hand_either(after_commit: Any) -> None:
    program = make.room("AHR")
    case = make.case(now=NOW)
    offer = make.live_offer(case)
    with after_commit():
        decline_offer(offer=offer, reason="conflict", by=make.staff_of(offer), now=NOW)
    with pytest.raises(Refused) as refused:
        offer_by_hand(case=case, program=program, reason="asked_for", by=make.actor(Role.COORDINATOR), now=NOW)
    assert "conflict" not in str(refused.value)


def test_an_offer_taken_back_goes_to_the_program_the_coordinator_names(after_commit: Any) -> None:
    make.room("AHR")
    named = make.room("MMLA", ceiling=6)
    case = make.case(now=NOW)
    with after_commit():
        withdraw_offer(
            offer=make.live_offer(case),
            reason="better_place",
            program=named,
            by=make.actor(Role.COORDINATOR),
            now=NOW,
        )
    assert make.live_offer(case).program == named


def test_an_offer_taken_back_for_a_full_program_stays_where_it_is(after_commit: Any) -> None:
    first, full = make.room("AHR"), make.room("MMLA", ceiling=5)
    make.room("BINGER", ceiling=12)
    case = make.case(now=NOW)
    with after_commit(), pytest.raises(NoRoom):
        withdraw_offer(
            offer=make.live_offer(case), reason="better_place", program=full, by=make.actor(Role.COORDINATOR), now=NOW
        )
    assert make.live_offer(case).program == first


def test_a_case_type_whose_row_has_ended_still_has_a_size_and_stops_nobody() -> None:
    CaseType.objects.filter(code="DET-HAB").update(valid_to=NOW.date())
    make.room("AHR")
    assert make.case(now=NOW).state == State.OFFERED


def test_one_case_that_cannot_be_routed_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = make.case(now=NOW), make.case(now=NOW)
    make.room("AHR")
    make_offer = routing.make_offer

    def fails_for_one(case: Case, *args: Any, **kwargs: Any) -> Offer:
        if case.pk == broken.pk:
            raise LookupError
        return make_offer(case, *args, **kwargs)

    monkeypatch.setattr(routing, "make_offer", fails_for_one)
    assert route_waiting(NOW) == 1
    assert fresh(sound).state == State.OFFERED


def test_the_newest_news_replaces_a_text_that_still_waits(after_commit: Any) -> None:
    case = make.case(now=NOW)
    make.contact(case)
    first = tell(case, "opened")
    second = tell(case, "accepted")
    assert list(Message.objects.filter(pk__in=[first.pk, second.pk]).order_by("template").values_list("state")) == [
        ("queued",),
        ("cancelled",),
    ]


def tell(case: Case, template: str) -> Message:
    event = events.record(case=case, kind="told", by=FAMILY, now=NOW)
    tell_family(case, template, event, NOW)
    return Message.objects.get(trigger=event.pk)


def test_a_coordinator_has_four_open_hours_for_a_t1_case() -> None:
    assert answer_due(1, NIGHT) == datetime(2026, 11, 23, 19, tzinfo=UTC)
