"""What STOP does: it counts from its commit, for all cases of the number, in the order in which it came."""

from datetime import timedelta
from typing import Any

import pytest

from notifications import delivery, opt_out
from notifications.backends import Ending, Outcome
from notifications.models import Contact
from tests.notifications.conftest import NOON, MakeContact, MakeMessage
from tests.notifications.inbound.family import hear_us, text_us
from tests.notifications.test_delivery import StubbornBackend, state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.mark.parametrize("word", ["STOP", "alto", "JOOJI", "tsum", "please stop texting me", "no me escriban más"])
def test_a_stop_stops_the_texts_of_all_cases_of_the_number_at_once(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
    word: str,
) -> None:
    mine, same_number, other = findable(), findable(), findable(phone="+16125550143")
    waiting = [make_message(one) for one in (mine, same_number, other)]

    hear_us(word)

    for message in waiting:
        delivery.deliver(message.id, now=NOON)
    assert [state_of(message) for message in waiting] == [
        ("cancelled", "opted_out"),
        ("cancelled", "opted_out"),
        ("accepted", ""),
    ]
    assert [phone for phone, _ in carrier.sent] == ["+16125550143"]
    assert Contact.objects.filter(opted_out_at=NOON).count() == 2


def test_nothing_leaves_after_a_stop_was_committed_although_no_worker_has_looked_at_it(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
) -> None:
    message = make_message(findable())

    text_us("STOP")
    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("cancelled", "opted_out")
    assert carrier.sent == []


@pytest.mark.parametrize("is_looked_at", [True, False])
def test_a_stop_that_comes_while_the_text_is_made_ready_still_counts(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
    monkeypatch: pytest.MonkeyPatch,
    is_looked_at: bool,
) -> None:
    message = make_message(findable())
    phone_of = delivery.phone_of

    def stop_meanwhile(contact: Contact) -> str:
        text_us("STOP")
        return phone_of(contact)

    monkeypatch.setattr(delivery, "phone_of", stop_meanwhile)
    if not is_looked_at:
        # The negative control: without the last look it leaves.
        monkeypatch.setattr(opt_out, "last_look", lambda message, *, now: "")
    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == (("cancelled", "opted_out") if is_looked_at else ("accepted", ""))
    assert len(carrier.sent) == (0 if is_looked_at else 1)


def test_a_text_that_waits_for_its_next_try_is_stopped_too(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
) -> None:
    message = make_message(findable())
    carrier.outcome = Outcome(Ending.BUSY)
    delivery.deliver(message.id, now=NOON)

    text_us("STOP")
    delivery.deliver(message.id, now=NOON + timedelta(hours=1))

    assert state_of(message)[0] == "cancelled"
    assert len(carrier.sent) == 1


def test_stop_and_start_count_in_the_order_in_which_they_came(findable: MakeContact) -> None:
    contact = findable()
    for second, word in enumerate(["STOP", "START", "STOP"]):
        text_us(word, now=NOON + timedelta(seconds=second))

    opt_out.count_waiting(NOON + timedelta(minutes=1))

    contact.refresh_from_db()
    assert contact.opted_out_at == NOON + timedelta(seconds=2)


def test_a_start_from_before_a_stop_does_not_lift_it_although_it_is_counted_later(findable: MakeContact) -> None:
    contact = findable()
    text_us("STOP", now=NOON + timedelta(seconds=2))
    opt_out.count_waiting(NOON + timedelta(seconds=3))
    text_us("START", now=NOON + timedelta(seconds=1))
    opt_out.count_waiting(NOON + timedelta(seconds=4))
    contact.refresh_from_db()
    assert contact.opted_out_at == NOON + timedelta(seconds=2)

    text_us("START", now=NOON + timedelta(seconds=5))
    opt_out.count_waiting(NOON + timedelta(seconds=6))
    contact.refresh_from_db()
    assert contact.opted_out_at is None


def test_the_last_look_is_one_query(
    findable: MakeContact, make_message: MakeMessage, django_assert_num_queries: Any
) -> None:
    message = make_message(findable())

    with django_assert_num_queries(1):
        assert opt_out.last_look(message, now=NOON) == ""
