"""Reports of the carrier in any order, repeated, early and late: each is kept once, and a state only moves on."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications import delivery, opt_out, reports
from notifications.models import CarrierReport, Contact, Message, MessageState, NumberFault, SendingStop
from notifications.reports import Taken
from tests.fake_twilio import FakeTwilio, Record, post_report
from tests.notifications.conftest import NOON, MakeContact, MakeMessage
from tests.notifications.test_delivery import Calls, state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

RANK = {"queued": 0, "sending": 1, "unknown": 1, "accepted": 2, "sent": 3}
LIFE = ["queued", "sending", "sent", "delivered"]


def rank_of(message: Message) -> int:
    return RANK.get(state_of(message)[0], 4)


@pytest.mark.parametrize("order", list(permutations(LIFE)))
def test_in_any_order_it_ends_as_delivered(
    make_message: MakeMessage, twilio: FakeTwilio, order: tuple[str, ...], calls_asked_for: Calls
) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    ranks = [rank_of(message)]

    for status in order:
        assert twilio.report(status).status_code == 204
        assert twilio.report(status).status_code == 204
        ranks.append(rank_of(message))

    assert state_of(message) == ("delivered", "")
    assert ranks == sorted(ranks)
    assert sorted(message.reports.values_list("status", flat=True)) == sorted(LIFE)
    assert calls_asked_for == []


@given(
    told=st.lists(st.sampled_from([*LIFE, "accepted", "undelivered", "failed"]), max_size=12),
    answered_after=st.integers(0, 12),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_a_state_never_goes_back_and_the_last_word_stands(
    make_contact: MakeContact, told: list[str], answered_after: int
) -> None:
    contact = Contact.objects.first() or make_contact(phone=None)
    Message.objects.all().delete()
    message = Message.objects.create(
        contact=contact,
        case_id=contact.case_id,
        template="accepted",
        trigger=contact.id,
        language="en",
        state=MessageState.SENDING,
        send_after=NOON,
        created_at=NOON,
        state_since=NOON,
        tried_at=NOON,
    )
    ranks = []

    for number, status in enumerate([*told, None]):
        if number == min(answered_after, len(told)):
            outcome = delivery.Outcome(delivery.Ending.ACCEPTED, carrier_id="SM1")
            delivery._record(message.id, outcome, NOON)
        if status is not None:
            reports.record_report(message.id, carrier_id="SM1", status=status, error_code="", now=NOON)
        ranks.append(rank_of(message))

    assert ranks == sorted(ranks)
    assert message.carrier_id == "SM1"
    assert set(message.reports.values_list("status", flat=True)) == set(told)
    final = next((status for status in told if status in ("delivered", "undelivered", "failed")), None)
    if final is not None:
        assert message.state == final


def test_a_report_that_comes_before_the_answer_stands(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = make_message()
    seen = []

    def early(record: Record) -> None:
        seen.append(post_report(record.sid, record.to, record.callback, "sent").status_code)

    # In the test's own thread and transaction: the fake's could not see the message.
    send = delivery.text_backend().send

    class Early(type(delivery.text_backend())):  # type: ignore[misc]
        def send(self, *args: Any, **kwargs: Any) -> Any:
            outcome = send(*args, **kwargs)
            early(twilio.records[twilio.sid()])
            return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "text_backend", Early)
        delivery.deliver(message.id, now=NOON)

    assert seen == [204]
    assert state_of(message) == ("sent", "")
    assert message.carrier_id == twilio.sid()


def test_a_report_a_day_late_counts(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)

    with time_machine.travel(NOON + timedelta(days=1, hours=2)):
        twilio.report("delivered")

    assert state_of(message)[0] == "delivered"


def test_a_report_said_again_long_after_is_refused(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    with time_machine.travel(NOON):
        assert twilio.report("sent").status_code == 204
    with time_machine.travel(NOON + timedelta(minutes=1)):
        assert twilio.report("sent").status_code == 204, "the carrier did not hear our answer"

    with time_machine.travel(NOON + timedelta(hours=2)):
        assert twilio.report("sent").status_code == 403

    assert CarrierReport.objects.count() == 1
    assert state_of(message)[0] == "sent"


Next = Callable[[Message], None]


@pytest.mark.parametrize(
    ("code", "waits"),
    [("30003", [1, 4, 12]), ("30008", [1 / 6, 1]), ("30001", [1 / 6, 1]), ("30036", [1 / 6, 1])],
)
def test_what_may_go_better_later_is_tried_again_and_then_somebody_calls(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls, code: str, waits: list[float]
) -> None:
    # Early on Friday, so that the day is long enough.
    message, now, waited = make_message(), NOON - timedelta(hours=2), []
    Message.objects.update(created_at=now, send_after=now)
    delivery.deliver(message.id, now=now)

    for _ in waits:
        with time_machine.travel(now, tick=False):
            twilio.report("sent")
            twilio.report("undelivered", ErrorCode=code)
        assert state_of(message)[0] == "queued"
        waited.append((message.send_after - now) / timedelta(hours=1))
        assert calls_asked_for == []
        now = message.send_after
        delivery.deliver(message.id, now=now)
        if message.send_after.hour in range(3, 14):
            # It came due in the night.
            message.refresh_from_db()
            now = message.send_after
            delivery.deliver(message.id, now=now)
        assert state_of(message) == ("accepted", "")
    with time_machine.travel(now):
        twilio.report("undelivered", ErrorCode=code)

    assert state_of(message)[0] == "undelivered"
    assert all(wait <= was <= wait * 1.25 for wait, was in zip(waits, waited, strict=True)), waited
    assert len(twilio.texts) == 1 + len(waits)
    assert [call[:2] for call in calls_asked_for] == [(message.case_id, message.id)]


def test_late_reports_of_an_earlier_try_change_nothing_but_that_it_arrived(
    make_message: MakeMessage, twilio: FakeTwilio
) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    with time_machine.travel(NOON):
        twilio.report("undelivered", number=0, ErrorCode="30008")
    delivery.deliver(message.id, now=NOON + timedelta(minutes=20))
    assert state_of(message) == ("accepted", "")

    twilio.report("sent", number=0)
    twilio.report("failed", number=0, ErrorCode="30005")
    assert state_of(message) == ("accepted", "")
    assert message.carrier_id == twilio.sid(1)
    assert not NumberFault.objects.exists()

    twilio.report("delivered", number=0)
    assert state_of(message) == ("delivered", "")
    assert CarrierReport.objects.filter(message=message).count() == 4


def test_a_try_that_waits_is_dropped_when_the_earlier_one_arrives_after_all(
    make_message: MakeMessage, twilio: FakeTwilio
) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    with time_machine.travel(NOON):
        twilio.report("undelivered", ErrorCode="30003")
        assert state_of(message) == ("queued", "out_of_reach")
        twilio.report("sent")
        assert state_of(message) == ("queued", "out_of_reach")
        twilio.report("delivered")
    assert message.send_after < NOON + timedelta(hours=2)
    delivery.deliver(message.id, now=NOON + timedelta(hours=2))

    assert state_of(message) == ("delivered", "")
    assert len(twilio.texts) == 1


@pytest.mark.parametrize(
    ("status", "code", "state", "reason", "calls", "fault", "stopped"),
    [
        ("undelivered", "30004", "undelivered", "blocked", 1, True, None),
        ("undelivered", "30005", "undelivered", "bad_number", 1, True, None),
        ("failed", "30006", "failed", "bad_number", 1, True, None),
        ("failed", "21211", "failed", "bad_number", 1, True, None),
        ("failed", "21614", "failed", "bad_number", 1, True, None),
        ("failed", "21635", "failed", "bad_number", 1, True, None),
        ("failed", "21610", "failed", "opted_out", 1, False, None),
        ("failed", "21408", "failed", "unroutable", 1, False, None),
        ("failed", "21612", "failed", "unroutable", 1, False, None),
        ("undelivered", "30007", "undelivered", "filtered", 1, False, "accepted"),
        ("undelivered", "30034", "queued", "unregistered", 0, False, ""),
        ("failed", "20003", "queued", "credentials", 0, False, ""),
        ("undelivered", "39999", "undelivered", "refused", 1, False, None),
        ("undelivered", "", "undelivered", "refused", 1, False, None),
    ],
)
def test_each_code_acts_as_it_does_when_it_comes_at_once(
    make_message: MakeMessage,
    twilio: FakeTwilio,
    calls_asked_for: Calls,
    status: str,
    code: str,
    state: str,
    reason: str,
    calls: int,
    fault: bool,
    stopped: str | None,
) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)

    told: dict[str, Any] = {"ErrorCode": code} if code else {}
    twilio.report(status, **told)
    twilio.report(status, **told)

    assert state_of(message) == (state, reason)
    assert message.error_code == code
    assert len(calls_asked_for) == calls
    assert NumberFault.objects.filter(contact=message.contact_id).exists() is fault
    opt_out.count_waiting(NOON)
    assert (Contact.objects.get().opted_out_at is not None) is (code == "21610")
    assert list(SendingStop.objects.values_list("template", flat=True)) == ([] if stopped is None else [stopped])


def test_a_report_on_a_message_that_is_not_there_leaves_nothing(make_contact: MakeContact) -> None:
    contact = make_contact(phone=None)

    taken = reports.record_report(contact.id, carrier_id="SM1", status="sent", error_code="", now=NOON)

    assert taken == Taken.REFUSED
    assert not CarrierReport.objects.exists()


@pytest.mark.parametrize(("days", "answer"), [(1, 204), (13, 204), (15, 403), (40, 403), (400, 403)])
def test_a_report_of_long_ago_is_refused_and_writes_nothing_also_where_it_was_deleted(
    make_message: MakeMessage, twilio: FakeTwilio, days: int, answer: int
) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    twilio.report("sent")
    later = NOON + timedelta(days=days)
    reports.forget_old(later)
    before = CarrierReport.objects.count()

    with time_machine.travel(later, tick=False):
        # The one that was caught, and one that was never brought to us.
        assert twilio.report("sent").status_code == 403
        assert twilio.report("delivered").status_code == answer

    assert CarrierReport.objects.count() == before + (answer == 204)
    assert state_of(message)[0] == ("delivered" if answer == 204 else "sent")


def test_reports_are_forgotten_after_thirty_days(make_message: MakeMessage) -> None:
    message = make_message()
    for days, status in [(0, "sent"), (2, "delivered")]:
        reports.record_report(
            message.id, carrier_id="SM1", status=status, error_code="", now=NOON + timedelta(days=days)
        )

    assert reports.forget_old(NOON + timedelta(days=31)) == 1
    assert [report.status for report in CarrierReport.objects.all()] == ["delivered"]
