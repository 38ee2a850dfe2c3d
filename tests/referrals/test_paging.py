"""A T0 case at night wakes who is on call, then the next after ten minutes, until somebody takes it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from accounts.roles import FAMILY, SYSTEM, Role
from notifications import Arrived
from notifications.keywords import Wish
from referrals.actions.assignments import take_over
from referrals.actions.deadlines import enter_trigger, follow_clocks
from referrals.actions.moves import open_task
from referrals.actions.paging import NEXT_AFTER, escalate, on_call, page_left_over, send, send_waiting
from referrals.actions.received_texts import take_in
from referrals.models import Case, DutyPage, DutyPhone, DutyShift, TaskKind, Urgency, UrgencyRule
from tests import factories
from tests.fake_carrier import FakeCarrier

pytestmark = pytest.mark.django_db

# Tuesday, 17 November 2026, 23:00 in Minneapolis.
NIGHT = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)


def person(phone: str = "+16125550161", role: Role = Role.COORDINATOR) -> User:
    user = factories.member(role)
    if phone:
        DutyPhone.objects.create(user=user, phone=phone)
    return user


def shift(user: User, rank: int = 1, *, hours: tuple[int, int] = (-6, 9)) -> None:
    begins, ends = (NIGHT + timedelta(hours=one) for one in hours)
    DutyShift.objects.create(user=user, begins_at=begins, ends_at=ends, rank=rank)


def at_night(**facts: Any) -> Case:
    return factories.case(factories.held_facts(**facts), now=NIGHT, by=FAMILY)


def paged() -> list[int | None]:
    return list(DutyPage.objects.order_by("made_at", "rung").values_list("user_id", flat=True))


def test_the_ladder_is_the_shift_by_rank_then_the_leads() -> None:
    lead, second, first = person(role=Role.HOTLINE_LEAD), person(), person()
    shift(second, 2)
    shift(first, 1)
    shift(person(), 1, hours=(-20, -6))
    shift(person(), 1, hours=(9, 20))
    shift(person(phone=""), 1)

    assert on_call(NIGHT) == [first, second, lead]


def test_a_t0_case_at_night_pages_the_first() -> None:
    first = person()
    shift(first)

    at_night()

    assert paged() == [first.pk]


@pytest.mark.parametrize(
    ("facts", "now", "by"),
    [
        ({"taken": "earlier", "place": "kandiyohi"}, NIGHT, FAMILY),
        ({}, factories.OFFICE_HOURS, FAMILY),
        ({}, NIGHT, None),
    ],
    ids=["not T0", "by day", "a person has it"],
)
def test_nobody_is_woken_without_need(facts: dict[str, Any], now: datetime, by: Any) -> None:
    shift(person())

    factories.case(factories.held_facts(**facts), now=now, by=by or factories.actor(Role.COORDINATOR))

    assert paged() == []


def test_after_ten_minutes_the_next_is_paged_and_after_the_last_the_first_again() -> None:
    first, second = person(), person()
    shift(first, 1)
    shift(second, 2)
    at_night()

    assert escalate(NIGHT + NEXT_AFTER - timedelta(seconds=1)) == 0
    assert escalate(NIGHT + NEXT_AFTER) == 1
    assert escalate(NIGHT + NEXT_AFTER + timedelta(seconds=30)) == 0
    assert escalate(NIGHT + 2 * NEXT_AFTER) == 1

    assert paged() == [first.pk, second.pk, first.pk]


def test_who_takes_the_case_ends_the_paging() -> None:
    shift(person())
    case = at_night()

    take_over(case=case, by=factories.actor(Role.COORDINATOR), now=NIGHT + timedelta(minutes=3))

    assert escalate(NIGHT + NEXT_AFTER) == 0
    assert DutyPage.objects.get().answered_by_user_id


def test_when_the_desk_opens_it_has_the_case() -> None:
    shift(person())
    at_night()

    assert escalate(datetime(2026, 11, 18, 15, 0, tzinfo=UTC)) == 0


def test_an_empty_rota_is_told_in_the_log_and_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    at_night()
    assert "nobody is on call" in caplog.text
    later = person()
    shift(later)

    escalate(NIGHT + NEXT_AFTER)

    assert paged() == [None, later.pk]


def test_a_case_pages_once_though_its_answers_change() -> None:
    from referrals.actions import record_facts
    from tests.factories import held_facts

    shift(person())
    case = at_night()

    record_facts(case=case, facts=held_facts(place="sherburne"), by=FAMILY, now=NIGHT, is_whole=False)

    assert len(paged()) == 1


def test_a_case_that_becomes_t0_by_a_later_answer_pages() -> None:
    from referrals.actions import record_facts
    from tests.factories import held_facts

    shift(person())
    case = at_night(taken="earlier", place="kandiyohi")
    assert paged() == []

    record_facts(case=case, facts=held_facts(place="whipple"), by=FAMILY, now=NIGHT, is_whole=False)

    assert len(paged()) == 1


def test_a_page_texts_and_rings_once_and_names_only_the_reference(carrier: FakeCarrier) -> None:
    shift(person("+16125550161"))
    case = at_night()
    page = DutyPage.objects.get()

    assert send(page_id=page.pk, now=NIGHT)
    assert send(page_id=page.pk, now=NIGHT)
    send_waiting(NIGHT)

    (text,), (ring,) = carrier.asked("Messages"), carrier.asked("Calls")
    assert {text["To"], ring["To"]} == {"+16125550161"}
    assert case.reference in text["Body"]
    assert "<Say" in ring["Twiml"]
    for word in ("ICE", "detained", "Whipple", "lawyer", "immigration"):
        assert word.lower() not in (text["Body"] + ring["Twiml"]).lower()


def test_a_carrier_that_refuses_is_asked_again(carrier: FakeCarrier) -> None:
    shift(person())
    at_night()
    carrier.status = 500
    assert not send(page_id=DutyPage.objects.get().pk, now=NIGHT)
    carrier.status = 201

    send_waiting(NIGHT + timedelta(seconds=30))

    assert DutyPage.objects.get().sent_at


def test_the_number_is_in_no_log(carrier: FakeCarrier, caplog: pytest.LogCaptureFixture) -> None:
    shift(person("+16125550161"))
    at_night()
    carrier.status = 400
    send_waiting(NIGHT)

    assert "6125550161" not in caplog.text


def test_a_case_left_over_at_closing_time_pages_once() -> None:
    shift(first := person())
    left = factories.case(factories.held_facts(), now=factories.OFFICE_HOURS)
    open_task(left, TaskKind.CALL_BACK, due_at=factories.OFFICE_HOURS, now=factories.OFFICE_HOURS)
    assert page_left_over(factories.OFFICE_HOURS) == 0

    assert [page_left_over(NIGHT), page_left_over(NIGHT)] == [1, 0]

    assert paged() == [first.pk]


def test_a_case_that_somebody_took_by_day_pages_nobody_at_night() -> None:
    shift(person())
    taken = factories.case(factories.held_facts(), now=factories.OFFICE_HOURS)
    open_task(taken, TaskKind.CALL_BACK, due_at=factories.OFFICE_HOURS, now=factories.OFFICE_HOURS)
    take_over(case=taken, by=factories.actor(Role.COORDINATOR), now=factories.OFFICE_HOURS)

    assert page_left_over(NIGHT) == 0


@pytest.mark.parametrize(("is_urgent", "pages"), [(True, 1), (False, 0)])
def test_an_urgent_text_at_night_pages_whatever_the_tier(is_urgent: bool, pages: int) -> None:
    shift(person())
    case = factories.case(factories.free_facts(), now=factories.OFFICE_HOURS)
    arrived = Arrived(
        received_id=uuid4(),
        case_id=case.pk,
        contact_id=uuid4(),
        body="They take him to the airport",
        received_at=NIGHT,
        wish=Wish.OTHER,
        is_urgent=is_urgent,
        is_news=False,
    )

    take_in(arrived, NIGHT)

    assert len(paged()) == pages


def test_a_case_that_the_clock_makes_t0_at_night_pages() -> None:
    shift(first := person())
    case = factories.case(factories.free_facts(), now=factories.OFFICE_HOURS)
    by = factories.actor(Role.COORDINATOR)
    enter_trigger(case=case, code="BIA30", trigger=date(2026, 10, 25), by=by, now=factories.OFFICE_HOURS)
    UrgencyRule.objects.filter(reason="safe_by_within_7_days").update(tier=Urgency.T0)

    follow_clocks(Case.objects.get(pk=case.pk), by=SYSTEM, now=NIGHT)

    assert paged() == [first.pk]
