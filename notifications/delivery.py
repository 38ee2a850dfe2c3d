"""From the outbox to the carrier: who sends a message, whether it still may be sent, and what its end means.

A message is sent by whoever moves it from `queued` to `sending` in one conditional UPDATE. From then on only an answer
that proves it was not sent brings it back; where that is in doubt it is `unknown`, and a person calls.
"""

import logging
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from notifications import undelivered_handlers
from notifications.backends import Ending, Outcome, text_backend
from notifications.models import Contact, Message, MessageState
from notifications.quiet_hours import may_arrive, next_opening
from notifications.texts import render
from privacy import vault, worker_key
from privacy.models import DocumentKind

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 6
FRESH_FOR = timedelta(hours=24)
FIRST_BACKOFF = timedelta(seconds=30)
# Only the operator can mend credentials; six tries in an hour and a half, then coordinators call.
CREDENTIALS_BACKOFF = timedelta(minutes=15)
# Longer than any task may run: a message that is still being sent then was in the hands of a worker that died.
SENDING_FOR_AT_MOST = timedelta(minutes=5)

# States only move forward along these ranks; the last rank is final.
_RANKS: dict[str, int] = {
    MessageState.QUEUED: 0,
    MessageState.SENDING: 1,
    MessageState.UNKNOWN: 1,
    MessageState.ACCEPTED: 2,
    MessageState.SENT: 3,
}
_FINAL = 4
# Nobody was reached and nobody is trying any more: somebody has to call.
_CALL_INSTEAD = frozenset({MessageState.UNDELIVERED, MessageState.FAILED, MessageState.UNKNOWN, MessageState.EXPIRED})


def deliver(message_id: UUID, *, now: datetime) -> None:
    """Send one message, if it is due, nobody else is sending it, and it still may be sent."""
    due = Message.objects.filter(id=message_id, state=MessageState.QUEUED, send_after__lte=now)
    if not due.update(state=MessageState.SENDING, state_since=now):
        return
    message = Message.objects.select_related("contact").get(id=message_id)
    if not _may_be_sent(message, now):
        return
    try:
        phone = _phone_of(message.contact)
        body = render(message.template, message.language)
        backend = text_backend()
    except vault.Unreadable:
        _end(message, MessageState.FAILED, reason="no_number", now=now)
    except Exception as error:
        # The keys database is away, or the operator forgot a setting. Nothing has left, so nothing is in doubt.
        log.error("message %s cannot be made ready: %s", message.id, type(error).__name__)
        _try_later(message, reason="not_ready", wait=_backoff(message), now=now)
    else:
        _record(message, backend.send(message, phone=phone, body=body, now=now), now)


def give_up_on_lost_workers(now: datetime) -> int:
    """Messages whose worker died while sending become `unknown`: they may have been sent. Returns how many."""
    lost = Message.objects.filter(state=MessageState.SENDING, state_since__lt=now - SENDING_FOR_AT_MOST)
    return sum(_end(message, MessageState.UNKNOWN, reason="worker_lost", now=now) for message in lost)


def record_status(message_id: UUID, state: MessageState, *, carrier_id: str, error_code: str, now: datetime) -> bool:
    """Take in what the carrier reports, late, twice or out of order: a state only ever moves forward.

    Returns whether it moved.
    """
    with transaction.atomic():
        message = Message.objects.select_for_update().filter(id=message_id).first()
        if message is None or _RANKS.get(state, _FINAL) <= _RANKS.get(message.state, _FINAL):
            return False
        message.carrier_id = message.carrier_id or carrier_id
        message.error_code = error_code
        _move(message, state, reason="", now=now)
        if state in _CALL_INSTEAD:
            _ask_for_a_call(message, now)
        return True


def _may_be_sent(message: Message, now: datetime) -> bool:
    """Look again at what may have changed since the message was queued; settles it if it may not be sent now."""
    contact = message.contact
    if contact.opted_out_at is not None:
        _end(message, MessageState.CANCELLED, reason="opted_out", now=now)
    elif not contact.may_text:
        _end(message, MessageState.CANCELLED, reason="no_consent", now=now)
    elif contact.phone_is_shared:
        _end(message, MessageState.CANCELLED, reason="phone_is_shared", now=now)
    elif now - message.created_at > FRESH_FOR:
        _end(message, MessageState.EXPIRED, reason="too_old", now=now)
    elif not may_arrive(now) and not (contact.any_hour and message.is_urgent):
        _queue_again(message, reason="quiet_hours", send_after=next_opening(now), now=now)
    else:
        return True
    return False


