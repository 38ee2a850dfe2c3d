"""What the carrier's words and numbers mean (https://www.twilio.com/docs/api/errors).

A number may come with the answer to our request or days later with a report: it means the same.
"""

from notifications.backends.outcome import Ending
from notifications.models import MessageState

ENDINGS: dict[str, Ending] = {
    "20003": Ending.CREDENTIALS,
    "20429": Ending.BUSY,
    "21211": Ending.BAD_NUMBER,
    "21408": Ending.UNROUTABLE,
    "21610": Ending.OPTED_OUT,
    "21612": Ending.UNROUTABLE,
    "21614": Ending.BAD_NUMBER,
    "21635": Ending.BAD_NUMBER,
    # Its queue was full, or the text stayed in it until the hour it had to leave by.
    "30001": Ending.UNEXPLAINED,
    "30036": Ending.UNEXPLAINED,
    "30003": Ending.UNREACHABLE,
    "30004": Ending.BLOCKED,
    "30005": Ending.BAD_NUMBER,
    "30006": Ending.BAD_NUMBER,
    "30007": Ending.FILTERED,
    "30008": Ending.UNEXPLAINED,
    "30034": Ending.UNREGISTERED,
}

# The carrier's words for what became of a text; one we do not know changes nothing.
STATES: dict[str, MessageState] = {
    "accepted": MessageState.ACCEPTED,
    "scheduled": MessageState.ACCEPTED,
    "queued": MessageState.ACCEPTED,
    "sending": MessageState.ACCEPTED,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}

# After these the carrier does nothing more about a text.
LAST_WORDS = ("delivered", "read", "undelivered", "failed", "canceled")
