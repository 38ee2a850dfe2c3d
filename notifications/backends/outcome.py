"""What became of one attempt to send a text."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from notifications.models import Message


class Ending(Enum):
    """How an attempt ended; each has one consequence in notifications/consequences.py."""

    ACCEPTED = auto()
    DELIVERED = auto()
    # It surely was not sent, and may be later.
    BUSY = auto()
    # The same, but nothing is sent until the operator has mended it.
    CREDENTIALS = auto()
    UNREGISTERED = auto()
    BAD_NUMBER = auto()
    OPTED_OUT = auto()
    REFUSED = auto()
    # Something in our account keeps texts from this number; other numbers are reached.
    UNROUTABLE = auto()
    # The phone is off or out of reach now.
    UNREACHABLE = auto()
    # Phone or phone company do not take texts from us.
    BLOCKED = auto()
    # The phone company takes the words for unwanted advertising.
    FILTERED = auto()
    # It did not arrive, and nobody says why.
    UNEXPLAINED = auto()
    # It may have been sent: the answer never came. The carrier is asked before anything else is done.
    LOST = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    """An ending, with the carrier's id of the text or its error code where it gave one."""

    ending: Ending
    carrier_id: str = ""
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A text that the carrier has: its id there, the carrier's word for its state, and its error code if it has one."""

    carrier_id: str
    status: str
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of the carrier's old records: how many were deleted, and whether those were all."""

    removed: int = 0
    is_clean: bool = True


class CannotAsk(Exception):
    """The carrier does not say what it has: it is away, or refuses to talk to us."""


class TextBackend(Protocol):
    """A way for texts to leave. Whatever a carrier may do, `send` does not raise, and the others only `CannotAsk`."""

    @property
    def sender(self) -> str:
        """Whose turns are counted."""
        ...

    @property
    def texts_per_second(self) -> float:
        """How many texts may leave by the sender in a second; 0 for as many as there are."""
        ...

    def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
        """Send one text once, without retries."""
        ...

    def find(self, message: Message, *, phone: str, body: str) -> Found | None:
        """The text of this message that left at `message.tried_at` or never did; raises `CannotAsk`."""
        ...

    def fetch(self, carrier_id: str) -> Found:
        """What the carrier says now of a text that it took; raises `CannotAsk`, also where it has none."""
        ...

    def remove(self, carrier_id: str) -> bool:
        """Delete the carrier's record of a text; False while it still keeps it, or cannot delete this one."""
        ...

    def remove_older_than(self, moment: datetime) -> Swept:
        """Delete every record of a text the carrier has from before `moment`; raises `CannotAsk`."""
        ...