def _phone_of(contact: Contact) -> str:
    """The number, E.164, opened for this one text; raises `Unreadable` if there is none to open."""
    keys = worker_key.load().keys()
    for document in vault.latest(contact.case_id, DocumentKind.CONTACT):
        if document.subject == contact.id:
            phone = vault.open_document(document, keys=keys).get("phone")
            if isinstance(phone, str) and phone:
                return phone
    raise vault.Unreadable("no number")


def _record(message: Message, outcome: Outcome, now: datetime) -> None:
    message.carrier_id = outcome.carrier_id
    message.error_code = outcome.error_code
    match outcome.ending:
        case Ending.ACCEPTED:
            _accepted(message, MessageState.ACCEPTED, now)
        case Ending.DELIVERED:
            _accepted(message, MessageState.DELIVERED, now)
        case Ending.LOST:
            _end(message, MessageState.UNKNOWN, reason="answer_lost", now=now)
        case Ending.BAD_NUMBER:
            _end(message, MessageState.FAILED, reason="bad_number", now=now)
        case Ending.REFUSED:
            log.error("message %s was refused with code %s", message.id, outcome.error_code)
            _end(message, MessageState.FAILED, reason="refused", now=now)
        case Ending.OPTED_OUT:
            Contact.objects.filter(id=message.contact_id, opted_out_at=None).update(opted_out_at=now)
            _end(message, MessageState.FAILED, reason="opted_out", now=now)
        case Ending.BUSY:
            _try_later(message, reason="carrier_busy", wait=_backoff(message), now=now)
        case Ending.CREDENTIALS:
            log.error("the carrier refuses our credentials: no text is leaving")
            _try_later(message, reason="credentials", wait=CREDENTIALS_BACKOFF, now=now)


def _accepted(message: Message, state: MessageState, now: datetime) -> None:
    mine = Message.objects.filter(id=message.id, state__in=[MessageState.SENDING, MessageState.UNKNOWN])
    if not mine.update(state=state, state_since=now, reason="", carrier_id=message.carrier_id, error_code=""):
        # The carrier's report was here before its answer; only the id is news.
        Message.objects.filter(id=message.id, carrier_id="").update(carrier_id=message.carrier_id)


def _backoff(message: Message) -> timedelta:
    """Doubling, and by chance a little more, so that a crowd does not come back at once."""
    return FIRST_BACKOFF * 2**message.attempts * random.uniform(1, 1.25)  # noqa: S311


def _try_later(message: Message, *, reason: str, wait: timedelta, now: datetime) -> None:
    if message.attempts + 1 >= MOST_ATTEMPTS:
        message.attempts += 1
        _end(message, MessageState.FAILED, reason=reason, now=now)
        return
    _queue_again(message, reason=reason, send_after=now + wait, now=now, attempts=F("attempts") + 1)


def _queue_again(message: Message, *, reason: str, send_after: datetime, now: datetime, **changes: Any) -> None:
    Message.objects.filter(id=message.id, state=MessageState.SENDING).update(
        state=MessageState.QUEUED,
        state_since=now,
        reason=reason,
        send_after=send_after,
        error_code=message.error_code,
        **changes,
    )


def _end(message: Message, state: MessageState, *, reason: str, now: datetime) -> bool:
    """Settle a message that this process is sending; False if the carrier's report was quicker."""
    with transaction.atomic():
        mine = Message.objects.filter(id=message.id, state=MessageState.SENDING)
        if not mine.update(
            state=state,
            state_since=now,
            reason=reason,
            attempts=message.attempts,
            carrier_id=message.carrier_id,
            error_code=message.error_code,
        ):
            return False
        if state in _CALL_INSTEAD:
            _ask_for_a_call(message, now)
        return True


def _move(message: Message, state: MessageState, *, reason: str, now: datetime) -> None:
    message.state, message.reason, message.state_since = state, reason, now
    message.save(update_fields=["state", "reason", "state_since", "carrier_id", "error_code"])


def _ask_for_a_call(message: Message, now: datetime) -> None:
    for handler in undelivered_handlers:
        handler(message.case_id, message.id, now)
