"""Verbs that change how much room a program has.

Room is taken by one conditional UPDATE: two cases can never both get the last points, whatever the isolation
level, and CHECK `0 <= in_use <= ceiling` stands behind it.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.roles import Actor
from providers.models import Program
from providers.policies import check_can_set_room
from providers.room import announce_room


class CeilingBelowUse(Exception):
    """The new ceiling is under the points already in use; `in_use` says how many those are."""

    def __init__(self, in_use: int) -> None:
        super().__init__(f"{in_use} points are in use: the ceiling cannot be lower. Pause the program instead.")
        self.in_use = in_use


def take_room(*, program_id: int, points: int, now: datetime) -> bool:
    """Takes `points` if the program has them free and is not paused; False means somebody else was first."""
    return bool(
        Program.objects.filter(pk=program_id, paused_at__isnull=True, in_use__lte=F("ceiling") - points).update(
            in_use=F("in_use") + points, last_offer_at=now
        )
    )


def give_back_room(*, program_id: int, points: int, grew_at: datetime | None) -> None:
    """Returns `points`; the caller makes sure that it happens once per offer (`Offer.room_released_at`).

    `grew_at`: when a case that the program carried has ended, so that there is more room than before; None when only
    an unanswered offer gave back what it had taken.
    """
    changes: dict[str, Any] = {"in_use": F("in_use") - points}
    if grew_at:
        changes["room_changed_at"] = grew_at
    Program.objects.filter(pk=program_id).update(**changes)


@transaction.atomic
def set_ceiling(*, program: Program, ceiling: int, by: Actor, now: datetime | None = None) -> None:
    """Sets how many points the program can carry; never below what it carries now."""
    check_can_set_room(by, program)
    now = now or timezone.now()
    if not Program.objects.filter(pk=program.pk, in_use__lte=ceiling).update(ceiling=ceiling, room_changed_at=now):
        raise CeilingBelowUse(Program.objects.values_list("in_use", flat=True).get(pk=program.pk))
    program.refresh_from_db()
    announce_room(now)


@transaction.atomic
def pause(*, program: Program, by: Actor, now: datetime | None = None) -> None:
    """Stops new offers to the program; what it carries stays."""
    check_can_set_room(by, program)
    Program.objects.filter(pk=program.pk, paused_at__isnull=True).update(paused_at=now or timezone.now())
    program.refresh_from_db()


@transaction.atomic
def resume(*, program: Program, by: Actor, now: datetime | None = None) -> None:
    """Ends a pause."""
    check_can_set_room(by, program)
    now = now or timezone.now()
    Program.objects.filter(pk=program.pk, paused_at__isnull=False).update(paused_at=None, room_changed_at=now)
    program.refresh_from_db()
    announce_room(now)
