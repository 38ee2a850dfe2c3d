"""In which order rows are locked by whoever may end a text: its case, then the text.

Ending one can give its case a task, which holds the case; whoever moves a case holds it already and cancels its texts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import transaction

from notifications import case_locks
from notifications.models import Message


@contextmanager
def message_that_may_end(message_id: UUID, **is_still: Any) -> Iterator[Message | None]:
    """A transaction with the message's row locked, and its case before it; None if there is none that `is_still` so."""
    with transaction.atomic():
        found = Message.objects.filter(id=message_id, **is_still)
        if (case_id := found.values_list("case_id", flat=True).first()) is None:
            yield None
            return
        for lock in case_locks:
            lock(case_id)
        yield found.select_for_update().first()
