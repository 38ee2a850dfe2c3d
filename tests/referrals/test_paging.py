"""A T0 case at night wakes who is on call, then the next after ten minutes, until somebody takes it."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import FAMILY, SYSTEM, Role
from intake.call_back import to_call
from notifications import Arrived
from notifications.keywords import Wish
from referrals.actions import duty_mail, pages_out, record_facts
from referrals.actions.assignments import take_over, works_on
from referrals.actions.call_attempts import TakenByColleague, claim, note_attempt
from referrals.actions.deadlines import enter_trigger, follow_clocks
from referrals.actions.moves import open_task
from referrals.actions.pages_out import AGAIN_AFTER, send, send_waiting
from referrals.actions.paging import LATER_AFTER, NEXT_AFTER, ROUNDS, escalate, on_call, page_left_over, wake_if_closed
from referrals.actions.received_texts import take_in
from referrals.models import Case, DutyPage, DutyPhone, DutyShift, TaskKind, Urgency, UrgencyRule
from tests import factories
from tests.fake_carrier import FakeCarrier
from tests.services.threads import close_connections

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

    case = at_night()

    assert paged() == [first.pk]
    # The page leads to the desk: there the case stands, with the half hour that the page names.
    (line,) = to_call(first.membership.actor())
    assert (line.case, line.task.kind, line.task.due_at) == (case, TaskKind.CALL_NOW, NIGHT + timedelta(minutes=30))
    assert line.is_paged


def test_a_call_that_waits_already_is_no_second_one_at_night() -> None:
    shift(first := person())
    case = at_night()
    with transaction.atomic():
        open_task(case, TaskKind.CALL_BACK, due_at=NIGHT, now=NIGHT)
    DutyPage.objects.all().delete()
    case.tasks.filter(kind=TaskKind.CALL_NOW).delete()

    wake_if_closed(case, NIGHT)

    assert [line.task.kind for line in to_call(first.membership.actor())] == [TaskKind.CALL_BACK]


def test_a_family_that_was_reached_at_night_is_not_on_the_desk_any_more() -> None:
    shift(first := person())
    case = at_night()

    note_attempt(case=case, outcome="reached", by=first.membership.actor(), now=NIGHT + timedelta(minutes=20))

    assert to_call(first.membership.actor()) == []


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


def the_mails() -> list[tuple[list[str], str]]:
    duty_mail.send_waiting(NIGHT)
    return [(sorted(mail.to), mail.subject) for mail in mailoutbox()]


def mailoutbox() -> list[Any]:
    from django.core import mail

    return list(mail.outbox)


def test_an_empty_rota_is_told_to_the_leads_once_and_makes_no_more_rows(caplog: pytest.LogCaptureFixture) -> None:
    told = [factories.member(Role.HOTLINE_LEAD), factories.member(Role.OPERATOR)]
    case = at_night()
    assert "nobody is on call" in caplog.text
    for minutes in range(0, 180, 10):
        assert escalate(NIGHT + timedelta(minutes=minutes)) == 0

    assert paged() == [None]
    ((addresses, subject),) = the_mails()
    assert addresses == sorted(one.email for one in told)
    assert subject == "Nobody is on call"
    (mail,) = mailoutbox()
    assert case.reference in mail.body
    for name in (one.name for one in told):
        assert name not in mail.body


def test_who_comes_on_call_later_is_paged_at_once() -> None:
    at_night()
    shift(later := person())

    assert escalate(NIGHT + timedelta(seconds=30)) == 1

    assert paged() == [None, later.pk]


def test_a_rota_that_becomes_empty_in_the_night_is_told_too() -> None:
    lead = factories.member(Role.HOTLINE_LEAD)
    shift(person(), hours=(-1, 0))
    DutyShift.objects.update(ends_at=NIGHT + timedelta(minutes=5))
    at_night()

    assert [escalate(NIGHT + timedelta(minutes=minutes)) for minutes in (10, 20, 30)] == [0, 0, 0]

    assert the_mails() == [([lead.email], "Nobody is on call")]


def test_a_round_without_an_answer_is_told_to_the_leads_once() -> None:
    lead = factories.member(Role.HOTLINE_LEAD)
    shift(person(), 1)
    shift(person(), 2)
    at_night()

    escalate(NIGHT + NEXT_AFTER)
    assert the_mails() == []
    for number in range(2, 6):
        escalate(NIGHT + number * NEXT_AFTER)

    assert the_mails() == [([lead.email], "Nobody answered a page")]


def test_after_three_rounds_it_is_one_page_an_hour_until_the_office_opens() -> None:
    shift(person(), 1)
    shift(person(), 2)
    at_night()
    made = []
    for minutes in range(0, 10 * 60, 5):
        if escalate(NIGHT + timedelta(minutes=minutes)):
            made.append(minutes)

    quick = 2 * ROUNDS
    assert made[: quick - 1] == [10 * number for number in range(1, quick)]
    later = [after - before for before, after in itertools.pairwise(made[quick - 2 :])]
    assert set(later) == {LATER_AFTER.seconds // 60}
    assert DutyPage.objects.count() == len(made) + 1 <= quick + 10


def test_without_a_lead_whoever_of_the_hotline_reads_mail_is_told() -> None:
    coordinator = factories.member(Role.COORDINATOR)
    at_night()

    assert the_mails() == [([coordinator.email], "Nobody is on call")]


def test_a_mail_that_the_server_refuses_is_sent_later(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.member(Role.HOTLINE_LEAD)
    at_night()
    with monkeypatch.context() as broken:
        broken.setattr(duty_mail, "send_mail", Mock(side_effect=OSError))
        assert the_mails() == []

    assert len(the_mails()) == 1
    assert len(the_mails()) == 1


def test_nobody_is_alarmed_for_a_case_that_somebody_took_meanwhile() -> None:
    factories.member(Role.HOTLINE_LEAD)
    case = at_night()
    take_over(case=case, by=factories.actor(Role.COORDINATOR), now=NIGHT)

    assert the_mails() == []


def test_pages_of_another_night_wake_nobody() -> None:
    shift(person())
    shift(person(), hours=(15, 40))
    at_night()
    next_night = NIGHT + timedelta(days=1)

    assert escalate(next_night) == 0


def test_a_case_that_nobody_took_is_paged_afresh_on_the_next_night() -> None:
    """The pages of the night before stay unanswered: they neither stop the new one nor count as its rounds."""
    shift(person(), hours=(-6, 9))
    case = at_night()
    for minutes in range(10, 60, 10):
        escalate(NIGHT + timedelta(minutes=minutes))
    before = len(paged())
    tomorrow = NIGHT + timedelta(days=1)
    second = person("+16125550162")
    DutyShift.objects.all().delete()
    shift(second, hours=(18, 33))
    shift(person("+16125550163"), rank=2, hours=(18, 33))

    with transaction.atomic():
        record_facts(case=case, facts=factories.held_facts(taken_at=NIGHT), by=FAMILY, now=tomorrow)
    page_left_over(tomorrow)
    escalate(tomorrow + timedelta(minutes=10))

    assert len(paged()) == before + 2
    assert paged()[before] == second.pk
    assert paged()[before + 1] != second.pk


def of_the_day(day_colleague: User) -> Case:
    """A case that somebody took by day, and that becomes T0 at night."""
    case = factories.case(factories.held_facts(taken="earlier", place="kandiyohi"), now=factories.OFFICE_HOURS)
    take_over(case=case, by=day_colleague.membership.actor(), now=factories.OFFICE_HOURS)
    record_facts(case=case, facts=factories.held_facts(place="whipple"), by=FAMILY, now=NIGHT, is_whole=False)
    return case


def test_who_is_paged_takes_a_case_that_a_colleague_had_by_day_and_the_colleague_is_told() -> None:
    by_day, awake = factories.member(Role.COORDINATOR), person()
    shift(awake)
    case = of_the_day(by_day)
    assert paged() == [awake.pk]

    claim(case=case, by=awake.membership.actor(), now=NIGHT)

    assert works_on(case, awake.membership.organization_id) == awake.pk
    event = case.events.filter(kind="assigned").latest("sequence")
    assert event.detail == {"user": awake.pk, "instead_of": by_day.pk}
    assert escalate(NIGHT + NEXT_AFTER) == 0
    assert the_mails() == [([by_day.email], "A case of yours was taken over")]
    (mail,) = mailoutbox()
    assert case.reference in mail.body
    assert awake.name not in mail.body


def test_of_two_who_are_awake_one_has_it() -> None:
    by_day, awake, late = factories.member(Role.COORDINATOR), person(), person()
    shift(awake)
    case = of_the_day(by_day)
    claim(case=case, by=awake.membership.actor(), now=NIGHT)

    with pytest.raises(TakenByColleague):
        claim(case=case, by=late.membership.actor(), now=NIGHT)

    assert works_on(case, awake.membership.organization_id) == awake.pk


def test_a_try_to_call_answers_the_page() -> None:
    shift(awake := person())
    case = at_night()

    note_attempt(case=case, outcome="no_answer", by=awake.membership.actor(), now=NIGHT)

    assert escalate(NIGHT + NEXT_AFTER) == 0
    assert DutyPage.objects.get().answered_by_user_id == awake.pk


def test_a_case_pages_once_though_its_answers_change() -> None:
    shift(person())
    case = at_night()

    record_facts(case=case, facts=factories.held_facts(place="sherburne"), by=FAMILY, now=NIGHT, is_whole=False)

    assert len(paged()) == 1


def test_a_case_that_becomes_t0_by_a_later_answer_pages() -> None:
    shift(person())
    case = at_night(taken="earlier", place="kandiyohi")
    assert paged() == []

    record_facts(case=case, facts=factories.held_facts(place="whipple"), by=FAMILY, now=NIGHT, is_whole=False)

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

    send_waiting(NIGHT + AGAIN_AFTER)

    page = DutyPage.objects.get()
    assert (page.texted_at, page.rang_at) == (NIGHT + AGAIN_AFTER, NIGHT + AGAIN_AFTER)
    assert len(carrier.records) == 2


def test_what_the_carrier_took_without_saying_so_is_not_sent_twice(carrier: FakeCarrier) -> None:
    shift(person())
    at_night()
    carrier.status, carrier.takes_anyway = 500, True
    assert not send(page_id=DutyPage.objects.get().pk, now=NIGHT)
    # It does not answer questions either: nothing is sent on a guess.
    send_waiting(NIGHT + AGAIN_AFTER)
    carrier.status = 201

    send_waiting(NIGHT + 2 * AGAIN_AFTER)
    send_waiting(NIGHT + 3 * AGAIN_AFTER)

    page = DutyPage.objects.get()
    assert {page.text_id, page.ring_id} == set(carrier.records)
    assert len(carrier.records) == 2


@pytest.mark.parametrize("dies_at", ["_text", "_ring"])
@pytest.mark.parametrize("is_taken", [False, True])
def test_a_worker_that_dies_while_sending_is_followed_by_one_that_sends_the_rest(
    carrier: FakeCarrier, monkeypatch: pytest.MonkeyPatch, dies_at: str, is_taken: bool
) -> None:
    shift(person())
    at_night()
    whole = getattr(pages_out, dies_at)

    def die(*given: Any, **more: Any) -> bool:
        if is_taken:
            # The carrier took it, and nothing was noted.
            with pytest.MonkeyPatch.context() as nothing_noted:
                nothing_noted.setattr(QuerySet, "update", lambda *_given, **_more: 0)
                whole(*given, **more)
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(pages_out, dies_at, die)
        with pytest.raises(SystemExit):
            send(page_id=DutyPage.objects.get().pk, now=NIGHT)
    # Nobody takes over while the first may still be at it.
    send_waiting(NIGHT + AGAIN_AFTER / 2)
    before = len(carrier.records)
    send_waiting(NIGHT + AGAIN_AFTER)

    page = DutyPage.objects.get()
    assert page.texted_at
    assert page.rang_at
    assert before == (dies_at == "_ring") + is_taken
    assert sorted(sid[0] for sid in carrier.records) == ["C", "M"]


@pytest.mark.django_db(transaction=True)
def test_a_slow_carrier_holds_no_row(carrier: FakeCarrier) -> None:
    shift(awake := person())
    case = at_night()
    page = DutyPage.objects.get()
    taken: list[bool] = []

    def meanwhile() -> None:
        # In the carrier's own thread, and so in another connection: a row that were held would time out.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            claim(case=case, by=awake.membership.actor(), now=NIGHT)
            taken.append(DutyPage.objects.select_for_update(nowait=True).filter(pk=page.pk).exists())
        close_connections()

    carrier.meanwhile = meanwhile
    assert send(page_id=page.pk, now=NIGHT)

    assert taken == [True, True]
    assert DutyPage.objects.get().rang_at


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_one_sends(carrier: FakeCarrier) -> None:
    shift(person())
    at_night()
    page = DutyPage.objects.get()
    carrier.meanwhile = lambda: time.sleep(0.1)

    def work(_number: int) -> bool:
        try:
            return send(page_id=page.pk, now=NIGHT)
        finally:
            close_connections()

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert len(carrier.requests) == 2


def test_a_newer_page_to_the_same_person_stands_for_an_older_one_that_was_not_sent(carrier: FakeCarrier) -> None:
    shift(person())
    at_night()
    carrier.status = 500
    for number in range(3):
        send_waiting(NIGHT + number * NEXT_AFTER)
        escalate(NIGHT + (number + 1) * NEXT_AFTER)
    carrier.status = 201
    send_waiting(NIGHT + 4 * NEXT_AFTER)

    assert len(carrier.records) == 2


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
