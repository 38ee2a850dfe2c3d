"""No text leaves after STOP was committed, even where its sending is already under way."""

import threading
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from notifications import delivery, opt_out
from notifications.actions import queue_texts, withdraw_contact_consent
from notifications.backends import Ending, Outcome
from notifications.backends.handset import HandsetBackend
from notifications.models import Contact, Message
from notifications.opt_out import last_look
from tests.fake_twilio import FakeTwilio
from tests.notifications.conftest import NOON, MakeContact, MakeMessage
from tests.notifications.test_delivery import state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)


# At its weakest moments a sending waits for a STOP: where the lock holds that back, until this is over.
PATIENCE_SECONDS = 0.1
# Without the lock the STOP ends the wait, as soon as the machine lets it.
PATIENCE_WITHOUT_THE_LOCK_SECONDS = 10.0


class Overtakable(HandsetBackend):
    """A sending during which a STOP comes, either after the last look or while the carrier takes the text."""

    def __init__(self, patience_seconds: float) -> None:
        self.patience_seconds = patience_seconds
        self.stop_comes_at = ""
        self.moment_has_come, self.stop_is_committed = threading.Event(), threading.Event()
        self.late = 0

    def begin(self, stop_comes_at: str) -> None:
        self.stop_comes_at = stop_comes_at
        self.moment_has_come.clear()
        self.stop_is_committed.clear()

    def _pass(self, moment: str) -> None:
        if moment == self.stop_comes_at:
            self.moment_has_come.set()
            self.stop_is_committed.wait(self.patience_seconds)

    def last_look(self, message: Message, *, now: datetime) -> str:
        found = last_look(message, now=now)
        self._pass("look")
        return found

    def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
        self._pass("send")
        self.late += self.stop_is_committed.is_set()
        return Outcome(Ending.ACCEPTED, carrier_id=f"SM{message.id.hex}")


def overtaken(backend: Overtakable, rounds: int, make_contact: MakeContact, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many of so many texts left after the STOP to them was committed, both at once in threads of their own."""
    monkeypatch.setattr(delivery, "text_backend", lambda: backend)
    monkeypatch.setattr("notifications.actions.announce", lambda ids: None)
    monkeypatch.setattr(opt_out, "last_look", backend.last_look)
    for number in range(rounds):
        backend.begin("send" if number % 2 else "look")
        contact = make_contact()
        [message] = queue_texts(
            case_id=contact.case_id, template="accepted", trigger=uuid4(), is_urgent=False, now=NOON
        )

        def send(message: Message = message) -> None:
            delivery.deliver(message.id, now=NOON)
            connections.close_all()

        def stop(contact: Contact = contact) -> None:
            assert backend.moment_has_come.wait(10)
            Contact.objects.filter(id=contact.id).update(opted_out_at=NOON)
            backend.stop_is_committed.set()
            connections.close_all()

        threads = [threading.Thread(target=send), threading.Thread(target=stop)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        contact.refresh_from_db()
        assert contact.opted_out_at == NOON
    return backend.late


def test_a_text_never_leaves_after_the_commit_of_a_stop(
    make_contact: MakeContact, monkeypatch: pytest.MonkeyPatch, scale: Mapping[str, int]
) -> None:
    backend = Overtakable(PATIENCE_SECONDS)

    assert overtaken(backend, 2 * scale["race_rounds"], make_contact, monkeypatch) == 0
    assert Message.objects.filter(state="accepted").count() == 2 * scale["race_rounds"]


def test_without_the_lock_each_does(make_contact: MakeContact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery.Message.objects.none().__class__, "select_for_update", lambda self, **how: self)
    monkeypatch.setattr(delivery, "_together", nullcontext)
    monkeypatch.setattr(delivery, "_in_my_hands", lambda message_id: nullcontext(Message.objects.get(id=message_id)))
    backend = Overtakable(PATIENCE_WITHOUT_THE_LOCK_SECONDS)

    assert overtaken(backend, 4, make_contact, monkeypatch) == 4


@pytest.mark.parametrize("way", ["opted_out", "no_consent", "check"])
def test_a_text_that_is_already_queued_or_waits_for_another_try_does_not_leave(
    make_message: MakeMessage, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    fresh, tried = make_message(), make_message()
    twilio.answer = (429, 20429)
    delivery.deliver(tried.id, now=NOON)
    twilio.answer = (201, None)
    tried.refresh_from_db()
    for message in (fresh, tried):
        if way == "opted_out":
            Contact.objects.filter(id=message.contact_id).update(opted_out_at=NOON)
        elif way == "no_consent":
            withdraw_contact_consent(case_id=message.case_id, texts=True, calls=False, now=NOON)
        else:
            monkeypatch.setattr(delivery, "last_checks", [lambda contact_id, phone: "refused_by_text"])

    delivery.deliver(fresh.id, now=NOON)
    delivery.deliver(tried.id, now=tried.send_after)

    reason = "refused_by_text" if way == "check" else way
    assert state_of(fresh) == state_of(tried) == ("cancelled", reason)
    assert len(twilio.texts) == 1


def test_an_early_report_is_not_kept_waiting_by_the_send_it_is_about(
    make_message: MakeMessage, twilio: FakeTwilio
) -> None:
    """The carrier reports before it answers: were the report to wait for the send, both would until the time-out."""
    from tests.fake_twilio import Record, post_report

    message, took = make_message(), []

    def report(record: Record) -> None:
        begun = time.monotonic()
        for status, code in (("sent", {}), ("undelivered", {"ErrorCode": "30005"})):
            assert post_report(record.sid, record.to, record.callback, status, **code).status_code == 204
        took.append(time.monotonic() - begun)
        connections.close_all()

    twilio.before_answering = report
    delivery.deliver(message.id, now=NOON)

    assert took
    assert took[0] < 3
    assert state_of(message) == ("undelivered", "bad_number")


def test_a_person_can_be_told_something_new_while_a_text_to_them_is_under_way(
    make_contact: MakeContact, make_message: MakeMessage, twilio: FakeTwilio, monkeypatch: Any
) -> None:
    contact = make_contact()
    message, took = make_message(contact), []

    def more(record: Any) -> None:
        begun = time.monotonic()
        queue_texts(case_id=contact.case_id, template="opened", trigger=uuid4(), is_urgent=False, now=NOON)
        took.append(time.monotonic() - begun)
        connections.close_all()

    monkeypatch.setattr("notifications.actions.announce", lambda ids: None)
    twilio.before_answering = more
    delivery.deliver(message.id, now=NOON)

    assert took
    assert took[0] < 3
    assert Message.objects.count() == 2
