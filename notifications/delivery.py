"""From the outbox to the carrier: who sends a message, and whether it still may be sent.

A message is sent by whoever moves it from `queued` to `sending` in one conditional UPDATE. From then on only an answer
that proves it was not sent brings it back; where that is in doubt it is `unknown`, and the carrier is asked what it has
(notifications/settling.py) before anything else is done.
"""

import logging
import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from notifications import bodies, consequences, last_checks, locks, opt_out, stops, turns
from notifications.backends import Ending, Outcome, TextBackend, text_backend
from notifications.mail import MailBackend
from notifications.models import Channel, Message, MessageState, SendingStop
from notifications.quiet_hours import may_arrive, next_opening, zone_named
from notifications.reaching import address_of, phone_of
from privacy import vault

log = logging.getLogger(__name__)

FRESH_FOR = timedelta(hours=24)
# While texts are stopped, families are called instead of being left without word.
STOPPED_FOR_AT_MOST = timedelta(hours=2)
# Longer than any task may run: a message that is still being sent then was in the hands of a worker that died.
SENDING_FOR_AT_MOST = timedelta(minutes=5)
# From looking at the clock until the carrier has it; what would leave after nine in the evening waits for the morning.
TAKES_AT_MOST = timedelta(seconds=15)
# The reason of a message that has a turn of its own. It keeps it however late a worker comes to it: one that took
# another, at the end of the line, would never leave while the line is long.
HAS_TURN = "sender_busy"


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a message is not sent now: the state it goes to, and for a queued one from when on it may be tried again."""

    state: MessageState
    reason: str
    send_after: datetime | None = None


def deliver(message_id: UUID, *, now: datetime) -> None:
    """Send one message, if it is due, nobody else is sending it, and it still may be sent."""
    due = Message.objects.filter(id=message_id, state=MessageState.QUEUED, send_after__lte=now)
    texts, mails = due.filter(channel=Channel.TEXT), due.filter(channel=Channel.EMAIL)
    on_its_way = {
        "state": MessageState.SENDING,
        "state_since": now,
        "tried_at": now,
        "carrier_id": "",
        "times_asked": 0,
    }
    if not texts.update(**on_its_way):
        if mails.update(**on_its_way) and (outcome := _attempt(message_id, MailBackend(), now)) is not None:
            _record(message_id, outcome, now)
        return
    try:
        backend = text_backend()
    except Exception as error:
        _not_ready(message_id, error, now)
        return
    if not turns.take_turn(backend.sender, per_second=backend.texts_per_second, now=now):
        _wait_for_turn(message_id, backend, now)
        return
    if (outcome := _attempt(message_id, backend, now)) is not None:
        _record(message_id, outcome, now)


def give_up_on_lost_workers(now: datetime) -> int:
    """Messages whose worker died while sending become `unknown`: they may have been sent. Returns how many."""
    lost = Message.objects.filter(state=MessageState.SENDING, state_since__lt=now - SENDING_FOR_AT_MOST)
    return lost.update(state=MessageState.UNKNOWN, reason="worker_lost", state_since=now)


def due_messages(now: datetime, most: int, *, within: timedelta | None = None) -> list[UUID]:
    """What can leave now or has waited in vain, urgent texts first.

    `within`: until it is asked again; not many more than leave by our number in that time are returned then, however
    many turns passed while no worker was there. Urgent texts and mails wait for no turn.
    """
    due = Q(state=MessageState.QUEUED, send_after__lte=now)
    if stopped := stops.in_force():
        in_vain = Q(send_after__lt=now - STOPPED_FOR_AT_MOST)
        due &= in_vain if stops.EVERYTHING in stopped else in_vain | ~Q(template__in=stopped)
    found = Message.objects.filter(due).order_by("-is_urgent", "send_after")
    ids: list[UUID] = []
    calm, most_calm = 0, _at_pace(within)
    for message_id, is_urgent, channel in found.values_list("id", "is_urgent", "channel")[:most]:
        calm += not is_urgent and channel == Channel.TEXT
        if is_urgent or channel != Channel.TEXT or most_calm is None or calm <= most_calm:
            ids.append(message_id)
    return ids


def _at_pace(within: timedelta | None) -> int | None:
    """How many texts may be handed out for that time: twice what leaves in it, so that a backlog ends; None for all."""
    try:
        pace = text_backend().texts_per_second if within is not None else 0.0
    except ImproperlyConfigured:
        # Each text ends by it, and a person calls.
        return None
    return max(1, math.ceil(2 * pace * within.total_seconds())) if within is not None and pace else None


def where_to(message: Message) -> str:
    """The number, or the address of an e-mail; raises `Unreadable`."""
    return address_of(message.contact) if message.channel == Channel.EMAIL else phone_of(message.contact)


def words_of(message: Message) -> str:
    """What is sent, or was at the last try; raises `bodies.NotToBeSent`, and `Unreadable` for sealed words."""
    return bodies.body_of(message, now=message.tried_at or message.created_at)


def _attempt(message_id: UUID, backend: TextBackend | MailBackend, now: datetime) -> Outcome | None:
    """What became of sending; None where it was settled without.

    The contact's row is locked from the last look at it until the carrier has answered: a STOP that is committed before
    is seen, and one that comes meanwhile is committed after the text has left, never between.
    """
    outcome: Outcome | None = None
    try:
        for has_counted in (False, True):
            with _together():
                message, is_stopped = _locked(message_id)
                try:
                    phone, body = where_to(message), words_of(message)
                    hindrance = _hindrance(message, phone, now, is_stopped=is_stopped)
                except bodies.NotToBeSent as why:
                    hindrance = Hindrance(MessageState.CANCELLED, why.reason)
                except vault.Unreadable:
                    hindrance = Hindrance(MessageState.FAILED, "no_number")
                if hindrance is None:
                    outcome = backend.send(message, phone=phone, body=body, now=now)
            if has_counted or hindrance is None or hindrance.reason != opt_out.WAITS:
                break
            # With nobody's row locked: who counts needs them all.
            opt_out.count_waiting(now)
    except Exception as error:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        if outcome is None:
            # A database is away, or the operator forgot a setting. Nothing has left, so nothing is in doubt.
            _not_ready(message_id, error, now)
            return None
        # The connection died while the carrier answered; the answer is still worth keeping, over another one.
        log.warning("message %s: %s after it was sent", message_id, type(error).__name__)
    if hindrance is not None:
        _hinder(message_id, hindrance, now)
    return outcome


def _together() -> AbstractContextManager[object]:
    """A transaction where it can lock one row; SQLite would lock everybody out while the carrier answers."""
    return transaction.atomic() if connection.features.has_select_for_update else nullcontext()


def _locked(message_id: UUID) -> tuple[Message, bool]:
    """The message with its contact, whose row is locked, and whether its wording is stopped; one query.

    `no_key`: rows that refer to the contact, such as new messages, can be written meanwhile.
    """
    stop = SendingStop.objects.filter(Q(template=stops.EVERYTHING) | Q(template=OuterRef("template")), lifted_at=None)
    messages = Message.objects.select_related("contact__fault").annotate(is_stopped=Exists(stop))
    message: Any = messages.select_for_update(of=("contact",), no_key=True).get(id=message_id)
    return message, message.is_stopped


def _hindrance(message: Message, phone: str, now: datetime, *, is_stopped: bool) -> Hindrance | None:
    """Look again at what may have changed since the message was queued; None if it may leave."""
    contact = message.contact
    if message.cancelled_reason:
        return Hindrance(MessageState.CANCELLED, message.cancelled_reason)
    if reason := _refusal(message, phone, now):
        return Hindrance(MessageState.CANCELLED, reason)
    if message.channel == Channel.TEXT and hasattr(contact, "fault"):
        return Hindrance(MessageState.FAILED, "bad_number")
    if now - message.created_at > FRESH_FOR:
        return Hindrance(MessageState.EXPIRED, "too_old")
    # Before the switch: a text that waits for the morning loses no time by it, and nobody is called at night instead.
    zone = zone_named(contact.time_zone)
    is_day = may_arrive(now, zone) and may_arrive(now + TAKES_AT_MOST, zone)
    if not is_day and not (contact.any_hour and message.is_urgent):
        return Hindrance(MessageState.QUEUED, "quiet_hours", next_opening(now, zone))
    if is_stopped:
        if now - message.send_after > STOPPED_FOR_AT_MOST:
            return Hindrance(MessageState.EXPIRED, "stopped")
        return Hindrance(MessageState.QUEUED, "stopped", message.send_after)
    # Last: what was committed before this counts, also where nobody has looked at it yet.
    match opt_out.last_look(message, now=now):
        case "":
            return None
        case opt_out.WAITS:
            return Hindrance(MessageState.QUEUED, opt_out.WAITS, now)
        case reason:
            return Hindrance(MessageState.CANCELLED, reason)


def _refusal(message: Message, phone: str, now: datetime) -> str:
    """Why this person is not texted at all, as a code; empty if they are."""
    contact = message.contact
    if contact.opted_out_at is not None and not opt_out.is_confirmation(message, now):
        return "opted_out"
    if not (contact.may_email if message.channel == Channel.EMAIL else contact.may_text):
        return "no_consent"
    if contact.phone_is_shared:
        return "phone_is_shared"
    return next((reason for check in last_checks if (reason := check(contact.id, phone))), "")


def _hinder(message_id: UUID, hindrance: Hindrance, now: datetime) -> None:
    with _in_my_hands(message_id) as message:
        if message is None:
            return
        if hindrance.send_after is not None:
            consequences.queue_again(message, reason=hindrance.reason, send_after=hindrance.send_after, now=now)
        else:
            consequences.end(message, hindrance.state, reason=hindrance.reason, now=now)


def _record(message_id: UUID, outcome: Outcome, now: datetime) -> None:
    if outcome.ending in (Ending.ACCEPTED, Ending.DELIVERED):
        state = MessageState.ACCEPTED if outcome.ending == Ending.ACCEPTED else MessageState.DELIVERED
        mine = Message.objects.filter(id=message_id, state__in=[MessageState.SENDING, MessageState.UNKNOWN])
        answer = {"state": state, "state_since": now, "reason": "", "carrier_id": outcome.carrier_id, "error_code": ""}
        if not mine.update(**answer):
            # The carrier's report was here before its answer; only the id is news.
            by_report = Message.objects.filter(id=message_id, carrier_id="").exclude(state=MessageState.QUEUED)
            by_report.update(carrier_id=outcome.carrier_id)
        return
    with _in_my_hands(message_id) as message:
        if message is not None:
            log.log(
                logging.INFO if outcome.ending == Ending.BUSY else logging.ERROR,
                "message %s: %s, code %s",
                message_id,
                outcome.ending.name,
                outcome.error_code or "none",
            )
            consequences.follow(message, outcome.ending, error_code=outcome.error_code, now=now)


def _in_my_hands(message_id: UUID) -> AbstractContextManager[Message | None]:
    """The message this process is sending, its row locked; None if a report of the carrier was quicker."""
    return locks.message_that_may_end(message_id, state=MessageState.SENDING)


def _not_ready(message_id: UUID, error: Exception, now: datetime) -> None:
    # Neither the words of an error nor its traceback are logged: both can hold the number.
    log.error("message %s cannot be made ready: %s", message_id, type(error).__name__)
    with _in_my_hands(message_id) as message:
        if message is not None:
            consequences.try_later(message, reason="not_ready", now=now)


def _wait_for_turn(message_id: UUID, backend: TextBackend, now: datetime) -> None:
    """Another text left just now: this one leaves when its turn comes; an urgent one, or whose turn it is, at once."""
    message = Message.objects.get(id=message_id)
    has_turn = message.reason == HAS_TURN
    turn = now if has_turn else turns.reserve_turn(backend.sender, per_second=backend.texts_per_second, now=now)
    if has_turn or message.is_urgent or turn <= now:
        if (outcome := _attempt(message_id, backend, now)) is not None:
            _record(message_id, outcome, now)
        return
    _hinder(message_id, Hindrance(MessageState.QUEUED, HAS_TURN, turn), now)
