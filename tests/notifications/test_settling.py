"""A text whose answer was lost: the carrier is asked what it has, and only then it is sent again or somebody calls."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from notifications import delivery, settling
from notifications.backends import twilio_sms
from notifications.models import HandsetText, Message, MessageState
from privacy.models import SealedDocument
from tests.fake_twilio import FakeTwilio
from tests.notifications.conftest import NOON, PHONE, MakeContact, MakeMessage
from tests.notifications.test_delivery import Calls, state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio_sms, "TIMEOUT_SECONDS", 0.5)


def lost(make_message: MakeMessage, twilio: FakeTwilio, how: str, *, taken: bool) -> Message:
    """A message of which nobody knows whether it left."""
    message = make_message()
    twilio.takes_anyway = taken
    if how == "worker":
        # It died with the request on its way.
        twilio.hang_up = True
        delivery.deliver(message.id, now=NOON)
        Message.objects.update(state=MessageState.SENDING, reason="", state_since=NOON - 6 * MINUTE)
        delivery.give_up_on_lost_workers(NOON)
    else:
        twilio.silent, twilio.hang_up = how == "silent", how == "hangs up"
        twilio.answer = (500, None) if how == "breaks" else (201, None)
        delivery.deliver(message.id, now=NOON)
    twilio.silent = twilio.hang_up = False
    twilio.answer = (201, None)
    assert state_of(message)[0] == "unknown"
    return message


WAYS = ["silent", "hangs up", "breaks", "worker"]


@pytest.mark.parametrize("how", WAYS)
def test_what_the_carrier_took_is_found_in_its_list_and_never_sent_again(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls, how: str
) -> None:
    message = lost(make_message, twilio, how, taken=True)

    assert settling.settle_unknown(NOON + 59 * timedelta(seconds=1)) == 0
    assert twilio.asked == [], "a moment later the list may not have it yet"
    assert settling.settle_unknown(NOON + MINUTE) == 1

    assert state_of(message) == ("accepted", "")
    assert message.carrier_id == twilio.sid()
    assert len(twilio.texts) == 1
    assert twilio.asked[0]["To"] == PHONE
    assert calls_asked_for == []


@pytest.mark.parametrize("how", WAYS)
def test_what_the_carrier_does_not_have_when_asked_twice_is_sent_again_once(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls, how: str
) -> None:
    message = lost(make_message, twilio, how, taken=False)

    assert settling.settle_unknown(NOON + MINUTE) == 0
    assert state_of(message)[0] == "unknown"
    assert settling.settle_unknown(NOON + 2 * MINUTE) == 0, "not yet the second time"
    assert settling.settle_unknown(NOON + 3 * MINUTE) == 1
    assert state_of(message) == ("queued", "never_left")
    delivery.deliver(message.id, now=NOON + 3 * MINUTE)

    assert state_of(message) == ("accepted", "")
    assert len(twilio.texts) == 2
    assert len(twilio.records) == 1
    assert calls_asked_for == []


def test_a_request_that_was_only_slow_is_found_the_second_time(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = lost(make_message, twilio, "silent", taken=True)
    slow = twilio.records.pop(twilio.sid())

    settling.settle_unknown(NOON + MINUTE)
    twilio.records[slow.sid] = slow
    settling.settle_unknown(NOON + 3 * MINUTE)

    assert state_of(message) == ("accepted", "")
    assert len(twilio.texts) == 1


def test_what_is_lost_three_times_is_called_about(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls
) -> None:
    message, now = lost(make_message, twilio, "silent", taken=False), NOON
    twilio.hang_up = True

    for _ in range(10):
        now += 5 * MINUTE
        settling.settle_unknown(now)
        delivery.deliver(message.id, now=now)

    assert state_of(message) == ("failed", "answer_lost")
    assert len(twilio.texts) == settling.MOST_LOSSES
    assert [call[:2] for call in calls_asked_for] == [(message.case_id, message.id)]


@pytest.mark.parametrize(
    ("word", "code", "state", "calls"),
    [
        ("queued", None, "accepted", 0),
        ("sending", None, "accepted", 0),
        ("sent", None, "sent", 0),
        ("delivered", None, "delivered", 0),
        ("undelivered", 30005, "undelivered", 1),
        ("undelivered", 30003, "queued", 0),
        ("failed", 30008, "queued", 0),
        ("levitating", None, "unknown", 0),
    ],
)
def test_what_the_list_says_of_it_counts_like_a_report(
    make_message: MakeMessage,
    twilio: FakeTwilio,
    calls_asked_for: Calls,
    word: str,
    code: int | None,
    state: str,
    calls: int,
) -> None:
    message = lost(make_message, twilio, "silent", taken=True)
    record = twilio.records[twilio.sid()]
    record.status, record.error_code = word, code

    settling.settle_unknown(NOON + MINUTE)

    assert state_of(message)[0] == state
    assert len(calls_asked_for) == calls


def test_a_text_of_the_same_words_to_the_same_number_is_not_mistaken_for_it(
    make_contact: MakeContact, make_message: MakeMessage, twilio: FakeTwilio
) -> None:
    contact = make_contact()
    known = make_message(contact)
    delivery.deliver(known.id, now=NOON)
    first = lost(lambda: make_message(contact), twilio, "silent", taken=True)  # type: ignore[arg-type]
    second = lost(lambda: make_message(contact), twilio, "silent", taken=False)  # type: ignore[arg-type]

    settling.settle_unknown(NOON + MINUTE)
    settling.settle_unknown(NOON + 3 * MINUTE)

    assert state_of(known) == ("accepted", "")
    # Which of the two left cannot be told, and need not be: one is adopted, the other sent again.
    assert sorted([state_of(first)[0], state_of(second)[0]]) == ["accepted", "queued"]
    assert known.carrier_id not in {first.carrier_id, second.carrier_id}


def test_an_older_text_of_the_same_words_is_not_mistaken_for_it(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = lost(make_message, twilio, "silent", taken=True)
    twilio.records[twilio.sid()].created -= timedelta(hours=3)

    settling.settle_unknown(NOON + MINUTE)
    settling.settle_unknown(NOON + 3 * MINUTE)

    assert state_of(message) == ("queued", "never_left")


def test_other_words_are_not_mistaken_for_it(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = lost(make_message, twilio, "silent", taken=True)
    twilio.records[twilio.sid()].body = "Help line: something else."

    settling.settle_unknown(NOON + MINUTE)
    settling.settle_unknown(NOON + 3 * MINUTE)

    assert state_of(message) == ("queued", "never_left")


@pytest.mark.parametrize("answer", [(500, None), (401, 20003), (429, 20429), (403, 20403)])
def test_while_the_carrier_says_nothing_it_is_neither_sent_again_nor_forgotten(
    make_message: MakeMessage,
    twilio: FakeTwilio,
    calls_asked_for: Calls,
    answer: tuple[int, int | None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = lost(make_message, twilio, "silent", taken=True)
    twilio.list_answer = answer

    for minutes in range(1, 31):
        settling.settle_unknown(NOON + minutes * MINUTE)
    assert state_of(message) == ("unknown", "answer_lost")
    assert calls_asked_for == []

    settling.settle_unknown(NOON + 31 * MINUTE)
    settling.settle_unknown(NOON + 32 * MINUTE)
    assert state_of(message) == ("unknown", "nobody_knows")
    assert [call[:2] for call in calls_asked_for] == [(message.case_id, message.id)]
    assert len(twilio.texts) == 1
    assert PHONE[1:] not in caplog.text

    twilio.report("delivered")
    assert state_of(message) == ("delivered", ""), "a report may still say what became of it"


def test_without_a_number_to_ask_for_somebody_calls(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls
) -> None:
    message = lost(make_message, twilio, "silent", taken=True)
    SealedDocument.objects.all().delete()

    settling.settle_unknown(NOON + 31 * MINUTE)

    assert state_of(message) == ("unknown", "nobody_knows")
    assert len(calls_asked_for) == 1


def test_one_that_cannot_be_settled_does_not_keep_the_others_waiting(
    make_message: MakeMessage, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine = lost(make_message, twilio, "silent", taken=True), lost(make_message, twilio, "silent", taken=True)
    phones_of = settling.phones_of

    def breaks(contact: Any) -> list[str]:
        if contact.id == broken.contact_id:
            raise RuntimeError(PHONE)
        return phones_of(contact)

    monkeypatch.setattr(settling, "phones_of", breaks)
    assert settling.settle_unknown(NOON + MINUTE) == 1

    assert (state_of(broken)[0], state_of(fine)[0]) == ("unknown", "accepted")
    assert PHONE not in caplog.text


@pytest.mark.parametrize("shown", [True, False])
def test_the_demos_handset_is_asked_too(
    make_message: MakeMessage, calls_asked_for: list[tuple[UUID, UUID, datetime]], shown: bool
) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    if not shown:
        HandsetText.objects.all().delete()
    Message.objects.update(state=MessageState.UNKNOWN, reason="worker_lost", state_since=NOON)

    settling.settle_unknown(NOON + MINUTE)
    settling.settle_unknown(NOON + 3 * MINUTE)

    assert state_of(message)[0] == ("delivered" if shown else "queued")
