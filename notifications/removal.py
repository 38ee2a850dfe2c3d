"""The carrier's own copies, with number and words: deleted when a text has come to its end, swept day and night."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from notifications import stops
from notifications.backends import CannotAsk, Swept, TextBackend, text_backend
from notifications.models import CarrierReport, Heartbeat, Message, MessageState

log = logging.getLogger(__name__)

# The carrier's last reports and its list agree by then.
KEPT_AT_CARRIER_FOR = timedelta(minutes=10)
# The sweep runs every six hours: nothing stays there for a day.
SWEPT_AFTER = timedelta(hours=17)
KEPT_AT_MOST = timedelta(hours=24)
_AT_ONCE = 200
_ENDED = [MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.FAILED]


def remove_ended(now: datetime) -> int:
    """Delete at the carrier what it has of texts that came to their end; returns of how many nothing is left there."""
    ended = Message.objects.filter(
        state__in=_ENDED, removed_at=None, state_since__lte=now - KEPT_AT_CARRIER_FOR
    ).exclude(carrier_id="")
    backend, removed = text_backend(), 0
    for message_id, carrier_id in ended.order_by("state_since").values_list("id", "carrier_id")[:_AT_ONCE]:
        try:
            if all(backend.remove(one) for one in _records_of(message_id, carrier_id)):
                removed += Message.objects.filter(id=message_id).update(removed_at=now)
        except CannotAsk:
            # The next run, or the night's sweep, goes on.
            break
    return removed


def sweep_carrier(now: datetime) -> int:
    """Delete at the carrier every record that is older than any text of ours needs; returns how many.

    Those of tries whose answer was lost are among them, and what families wrote.
    """
    backend: TextBackend = text_backend()
    swept = Swept(is_clean=False)
    try:
        swept = backend.remove_older_than(now - SWEPT_AFTER)
    except CannotAsk:
        log.error("the carrier's records were not swept: it does not answer")
    follow_sweep(stops.TEXTS_KEPT, is_clean=swept.is_clean, now=now)
    return swept.removed


def follow_sweep(kept: str, *, is_clean: bool, now: datetime) -> None:
    """Have the operator told where the carrier may have had something of a family's for more than a day.

    `kept`: the page's code, one of `stops.KEPT`. What the last clean sweep left there was younger than `SWEPT_AFTER`.
    """
    clean, _ = Heartbeat.objects.get_or_create(name=kept, defaults={"at": now})
    if is_clean:
        Heartbeat.objects.filter(name=kept).update(at=now)
    elif now - clean.at > KEPT_AT_MOST - SWEPT_AFTER:
        stops.page_operator(error_code=kept, template="", now=now)


def _records_of(message_id: UUID, carrier_id: str) -> set[str]:
    """The carrier's ids of every try to send the message."""
    tries = CarrierReport.objects.filter(message=message_id).values_list("carrier_id", flat=True)
    return {carrier_id, *tries}
