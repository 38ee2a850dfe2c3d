"""STOP against workers that are sending at the same moment, with commits and locks as they are."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from notifications import delivery, inbound, opt_out
from notifications.backends import Ending, Outcome
from notifications.models import Contact, InboundText, Message, TakenText
from privacy import indexes, worker_key
from tests.notifications.conftest import NOON, PHONE, MakeContact, MakeMessage

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)


class SlowCarrier:
    """Says when a text has reached it, and holds the answer back until it is told to give it."""

    sender, texts_per_second = "", 0.0

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.has_text, self.may_answer = threading.Event(), threading.Event()

    def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
        self.sent.append(body)
        self.has_text.set()
        self.may_answer.wait(10)
        return Outcome(Ending.ACCEPTED, carrier_id=f"SM{uuid4().hex}")


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> SlowCarrier:
    slow = SlowCarrier()
    monkeypatch.setattr(delivery, "text_backend", lambda: slow)
    monkeypatch.setattr(delivery.turns, "take_turn", lambda *args, **kwargs: True)
    return slow


def findable(contact: Contact) -> Contact:
    indexes.write_indexes(contact.case_id, worker_key.load().index_key, [(indexes.PHONE, PHONE)])
    return contact


def apart(work: Callable[[], Any]) -> Callable[[], Any]:
    """The same, with connections of its own."""

    def run() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    return run


def stop_us() -> None:
    inbound.receive(carrier_id=f"SM{uuid4().hex}", number=PHONE, body="STOP", now=NOON)


def test_a_stop_that_comes_while_a_text_is_on_the_wire_waits_for_nobody_and_stops_the_next(
    make_contact: MakeContact, make_message: MakeMessage, carrier: SlowCarrier
) -> None:
    contact = findable(make_contact())
    first, second = make_message(contact), make_message(contact)

    with ThreadPoolExecutor(3) as pool:
        sending = pool.submit(apart(lambda: delivery.deliver(first.id, now=NOON)))
        assert carrier.has_text.wait(10)
        # The carrier's webhook is answered at once, whatever is being sent.
        pool.submit(apart(stop_us)).result(timeout=5)
        next_one = pool.submit(apart(lambda: delivery.deliver(second.id, now=NOON)))
        counting = pool.submit(apart(lambda: opt_out.count_waiting(NOON)))
        carrier.may_answer.set()
        for work in (sending, next_one, counting):
            work.result(timeout=20)

    assert len(carrier.sent) == 1
    assert list(Message.objects.order_by("created_at", "state").values_list("state", flat=True)) in (
        ["accepted", "cancelled"],
        ["cancelled", "accepted"],
    )
    assert Contact.objects.get().opted_out_at == NOON


@pytest.mark.parametrize("round_", range(5))
def test_workers_that_send_and_count_at_once_send_nothing_past_a_stop_and_do_not_lock_each_other_out(
    make_contact: MakeContact, make_message: MakeMessage, carrier: SlowCarrier, round_: int
) -> None:
    carrier.may_answer.set()
    contacts = [findable(make_contact()) for _ in range(4)]
    messages = [make_message(contact) for contact in contacts for _ in range(2)]
    stop_us()
    barrier = threading.Barrier(len(messages))

    def deliver(message: Message) -> None:
        barrier.wait(10)
        delivery.deliver(message.id, now=NOON + timedelta(seconds=1))

    with ThreadPoolExecutor(len(messages)) as pool:
        for work in [pool.submit(apart(lambda one=one: deliver(one))) for one in messages]:  # type: ignore[misc]
            work.result(timeout=30)

    assert carrier.sent == []
    assert set(Message.objects.values_list("state", "reason")) == {("cancelled", "opted_out")}
    assert not InboundText.objects.filter(counted_at=None).exists()


def test_without_the_last_look_they_would_all_leave(
    make_contact: MakeContact, make_message: MakeMessage, carrier: SlowCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the two above."""
    monkeypatch.setattr(opt_out, "last_look", lambda message, *, now: "")
    carrier.may_answer.set()
    messages = [make_message(findable(make_contact())) for _ in range(2)]
    stop_us()

    for message in messages:
        delivery.deliver(message.id, now=NOON)

    assert len(carrier.sent) == 2


def test_two_workers_that_file_one_text_file_it_once(make_contact: MakeContact) -> None:
    findable(make_contact())
    text_id = inbound.receive(carrier_id="SM1", number=PHONE, body="What is the news?", now=NOON)
    barrier = threading.Barrier(4)

    def file() -> bool:
        barrier.wait(10)
        return inbound.file(text_id, now=NOON)

    with ThreadPoolExecutor(4) as pool:
        filed = [work.result(timeout=20) for work in [pool.submit(apart(file)) for _ in range(4)]]

    assert sorted(filed) == [False, False, False, True]
    assert Message.objects.filter(template="received").count() == 1


def test_the_same_request_at_once_is_taken_once_and_refused_else() -> None:
    barrier = threading.Barrier(4)

    def receive() -> bool:
        barrier.wait(10)
        try:
            inbound.receive(carrier_id="SM1", number=PHONE, body="STOP", now=NOON)
        except inbound.AlreadyTaken:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        taken = [work.result(timeout=20) for work in [pool.submit(apart(receive)) for _ in range(4)]]

    assert sorted(taken) == [False, False, False, True]
    assert (InboundText.objects.count(), TakenText.objects.count()) == (1, 1)


def test_a_request_whose_commit_failed_is_taken_when_it_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(opt_out, "sealed", lambda text_id, told: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            inbound.receive(carrier_id="SM1", number=PHONE, body="STOP", now=NOON)

    inbound.receive(carrier_id="SM1", number=PHONE, body="STOP", now=NOON)

    assert InboundText.objects.count() == 1
