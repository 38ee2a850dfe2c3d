"""The carrier's copies of what was sent are deleted there; nothing stays for a day."""

from datetime import timedelta

import pytest
from django.core import mail

from accounts.roles import Role
from notifications import delivery, removal, settling, stops, tasks
from notifications.models import Message, OperatorPage
from tests import factories
from tests.fake_twilio import FakeTwilio
from tests.notifications.conftest import NOON, PHONE, MakeMessage
from tests.notifications.test_delivery import state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def delivered(make_message: MakeMessage, twilio: FakeTwilio, status: str = "delivered") -> Message:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    twilio.report(status)
    Message.objects.filter(id=message.id).update(state_since=NOON)
    return message


@pytest.mark.parametrize("status", ["delivered", "undelivered", "failed"])
def test_what_came_to_its_end_is_deleted_at_the_carrier_once(
    make_message: MakeMessage, twilio: FakeTwilio, status: str
) -> None:
    message = delivered(make_message, twilio, status)

    assert removal.remove_ended(NOON + 9 * MINUTE) == 0
    assert removal.remove_ended(NOON + 10 * MINUTE) == 1
    assert removal.remove_ended(NOON + 11 * MINUTE) == 0

    assert twilio.records == {}
    assert twilio.deleted == [twilio.sid()]
    message.refresh_from_db()
    assert message.removed_at == NOON + 10 * MINUTE


