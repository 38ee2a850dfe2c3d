"""From queued to its end: sent once, at the right hour, to whom it still may be sent."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import DatabaseError

from notifications import broker, delivery, opt_out, tasks
from notifications.backends import Ending, Outcome
from notifications.backends.handset import HandsetBackend, ShownText
from notifications.models import HandsetText, Message, MessageState
from notifications.selectors import heartbeat_age, oldest_undelivered, texts_of_case
from privacy import vault
from privacy.models import DocumentKind, SealedDocument
from referrals.business_time import CHICAGO
from tests.notifications.conftest import LATE, NOON, PHONE, MakeContact, MakeMessage

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

Calls = list[tuple[UUID, UUID, datetime]]


class StubbornBackend(HandsetBackend):
    """Ends every attempt as the test says."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.sent: list[tuple[str, str]] = []

    def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
        self.sent.append((phone, body))
        return self.outcome


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> StubbornBackend:
    stub = StubbornBackend(Outcome(Ending.ACCEPTED, carrier_id="SM1"))
    monkeypatch.setattr(delivery, "text_backend", lambda: stub)
    return stub


def state_of(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def test_the_handset_shows_the_text_in_the_familys_language(make_contact: MakeContact, make_message: Any) -> None:
    message = make_message(make_contact(language="es"))

    delivery.deliver(message.id, now=NOON)

    text = HandsetText.objects.get(message=message)
    shown = ShownText.opened(text)
    assert state_of(message) == ("delivered", "")
    assert shown.phone == PHONE
    assert shown.body.startswith("Línea de ayuda:")
    assert PHONE.encode() not in bytes(text.sealed)


def test_a_message_delivered_twice_is_sent_once(make_message: MakeMessage, backend: StubbornBackend) -> None:
    message = make_message()

    for _ in range(3):
        delivery.deliver(message.id, now=NOON)

    assert len(backend.sent) == 1
    assert state_of(message) == ("accepted", "")
    assert message.carrier_id == "SM1"


def test_a_message_in_another_workers_hands_is_left_there(make_message: MakeMessage, backend: StubbornBackend) -> None:
    message = make_message()
    Message.objects.update(state=MessageState.SENDING)

    delivery.deliver(message.id, now=NOON)

    assert backend.sent == []


def test_a_message_that_is_gone_is_nobodys_error(backend: StubbornBackend) -> None:
    delivery.deliver(uuid4(), now=NOON)

    assert backend.sent == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"opted_out_at": NOON}, "opted_out"),
        ({"may_text": False}, "no_consent"),
        ({"phone_is_shared": True}, "phone_is_shared"),
    ],
)
def test_what_changed_since_counts_at_sending(
    make_message: MakeMessage, backend: StubbornBackend, change: dict[str, Any], reason: str
) -> None:
    message = make_message()
    for name, value in change.items():
        setattr(message.contact, name, value)
    message.contact.save()

    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("cancelled", reason)
    assert backend.sent == []


def test_a_cancelled_message_is_not_sent(make_message: MakeMessage, backend: StubbornBackend) -> None:
    message = make_message()
    Message.objects.update(state=MessageState.CANCELLED)

    delivery.deliver(message.id, now=NOON)

    assert backend.sent == []


