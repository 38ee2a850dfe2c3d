"""The waitlist matched as a whole: who is offered what when room appears, and what a newcomer may take."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import FAMILY, Role
from providers.actions import set_ceiling, take_room
from providers.models import Program
from referrals import apps
from referrals.actions import (
    decline_offer,
    expire_offer,
    record_facts,
    route_waiting,
    routing,
    withdraw,
)
from referrals.actions.line import line_of, read_waiting
from referrals.actions.policy import current_policy
from referrals.actions.routing import placing_by
from referrals.matching import OrderStep, Placement, ProgramProfile, Verdict, WaitingCase, place
from referrals.models import Case, CoordinatorTask, Offer, RoutingDecision, State, TaskKind
from tests import factories as make

pytestmark = pytest.mark.django_db
NOW = make.OFFICE_HOURS
LATER = NOW + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def after_commit(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[Any]]],
) -> Callable[[], AbstractContextManager[list[Any]]]:
    """What follows a commit runs at the end of a `with after_commit():` block."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def waits(*, urgency: int, case_type: str = "DET-HAB", hours: float | None = None) -> Case:
    """A waiting case of this tier; its next deadline in so many hours."""
    case = make.case(now=NOW)
    assert case.state == State.WAITLISTED
    deadline = NOW + timedelta(hours=hours) if hours is not None else None
    Case.objects.filter(pk=case.pk).update(urgency=urgency, case_type=case_type, next_deadline=deadline)
    return fresh(case)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def offered(*cases: Case) -> list[bool]:
    return [fresh(case).state == State.OFFERED for case in cases]


def newest(case: Case) -> RoutingDecision:
    return RoutingDecision.objects.filter(case=case)[0]


def test_the_room_goes_to_the_most_urgent_and_among_them_to_the_earliest_date() -> None:
    sooner_but_t1, later, sooner = waits(urgency=1, hours=1), waits(urgency=0, hours=9), waits(urgency=0, hours=8)
    make.room("AHR", ceiling=6)
    assert route_waiting(LATER) == 1
    assert offered(sooner_but_t1, later, sooner) == [False, False, True]


def test_one_gives_up_its_first_choice_so_that_another_has_a_place() -> None:
    """Habeas may go to AHR or BINGER, bond not to BINGER: asked one by one, the T0 habeas would take AHR's room."""
    habeas, bond = waits(urgency=0, hours=5), waits(urgency=1, case_type="DET-BOND")
    make.room("AHR", ceiling=6)
    make.room("BINGER", ceiling=6)
    assert route_waiting(LATER) == 2
    assert make.live_offer(habeas).program.provider.code == "BINGER"
    assert make.live_offer(bond).program.provider.code == "AHR"


def test_each_decision_of_a_run_is_kept_with_its_seed_and_every_rejection() -> None:
    first, second = waits(urgency=0, hours=5), waits(urgency=0, hours=6)
    make.room("AHR", ceiling=9)
    route_waiting(LATER)
    chosen, rest = newest(first), newest(second)
    assert chosen.seed == rest.seed
    assert (chosen.chosen and chosen.chosen.provider.code, rest.chosen) == ("AHR", None)
    assert [(one["provider"], one["verdict"]) for one in rest.candidates][:2] == [
        ("AHR", Verdict.FOR_OTHERS),
        ("BINGER", Verdict.NO_ROOM),
    ]


def test_a_newcomer_leaves_room_that_somebody_ahead_in_line_could_use(after_commit: Any) -> None:
    ahead = waits(urgency=0, hours=1)
    make.room("AHR", ceiling=6)
    with after_commit():
        newcomer = make.case(now=LATER)
        assert newcomer.state == State.WAITLISTED
    # The waitlist is matched right after, and gives the room to whom it was left for.
    assert offered(ahead, newcomer) == [True, False]
    assert newest(newcomer).candidates[0]["verdict"] == Verdict.FOR_OTHERS


def test_a_newcomer_ahead_in_line_takes_the_room_at_once() -> None:
    behind = waits(urgency=1, hours=1)
    make.room("AHR", ceiling=6)
    newcomer = make.case(now=LATER)
    assert newcomer.urgency == 0
    assert offered(behind, newcomer) == [False, True]


def test_a_newcomer_takes_room_that_nobody_ahead_could_use() -> None:
    too_large = waits(urgency=0, hours=1)
    make.room("AHR", ceiling=5)
    small = make.case(make.held_facts(entry="admitted"), now=LATER)
    assert small.case_type == "DET-BOND"
    assert offered(too_large, small) == [False, True]


def test_room_lost_between_the_plan_and_the_offer_is_planned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    case = waits(urgency=0, hours=5)
    first, second = make.room("AHR"), make.room("BINGER", ceiling=12)

    def somebody_else_first(*, program_id: int, points: int, now: datetime) -> bool:
        if program_id == first.pk:
            Program.objects.filter(pk=first.pk).update(in_use=F("ceiling"))
        return take_room(program_id=program_id, points=points, now=now)

    monkeypatch.setattr(routing, "take_room", somebody_else_first)
    assert route_waiting(LATER) == 1
    assert make.live_offer(case).program == second


def test_a_case_that_changed_after_it_was_read_is_left_for_the_next_run(caplog: pytest.LogCaptureFixture) -> None:
    gone, other = waits(urgency=0, hours=1), waits(urgency=0, hours=2)
    make.room("AHR", ceiling=12)

    def meanwhile(
        waiting: Iterable[WaitingCase],
        programs: Iterable[ProgramProfile],
        *,
        rules: Mapping[str, Sequence[OrderStep]],
        seed: int,
    ) -> Placement:
        plan = place(waiting, programs, rules=rules, seed=seed)
        withdraw(case=fresh(gone), by=FAMILY, now=LATER)
        return plan

    with placing_by(meanwhile):
        assert route_waiting(LATER) == 1
    assert (fresh(gone).state, offered(other)) == (State.WITHDRAWN, [True])
    assert caplog.messages == []


