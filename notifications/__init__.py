"""Texts to families: the outbox, the ways a text leaves, and what carriers report back."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

# Called with (case id, message id, now) inside the transaction in which a text ends without having reached anybody:
# somebody has to call. The packages above register here in their `AppConfig.ready()`.
undelivered_handlers: list[Callable[[UUID, UUID, datetime], None]] = []
