"""Texts to families: the outbox, the ways a text leaves, and what carriers report back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

# Called with (case id, message id, now) inside the transaction in which a text ends without having reached anybody:
# somebody has to call. The packages above register here in their `AppConfig.ready()`.
undelivered_handlers: list[Callable[[UUID, UUID, datetime], None]] = []

# Called with (contact id, number) when everything else says that a text may leave, as the last thing before it does,
# with the contact's row locked; returns the code of a reason to cancel it, or an empty text.
last_checks: list[Callable[[UUID, str], str]] = []

# Called with a contact's id: the subjects of the sealed documents in which they told anew how to reach them, oldest
# first, and which lie beside the whole one until the worker has put them together.
corrections_of: list[Callable[[UUID], list[UUID]]] = []

# Called with a case's id, in the transaction of whoever may end one of its texts and so give it a task, before the
# text's row is locked: whoever holds the case cancels its texts, and two who lock in another order would deadlock.
case_locks: list[Callable[[UUID], None]] = []

# Called by the worker before it looks whose number a text came from: whatever still waits to be findable by number.
before_matching: list[Callable[[], None]] = []


@dataclass(frozen=True, slots=True)
class Arrived:
    """A text from somebody of a case, as the worker hands it to the packages above. `body` is never to be logged."""

    received_id: UUID
    case_id: UUID
    contact_id: UUID
    # A code of `notifications.keywords.Wish`, and whether it did what it says.
    wish: str
    is_news: bool
    is_urgent: bool
    body: str = field(repr=False)
    received_at: datetime


# Called inside the transaction in which the worker files a text, once for each case the number belongs to.
inbound_handlers: list[Callable[[Arrived, datetime], None]] = []