@pytest.mark.parametrize(
    ("any_hour", "is_urgent", "sent"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_at_night_only_an_urgent_text_to_who_asked_for_it_is_sent(
    make_contact: MakeContact,
    make_message: MakeMessage,
    backend: StubbornBackend,
    any_hour: bool,
    is_urgent: bool,
    sent: bool,
) -> None:
    message = make_message(make_contact(any_hour=any_hour), is_urgent=is_urgent, now=LATE)

    delivery.deliver(message.id, now=LATE)

    assert bool(backend.sent) is sent
    if not sent:
        assert state_of(message) == ("queued", "quiet_hours")
        assert message.send_after == datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
        assert message.attempts == 0
        delivery.deliver(message.id, now=LATE + timedelta(minutes=1))
        assert state_of(message) == ("queued", "quiet_hours")
        delivery.deliver(message.id, now=message.send_after)
        assert state_of(message) == ("accepted", "")


def test_a_text_of_yesterday_expires_and_somebody_calls(
    make_message: MakeMessage, backend: StubbornBackend, calls_asked_for: Calls
) -> None:
    message, now = make_message(), NOON + timedelta(hours=24, seconds=1)

    delivery.deliver(message.id, now=now)

    assert state_of(message) == ("expired", "too_old")
    assert backend.sent == []
    assert calls_asked_for == [(message.case_id, message.id, now)]


def test_a_lost_answer_is_not_sent_again_by_itself(
    make_message: MakeMessage, backend: StubbornBackend, calls_asked_for: Calls
) -> None:
    message = make_message()
    backend.outcome = Outcome(Ending.LOST)

    delivery.deliver(message.id, now=NOON)
    for hours in range(1, 30):
        delivery.deliver(message.id, now=NOON + timedelta(hours=hours))

    assert state_of(message) == ("unknown", "answer_lost")
    assert len(backend.sent) == 1
    assert calls_asked_for == [], "the carrier is asked first (test_settling.py)"


def test_a_busy_carrier_is_asked_six_times_later_and_later_then_somebody_calls(
    make_message: MakeMessage, backend: StubbornBackend, calls_asked_for: Calls
) -> None:
    message, now, waits = make_message(), NOON, []
    backend.outcome = Outcome(Ending.BUSY, error_code="20429")

    while len(backend.sent) < 6:
        delivery.deliver(message.id, now=now)
        if state_of(message) == ("queued", "carrier_busy"):
            waits.append(message.send_after - now)
            now = message.send_after

    assert state_of(message) == ("failed", "carrier_busy")
    assert (message.attempts, message.error_code) == (6, "20429")
    assert waits == sorted(waits)
    assert waits[0] >= timedelta(seconds=30)
    assert sum(waits, timedelta()) < timedelta(hours=1)
    assert len(calls_asked_for) == 1


def test_who_opted_out_with_the_carrier_is_opted_out_here(
    make_message: MakeMessage, backend: StubbornBackend, calls_asked_for: Calls
) -> None:
    message = make_message()
    backend.outcome = Outcome(Ending.OPTED_OUT, error_code="21610")

    delivery.deliver(message.id, now=NOON)

    assert opt_out.count_waiting(NOON) == 1
    message.contact.refresh_from_db()
    assert message.contact.opted_out_at == NOON
    assert state_of(message) == ("failed", "opted_out")
    assert len(calls_asked_for) == 1


@pytest.mark.parametrize("phone", [None, ""])
def test_without_a_number_somebody_finds_out(
    make_contact: MakeContact, make_message: MakeMessage, calls_asked_for: Calls, phone: str | None
) -> None:
    message = make_message(make_contact(phone=phone))

    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("failed", "no_number")
    assert len(calls_asked_for) == 1


def test_a_sealed_number_that_was_tampered_with_is_not_guessed(
    make_message: MakeMessage, backend: StubbornBackend, calls_asked_for: Calls
) -> None:
    message = make_message()
    SealedDocument.objects.update(sealed=b"\0" * 300)

    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("failed", "no_number")
    assert backend.sent == []


def test_the_newest_number_of_this_contact_is_used(
    make_contact: MakeContact, make_message: MakeMessage, backend: StubbornBackend
) -> None:
    case_id = uuid4()
    contact, _other = make_contact(case_id=case_id), make_contact(case_id=case_id, phone="+16125550199")
    vault.seal(
        case_id=case_id,
        kind=DocumentKind.CONTACT,
        payload={"phone": "+16125550143"},
        readers=[vault.WORKER],
        subject=contact.id,
        now=NOON,
    )

    delivery.deliver(make_message(contact).id, now=NOON)

    assert [phone for phone, _ in backend.sent] == ["+16125550143"]


def test_with_the_keys_away_nothing_has_left_and_it_is_tried_again(
    make_message: MakeMessage,
    backend: StubbornBackend,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = make_message()

    def away(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError(PHONE)

    with monkeypatch.context() as patch:
        patch.setattr(vault, "open_document", away)
        delivery.deliver(message.id, now=NOON)
    assert state_of(message) == ("queued", "not_ready")

    delivery.deliver(message.id, now=message.send_after)
    assert state_of(message) == ("accepted", "")
    assert PHONE not in caplog.text


def test_a_misspelt_backend_is_said_in_the_log_and_loses_no_text(
    make_message: MakeMessage, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TEXT_BACKEND = "pigeon"
    message = make_message()

    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("queued", "not_ready")
    assert "ImproperlyConfigured" in caplog.text


def test_a_message_whose_worker_died_may_have_been_sent(make_message: MakeMessage, calls_asked_for: Calls) -> None:
    message = make_message()
    Message.objects.update(state=MessageState.SENDING, state_since=NOON)

    assert delivery.give_up_on_lost_workers(NOON + timedelta(minutes=5)) == 0
    assert delivery.give_up_on_lost_workers(NOON + timedelta(minutes=5, seconds=1)) == 1

    assert state_of(message) == ("unknown", "worker_lost")
    assert calls_asked_for == []


def test_an_answer_after_the_worker_was_given_up_settles_it(
    make_message: MakeMessage, monkeypatch: pytest.MonkeyPatch, calls_asked_for: Calls
) -> None:
    message = make_message()

    class SlowBackend(HandsetBackend):
        def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
            delivery.give_up_on_lost_workers(NOON + timedelta(minutes=6))
            return Outcome(Ending.ACCEPTED, carrier_id="SM7")

    monkeypatch.setattr(delivery, "text_backend", SlowBackend)
    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("accepted", "")
    assert message.carrier_id == "SM7"


def test_if_the_one_who_must_call_cannot_be_told_the_message_is_not_settled(
    make_message: MakeMessage, backend: StubbornBackend, calls_asked_for: Calls
) -> None:
    from notifications import undelivered_handlers

    message = make_message()
    backend.outcome = Outcome(Ending.BAD_NUMBER)

    def broken(*told: Any) -> None:
        raise RuntimeError

    undelivered_handlers.append(broken)
    with pytest.raises(RuntimeError):
        delivery.deliver(message.id, now=NOON)
    assert state_of(message) == ("sending", "")

    undelivered_handlers.remove(broken)
    delivery.give_up_on_lost_workers(NOON + timedelta(minutes=6))
    assert state_of(message) == ("unknown", "worker_lost")


def test_the_sweep_hands_out_what_is_due_urgent_first(
    make_message: MakeMessage, monkeypatch: pytest.MonkeyPatch, calls_asked_for: Calls
) -> None:
    calm, urgent, later, lost = make_message(), make_message(is_urgent=True), make_message(), make_message()
    Message.objects.filter(id=later.id).update(send_after=NOON + timedelta(hours=1))
    Message.objects.filter(id=lost.id).update(state=MessageState.SENDING, state_since=NOON - timedelta(hours=1))
    handed_out: list[str] = []
    monkeypatch.setattr(broker.current_app, "send_task", lambda name, args, **options: handed_out.extend(args))

    with time_machine.travel(NOON, tick=False):
        tasks.sweep()

    assert handed_out == [str(urgent.id), str(calm.id)]
    assert state_of(lost) == ("unknown", "worker_lost")


def test_the_task_sends_by_id(make_message: MakeMessage, backend: StubbornBackend) -> None:
    message = make_message()

    with time_machine.travel(NOON, tick=False):
        tasks.deliver(str(message.id))

    assert len(backend.sent) == 1


def test_the_heartbeat_is_one_row_that_moves() -> None:
    assert heartbeat_age(NOON) is None

    with time_machine.travel(NOON, tick=False):
        tasks.beat()
        tasks.beat()

    assert heartbeat_age(NOON + timedelta(seconds=40)) == timedelta(seconds=40)


def test_the_oldest_undelivered_text_counts_from_when_it_could_have_gone(make_message: MakeMessage) -> None:
    assert oldest_undelivered(NOON) is None
    message = make_message(now=LATE)
    delivery.deliver(message.id, now=LATE)
    message.refresh_from_db()
    morning = message.send_after

    assert oldest_undelivered(LATE + timedelta(hours=5)) is None
    assert oldest_undelivered(morning + timedelta(minutes=3)) == timedelta(minutes=3)


def test_a_text_that_is_tried_again_and_again_grows_old(make_message: MakeMessage, backend: StubbornBackend) -> None:
    backend.outcome = Outcome(Ending.BUSY)
    delivery.deliver(make_message().id, now=NOON)

    assert oldest_undelivered(NOON + timedelta(seconds=20)) == timedelta(seconds=20)


def test_the_texts_of_a_case_are_one_query(make_message: MakeMessage, django_assert_num_queries: Any) -> None:
    message = make_message()
    make_message()

    with django_assert_num_queries(1):
        texts = texts_of_case(message.case_id)
        assert [(text.id, text.contact.language) for text in texts] == [(message.id, "en")]


def test_a_text_tried_in_the_evening_that_now_waits_for_the_morning_is_not_late(
    make_message: MakeMessage, backend: StubbornBackend
) -> None:
    evening = datetime(2026, 11, 17, 20, 59, 30, tzinfo=CHICAGO)
    backend.outcome = Outcome(Ending.BUSY)
    message = make_message(now=evening)
    delivery.deliver(message.id, now=evening)
    message.refresh_from_db()
    delivery.deliver(message.id, now=message.send_after)

    assert oldest_undelivered(evening + timedelta(hours=4)) is None
