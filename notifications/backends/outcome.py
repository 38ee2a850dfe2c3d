"""What became of one attempt to send a text."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from notifications.models import Message


class Ending(Enum):
    """How an attempt ended; each has one consequence in notifications/delivery.py."""

    ACCEPTED = auto()
    DELIVERED = auto()
    # It surely was not sent, and may be later.
    BUSY = auto()
    # The same, but only the operator can change it.
    CREDENTIALS = auto()
    BAD_NUMBER = auto()
    OPTED_OUT = auto()
    REFUSED = auto()
    # It may have been sent: the answer never came. Never to be sent again.
    LOST = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    """An ending, with the carrier's id of the text or its error code where it gave one."""

    ending: Ending
    carrier_id: str = ""
    error_code: str = ""


class TextBackend(Protocol):
    """Sends one text once, without retries, and never raises for what a carrier may do."""

    def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome: ...
