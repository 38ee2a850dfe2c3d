"""The time to a human answer: what stops its clock, what does not, and what the page makes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.roles import FAMILY, SYSTEM, Role
from notifications.actions import queue_texts
from privacy.models import DocumentKind
from referrals import events
from referrals.actions import decline_offer, expire_offer, finish_task, pass_screening, request_info
from referrals.actions.assignments import take_over
from referrals.actions.notes import add_note
from referrals.actions.openings import OpeningReason, record_opening
from referrals.business_time import answer_due
from referrals.filters import Filters
from referrals.first_answer import ANSWERS, newest_late, percentile
from referrals.models import Case, CaseEvent, CoordinatorTask, TaskKind, Urgency
from referrals.selectors import first_answers, queue
from referrals.timeline import SENTENCES
from tests import factories

MINUTE = timedelta(minutes=1)
OPENED = factories.OFFICE_HOURS


@given(
    st.sampled_from(Urgency.values),
    st.integers(0, 700 * 24 * 3600),
    st.integers(0, 20 * 24 * 60),
)
def test_the_newest_late_opening_parts_those_who_wait_too_long_from_the_others(
    tier: int, seconds: int, minutes_ago: int
) -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=seconds)
    newest, opened = newest_late(tier, now), now - timedelta(minutes=minutes_ago)

    assert (opened <= newest) == (answer_due(tier, opened) <= now)


@given(st.lists(st.integers(0, 10_000), min_size=1))
def test_a_percentile_is_one_of_the_waits_that_enough_cases_do_not_exceed(minutes: list[int]) -> None:
    waits = [timedelta(minutes=one) for one in minutes]

    for percent in (50, 95):
        found = percentile(waits, percent)
        assert found in waits
        assert sum(one <= found for one in waits) * 100 >= percent * len(waits)
        assert sum(one < found for one in waits) * 100 < percent * len(waits)
    assert percentile([], 50) is None


def test_every_answer_is_something_that_happens_to_cases() -> None:
    assert set(SENTENCES) >= ANSWERS


def tier_of(case: Case, now: datetime) -> Any:
    return next(one for one in first_answers(now).tiers if one.urgency == case.urgency)


def waits(case: Case, now: datetime) -> bool:
    """Whether the page, and the filter of the queue, say that nobody answered."""
    listed = queue(Filters(no_contact=True), reader=SYSTEM, now=now).rows
    assert tier_of(case, now).waiting == len(listed)
    return case.pk in {row.case.pk for row in listed}


def held() -> Case:
    """A T0 case that a provider is asked to take."""
    factories.room()
    return factories.case(now=OPENED)


def unclear() -> Case:
    """A T0 case that waits for a coordinator."""
    return factories.case(factories.held_facts(zip_code="", taken="earlier", place="sherburne"), now=OPENED)


@pytest.mark.django_db
def test_texts_and_whatever_happens_by_itself_neither_stop_the_clock_nor_start_it_again() -> None:
    case = held()
    offer = factories.live_offer(case)
    event = CaseEvent.objects.filter(case=case).latest("sequence")
    before = first_answers(OPENED + 90 * MINUTE).late

    queue_texts(case_id=case.pk, template="opened", trigger=event.pk, is_urgent=True, now=OPENED + 20 * MINUTE)
    expire_offer(offer_id=offer.pk, now=OPENED + 61 * MINUTE)
    events.record(
        case=Case.objects.get(pk=case.pk),
        kind="answers_sent",
        by=FAMILY,
        now=OPENED + 70 * MINUTE,
        detail={"page": "home"},
    )

    now = OPENED + 90 * MINUTE
    assert waits(case, now)
    late = first_answers(now).late
    assert [one.case.pk for one in late] == [one.case.pk for one in before] == [case.pk]
    assert late[0].due_at == OPENED + 30 * MINUTE


@pytest.mark.django_db
def test_reading_assigning_noting_and_a_providers_no_are_no_answer_to_a_family() -> None:
    case, coordinator = held(), factories.actor(Role.COORDINATOR)
    offer, now = factories.live_offer(case), OPENED + 40 * MINUTE

    record_opening(case=case, kind=DocumentKind.FACTS, reason=OpeningReason.PREPARE, by=coordinator, now=now)
    take_over(case=case, by=coordinator, now=now)
    add_note(case=case, text="Nobody picks up.", by=coordinator, now=now)
    decline_offer(offer=offer, reason="scope", by=factories.staff_of(offer), now=now)

    assert waits(case, now)


@pytest.mark.django_db
def test_a_move_a_task_done_or_a_case_taken_on_the_phone_is_an_answer() -> None:
    coordinator, now = factories.actor(Role.COORDINATOR), OPENED + 10 * MINUTE
    moved, called, decided = unclear(), unclear(), unclear()
    request_info(case=moved, by=coordinator, now=now)
    task = CoordinatorTask.objects.create(case=called, kind=TaskKind.CALL_FAMILY, opened_at=OPENED, due_at=now)
    finish_task(task=task, by=coordinator, now=now)
    pass_screening(case=decided, reason="statement", by=coordinator, now=now)
    phoned = factories.case(factories.held_facts(zip_code=""), now=OPENED, by=coordinator)

    assert [waits(case, now) for case in (moved, called, decided, phoned)] == [False] * 4


@pytest.mark.django_db
def test_what_is_measured_is_the_first_answer_of_the_last_days() -> None:
    coordinator = factories.actor(Role.COORDINATOR)
    for minutes in (10, 20, 90):
        case = unclear()
        Case.objects.filter(pk=case.pk).update(urgency=Urgency.T0)
        request_info(case=case, by=coordinator, now=OPENED + minutes * MINUTE)
        # A second step of a person changes nothing.
        task = case.tasks.get(kind=TaskKind.SCREEN)
        CoordinatorTask.objects.filter(pk=task.pk).update(kind=TaskKind.LOCATE)
        finish_task(task=CoordinatorTask.objects.get(pk=task.pk), by=coordinator, now=OPENED + 200 * MINUTE)
    factories.case(factories.held_facts(zip_code=""), now=OPENED, by=coordinator)

    def measured(now: datetime) -> list[tuple[int, int, timedelta | None, timedelta | None]]:
        tier = first_answers(now).tiers[Urgency.T0]
        return [(one.answered, one.in_time, one.median, one.slowest) for one in tier.measured]

    now_and_then = (3, 2, 20 * MINUTE, 90 * MINUTE)
    assert measured(OPENED + 300 * MINUTE) == [now_and_then, now_and_then]
    assert measured(OPENED + timedelta(days=8)) == [(0, 0, None, None), now_and_then]
    assert measured(OPENED + timedelta(days=31)) == [(0, 0, None, None)] * 2


@pytest.mark.django_db
def test_the_page_lists_who_waits_too_long_with_minutes_and_prints_what_is_counted() -> None:
    case = unclear()
    Case.objects.filter(pk=case.pk).update(urgency=Urgency.T0, opened_at=datetime.now(UTC) - 75 * MINUTE)
    client = factories.client_of(factories.member(Role.AUDITOR))

    page = client.get("/staff/first-answer/").content.decode()

    assert case.reference in page
    assert "75 min ago" in page
    assert "45 min late" in page
    assert "Automated texts" in page
