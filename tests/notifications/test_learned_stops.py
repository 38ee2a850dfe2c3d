"""The carrier says that somebody stopped our texts (21610): a STOP of the number, as old as the try it is about."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db.models import F

from notifications import delivery, inbound, opt_out, reports
from notifications.models import Contact, InboundText, Message, MessageState, ReceivedText
from notifications.reports import Taken
from privacy import indexes, worker_key
from privacy.models import SealedDocument
from tests.fake_twilio import FakeTwilio
from tests.notifications.conftest import NOON, PHONE, MakeContact, MakeMessage
from tests.notifications.test_delivery import state_of
from tests.notifications.test_stop_races import SlowCarrier, apart, carrier  # noqa: F401

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

MINUTE = timedelta(minutes=1)


def findable(contact: Contact, phone: str = PHONE) -> Contact:
    indexes.write_indexes(contact.case_id, worker_key.load().index_key, [(indexes.PHONE, phone)])
    return contact


def refused(message: Message, twilio: FakeTwilio, *, minutes: int) -> None:
    """Twilio took it at noon, and says so many minutes later that it may not send it."""
    delivery.deliver(message.id, now=NOON)
    now = NOON + minutes * MINUTE
    taken = reports.record_report(message.id, carrier_id=twilio.sid(), status="failed", error_code="21610", now=now)
    assert taken == Taken.MOVED


def started(*, minutes: int) -> None:
    now = NOON + minutes * MINUTE
    inbound.file(inbound.receive(carrier_id=f"SM{uuid4().hex}", number=PHONE, body="START", now=now), now=now)


def stopped() -> set[UUID]:
    return set(Contact.objects.exclude(opted_out_at=None).values_list("pk", flat=True))


@pytest.mark.parametrize("at_once", [True, False])
def test_it_stops_the_texts_of_all_cases_of_the_number_at_once(
    make_contact: MakeContact, make_message: MakeMessage, twilio: FakeTwilio, at_once: bool
) -> None:
    mine, same_number = findable(make_contact()), findable(make_contact())
    other = findable(make_contact(phone="+16125550143"), "+16125550143")
    told, waiting, others = make_message(mine), make_message(same_number), make_message(other)

    if at_once:
        twilio.answer = (400, 21610)
        delivery.deliver(told.id, now=NOON)
        twilio.answer = (201, None)
    else:
        refused(told, twilio, minutes=1)
    # No task that counts has run: the look before the next text does.
    for message in (waiting, others):
        delivery.deliver(message.id, now=NOON + MINUTE)

    assert state_of(told) == ("failed", "opted_out")
    assert state_of(waiting) == ("cancelled", "opted_out")
    assert state_of(others) == ("accepted", "")
    assert stopped() == {mine.pk, same_number.pk}
    assert len(twilio.texts) == 2


def test_it_is_no_text_of_theirs_and_nobody_is_answered(
    make_contact: MakeContact, make_message: MakeMessage, twilio: FakeTwilio
) -> None:
    findable(make_contact())
    refused(make_message(Contact.objects.get()), twilio, minutes=1)

    assert inbound.file_waiting(NOON + MINUTE) == 1

    assert not InboundText.objects.exists()
    assert not ReceivedText.objects.exists()
    assert Message.objects.count() == 1


def test_one_whose_number_opens_no_more_is_stopped_alone(
    make_contact: MakeContact, make_message: MakeMessage, twilio: FakeTwilio
) -> None:
    mine, same_number = findable(make_contact()), findable(make_contact())
    message = make_message(mine)
    refused(message, twilio, minutes=1)
    SealedDocument.objects.filter(subject=mine.pk).delete()

    assert opt_out.count_waiting(NOON + MINUTE) == 1

    assert stopped() == {mine.pk}
    assert same_number.pk not in stopped()


@pytest.mark.parametrize("filed", [True, False])
def test_a_start_that_came_after_the_try_stands_however_late_the_carrier_says_no(
    make_contact: MakeContact, make_message: MakeMessage, twilio: FakeTwilio, filed: bool
) -> None:
    mine, same_number = findable(make_contact()), findable(make_contact())
    message = make_message(mine)
    delivery.deliver(message.id, now=NOON)
    if filed:
        started(minutes=5)
    else:
        inbound.receive(carrier_id="SM9", number=PHONE, body="START", now=NOON + 5 * MINUTE)
    reports.record_report(
        message.id, carrier_id=twilio.sid(), status="failed", error_code="21610", now=NOON + 60 * MINUTE
    )

    opt_out.count_waiting(NOON + 61 * MINUTE)

    assert stopped() == set()
    again = make_message(same_number, now=NOON + 62 * MINUTE)
    delivery.deliver(again.id, now=NOON + 62 * MINUTE)
    assert state_of(again) == ("accepted", "")


def test_a_start_from_before_the_try_does_not_stand(
    make_contact: MakeContact, make_message: MakeMessage, twilio: FakeTwilio
) -> None:
    mine = findable(make_contact())
    started(minutes=-5)
    refused(make_message(mine), twilio, minutes=1)

    opt_out.count_waiting(NOON + MINUTE)

    assert stopped() == {mine.pk}


@pytest.mark.parametrize("first", ["STOP", "START"])
def test_of_stop_and_start_the_newer_one_counts_in_whatever_order_they_are_committed(
    make_contact: MakeContact, first: str
) -> None:
    mine = findable(make_contact())
    inbound.receive(carrier_id="SM1", number=PHONE, body="STOP", now=NOON)
    opt_out.count_waiting(NOON)
    moments = {"STOP": NOON + 2 * MINUTE, "START": NOON + MINUTE}

    for word in sorted(moments, reverse=first == "STOP"):
        inbound.receive(carrier_id=f"SM{word}", number=PHONE, body=word, now=moments[word])
        opt_out.count_waiting(NOON + 3 * MINUTE)

    assert stopped() == {mine.pk}


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_the_carriers_report_waits_for_no_text_that_is_on_its_way(
    make_contact: MakeContact,
    make_message: MakeMessage,
    carrier: SlowCarrier,  # noqa: F811
) -> None:
    contact = findable(make_contact())
    told, under_way = make_message(contact), make_message(contact)
    Message.objects.filter(pk=told.pk).update(state=MessageState.ACCEPTED, carrier_id="SM1", tried_at=F("created_at"))

    def report() -> Taken:
        return reports.record_report(told.id, carrier_id="SM1", status="failed", error_code="21610", now=NOON)

    with ThreadPoolExecutor(2) as pool:
        sending = pool.submit(apart(lambda: delivery.deliver(under_way.id, now=NOON)))
        assert carrier.has_text.wait(10)
        taken = pool.submit(apart(report)).result(timeout=5)
        carrier.may_answer.set()
        sending.result(timeout=10)

    assert taken == Taken.MOVED
    opt_out.count_waiting(NOON)
    assert stopped() == {contact.pk}
