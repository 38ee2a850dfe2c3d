"""E-mail as the second channel: to whom, by the same rules as a text, and nothing of it in any trace."""

import logging
import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from notifications import delivery, inbound, undelivered_handlers
from notifications.actions import forget_contacts, queue_texts, withdraw_contact_consent
from notifications.mail import give_up_on_lost, mail_instead, words_of
from notifications.models import Channel, Contact, Message, MessageState, NumberFault
from notifications.selectors import recipients_of
from notifications.texts import faults, render
from privacy import indexes, vault, worker_key
from privacy.models import DocumentKind
from tests.notifications.conftest import LATE, NOON, PHONE, MakeContact, MakeMessage
from tests.notifications.test_delivery import Calls, state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

ADDRESS = "madre.inventada@example.org"


@pytest.fixture
def mailed(make_contact: MakeContact) -> MakeContact:
    """A contact who wants no texts and gave an address."""

    def make(*, phone: str | None = PHONE, address: str = ADDRESS, **changes: Any) -> Contact:
        contact = make_contact(phone=None, **{"may_text": False, "may_email": True} | changes)
        vault.seal(
            case_id=contact.case_id,
            kind=DocumentKind.CONTACT,
            payload={"phone": phone, "email": address},
            readers=[vault.WORKER],
            subject=contact.id,
            now=NOON,
        )
        indexes.write_indexes(contact.case_id, worker_key.load().index_key, [(indexes.PHONE, phone or "")])
        return contact

    return make


def sent() -> list[tuple[list[str], str]]:
    return [(one.to, str(one.body)) for one in mail.outbox]


def test_who_wants_no_texts_and_gave_an_address_gets_the_same_words_by_mail(
    mailed: MakeContact, make_message: MakeMessage
) -> None:
    message = make_message(mailed(language="es"))

    delivery.deliver(message.id, now=NOON)

    assert message.channel == Channel.EMAIL
    assert state_of(message) == ("accepted", "")
    [(to, body)] = sent()
    assert to == [ADDRESS]
    assert body.startswith(render("accepted", "es"))
    assert mail.outbox[0].subject == "Novedades de su solicitud"
    assert mail.outbox[0].extra_headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("terms", "channels"),
    [
        ({"may_text": True, "may_email": True}, [Channel.TEXT]),
        ({"may_text": True, "may_email": False}, [Channel.TEXT]),
        ({"may_text": False, "may_email": True}, [Channel.EMAIL]),
        ({"may_text": False, "may_email": False}, []),
        ({"may_text": False, "may_email": True, "phone_is_shared": True}, []),
    ],
)
def test_each_news_goes_by_one_channel(mailed: MakeContact, terms: dict[str, Any], channels: list[str]) -> None:
    contact = mailed(**terms)

    queue_texts(case_id=contact.case_id, template="accepted", trigger=contact.id, is_urgent=False, now=NOON)

    assert list(Message.objects.values_list("channel", flat=True)) == channels


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_a_mail_is_as_neutral_as_a_text(language: str) -> None:
    subject, body = words_of(render("accepted", language), language)

    # A mail has no segments to count.
    assert [fault for fault in faults(f"{subject}. {body}") if "texts long" not in fault] == []
    assert settings.HELPLINE in body


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"opted_out_at": NOON}, "opted_out"),
        ({"may_email": False}, "no_consent"),
        ({"phone_is_shared": True}, "phone_is_shared"),
    ],
)
def test_what_changed_since_counts_at_sending(
    mailed: MakeContact, make_message: MakeMessage, change: dict[str, Any], reason: str
) -> None:
    message = make_message(mailed())
    Contact.objects.update(**change)

    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("cancelled", reason)
    assert sent() == []


def test_a_stop_by_text_stops_mails_too(mailed: MakeContact, make_message: MakeMessage) -> None:
    message = make_message(mailed())

    inbound.receive(carrier_id="SM1", number=PHONE, body="STOP", now=NOON)
    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("cancelled", "opted_out")
    assert sent() == []


def test_nothing_is_mailed_at_night_or_when_it_is_old(
    mailed: MakeContact, make_message: MakeMessage, calls_asked_for: Calls
) -> None:
    late, old = make_message(mailed(), now=LATE), make_message(mailed())

    delivery.deliver(late.id, now=LATE)
    delivery.deliver(old.id, now=NOON + timedelta(hours=24, seconds=1))

    assert state_of(late) == ("queued", "quiet_hours")
    assert state_of(old) == ("expired", "too_old")
    assert sent() == []


