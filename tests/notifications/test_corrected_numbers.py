"""A family that corrects its number is texted there from that moment, whether or not the worker has merged it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from notifications import corrections_of, delivery, reaching, settling
from notifications.models import Contact, Message, MessageState
from privacy import vault
from privacy.models import DocumentKind, SealedDocument, WrappedKey
from tests.fake_twilio import FakeTwilio, Record
from tests.notifications.conftest import NOON, PHONE, MakeContact, MakeMessage
from tests.notifications.test_delivery import state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

NEW = "+16125550166"


@pytest.fixture
def sent_anew() -> Iterator[dict[UUID, list[UUID]]]:
    """What each contact sent anew, oldest first, as the package above knows it."""
    of_contact: dict[UUID, list[UUID]] = {}
    registered = corrections_of[:]
    corrections_of[:] = [lambda contact_id: of_contact.get(contact_id, [])]
    yield of_contact
    corrections_of[:] = registered


def correct(contact: Contact, sent_anew: dict[UUID, list[UUID]], **told: str) -> UUID:
    subject = uuid4()
    vault.seal(
        case_id=contact.case_id,
        kind=DocumentKind.CONTACT,
        payload=dict(told),
        readers=[vault.WORKER],
        subject=subject,
        now=NOON,
    )
    sent_anew.setdefault(contact.pk, []).append(subject)
    return subject


def test_a_text_goes_to_the_newest_number(
    make_contact: MakeContact, make_message: MakeMessage, twilio: FakeTwilio, sent_anew: dict[UUID, list[UUID]]
) -> None:
    mine = make_contact()
    relative = make_contact(case_id=mine.case_id, phone="+16125550155")
    before = make_message(mine)
    correct(mine, sent_anew, phone="+16125550177")
    correct(mine, sent_anew, phone=NEW)
    correct(mine, sent_anew, email="nobody@example.org")

    delivery.deliver(before.id, now=NOON)

    assert [text["To"] for text in twilio.texts] == [NEW]
    assert reaching.address_of(mine) == "nobody@example.org"
    assert reaching.phone_of(relative) == "+16125550155", "what one of them corrects is not the other's"


def test_a_new_number_that_does_not_open_is_not_the_old_one(
    make_contact: MakeContact, make_message: MakeMessage, twilio: FakeTwilio, sent_anew: dict[UUID, list[UUID]]
) -> None:
    message = make_message(make_contact())
    subject = correct(message.contact, sent_anew, phone=NEW)
    WrappedKey.objects.filter(document_id=SealedDocument.objects.get(subject=subject).pk).delete()

    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("failed", "no_number")
    assert twilio.texts == []


def test_of_who_corrected_nothing_nobody_asks_what_waits(
    make_contact: MakeContact, sent_anew: dict[UUID, list[UUID]]
) -> None:
    contact, asked_about = make_contact(), []

    def named(contact_id: UUID) -> list[UUID]:
        asked_about.append(contact_id)
        return []

    corrections_of[:] = [named]

    assert reaching.phone_of(contact) == PHONE
    assert asked_about == []

    make_contact(case_id=contact.case_id, phone="+16125550155")
    assert reaching.phone_of(contact) == PHONE
    assert asked_about == [contact.pk]


@pytest.mark.parametrize("is_merged", [True, False])
def test_a_lost_text_is_looked_for_under_the_number_it_went_to(
    make_contact: MakeContact,
    make_message: MakeMessage,
    twilio: FakeTwilio,
    sent_anew: dict[UUID, list[UUID]],
    is_merged: bool,
) -> None:
    message = make_message(make_contact())
    twilio.hang_up = True
    delivery.deliver(message.id, now=NOON)
    assert state_of(message) == ("unknown", "answer_lost")
    if is_merged:
        vault.seal(
            case_id=message.case_id,
            kind=DocumentKind.CONTACT,
            payload={"phone": NEW},
            readers=[vault.WORKER],
            subject=message.contact_id,
            now=NOON,
        )
    else:
        correct(message.contact, sent_anew, phone=NEW)

    settling.settle_unknown(NOON + timedelta(minutes=1))

    assert state_of(message)[0] == MessageState.ACCEPTED
    [record] = twilio.records.values()
    assert isinstance(record, Record)
    assert record.to == PHONE
    assert Message.objects.get().carrier_id == record.sid
