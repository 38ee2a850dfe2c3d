"""No more texts leave by a number than its carrier takes in a second; urgent ones do not wait for it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings

from notifications import delivery, tasks, turns
from notifications.models import Sender
from tests.fake_twilio import FROM, FakeTwilio
from tests.notifications.conftest import NOON, MakeMessage
from tests.notifications.test_delivery import state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

SECOND = timedelta(seconds=1)


def test_a_crowd_leaves_at_the_senders_pace_and_everybody_gets_a_turn(
    make_message: MakeMessage, twilio: FakeTwilio, settings: Any
) -> None:
    settings.TEXTS_PER_SECOND = 2.0
    messages, now = [make_message() for _ in range(30)], NOON
    left: list[datetime] = []

    while len(left) < 30:
        before = len(twilio.texts)
        for one in delivery.due_messages(now, 100):
            delivery.deliver(one, now=now)
        left += [now] * (len(twilio.texts) - before)
        now += SECOND / 2
        assert now < NOON + 20 * SECOND

    assert all(state_of(message) == ("accepted", "") for message in messages)
    seconds = (left[-1] - left[0]).total_seconds()
    assert 30 / 2 - 3 <= seconds <= 30 / 2 + 1
    for moment in left:
        assert sum(moment <= other < moment + SECOND for other in left) <= 2 + 2


def test_an_urgent_text_does_not_wait_and_the_others_wait_for_it(
    make_message: MakeMessage, twilio: FakeTwilio, settings: Any
) -> None:
    settings.TEXTS_PER_SECOND = 0.1
    calm, next_one, urgent = make_message(), make_message(), make_message(is_urgent=True)

    for message in (calm, next_one, urgent):
        delivery.deliver(message.id, now=NOON)

    assert state_of(calm)[0] == state_of(urgent)[0] == "accepted"
    assert state_of(next_one) == ("queued", "sender_busy")
    assert next_one.send_after == NOON + 10 * SECOND
    assert Sender.objects.get(number=FROM).next_turn_at == NOON + 30 * SECOND


def test_a_turn_stands_however_late_a_worker_comes_to_it(
    make_message: MakeMessage, twilio: FakeTwilio, settings: Any
) -> None:
    settings.TEXTS_PER_SECOND = 1.0
    waiting = [make_message() for _ in range(5)]
    for message in waiting:
        delivery.deliver(message.id, now=NOON)
    assert len(twilio.texts) < 5

    # The broker's queue is five minutes long, and so is the line: others have taken every turn since.
    later = NOON + timedelta(minutes=5)
    Sender.objects.update(next_turn_at=later + timedelta(minutes=5))
    for one in delivery.due_messages(later, 10):
        delivery.deliver(one, now=later)

    assert {state_of(message) for message in waiting} == {("accepted", "")}
    assert Sender.objects.get().next_turn_at == later + timedelta(minutes=5), "nobody takes a second turn"


def test_what_waited_for_a_worker_is_not_handed_out_all_at_once(
    make_message: MakeMessage, twilio: FakeTwilio, settings: Any
) -> None:
    settings.TEXTS_PER_SECOND = 0.25
    calm = [make_message() for _ in range(15)]
    urgent = make_message(is_urgent=True)

    # No worker for an hour: what has waited must not flood the carrier.
    handed_out = delivery.due_messages(NOON + timedelta(hours=1), 300, within=tasks.SWEPT_EVERY)

    assert handed_out[0] == urgent.id
    assert len(handed_out) == 1 + 2 * 0.25 * 20
    assert set(handed_out[1:]) < {message.id for message in calm}
    assert len(delivery.due_messages(NOON + timedelta(hours=1), 300)) == 16


def test_the_clock_sweeps_as_often_as_it_hands_out_for() -> None:
    assert django_settings.CELERY_BEAT_SCHEDULE["sweep-messages"]["schedule"] == tasks.SWEPT_EVERY


def test_without_a_limit_nobody_is_counted(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    for _ in range(10):
        delivery.deliver(make_message().id, now=NOON)

    assert len(twilio.texts) == 10
    assert not Sender.objects.exists()


def test_a_free_turn_costs_one_query(django_assert_num_queries: Any) -> None:
    assert turns.take_turn(FROM, per_second=1.0, now=NOON)

    with django_assert_num_queries(1):
        assert turns.take_turn(FROM, per_second=1.0, now=NOON)


@pytest.mark.parametrize(("now", "turn"), [(NOON, NOON + 5 * SECOND), (NOON + 9 * SECOND, NOON + 9 * SECOND)])
def test_the_next_turn_is_the_first_that_is_free(now: datetime, turn: datetime) -> None:
    Sender.objects.create(number=FROM, next_turn_at=NOON + 5 * SECOND)

    assert turns.reserve_turn(FROM, per_second=4.0, now=now) == turn
    assert Sender.objects.get().next_turn_at == turn + SECOND / 4
