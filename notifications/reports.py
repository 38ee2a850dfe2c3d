"""What the carrier reports on texts, in any order and however often: every report is kept, a state only moves on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

from django.db import transaction

from notifications import consequences
from notifications.backends import Ending
from notifications.backends.codes import ENDINGS, LAST_WORDS, STATES
from notifications.locks import message_that_may_end
from notifications.models import CarrierReport, Message, MessageState

# The carrier repeats a report within seconds, when our answer did not reach it.
REPEATED_WITHIN = timedelta(hours=1)
# How long what was reported is kept; and how long after its last try anything new can be reported of a text. The
# carrier is done within hours, and says so within a day or two. The difference keeps a report that we deleted from
# being taken for a new one.
KEPT_FOR = timedelta(days=30)
REPORTED_FOR = timedelta(days=14)

# States only move forward along these ranks; the last rank is final.
_RANKS: dict[str, int] = {
    MessageState.QUEUED: 0,
    MessageState.SENDING: 1,
    MessageState.UNKNOWN: 1,
    MessageState.ACCEPTED: 2,
    MessageState.SENT: 3,
}
_FINAL = 4


class Taken(Enum):
    """What a report changed."""

    MOVED = auto()
    # It was kept; the message stays as it is.
    KEPT = auto()
    # We had it already, or do not know the word.
    NOTHING = auto()
    # There is no such message, or no longer; or we had it already for so long, or sent the text so long ago, that the
    # carrier would not say it now: somebody else does.
    REFUSED = auto()


def record_report(message_id: UUID, *, carrier_id: str, status: str, error_code: str, now: datetime) -> Taken:
    """Keep one report and draw its consequences, under the message's row lock.

    Early (before the carrier answered us), late, twice or shuffled makes no difference to where the message ends.
    """
    state = STATES.get(status)
    if state is None:
        return Taken.NOTHING
    may_end = state in (MessageState.UNDELIVERED, MessageState.FAILED)
    with message_that_may_end(message_id) if may_end else _message(message_id) as message:
        if message is None or now - (message.tried_at or message.created_at) > REPORTED_FOR:
            return Taken.REFUSED
        report, is_new = CarrierReport.objects.get_or_create(
            carrier_id=carrier_id,
            status=status,
            defaults={"message": message, "error_code": error_code, "at": now},
        )
        if not is_new:
            return Taken.REFUSED if now - report.at > REPEATED_WITHIN else Taken.NOTHING
        if not _is_news(message, report, state):
            return Taken.KEPT
        message.carrier_id = carrier_id
        if may_end:
            ending = ENDINGS.get(error_code, Ending.REFUSED)
            consequences.follow(message, ending, error_code=error_code, now=now, ends_as=state)
        else:
            message.error_code = error_code
            consequences.move(message, state, reason="", now=now)
        return Taken.MOVED


@contextmanager
def _message(message_id: UUID) -> Iterator[Message | None]:
    """Locked without its case, which good news is nothing for: most reports wait for nobody."""
    with transaction.atomic():
        yield Message.objects.select_for_update().filter(id=message_id).first()


def forget_old(now: datetime) -> int:
    """Delete reports that nobody will ask about any more; returns how many."""
    return CarrierReport.objects.filter(at__lt=now - KEPT_FOR).delete()[0]


def _is_news(message: Message, report: CarrierReport, state: MessageState) -> bool:
    if _RANKS.get(state, _FINAL) <= _RANKS.get(message.state, _FINAL):
        return False
    if state == MessageState.DELIVERED:
        # By whichever try: they have it, and must not get it again.
        return True
    if message.carrier_id and message.carrier_id != report.carrier_id:
        # Of an earlier try; another one is on its way.
        return False
    is_over = message.reports.filter(carrier_id=report.carrier_id, status__in=LAST_WORDS).exclude(pk=report.pk)
    return not is_over.exists()
