"""The clocks of a case: who enters them, what follows, and what a changed law does to the cases that are open."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from accounts.roles import Actor, Role
from providers import room
from referrals.actions import (
    close,
    drop_deadline,
    enter_trigger,
    meet_deadline,
    record_facts,
    reopen,
    withdraw,
)
from referrals.actions.deadlines import follow_time
from referrals.business_time import CHICAGO
from referrals.deadlines import NotCounted
from referrals.events import broken_links
from referrals.models import Case, CaseDeadline, CaseEvent, State, Urgency, UrgencyRule
from referrals.policies import WrongState
from referrals.urgency import TO_SAFE_BY
from tests import factories

pytestmark = pytest.mark.django_db

NOW = factories.OFFICE_HOURS
TODAY = NOW.astimezone(CHICAGO).date()
KINDS = ("clock_started", "clock_kept", "clock_dropped", "clocks_recounted", "urgency_changed")


@pytest.fixture
def coordinator() -> Actor:
    return factories.actor(Role.COORDINATOR)


@pytest.fixture
def free() -> Case:
    """T2, waiting: nobody has room."""
    return factories.case(factories.free_facts(), now=NOW)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def kinds_of(case: Case) -> list[str]:
    return [kind for kind in CaseEvent.objects.filter(case=case).values_list("kind", flat=True) if kind in KINDS]


def at_four(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 16, tzinfo=CHICAGO)


# What is entered, and what follows.


def test_a_clock_moves_the_next_deadline_and_the_tier(free: Case, coordinator: Actor) -> None:
    # Day 30 is Saturday 21 November: Monday is the last day, Friday the safe one, three days from now.
    row = enter_trigger(case=free, code="bia30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    case = fresh(free)
    assert (row.raw, row.due, row.safe_by) == (date(2026, 11, 21), date(2026, 11, 23), date(2026, 11, 20))
    assert (case.next_deadline, case.next_deadline_code) == (at_four(row.safe_by), "BIA30")
    assert (case.urgency, case.urgency_reason) == (Urgency.T1, "safe_by_within_7_days")
    assert kinds_of(case) == ["clock_started", "urgency_changed"]
    assert broken_links(case.pk) == []


def test_without_the_row_about_clocks_a_near_one_hurries_nobody(free: Case, coordinator: Actor) -> None:
    rows = [one.pk for one in UrgencyRule.objects.all() if any(test["fact"] == TO_SAFE_BY for test in one.condition)]
    UrgencyRule.objects.filter(pk__in=rows).delete()

    enter_trigger(case=free, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    assert len(rows) == 1
    assert fresh(free).urgency == Urgency.T2


def test_a_clock_far_off_moves_the_deadline_only(free: Case, coordinator: Actor) -> None:
    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)

    assert fresh(free).next_deadline_code == "BIA30"
    assert fresh(free).urgency == Urgency.T2
    assert kinds_of(free) == ["clock_started"]


def test_a_clock_never_makes_a_case_less_urgent(coordinator: Actor) -> None:
    held = factories.case(now=NOW)
    assert held.urgency == Urgency.T0

    enter_trigger(case=held, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    assert (fresh(held).urgency, fresh(held).urgency_reason) == (Urgency.T0, held.urgency_reason)


def test_what_others_must_keep_is_no_deadline_of_ours(free: Case, coordinator: Actor) -> None:
    enter_trigger(case=free, code="ADM-EXEC", trigger=TODAY - timedelta(days=13), by=coordinator, now=NOW)

    assert fresh(free).next_deadline is None
    assert fresh(free).urgency == Urgency.T2


@pytest.mark.parametrize("end", ["meet", "drop"])
def test_the_tier_goes_back_when_the_clock_has_ended(free: Case, coordinator: Actor, end: str) -> None:
    row = enter_trigger(case=free, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    if end == "meet":
        meet_deadline(case=free, deadline=row, by=coordinator, now=NOW)
    else:
        drop_deadline(case=free, deadline=row, reason="does_not_apply", by=coordinator, now=NOW)

    case = fresh(free)
    assert (case.urgency, case.urgency_reason, case.next_deadline) == (Urgency.T2, free.urgency_reason, None)
    assert case.urgency_without_clocks is None
    assert kinds_of(case)[2:] == ["clock_kept" if end == "meet" else "clock_dropped", "urgency_changed"]
    with pytest.raises(WrongState):
        meet_deadline(case=free, deadline=row, by=coordinator, now=NOW)


def test_the_owners_clock_and_every_task_are_hurried_and_never_slowed(coordinator: Actor) -> None:
    case = factories.case(factories.free_facts(zip_code=""), now=NOW)
    before, task = case.state_due_at, case.tasks.earliest("due_at")
    assert case.state == State.RECEIVED

    enter_trigger(case=case, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    # T1: four opening hours instead of one business day.
    assert before
    assert fresh(case).state_due_at == NOW + timedelta(hours=4) < before
    assert case.tasks.get(pk=task.pk).due_at == NOW + timedelta(hours=4) < task.due_at


def test_new_answers_keep_the_clock_and_its_tier(free: Case, coordinator: Actor) -> None:
    enter_trigger(case=free, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    case = record_facts(case=free, facts=factories.free_facts(household=4), by=coordinator, now=NOW)

    assert (case.urgency, case.urgency_without_clocks, case.next_deadline_code) == (Urgency.T1, Urgency.T2, "BIA30")


def test_the_same_trigger_again_changes_nothing_and_another_corrects(free: Case, coordinator: Actor) -> None:
    first = enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    assert kinds_of(free) == ["clock_started"]

    enter_trigger(case=free, code="BIA30", trigger=TODAY - timedelta(days=1), by=coordinator, now=NOW)

    assert CaseDeadline.objects.get(case=free).raw == first.raw - timedelta(days=1)
    assert (
        CaseEvent.objects.filter(case=free, kind="clock_started").latest("sequence").detail["before"]["code"] == "BIA30"
    )


@pytest.mark.parametrize(
    ("code", "trigger", "says"),
    [
        ("BIA10", TODAY, "not in force"),
        ("BOND", TODAY, "no last day"),
        ("NOPE", TODAY, "no deadline"),
        ("CUST48", TODAY, "time of day"),
        ("BIA30", TODAY + timedelta(days=1), "still to come"),
    ],
)
def test_what_starts_no_clock_says_why(free: Case, coordinator: Actor, code: str, trigger: date, says: str) -> None:
    with pytest.raises(NotCounted, match=says):
        enter_trigger(case=free, code=code, trigger=trigger, by=coordinator, now=NOW)
    assert kinds_of(free) == []


def test_only_the_hotline_and_the_provider_that_holds_it_keep_clocks() -> None:
    factories.room()
    held = factories.accepted_case(now=NOW)
    holder = factories.staff_of(held.offers.get())
    for by in (
        factories.actor(Role.PROVIDER_STAFF, "vln"),
        factories.actor(Role.AUDITOR),
        factories.actor(Role.FINANCE),
    ):
        with pytest.raises(PermissionDenied):
            enter_trigger(case=held, code="BIA30", trigger=TODAY, by=by, now=NOW)

    assert enter_trigger(case=held, code="BIA30", trigger=TODAY, by=holder, now=NOW).entered_role == holder.role


def test_an_offered_case_is_not_its_providers_to_keep_clocks_of() -> None:
    factories.room()
    case = factories.case(now=NOW)
    with pytest.raises(PermissionDenied):
        enter_trigger(
            case=case, code="BIA30", trigger=TODAY, by=factories.staff_of(factories.live_offer(case)), now=NOW
        )


def test_a_case_that_is_over_starts_no_clock(free: Case, coordinator: Actor) -> None:
    withdraw(case=free, by=coordinator, now=NOW)
    with pytest.raises(WrongState):
        enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)


def test_a_deadline_that_moves_has_the_waitlist_matched_again(
    free: Case, coordinator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[datetime] = []
    monkeypatch.setattr(room, "_handlers", [heard.append])

    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)

    assert heard == [NOW]


# Hours, and the end of the case.


def test_an_event_holds_no_hour(free: Case, coordinator: Actor) -> None:
    moment = datetime(2026, 11, 16, 22, 15, tzinfo=CHICAGO)
    row = enter_trigger(case=free, code="CUST48", trigger=moment, by=coordinator, now=NOW)

    assert row.ends_at == moment + timedelta(hours=48)
    detail = CaseEvent.objects.get(case=free, kind="clock_started").detail
    assert detail["trigger"] == "2026-11-16"
    assert not re.search(r"\d\d:\d\d", str(detail))


def test_hours_are_forgotten_when_the_case_ends(coordinator: Actor) -> None:
    factories.room()
    case = factories.represented_case(factories.held_facts(taken_at=NOW - timedelta(hours=5)), now=NOW)
    enter_trigger(case=case, code="CUST48", trigger=NOW - timedelta(hours=2), by=coordinator, now=NOW)
    enter_trigger(case=case, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    assert case.deadlines.filter(trigger_at__isnull=False).count() == 2

    close(case=case, outcome="habeas_release", by=coordinator, now=NOW)

    assert not case.deadlines.exclude(trigger_at=None, ends_at=None).exists()
    assert list(CaseDeadline.objects.running().filter(case=case).values_list("code", flat=True)) == ["BIA30"]
    assert fresh(case).next_deadline is None


def test_a_case_taken_up_again_has_its_days_to_keep(free: Case, coordinator: Actor) -> None:
    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    withdraw(case=free, by=coordinator, now=NOW)

    case = reopen(case=fresh(free), reason="new_event", by=coordinator, now=NOW)

    assert case.next_deadline_code == "BIA30"


# What the answers say.


def test_the_answers_start_the_first_72_hours_and_name_a_hearing() -> None:
    taken, hearing = NOW - timedelta(hours=5), TODAY + timedelta(days=20)
    case = factories.case(factories.held_facts(taken_at=taken, hearing_on=hearing, date_kind="court"), now=NOW)

    assert set(case.deadlines.values_list("code", "from_answers")) == {("TRANSFER", True), ("HEARING", True)}
    assert (case.next_deadline, case.next_deadline_code) == (taken + timedelta(hours=72), "TRANSFER")

    # The 72 hours pass: the hearing is next, though nobody opened the answers.
    follow_time(taken + timedelta(hours=73))
    assert fresh(case).next_deadline_code == "HEARING"


def test_an_hour_that_a_person_entered_is_not_written_over_by_the_answers(coordinator: Actor) -> None:
    facts = factories.held_facts(taken_at=NOW - timedelta(hours=5))
    case = factories.case(facts, now=NOW)
    enter_trigger(case=case, code="TRANSFER", trigger=NOW - timedelta(hours=8), by=coordinator, now=NOW)

    case = record_facts(case=case, facts=facts, by=coordinator, now=NOW)

    assert case.next_deadline == NOW + timedelta(hours=64)
    assert case.deadlines.count() == 1


def test_answers_that_change_replace_what_earlier_ones_said(coordinator: Actor) -> None:
    case = factories.case(factories.free_facts(hearing_on=TODAY + timedelta(days=9)), now=NOW)
    changed = factories.free_facts(hearing_on=TODAY + timedelta(days=30))

    case = record_facts(case=case, facts=changed, by=coordinator, now=NOW)

    assert case.deadlines.get().safe_by == TODAY + timedelta(days=30)


@pytest.mark.parametrize("end", ["met", "dropped"])
def test_what_a_person_ended_does_not_begin_again_with_another_answer(coordinator: Actor, end: str) -> None:
    taken = NOW - timedelta(hours=20)
    facts = {
        "taken_at": taken,
        "taken_hour_known": True,
        "hearing_on": TODAY + timedelta(days=12),
        "date_kind": "court",
    }
    case = factories.case(factories.held_facts(**facts), now=NOW)
    for row in CaseDeadline.objects.running().filter(case=case):
        if end == "met":
            meet_deadline(case=case, deadline=row, by=coordinator, now=NOW)
        else:
            drop_deadline(case=case, deadline=row, reason="does_not_apply", by=coordinator, now=NOW)

    record_facts(case=case, facts=factories.held_facts(**facts, monthly_income=2100), by=factories.SYSTEM, now=NOW)
    assert not CaseDeadline.objects.running().filter(case=case).exists()

    moved = facts | {"hearing_on": TODAY + timedelta(days=15), "taken_at": taken + timedelta(days=1)}
    record_facts(case=case, facts=factories.held_facts(**moved), by=factories.SYSTEM, now=NOW + timedelta(hours=5))
    codes = CaseDeadline.objects.running().filter(case=case).values_list("code", flat=True)
    assert sorted(codes) == ["HEARING", "TRANSFER"], "a day that they name anew is a new one"