def test_every_try_of_a_message_is_deleted(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    twilio.report("undelivered", number=0, ErrorCode="30008")
    Message.objects.update(send_after=NOON)
    delivery.deliver(message.id, now=NOON)
    twilio.report("delivered", number=1)
    Message.objects.update(state_since=NOON)

    assert removal.remove_ended(NOON + HOUR) == 1

    assert sorted(twilio.deleted) == [twilio.sid(0), twilio.sid(1)]


def test_what_the_carrier_still_works_on_is_left_for_the_next_time(
    make_message: MakeMessage, twilio: FakeTwilio
) -> None:
    message = delivered(make_message, twilio)
    twilio.records[twilio.sid()].status = "sending"

    assert removal.remove_ended(NOON + HOUR) == 0
    twilio.records[twilio.sid()].status = "delivered"
    assert removal.remove_ended(NOON + 2 * HOUR) == 1

    assert message.case_id
    assert twilio.records == {}


def test_what_is_gone_already_counts_as_removed(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    delivered(make_message, twilio)
    twilio.records.clear()

    assert removal.remove_ended(NOON + HOUR) == 1


def test_a_carrier_that_is_away_is_asked_again(make_message: MakeMessage, twilio: FakeTwilio, settings: object) -> None:
    delivered(make_message, twilio)
    url, settings.TWILIO_API_BASE_URL = twilio.url, "http://127.0.0.1:9"  # type: ignore[attr-defined]

    assert removal.remove_ended(NOON + HOUR) == 0
    assert removal.sweep_carrier(NOON + 24 * HOUR) == 0
    settings.TWILIO_API_BASE_URL = url  # type: ignore[attr-defined]
    assert removal.remove_ended(NOON + HOUR) == 1


@pytest.mark.parametrize("answer", [(500, None), (400, 20001), (403, 20003), (502, None), (409, 20009)])
def test_one_record_that_cannot_be_deleted_keeps_no_other_there(
    make_message: MakeMessage, twilio: FakeTwilio, caplog: pytest.LogCaptureFixture, answer: tuple[int, int | None]
) -> None:
    for number in range(3):
        delivered(make_message, twilio)
        Message.objects.filter(carrier_id=twilio.sid()).update(state_since=NOON + number * MINUTE)
    twilio.delete_answers = {twilio.sid(0): answer}

    assert removal.remove_ended(NOON + HOUR) == 2
    assert set(twilio.records) == {twilio.sid(0)}
    for number in range(3):
        twilio.take({"To": PHONE, "Body": f"what a family wrote, {number}"}, "")
        twilio.records[twilio.sid()].status = "received"
    assert removal.sweep_carrier(NOON + 18 * HOUR) == 3
    assert set(twilio.records) == {twilio.sid(0)}
    assert PHONE not in caplog.text
    twilio.delete_answers = {}
    assert removal.remove_ended(NOON + 19 * HOUR) == 1
    assert twilio.records == {}


@pytest.mark.parametrize("status", [401, 429, 503])
def test_who_is_refused_altogether_does_not_go_on_asking(
    make_message: MakeMessage, twilio: FakeTwilio, status: int
) -> None:
    for _ in range(3):
        delivered(make_message, twilio)
    twilio.delete_answers = dict.fromkeys(twilio.records, (status, None))

    assert removal.remove_ended(NOON + HOUR) == 0
    assert removal.sweep_carrier(NOON + 18 * HOUR) == 0

    assert len(twilio.records) == 3
    assert len(twilio.not_deleted) == 2, "each asked once"


def kept_for_ever(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    delivered(make_message, twilio)
    twilio.delete_answers = {twilio.sid(): (403, 20003)}


def sweep_at(*hours: int) -> None:
    for hour in hours:
        removal.remove_ended(NOON + hour * HOUR)
        removal.sweep_carrier(NOON + hour * HOUR)
        tasks.mail_waiting_pages()


def test_the_operator_hears_of_a_text_that_the_carrier_keeps_for_a_day(
    make_message: MakeMessage, twilio: FakeTwilio
) -> None:
    factories.member(Role.OPERATOR)
    kept_for_ever(make_message, twilio)

    sweep_at(6, 12, 18)
    assert mail.outbox == [], "it is not a day old, and the next sweep may do"
    sweep_at(24, 30, 36, 42)

    (told,) = mail.outbox
    assert told.subject == "The carrier keeps old records"
    assert "texts" in told.body
    assert PHONE[2:] not in told.body
    sweep_at(54)
    assert len(mail.outbox) == 2, "it still is so a day later"


def test_one_sweep_that_leaves_something_tells_nobody(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    kept_for_ever(make_message, twilio)

    sweep_at(12, 18)
    twilio.delete_answers = {}
    sweep_at(24, 30, 36)

    assert twilio.records == {}
    assert not OperatorPage.objects.exists()


def test_the_operator_hears_of_a_carrier_that_answers_no_sweep(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    delivered(make_message, twilio)
    sweep_at(0)
    twilio.list_answer = (503, None)
    twilio.delete_answers = {twilio.sid(): (503, None)}

    sweep_at(6)
    assert not OperatorPage.objects.exists()
    sweep_at(12, 18, 24)

    assert [page.error_code for page in OperatorPage.objects.all()] == [stops.TEXTS_KEPT]


def test_the_sweep_finds_what_no_row_of_ours_names(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    for number in range(450):
        twilio.take({"To": PHONE, "Body": f"what a family wrote, {number}"}, "")
    for record in twilio.records.values():
        record.status = "received"
    young = twilio.records[twilio.sid(0)]
    young.created = NOON + 10 * HOUR
    stuck = twilio.records[twilio.sid(1)]
    stuck.status = "sending"

    assert removal.sweep_carrier(NOON + 18 * HOUR) == 448

    assert set(twilio.records) == {young.sid, stuck.sid}
    assert removal.sweep_carrier(NOON + 18 * HOUR) == 0


def test_a_page_of_records_that_cannot_be_deleted_keeps_no_other_there(
    make_message: MakeMessage, twilio: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(450):
        twilio.take({"To": PHONE, "Body": f"what a family wrote, {number}"}, "")
    for record in twilio.records.values():
        record.status = "received"
    kept = {twilio.sid(number) for number in range(100, 320)}
    twilio.delete_answers = dict.fromkeys(kept, (403, 20003))

    assert removal.sweep_carrier(NOON + 18 * HOUR) == 230

    assert set(twilio.records) == kept
    assert sorted(twilio.not_deleted) == sorted(kept), "each was asked for once"
    assert len([line for line in caplog.messages if "was not deleted" in line]) == len(kept)


def test_nothing_is_there_for_a_day_whenever_it_was_sent() -> None:
    """The clock sweeps every six hours."""
    assert removal.SWEPT_AFTER + 6 * HOUR < 24 * HOUR


def test_what_was_swept_can_still_be_settled_before(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    """An unknown text is asked about for half an hour; the sweep leaves its record alone for much longer."""
    assert settling.ASKED_FOR_AT_MOST + HOUR < removal.SWEPT_AFTER
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    assert removal.remove_ended(NOON + HOUR) == 0, "it is not at its end"
    assert state_of(message)[0] == "accepted"
