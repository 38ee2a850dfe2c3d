"""What follows from how an attempt ended, whether the carrier's answer said so or a report of it, perhaps days later.

Everything here runs in the transaction of a caller that holds the message's row.
"""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications import opt_out, stops, undelivered_handlers
from notifications.backends import Ending
from notifications.models import Message, MessageState, NumberFault, StopReason

log = logging.getLogger(__name__)

# Nobody was reached and nobody is trying any more: somebody has to call.
_CALL_INSTEAD = frozenset({MessageState.UNDELIVERED, MessageState.FAILED, MessageState.EXPIRED})
# The carrier had them.
_TAKEN = frozenset({MessageState.ACCEPTED, MessageState.SENT})
# By chance a little more than a wait, so that a crowd does not come back at once.
_JITTER = 0.25

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
# Six tries in a quarter of an hour: a carrier that is busy for longer is away.
HANDING_OVER = tuple(timedelta(seconds=30) * 2**number for number in range(5))


@dataclass(frozen=True, slots=True)
class Consequence:
    """`waits`: before each further try; none left, or none at all, and it ends as `ends_as` with `reason`.

    `stops`: nothing else leaves until a person lifts that, and this text waits for it too (`waits_for_stop`), or, where
    only its wording is stopped, ends. `marks`: what is noted of the contact.
    """

    ends_as: MessageState
    reason: str
    waits: tuple[timedelta, ...] = ()
    stops: StopReason | None = None
    waits_for_stop: bool = False
    pages: bool = False
    marks_fault: bool = False
    opts_out: bool = False


CONSEQUENCES: dict[Ending, Consequence] = {
    Ending.BUSY: Consequence(MessageState.FAILED, "carrier_busy", waits=HANDING_OVER),
    Ending.CREDENTIALS: Consequence(
        MessageState.FAILED, "credentials", stops=StopReason.CREDENTIALS, waits_for_stop=True, pages=True
    ),
    Ending.UNREGISTERED: Consequence(
        MessageState.UNDELIVERED, "unregistered", stops=StopReason.UNREGISTERED, waits_for_stop=True, pages=True
    ),
    Ending.BAD_NUMBER: Consequence(MessageState.FAILED, "bad_number", marks_fault=True),
    Ending.OPTED_OUT: Consequence(MessageState.FAILED, "opted_out", opts_out=True),
    Ending.REFUSED: Consequence(MessageState.FAILED, "refused"),
    Ending.UNROUTABLE: Consequence(MessageState.FAILED, "unroutable", pages=True),
    # Three more tries within a day, at other times of it.
    Ending.UNREACHABLE: Consequence(MessageState.UNDELIVERED, "out_of_reach", waits=(1 * _HOUR, 4 * _HOUR, 12 * _HOUR)),
    Ending.BLOCKED: Consequence(MessageState.UNDELIVERED, "blocked", marks_fault=True),
    Ending.FILTERED: Consequence(MessageState.UNDELIVERED, "filtered", stops=StopReason.FILTERED, pages=True),
    Ending.UNEXPLAINED: Consequence(MessageState.UNDELIVERED, "unexplained", waits=(10 * _MINUTE, 1 * _HOUR)),
    # No wait: notifications/settling.py asks the carrier first.
    Ending.LOST: Consequence(MessageState.UNKNOWN, "answer_lost"),
}

# Here the carrier took the text and gave it back, which is counted apart from tries to hand it over.
_GIVEN_BACK = frozenset({Ending.UNREACHABLE, Ending.UNEXPLAINED})


def follow(message: Message, ending: Ending, *, error_code: str, now: datetime, ends_as: str = "") -> None:
    """Do what an attempt's ending entails: try later, stop, or end the message and have somebody call.

    `ends_as`: the carrier's own word for the state it ends in, where it has one.
    """
    what = CONSEQUENCES[ending]
    message.error_code = error_code
    if what.stops is not None:
        template = stops.EVERYTHING if what.waits_for_stop else message.template
        stops.place(template=template, reason=what.stops, now=now)
    if what.pages:
        # Of the wording only where it is to blame.
        template = message.template if what.stops == StopReason.FILTERED else ""
        stops.page_operator(error_code=error_code, template=template, now=now)
    if what.marks_fault:
        fault = {"error_code": error_code, "since": now}
        NumberFault.objects.get_or_create(contact_id=message.contact_id, defaults=fault)
    if what.opts_out:
        # Of the number, and as of when we tried: whoever sent START since has started again.
        opt_out.learn(message, stopped_by=message.tried_at or message.created_at)
    if what.waits_for_stop:
        # Not a try: nothing is wrong with this one.
        queue_again(message, reason=what.reason, send_after=now, now=now)
        return
    tries = message.times_returned if ending in _GIVEN_BACK else message.attempts
    if ending in _GIVEN_BACK:
        message.times_returned += 1
    elif what.waits:
        message.attempts += 1
    if tries < len(what.waits):
        queue_again(message, reason=what.reason, send_after=now + _about(what.waits[tries]), now=now)
    else:
        end(message, ends_as or what.ends_as, reason=what.reason, now=now)


def try_later(message: Message, *, reason: str, now: datetime) -> None:
    """It could not be handed over for a reason of our own: the same waits as for a carrier that is busy."""
    tries, message.attempts = message.attempts, message.attempts + 1
    if tries < len(HANDING_OVER):
        queue_again(message, reason=reason, send_after=now + _about(HANDING_OVER[tries]), now=now)
    else:
        end(message, MessageState.FAILED, reason=reason, now=now)


def _about(wait: timedelta) -> timedelta:
    return wait * random.uniform(1, 1 + _JITTER)  # noqa: S311


def queue_again(message: Message, *, reason: str, send_after: datetime, now: datetime) -> None:
    """Let it be sent once more; it has no record at the carrier yet. One that was cancelled meanwhile ends."""
    if message.cancelled_reason:
        move(message, MessageState.CANCELLED, reason=message.cancelled_reason, now=now)
        return
    message.send_after = send_after
    message.carrier_id = ""
    move(message, MessageState.QUEUED, reason=reason, now=now)


def end(message: Message, state: str, *, reason: str, now: datetime) -> None:
    """Nothing more is tried; where nobody was reached, somebody has to call.

    One that was cancelled before the carrier took it would have told nothing that is still so.
    """
    if message.cancelled_reason and message.state not in _TAKEN:
        state, reason = MessageState.CANCELLED, message.cancelled_reason
    move(message, state, reason=reason, now=now)
    if state in _CALL_INSTEAD:
        ask_for_a_call(message, now)


def move(message: Message, state: str, *, reason: str, now: datetime) -> None:
    """Write the state down, with whatever else was noted on the message."""
    message.state, message.reason, message.state_since = state, reason, now
    message.save(
        update_fields=[
            "state",
            "reason",
            "state_since",
            "send_after",
            "attempts",
            "times_returned",
            "times_asked",
            "carrier_id",
            "error_code",
        ]
    )


def ask_for_a_call(message: Message, now: datetime) -> None:
    """Tell the packages above that this text reached nobody."""
    for handler in undelivered_handlers:
        handler(message.case_id, message.id, now)