def test_a_text_that_reached_nobody_goes_by_mail_once_and_somebody_still_calls(
    mailed: MakeContact, make_message: MakeMessage, calls_asked_for: Calls
) -> None:
    undelivered_handlers.append(mail_instead)
    contact = mailed(may_text=True)
    NumberFault.objects.create(contact=contact, error_code="30006", since=NOON)

    for _ in range(2):
        queue_texts(case_id=contact.case_id, template="accepted", trigger=contact.id, is_urgent=False, now=NOON)
    for message in Message.objects.filter(state=MessageState.QUEUED):
        delivery.deliver(message.id, now=NOON)

    assert sorted(Message.objects.values_list("channel", "state")) == [("email", "accepted"), ("text", "failed")]
    assert len(sent()) == 1
    assert len(calls_asked_for) == 1


def test_a_mail_that_reached_nobody_is_not_mailed_again(
    mailed: MakeContact, make_message: MakeMessage, calls_asked_for: Calls
) -> None:
    undelivered_handlers.append(mail_instead)
    message = make_message(mailed(address=""))

    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("failed", "no_number")
    assert Message.objects.count() == 1
    assert len(calls_asked_for) == 1


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (ConnectionRefusedError(), "queued", "carrier_busy"),
        (smtplib.SMTPConnectError(421, b"later"), "queued", "carrier_busy"),
        (smtplib.SMTPAuthenticationError(535, b"no"), "queued", "carrier_busy"),
        (smtplib.SMTPRecipientsRefused({ADDRESS: (450, b"later")}), "queued", "carrier_busy"),
        (smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"nobody")}), "failed", "refused"),
        (smtplib.SMTPDataError(451, b"later"), "queued", "carrier_busy"),
        (smtplib.SMTPDataError(554, b"spam"), "failed", "refused"),
        # The answer was lost: it may be on its way.
        (smtplib.SMTPServerDisconnected(ADDRESS), "failed", "refused"),
        (TimeoutError(ADDRESS), "failed", "refused"),
    ],
)
def test_each_answer_of_the_mail_server_has_its_consequence(
    mailed: MakeContact,
    make_message: MakeMessage,
    calls_asked_for: Calls,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    state: str,
    reason: str,
) -> None:
    message = make_message(mailed())

    def refuse(self: Any, messages: Any) -> int:
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    with caplog.at_level(logging.DEBUG):
        delivery.deliver(message.id, now=NOON)

    assert state_of(message) == (state, reason)
    assert len(calls_asked_for) == (1 if state == "failed" else 0)
    assert ADDRESS not in caplog.text
    assert "Help line" not in caplog.text


def test_a_mail_delivered_twice_is_sent_once(mailed: MakeContact, make_message: MakeMessage) -> None:
    message = make_message(mailed())

    for _ in range(3):
        delivery.deliver(message.id, now=NOON)

    assert len(sent()) == 1


def test_a_mail_whose_worker_died_is_a_call_to_make(
    mailed: MakeContact, make_message: MakeMessage, calls_asked_for: Calls
) -> None:
    message = make_message(mailed())
    Message.objects.update(state=MessageState.SENDING, state_since=NOON)

    delivery.give_up_on_lost_workers(NOON + timedelta(minutes=6))
    assert give_up_on_lost(NOON + timedelta(minutes=6)) == 0
    assert give_up_on_lost(NOON + timedelta(minutes=8)) == 1

    assert state_of(message) == ("failed", "worker_lost")
    assert len(calls_asked_for) == 1


def test_who_takes_the_consent_back_or_is_forgotten_is_mailed_no_more(mailed: MakeContact) -> None:
    one, other = mailed(), mailed()

    assert withdraw_contact_consent(case_id=one.case_id, texts=True, calls=False, now=NOON)
    forget_contacts(case_id=other.case_id, reason="new_file", now=NOON)

    assert not Contact.objects.filter(may_email=True).exists()


def test_the_preview_says_who_is_written_to_by_mail(mailed: MakeContact) -> None:
    contact = mailed()

    assert [one.why_not for one in recipients_of(contact.case_id, is_urgent=False, now=NOON)] == ["by_email"]


def test_the_row_has_neither_address_nor_words(mailed: MakeContact, make_message: MakeMessage) -> None:
    message = make_message(mailed())
    delivery.deliver(message.id, now=NOON)
    message.refresh_from_db()

    kept = repr(vars(message)) + repr(vars(Contact.objects.get()))
    assert ADDRESS not in kept
    assert "Help line" not in kept
