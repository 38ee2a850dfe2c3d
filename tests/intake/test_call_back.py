"""The call-back desk: order and clocks, one caller a case, a script without a number, tries, and the form after it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Actor, Role
from intake.actions import submit_draft
from intake.call_back import waiting_calls
from intake.tasks import index_lookups, merge_all_corrections
from notifications.models import Contact
from privacy.models import DocumentKind, ReturnCode
from referrals.actions import lose_contact
from referrals.actions.call_attempts import TakenByColleague, claim, note_attempt
from referrals.actions.paging import escalate, wake_if_closed
from referrals.models import CallOutcome, Case, CaseEvent, DutyPhone, State, TaskKind
from referrals.policies import WrongState
from tests import factories
from tests.fake_carrier import FakeCarrier
from tests.intake.calling import Call, section_with
from tests.intake.family import Family, text
from tests.intake.test_corrections import correct
from tests.intake.test_sending import a_draft
from tests.intake.two_requests import join, sent, told, two
from tests.intake.voice import conftest as voice
from tests.intake.voice.phone import CALLER, up_to
from tests.services.threads import close_connections

pytestmark = pytest.mark.django_db

_carrier, _codes = voice._carrier, voice._codes

DESK = "/staff/calls/"
DAY = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)


@pytest.fixture
def coordinator() -> User:
    user = factories.member(Role.COORDINATOR)
    DutyPhone.objects.create(user=user, phone="+16125550161")
    return user


@pytest.fixture
def client(coordinator: User) -> Client:
    return factories.client_of(coordinator)


def by_phone() -> Case:
    """A call that was cut after the first answers."""
    up_to("soon").hang_up()
    return Case.objects.latest("opened_at")


def filed(**changes: dict[str, Any]) -> Case:
    """A whole request with a code word, of which a text was lost."""
    from referrals.actions.callbacks import ask_to_call_family

    case = submit_draft(draft=a_draft(**changes))
    ask_to_call_family(case_id=case.pk, now=timezone.now())
    return case


def opened(client: Client, case: Case) -> str:
    return text(client.post(f"{DESK}{case.reference}/"))  # type: ignore[arg-type]


def ring(client: Client, case: Case) -> HttpResponse:
    contact = Contact.objects.get(case_id=case.pk)
    return client.post(f"{DESK}{case.reference}/call/{contact.pk}/")  # type: ignore[return-value]


def test_the_most_urgent_tier_comes_first_and_in_it_the_earliest_clock(client: Client) -> None:
    with time_machine.travel(DAY, tick=False):
        calm = factories.case(factories.free_facts(), is_complete=False)
        later = factories.case(now=DAY, is_complete=False)
        first = factories.case(now=DAY - timedelta(minutes=20), is_complete=False)
        page = text(client.get(DESK))  # type: ignore[arg-type]

    shown = re.findall(r'class="reference" href="/staff/calls/([A-Z0-9-]+)/"', page)
    assert shown == [first.reference, later.reference, calm.reference]
    assert "in 10 min" in page
    assert "in 30 min" in page


def test_the_desk_asks_the_database_as_much_for_many_calls_as_for_one(
    client: Client, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    factories.case(is_complete=False)
    client.get(DESK)
    with CaptureQueriesContext(connection) as one:
        client.get(DESK)
    for _number in range(5):
        note_attempt(case=factories.case(is_complete=False), outcome="no_answer", by=factories.actor(Role.COORDINATOR))

    with CaptureQueriesContext(connection) as six:
        client.get(DESK)
    assert len(six) == len(one)


@pytest.mark.parametrize(
    "role", [Role.PROVIDER_STAFF, Role.PROVIDER_LEAD, Role.FINANCE, Role.APPROVER, Role.FUNDER, Role.AUDITOR]
)
def test_only_the_hotline_calls_back(role: Role) -> None:
    case = factories.case(is_complete=False)
    contact = factories.contact(case)
    client = factories.client_of(factories.member(role))

    assert client.get(DESK).status_code == 403
    for path in ("", "take/", "tried/", f"call/{contact.pk}/"):
        assert client.post(f"{DESK}{case.reference}/{path}", {"outcome": "reached"}).status_code == 403
    assert client.post(f"{DESK}my-phone/", {"phone": "612-555-0100"}).status_code == 403
    assert not CaseEvent.objects.filter(case=case, kind__in=["assigned", "family_reached"]).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_call_at_once_one_has_it() -> None:
    case = factories.case(is_complete=False)
    actors = [factories.actor(Role.COORDINATOR) for _ in range(2)]
    together = Barrier(2)

    def take(by: Actor) -> str:
        try:
            together.wait(timeout=10)
            claim(case=case, by=by)
        except TakenByColleague:
            return "taken"
        finally:
            close_connections()
        return "mine"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, actors)) == ["mine", "taken"]
    assert CaseEvent.objects.filter(case=case, kind="assigned").count() == 1


def test_a_call_that_a_colleague_took_stays_theirs(client: Client) -> None:
    case = factories.case(is_complete=False)
    claim(case=case, by=factories.actor(Role.COORDINATOR))

    page = text(client.post(f"{DESK}{case.reference}/take/", follow=True))  # type: ignore[arg-type]

    assert "A colleague works on" in page


def test_the_desk_shows_that_nobody_comes_and_offers_a_colleagues_case_while_people_are_woken(client: Client) -> None:
    case = factories.case(now=DAY, is_complete=False)
    claim(case=case, by=factories.actor(Role.COORDINATOR), now=DAY)
    assert "Take" not in text(client.get(DESK))  # type: ignore[arg-type]
    with transaction.atomic():
        wake_if_closed(Case.objects.select_for_update().get(pk=case.pk), NIGHT)
    DutyPhone.objects.all().delete()
    escalate(NIGHT + timedelta(minutes=10))

    page = text(client.get(DESK))  # type: ignore[arg-type]
    assert "Nobody on call" in page
    assert f"Take {case.reference}" in re.sub(r"<[^>]*>", "", page)
    assert waiting_calls(factories.actor(Role.COORDINATOR)) == 1
    client.post(f"{DESK}{case.reference}/take/")

    page = text(client.get(DESK))  # type: ignore[arg-type]
    assert "<strong>You</strong>" in page
    assert "Nobody on call" not in page
    assert waiting_calls(factories.actor(Role.COORDINATOR)) == 0


def test_the_script_has_the_name_and_the_code_word_and_no_number(client: Client) -> None:
    case = filed()

    page = opened(client, case)

    assert "Madre Inventada" in page
    assert "Jacaranda" in page
    assert "No message" in page
    assert "0123" not in re.sub(r'(value|action|href)="[^"]*"', "", page)
    event = CaseEvent.objects.filter(case=case, kind="opened_document").get()
    assert event.detail == {"document": "contact", "reason": "call_family"}


def test_who_was_not_asked_who_else_sees_the_phone_is_not_said_to_be_safe(client: Client) -> None:
    page = opened(client, by_phone())

    assert "They were not asked" in page
    assert "Nobody who must not know" not in page
    assert "No message" in page


def test_nothing_of_the_contact_is_shown_before_it_is_opened(client: Client) -> None:
    case = filed()

    page = text(client.get(f"{DESK}{case.reference}/"))  # type: ignore[arg-type]

    assert "Jacaranda" not in page
    assert not CaseEvent.objects.filter(case=case, kind="opened_document").exists()


def test_a_shared_phone_gets_no_message_whatever_else_was_said(client: Client) -> None:
    case = filed(contact={"shared": "must_not_know"})

    page = opened(client, case)

    assert "Someone who must not know" in page
    assert "No message" in page


def test_one_click_rings_the_coordinator_and_then_the_family_and_shows_neither_number(
    client: Client, carrier: FakeCarrier
) -> None:
    case = filed()

    page = text(ring(client, case))

    (asked,) = carrier.asked("Calls")
    assert asked["To"] == "+16125550161"
    assert asked["From"] == "+16125550100"
    assert "<Number>+16125550123</Number>" in asked["Twiml"]
    assert 'callerId="+16125550100"' in asked["Twiml"]
    assert "Url" not in asked
    assert "StatusCallback" not in asked
    assert "6125550123" not in page
    assert "Your phone rings now" in page


@pytest.mark.parametrize(
    ("changes", "at", "why"),
    [
        ({"reach": {"may_call": "no"}}, DAY, "asked us not to call"),
        ({"reach": {"hours": "day"}}, NIGHT, "by day only"),
    ],
)
def test_nobody_is_called_against_their_word(
    client: Client, carrier: FakeCarrier, changes: dict[str, dict[str, str]], at: datetime, why: str
) -> None:
    case = filed(**changes)

    with time_machine.travel(at):
        fresh = factories.client_of(User.objects.get(duty_phone__isnull=False))
        page = text(ring(fresh, case))

    assert why in page
    assert carrier.requests == []


def test_of_two_people_each_ones_new_number_is_rung_before_the_worker_has_come_to_it(
    client: Client, carrier: FakeCarrier
) -> None:
    older, newer, _mothers, aunts = two()
    join(older, newer, factories.actor(Role.COORDINATOR))
    mother, aunt = Contact.objects.filter(case_id=older.pk).order_by("created_at")
    family = Family()
    family.post("status/", {"code": aunts})
    correct(family, "contact", caller_name="", phone="612-555-0177", shared="nobody", code_word="")

    for contact in (mother, aunt):
        client.post(f"{DESK}{older.reference}/call/{contact.pk}/")

    dialed = [re.findall(r"<Number>(.*)</Number>", asked["Twiml"])[0] for asked in carrier.asked("Calls")]
    assert dialed == ["+16125550123", "+16125550177"]


def test_an_old_correction_does_not_come_back_over_a_later_number(client: Client, carrier: FakeCarrier) -> None:
    case, code = sent()
    family = Family()
    family.post("status/", {"code": code})
    correct(family, "contact", caller_name="", phone="612-555-0177", shared="nobody", code_word="")
    merge_all_corrections()
    correct(family, "contact", caller_name="", phone="612-555-0178", shared="nobody", code_word="")
    merge_all_corrections()

    ring(client, case)

    assert "<Number>+16125550178</Number>" in carrier.asked("Calls")[0]["Twiml"]


@pytest.mark.parametrize(
    ("zone", "at", "may_ring"),
    [
        # 07:30 and 21:30 in Minneapolis.
        ("America/New_York", datetime(2026, 11, 17, 13, 30, tzinfo=UTC), True),
        ("America/Los_Angeles", datetime(2026, 11, 18, 3, 30, tzinfo=UTC), True),
        ("America/Chicago", datetime(2026, 11, 17, 13, 30, tzinfo=UTC), False),
        ("America/Los_Angeles", datetime(2026, 11, 17, 15, 30, tzinfo=UTC), False),
    ],
)
def test_by_day_is_by_the_familys_own_clock(
    client: Client, carrier: FakeCarrier, zone: str, at: datetime, may_ring: bool
) -> None:
    case = filed(reach={"hours": "day"})
    Contact.objects.filter(case_id=case.pk).update(time_zone=zone)

    with time_machine.travel(at):
        page = text(ring(factories.client_of(User.objects.get(duty_phone__isnull=False)), case))

    assert bool(carrier.asked("Calls")) == may_ring
    assert ("by day only" in page) != may_ring
    assert at.astimezone(ZoneInfo(zone)).strftime("%H:%M") in page


def test_an_urgent_call_at_any_hour_is_due_in_thirty_minutes_first_and_unread(client: Client) -> None:
    calm = up_to("taken", caller="+16125550148").press("3").press("6")
    calm.hang_up()
    early = up_to("place", caller="+16125550149")
    early.hang_up()
    late = up_to("end")
    late.hang_up()

    page = text(client.get(DESK))  # type: ignore[arg-type]

    shown = re.findall(r'class="reference" href="/staff/calls/([A-Z0-9-]+)/"', page)
    by_time = list(Case.objects.order_by("opened_at"))
    assert shown == [by_time[1].reference, by_time[2].reference, by_time[0].reference]
    assert [case.urgency for case in by_time] == [3, 0, 0]
    for case in by_time[1:]:
        assert case.tasks.get(kind=TaskKind.CALL_BACK).due_at == case.opened_at + timedelta(minutes=30)
    assert page.count(">New<") == 3
    client.get(f"/staff/cases/{by_time[2].reference}/")
    assert text(client.get(DESK)).count(">New<") == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("typed", ["612-555-0188 ext. 4", "612-555-0188 x4", "612-555-0188#4", "612-555"])
def test_a_phone_that_cannot_ring_a_coordinator_is_not_saved(client: Client, typed: str) -> None:
    page = client.post(f"{DESK}my-phone/", {"phone": typed}).content.decode()

    assert "without an extension" in page
    assert DutyPhone.objects.get().phone == "+16125550161"


def test_without_a_phone_of_their_own_a_coordinator_rings_nobody(carrier: FakeCarrier) -> None:
    case = filed()
    client = factories.client_of(factories.member(Role.COORDINATOR))

    assert "Write down your own phone first" in text(ring(client, case))
    assert carrier.requests == []
    client.post(f"{DESK}my-phone/", {"phone": "nonsense"})
    assert not DutyPhone.objects.exists()
    client.post(f"{DESK}my-phone/", {"phone": "612-555-0162"})
    ring(client, case)
    assert carrier.asked("Calls")[0]["To"] == "+16125550162"


def test_who_gave_no_safe_number_is_not_called(client: Client, carrier: FakeCarrier) -> None:
    up_to("consent").press("2").press("1").press("1").hang_up()
    case = Case.objects.get()

    assert "No number is kept" in text(ring(client, case))
    assert carrier.requests == []


def test_a_carrier_that_refuses_is_said_and_no_try_is_written(client: Client, carrier: FakeCarrier) -> None:
    carrier.status = 500

    assert "did not take the call" in text(ring(client, filed()))


def test_a_try_without_an_answer_starts_the_clock_of_the_next() -> None:
    case = factories.case(now=DAY, is_complete=False)
    later = DAY + timedelta(minutes=25)

    note_attempt(case=case, outcome="no_answer", by=factories.actor(Role.COORDINATOR), now=later)

    assert case.tasks.get(kind=TaskKind.CALL_BACK).due_at == later + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("days", "is_enough"),
    [([0, 1], False), ([0, 0, 0], False), ([0, 0, 1], False), ([0, 1, 2], True), ([0, 1, 1, 2], True)],
)
def test_contact_is_lost_after_three_tries_on_three_days(days: list[int], is_enough: bool) -> None:
    case, by = factories.case(now=DAY, is_complete=False), factories.actor(Role.COORDINATOR)
    for day in days:
        note_attempt(case=case, outcome="no_answer", by=by, now=DAY + timedelta(days=day))

    if is_enough:
        assert lose_contact(case=case, by=by, now=DAY + timedelta(days=3)).state == State.LOST_CONTACT
    else:
        with pytest.raises(WrongState):
            lose_contact(case=case, by=by, now=DAY + timedelta(days=3))
        assert Case.objects.get(pk=case.pk).is_open


def test_the_tries_begin_again_once_they_were_reached() -> None:
    case, by = factories.case(now=DAY, is_complete=False), factories.actor(Role.COORDINATOR)
    for day, outcome in enumerate(("no_answer", "no_answer", "reached", "no_answer")):
        note_attempt(case=case, outcome=outcome, by=by, now=DAY + timedelta(days=day))

    with pytest.raises(WrongState):
        lose_contact(case=case, by=by, now=DAY + timedelta(days=4))


def test_every_outcome_is_a_sentence_on_the_timeline(client: Client) -> None:
    case = factories.case(is_complete=False)
    for outcome in CallOutcome.values:
        client.post(f"{DESK}{case.reference}/tried/", {"outcome": outcome})

    page = text(client.get(f"/staff/cases/{case.reference}/"))  # type: ignore[arg-type]
    assert "Tried to call the family. Nobody answered." in page
    assert "The family was reached by phone." in page


def test_a_try_without_its_outcome_shows_the_page_again(client: Client) -> None:
    case = factories.case(is_complete=False)

    page = text(client.post(f"{DESK}{case.reference}/tried/", {}))  # type: ignore[arg-type]

    assert "Say what happened" in page
    assert not case.call_attempts.exists()


def reached(client: Client, coordinator: User, case: Case) -> Call:
    """Reached: the form of this case, begun in Spanish as the family speaks it."""
    answer = client.post(f"{DESK}{case.reference}/tried/", {"outcome": "reached"})
    call = Call(case.language, user=coordinator, client=client)
    begun = client.post(answer["Location"], {"version": _notice(), "agreed": "on"})
    call.path = begun["Location"].rsplit("/", 2)[0] + "/"
    return call


def _notice() -> str:
    from intake.actions import NOTICE_VERSION

    return NOTICE_VERSION


def test_reached_the_whole_form_goes_into_the_case_that_is_there(client: Client, coordinator: User) -> None:
    factories.room("AHR", "detained_full")
    case = by_phone()
    codes = list(ReturnCode.objects.values_list("lookup_id", flat=True))
    call = reached(client, coordinator, case)
    call.answer_all(phone="612-555-0166")

    call.submit()
    page = text(client.get(f"{call.path}sent/", follow=True))  # type: ignore[arg-type]

    assert Case.objects.count() == 1
    case.refresh_from_db()
    assert case.state != State.NEEDS_INFO
    assert not case.tasks.filter(kind=TaskKind.CALL_BACK, done_at=None).exists()
    assert told(case, DocumentKind.NAMES)[-1]["names"] == "Testigo Ficticio Ñandú"
    contacts = told(case, DocumentKind.CONTACT)
    assert [one["phone"] for one in contacts] == ["612-555-0166"] or contacts[-1]["phone"].endswith("0166")
    assert Contact.objects.filter(case_id=case.pk).count() == 1
    assert list(ReturnCode.objects.values_list("lookup_id", flat=True)) == codes
    assert "The family keeps the code it has" in page


def test_what_was_said_by_keys_and_not_yet_put_together_does_not_come_back_later(
    client: Client, coordinator: User
) -> None:
    phone = up_to("taken")
    phone.works = False
    phone.press("2").press("4").hang_up()
    case = Case.objects.get()
    call = reached(client, coordinator, case)
    call.answer_all()
    call.submit()

    merge_all_corrections()
    index_lookups()

    facts = [one for one in told(case, DocumentKind.FACTS) if "wish" in one][-1]
    assert (facts["taken"], facts["place"]) == ("just_now", "whipple")


def test_a_call_back_that_is_cut_adds_what_was_said_and_the_case_waits_on(client: Client, coordinator: User) -> None:
    case = by_phone()
    call = reached(client, coordinator, case)
    call.send(section_with("papers"), papers=["nta"], flight="yes")

    client.post(f"{call.path}cut/")
    merge_all_corrections()

    case.refresh_from_db()
    facts = [one for one in told(case, DocumentKind.FACTS) if "wish" in one][-1]
    assert (facts["place"], facts["papers"]) == ("whipple", ["nta"])
    assert case.state == State.NEEDS_INFO
    assert case.tasks.filter(kind=TaskKind.CALL_BACK, done_at=None).exists()
    assert CALLER in {one.get("phone") for one in told(case, DocumentKind.CONTACT)}


def test_a_case_that_is_over_is_not_filled(client: Client) -> None:
    from referrals.actions import withdraw

    case = factories.case(is_complete=False)
    withdraw(case=case, by=factories.actor(Role.COORDINATOR))

    assert client.get(f"/staff/cases/new/?case={case.reference}").status_code == 404
