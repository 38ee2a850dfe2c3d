"""A number that texts do not reach is not tried again and again: somebody calls, until the family gives another."""

from datetime import timedelta
from uuid import uuid4

import pytest

from notifications import delivery
from notifications.actions import change_contact, queue_texts
from notifications.models import Message, NumberFault
from notifications.selectors import recipients_of
from privacy import vault
from privacy.models import DocumentKind
from tests.fake_twilio import FakeTwilio
from tests.notifications.conftest import NOON, PHONE, MakeContact, MakeMessage
from tests.notifications.test_delivery import Calls, state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def queue(case_id: object, now: object = NOON) -> list[Message]:
    return queue_texts(case_id=case_id, template="opened", trigger=uuid4(), is_urgent=False, now=now)  # type: ignore[arg-type]


def test_later_news_becomes_a_call_each_time(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls
) -> None:
    message = make_message()
    twilio.answer = (400, 21614)
    delivery.deliver(message.id, now=NOON)

    assert queue(message.case_id) == []

    news = Message.objects.get(template="opened")
    assert state_of(news) == ("failed", "bad_number")
    assert [call[1] for call in calls_asked_for] == [message.id, news.id]
    assert len(twilio.texts) == 1
    [person] = recipients_of(message.case_id, is_urgent=False, now=NOON)
    assert (person.arrives_at, person.why_not) == (None, "bad_number")


def test_what_was_queued_before_becomes_a_call_too(
    make_contact: MakeContact, make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls
) -> None:
    contact = make_contact()
    first, second = make_message(contact), make_message(contact)
    twilio.answer = (400, 21211)

    for message in (first, second):
        delivery.deliver(message.id, now=NOON)

    assert state_of(first) == state_of(second) == ("failed", "bad_number")
    assert len(twilio.texts) == 1
    assert len(calls_asked_for) == 2


def test_a_correction_by_the_family_lets_texts_go_again(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = make_message()
    twilio.answer = (400, 21211)
    delivery.deliver(message.id, now=NOON)
    twilio.answer = (201, None)

    change_contact(contact_id=message.contact_id, case_id=message.case_id, now=NOON)
    [news] = queue(message.case_id)
    delivery.deliver(news.id, now=NOON)

    assert not NumberFault.objects.exists()
    assert state_of(news) == ("accepted", "")


def test_others_of_the_case_are_texted_as_before(make_contact: MakeContact, calls_asked_for: Calls) -> None:
    case_id = uuid4()
    mother, brother = make_contact(case_id=case_id), make_contact(case_id=case_id)
    NumberFault.objects.create(contact=mother, error_code="30005", since=NOON)

    queued = queue(case_id, NOON + timedelta(hours=1))

    assert [message.contact_id for message in queued] == [brother.id]
    assert len(calls_asked_for) == 1


def test_queueing_adds_two_queries_to_what_causes_it(
    make_contact: MakeContact, django_assert_num_queries: object
) -> None:
    case_id = uuid4()
    for _ in range(3):
        make_contact(case_id=case_id)

    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len(queue(case_id)) == 3


@pytest.mark.parametrize(("says", "ends", "calls"), [("yes", "failed", 1), ("no", "cancelled", 0)])
def test_nobody_is_called_in_place_of_a_reminder_that_they_did_not_ask_for(
    make_contact: MakeContact, twilio: FakeTwilio, calls_asked_for: Calls, says: str, ends: str, calls: int
) -> None:
    contact = make_contact(phone=None)
    vault.seal(
        case_id=contact.case_id,
        kind=DocumentKind.CONTACT,
        payload={"phone": PHONE, "may_remind": says},
        readers=[vault.WORKER],
        subject=contact.pk,
        now=NOON,
    )
    NumberFault.objects.create(contact=contact, error_code="21614", since=NOON)

    [message] = queue_texts(
        case_id=contact.case_id,
        template="reminder",
        trigger=uuid4(),
        is_urgent=False,
        now=NOON,
        about_at=NOON + timedelta(days=3),
    )
    delivery.deliver(message.id, now=NOON)

    assert state_of(message)[0] == ends
    assert len(calls_asked_for) == calls
    assert twilio.texts == []
