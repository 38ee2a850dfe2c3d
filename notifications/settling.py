"""Texts of which nobody knows whether they left: the carrier is asked what it has, and only then anything is done.

A report of the carrier may settle one at any time before (notifications/reports.py).
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q

from notifications import consequences, reports
from notifications.backends import CannotAsk, Found, text_backend
from notifications.bodies import NotToBeSent
from notifications.delivery import words_of
from notifications.locks import message_that_may_end
from notifications.models import Channel, Message, MessageState
from notifications.reaching import phones_of
from privacy import vault

log = logging.getLogger(__name__)

# A request that timed out may still be on its way into the carrier's list: it is asked twice, with time between.
FIRST_ASKED_AFTER = timedelta(minutes=1)
ASKED_AGAIN_AFTER = timedelta(minutes=3)
TIMES_ASKED = 2
# A carrier that says nothing for so long is not waited for: somebody calls.
ASKED_FOR_AT_MOST = timedelta(minutes=30)
# How often a text may get lost on the way before somebody calls instead.
MOST_LOSSES = 3
_AT_ONCE = 100
# By then a text has left the carrier's queue or was thrown out of it (`twilio_sms.LONGEST_IN_QUEUE`), and this is told.
UNREPORTED_FOR_AT_MOST = timedelta(hours=4, minutes=15)
# Of what the carrier has not said how it ended so long after, it will not say it any more.
ENDS_WITHIN = timedelta(days=1)
_TAKEN = (MessageState.ACCEPTED, MessageState.SENT)

# Reasons of `unknown` texts that are still asked about; another one says that a person calls.
ANSWER_LOST, WORKER_LOST = "answer_lost", "worker_lost"
NOBODY_KNOWS = "nobody_knows"


def settle_unknown(now: datetime) -> int:
    """Ask about each text whose fate is unknown for long enough; returns how many were settled."""
    first = Q(times_asked=0, state_since__lte=now - FIRST_ASKED_AFTER)
    again = Q(times_asked__gt=0, state_since__lte=now - ASKED_AGAIN_AFTER)
    unknown = Message.objects.filter(
        first | again, state=MessageState.UNKNOWN, reason__in=[ANSWER_LOST, WORKER_LOST], channel=Channel.TEXT
    )
    settled = 0
    for message in unknown.select_related("contact").order_by("state_since")[:_AT_ONCE]:
        try:
            settled += _settle(message, now)
        except Exception as error:
            # One that cannot be settled must not keep the others waiting; the next run tries again.
            log.error("message %s is not settled: %s", message.id, type(error).__name__)
    return settled


def _settle(message: Message, now: datetime) -> bool:
    try:
        found = _found(message)
    except (CannotAsk, NotToBeSent, vault.Unreadable):
        if now - message.state_since <= ASKED_FOR_AT_MOST:
            return False
        return _still_unknown(message, _give_up, now)
    if found is not None:
        return _adopt(message, found, now)
    return _still_unknown(message, _absent, now)


def _found(message: Message) -> Found | None:
    """Under the number they have now, or one from before: they may have corrected it since the text left."""
    backend, body = text_backend(), words_of(message)
    there = (backend.find(message, phone=phone, body=body) for phone in phones_of(message.contact))
    return next((found for found in there if found is not None), None)


def _adopt(message: Message, found: Found, now: datetime) -> bool:
    """It left: what the carrier says of it counts like a report."""
    word = found.status
    taken = reports.record_report(
        message.id, carrier_id=found.carrier_id, status=word, error_code=found.error_code, now=now
    )
    return taken == reports.Taken.MOVED


def _still_unknown(message: Message, then: Callable[[Message, datetime], bool], now: datetime) -> bool:
    with message_that_may_end(message.id, state=MessageState.UNKNOWN) as held:
        if held is None or held.tried_at != message.tried_at:
            return False
        return then(held, now)


def _absent(message: Message, now: datetime) -> bool:
    """The carrier does not have it. Told so twice, it never left, and may be sent again."""
    message.times_asked += 1
    if message.times_asked < TIMES_ASKED:
        message.save(update_fields=["times_asked"])
        return False
    message.attempts += 1
    if message.attempts < MOST_LOSSES:
        consequences.queue_again(message, reason="never_left", send_after=now, now=now)
    else:
        consequences.end(message, MessageState.FAILED, reason=message.reason, now=now)
    return True


def _give_up(message: Message, now: datetime) -> bool:
    """It may have arrived: it is not sent again, and somebody calls. A report may still say what became of it."""
    consequences.move(message, MessageState.UNKNOWN, reason=NOBODY_KNOWS, now=now)
    if not message.cancelled_reason:
        consequences.ask_for_a_call(message, now)
    return True


def ask_about_unreported(now: datetime) -> int:
    """Ask about each text that the carrier took and reports nothing of; returns how many came further.

    Its record there is looked at before the sweep deletes it (notifications/removal.py). What has not come to an end
    after a day may have arrived or not: somebody calls, and a late report still counts.
    """
    stuck = Message.objects.filter(
        state__in=_TAKEN, state_since__lte=now - UNREPORTED_FOR_AT_MOST, channel=Channel.TEXT
    )
    moved = 0
    for message in stuck.order_by("state_since")[:_AT_ONCE]:
        try:
            moved += _ask_about(message, now)
        except Exception as error:
            log.error("message %s is not asked about: %s", message.id, type(error).__name__)
    return moved


def _ask_about(message: Message, now: datetime) -> bool:
    try:
        if message.carrier_id and _adopt(message, text_backend().fetch(message.carrier_id), now):
            return True
    except CannotAsk:
        # It is away, or has no record any more.
        pass
    if now - (message.tried_at or message.created_at) <= ENDS_WITHIN:
        return False
    with message_that_may_end(message.id, state__in=_TAKEN) as held:
        if held is None or held.tried_at != message.tried_at:
            return False
        consequences.move(held, MessageState.UNKNOWN, reason=NOBODY_KNOWS, now=now)
        consequences.ask_for_a_call(held, now)
    return True
