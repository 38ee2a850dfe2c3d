"""No sender sends faster than its carrier lets it: one row for each of our numbers says when the next text may leave.

The row, not the broker, keeps the count: an emptied Redis lets no flood through.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from notifications.models import Sender

# What may leave at once although its turn is a moment ahead: clocks of two workers differ by as much.
AHEAD = timedelta(seconds=1)


def take_turn(sender: str, *, per_second: float, now: datetime) -> bool:
    """Whether a text may leave by `sender` now, and if so that turn is taken; one query where it may."""
    if not per_second:
        return True
    free = Sender.objects.filter(number=sender, next_turn_at__lte=now + AHEAD)
    taken = free.update(next_turn_at=Greatest(F("next_turn_at"), now) + timedelta(seconds=1 / per_second))
    if taken:
        return True
    _, is_new = Sender.objects.get_or_create(
        number=sender, defaults={"next_turn_at": now + timedelta(seconds=1 / per_second)}
    )
    return is_new


def reserve_turn(sender: str, *, per_second: float, now: datetime) -> datetime:
    """Take the next turn that is free, and return when it is."""
    with transaction.atomic():
        row = Sender.objects.select_for_update().get(number=sender)
        turn = max(row.next_turn_at, now)
        row.next_turn_at = turn + timedelta(seconds=1 / per_second)
        row.save(update_fields=["next_turn_at"])
    return turn
