"""Texts that the carrier took and says nothing of, and those that stopped being true while they were on their way."""

from datetime import timedelta
from typing import Any

import pytest

from notifications import consequences, delivery, removal, settling
from notifications.actions import cancel_texts
from notifications.backends import Ending
from notifications.models import Message, MessageState
from notifications.tasks import sweep_carrier
from tests.fake_twilio import FakeTwilio
from tests.notifications.conftest import NOON, MakeMessage
from tests.notifications.test_delivery import Calls, state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

HOUR = timedelta(hours=1)
ASKED_AT = NOON + settling.UNREPORTED_FOR_AT_MOST


def taken(make_message: MakeMessage) -> Message:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    assert state_of(message)[0] == "accepted"
    return message


@pytest.mark.parametrize(
    ("word", "code", "state", "calls"),
    [
        ("delivered", None, "delivered", 0),
        ("sent", None, "sent", 0),
        ("undelivered", 30005, "undelivered", 1),
        ("undelivered", 30003, "queued", 0),
        ("queued", None, "accepted", 0),
    ],
)
def test_what_is_not_reported_is_asked_for(
    make_message: MakeMessage,
    twilio: FakeTwilio,
    calls_asked_for: Calls,
    word: str,
    code: int | None,
    state: str,
    calls: int,
) -> None:
    message = taken(make_message)
    record = twilio.records[twilio.sid()]
    record.status, record.error_code = word, code

    assert settling.ask_about_unreported(ASKED_AT - timedelta(seconds=1)) == 0
    assert state_of(message)[0] == "accepted", "its report may still come"
    settling.ask_about_unreported(ASKED_AT)

    assert state_of(message)[0] == state
    assert len(calls_asked_for) == calls


@pytest.mark.parametrize("there", [True, False])
def test_what_has_not_ended_after_a_day_is_called_about_once(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls, there: bool
) -> None:
    message = taken(make_message)
    sid = twilio.sid()
    twilio.records[sid].status = "sent"
    if not there:
        del twilio.records[sid]

    for hours in range(4, 25):
        settling.ask_about_unreported(NOON + hours * HOUR)
    assert state_of(message)[0] == ("sent" if there else "accepted")
    assert calls_asked_for == []

    for hours in (25, 26):
        settling.ask_about_unreported(NOON + hours * HOUR)
        settling.settle_unknown(NOON + hours * HOUR)
    assert state_of(message) == ("unknown", "nobody_knows")
    assert [call[:2] for call in calls_asked_for] == [(message.case_id, message.id)]


def test_it_is_asked_for_before_the_sweep_deletes_the_record(
    make_message: MakeMessage, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = taken(make_message)
    twilio.records[twilio.sid()].status = "delivered"
    monkeypatch.setattr("notifications.tasks.timezone.now", lambda: NOON + removal.SWEPT_AFTER + HOUR)

    sweep_carrier()

    assert twilio.deleted == [twilio.sid()]
    assert state_of(message)[0] == "delivered"


ON_THEIR_WAY = [MessageState.SENDING, MessageState.UNKNOWN, MessageState.ACCEPTED, MessageState.SENT]


def cancelled_as(make_message: MakeMessage, state: str) -> Message:
    message = make_message()
    Message.objects.filter(id=message.id).update(state=state, tried_at=NOON)
    assert cancel_texts(case_id=message.case_id, reason="stale", now=NOON) == 0
    message.refresh_from_db()
    assert message.state == state, "it may arrive, and a report says so"
    return message


@pytest.mark.parametrize("state", ON_THEIR_WAY)
@pytest.mark.parametrize("ending", [Ending.BUSY, Ending.UNREACHABLE, Ending.UNEXPLAINED, Ending.CREDENTIALS])
def test_what_was_cancelled_on_its_way_is_never_put_back(
    make_message: MakeMessage, calls_asked_for: Calls, state: str, ending: Ending
) -> None:
    message = cancelled_as(make_message, state)

    consequences.follow(message, ending, error_code="30003", now=NOON)

    assert state_of(message) == ("cancelled", "stale")
    assert calls_asked_for == []


@pytest.mark.parametrize("state", ON_THEIR_WAY)
def test_of_what_was_cancelled_only_what_was_taken_and_failed_is_called_about(
    make_message: MakeMessage, calls_asked_for: Calls, state: str
) -> None:
    message = cancelled_as(make_message, state)

    consequences.follow(message, Ending.REFUSED, error_code="30005", now=NOON)

    was_taken = state in (MessageState.ACCEPTED, MessageState.SENT)
    assert state_of(message) == (("failed", "refused") if was_taken else ("cancelled", "stale"))
    assert len(calls_asked_for) == was_taken


def test_what_is_cancelled_while_it_is_made_ready_does_not_leave(
    make_message: MakeMessage, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = make_message()
    take_turn = delivery.turns.take_turn

    def cancels(*args: Any, **options: Any) -> bool:
        cancel_texts(case_id=message.case_id, reason="stale", now=NOON)
        return take_turn(*args, **options)

    monkeypatch.setattr(delivery.turns, "take_turn", cancels)
    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("cancelled", "stale")
    assert twilio.texts == []
