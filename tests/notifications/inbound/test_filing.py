"""Who is handed what a family wrote, and that none of it is lost."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from notifications import Arrived, delivery, inbound, inbound_handlers, tasks
from notifications.models import InboundText, Message, ReceivedText
from privacy import indexes, worker_key
from tests.conftest import BROKER
from tests.notifications.conftest import NOON, PHONE, MakeContact, MakeMessage
from tests.notifications.inbound.family import CANARY, STRANGER, hear_us, text_us
from tests.notifications.test_delivery import StubbornBackend, state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def test_each_case_of_the_number_gets_the_text_once(findable: MakeContact, filed: list[Arrived]) -> None:
    mine = findable()
    sister = findable(case_id=mine.case_id, now=NOON + timedelta(seconds=1))
    other = findable(now=NOON + timedelta(seconds=2))

    hear_us("What is the news?", now=NOON + timedelta(seconds=3))

    # In the order in which several cases are locked, of each whoever asked first.
    assert [one.case_id for one in filed] == sorted([mine.case_id, other.case_id])
    assert {one.contact_id for one in filed} == {mine.pk, other.pk}
    assert sister.pk not in {one.contact_id for one in filed}
    assert {one.body for one in filed} == {"What is the news?"}
    assert not InboundText.objects.exists()


def test_a_request_that_the_carrier_repeats_changes_nothing(findable: MakeContact, filed: list[Arrived]) -> None:
    contact = findable()
    hear_us("alto", sid="SM1")
    hear_us("START", sid="SM2", now=NOON + timedelta(minutes=1))

    for number in (PHONE, STRANGER):
        with pytest.raises(inbound.AlreadyTaken):
            text_us("alto", sid="SM1", number=number)

    contact.refresh_from_db()
    assert contact.opted_out_at is None
    assert len(filed) == 2
    assert not InboundText.objects.exists()


def test_filing_twice_is_filing_once(findable: MakeContact, filed: list[Arrived]) -> None:
    findable()
    text_id = text_us("What is the news?")

    assert inbound.file(text_id, now=NOON)
    assert not inbound.file(text_id, now=NOON)

    assert len(filed) == 1


@pytest.mark.parametrize("body", ["STOP", "HELP", CANARY])
def test_of_an_unknown_sender_nothing_stays_but_a_count_under_a_hash(
    findable: MakeContact, filed: list[Arrived], body: str, django_capture_on_commit_callbacks: Any
) -> None:
    findable()

    with django_capture_on_commit_callbacks(execute=True):
        hear_us(body, number=STRANGER)

    assert not InboundText.objects.exists()
    assert not ReceivedText.objects.exists()
    assert not Message.objects.exists()
    assert filed == []
    counted = [key.decode() for key in BROKER.scan_iter("tests:*throttle*")]
    assert len(counted) == 2
    assert not any("555" in key for key in counted)


def test_a_number_of_the_same_index_value_is_not_taken_for_the_familys(
    findable: MakeContact, make_contact: MakeContact
) -> None:
    contact = make_contact(phone="+16125550143")
    # Twenty bits are shared by many numbers: only opening the contact tells.
    indexes.write_indexes(contact.case_id, worker_key.load().index_key, [(indexes.PHONE, PHONE)])

    hear_us("STOP")

    contact.refresh_from_db()
    assert contact.opted_out_at is None


def test_a_thread_that_cannot_be_written_keeps_no_stop_from_counting_and_is_tried_again(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
    filed: list[Arrived],
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = make_message(findable())

    def broken(arrived: Arrived, now: datetime) -> None:
        raise RuntimeError(arrived.body)

    inbound_handlers.append(broken)
    text_us("stop texting me, " + CANARY)
    assert inbound.file_waiting(NOON) == 0
    delivery.deliver(message.id, now=NOON)
    assert state_of(message) == ("cancelled", "opted_out")
    assert InboundText.objects.get().tries == 1
    assert CANARY not in caplog.text

    inbound_handlers.remove(broken)
    assert inbound.file_waiting(NOON) == 1
    assert len([one for one in filed if CANARY in one.body]) >= 1
    assert not InboundText.objects.exists()


def test_a_row_that_somebody_changed_is_said_in_the_log_and_holds_nothing_up(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = make_message(findable())
    text_us("STOP")
    InboundText.objects.update(sealed=b"planted")

    delivery.deliver(message.id, now=NOON)

    assert len(carrier.sent) == 1
    assert "does not open" in caplog.text


def test_what_the_broker_lost_the_sweep_files(findable: MakeContact, filed: list[Arrived]) -> None:
    findable()
    text_us("What is the news?")

    with time_machine.travel(NOON, tick=False):
        tasks.file_all_inbound()

    assert len(filed) == 1