def test_a_persons_request_acts_on_so_many_and_the_clock_on_the_rest() -> None:
    cases = [waits(urgency=0, hours=number) for number in range(1, 5)]
    make.room("AHR")
    assert route_waiting(LATER, at_most=3) == 3
    assert offered(*cases) == [True, True, True, False]
    assert route_waiting(LATER) == 1


def test_a_screened_case_that_nobody_looked_at_gets_to_the_waitlist_with_its_task() -> None:
    case = make.case(now=NOW)
    Case.objects.filter(pk=case.pk).update(state=State.SCREENED)
    CoordinatorTask.objects.filter(case=case).delete()
    route_waiting(LATER)
    assert fresh(case).state == State.WAITLISTED
    assert CoordinatorTask.objects.filter(case=case, kind=TaskKind.NO_ROOM, done_at=None).exists()


def test_many_waiting_cases_take_as_many_queries_as_one() -> None:
    """What is offered costs queries of its own, so here nobody is: an unchanged answer is not stored again."""

    def queries() -> int:
        route_waiting(LATER)
        with CaptureQueriesContext(connections["default"]) as captured:
            route_waiting(LATER + timedelta(minutes=1))
        return len(captured)

    make.case(now=NOW)
    Case.objects.update(case_type="DET-BOND")
    # Room for the type, and not for these families: they are read every time, and never offered.
    Program.objects.filter(provider__code="AHR").update(ceiling=3, languages=["xx"])
    one = queries()
    for _ in range(6):
        make.case(now=NOW)
    Case.objects.update(case_type="DET-BOND")
    assert len(read_waiting({"DET-BOND"})) == 7
    assert queries() == one


def test_cases_that_are_over_are_in_no_index_that_the_waiting_list_reads() -> None:
    case = make.case(now=NOW)
    with connections["default"].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        with CaptureQueriesContext(connections["default"]) as captured:
            read_waiting({"DET-HAB"}, or_screened=True)
            line_of(case, 1, now=NOW)
        for sql in (captured[0]["sql"], captured[-1]["sql"]):
            cursor.execute("EXPLAIN " + sql)
            assert "open_case_queue" in str(cursor.fetchall())


def nobody(
    waiting: Iterable[WaitingCase],
    programs: Iterable[ProgramProfile],
    *,
    rules: Mapping[str, Sequence[OrderStep]],
    seed: int,
) -> Placement:
    """A policy that offers nothing to anybody."""
    return place(waiting, [], rules=rules, seed=seed)


def opening(case: Case) -> None:
    make.case(now=LATER)


def declining(case: Case) -> None:
    offer = make.live_offer(case)
    decline_offer(offer=offer, reason="conflict", by=make.staff_of(offer), now=LATER)


def expiring(case: Case) -> None:
    offer = make.live_offer(case)
    assert expire_offer(offer_id=offer.pk, now=offer.expires_at)


def more_room(case: Case) -> None:
    set_ceiling(program=make.room("ILCM"), ceiling=90, by=make.actor(Role.PROVIDER_LEAD, "ilcm"), now=LATER)


def new_facts(case: Case) -> None:
    record_facts(case=case, facts=make.held_facts(place="unknown"), by=make.actor(Role.COORDINATOR), now=LATER)


def the_clock(case: Case) -> None:
    route_waiting(LATER)


@pytest.mark.parametrize("way", [opening, declining, expiring, more_room, new_facts, the_clock])
def test_every_automatic_offer_is_made_by_the_policy(after_commit: Any, way: Callable[[Case], None]) -> None:
    make.room("AHR")
    case = make.case(now=NOW)
    make.room("BINGER", ceiling=90)
    Case.objects.filter(pk=make.case(now=NOW).pk).update(state=State.WAITLISTED)
    before = set(Offer.objects.values_list("pk", flat=True))
    with placing_by(nobody), after_commit():
        way(case)
    assert set(Offer.objects.values_list("pk", flat=True)) == before
    assert current_policy() is place


def test_room_that_is_announced_is_matched_after_the_commit(after_commit: Any) -> None:
    case = waits(urgency=0, hours=5)
    make.room("AHR", ceiling=6)
    with after_commit():
        apps._offer_room_to_waiting(LATER)
        assert offered(case) == [False]
    assert offered(case) == [True]


def test_the_case_page_and_the_api_say_where_it_stands_and_what_would_change_it() -> None:
    waits(urgency=0, hours=1)
    case = waits(urgency=0, hours=9)
    client: Client = make.client_of(make.member(Role.COORDINATOR))
    page = client.get(f"/staff/cases/{case.reference}/").content.decode()
    assert "Number 2 in line of 2 waiting for the same providers." in page
    assert "1 of the same tier with an earlier date" in page
    assert "What would change this: AHR (detained full) would take it with 6 more points." in page
    told = client.get(f"/api/v1/cases/{case.reference}/").json()
    assert told["standing"] == {"place": 2, "of": 2, "before": ["1 of the same tier with an earlier date"]}
    assert told["decisions"][0]["would_change"] == "AHR (detained full) would take it with 6 more points."


def test_a_case_that_does_not_wait_stands_in_no_line() -> None:
    make.room("AHR")
    case = make.case(now=NOW)
    client: Client = make.client_of(make.member(Role.COORDINATOR))
    assert "in line of" not in client.get(f"/staff/cases/{case.reference}/").content.decode()
    assert client.get(f"/api/v1/cases/{case.reference}/").json()["standing"] is None
