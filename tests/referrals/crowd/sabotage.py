"""The application without one of its guards: what the invariants and the crowd's reports have to notice."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db.models import F

from providers.models import Program
from referrals.actions import offers, routing
from referrals.models import Case


def _without_guard() -> None:
    """Room is taken whether or not it is there."""

    def take(*, program_id: int, points: int, now: datetime) -> bool:
        return bool(Program.objects.filter(pk=program_id).update(in_use=F("in_use") + points))

    for module in (routing, offers):
        patch.object(module, "take_room", take).start()


def _given_back_twice() -> None:
    """`Offer.room_released_at` no longer stands between two who end the same offer."""
    once = offers.give_back_room

    def twice(**given: Any) -> None:
        once(**given)
        once(**given)

    patch.object(offers, "give_back_room", twice).start()


def _without_lock() -> None:
    """Two may change a case at once."""

    def no_lock(case_id: UUID) -> Case:
        return Case.objects.get(pk=case_id)

    from referrals.actions import answering, cases, endings

    for module in (answering, cases, endings, offers, routing):
        patch.object(module, "lock_case", no_lock).start()


SABOTAGE: dict[str, Callable[[], None]] = {
    "guard": _without_guard,
    "once": _given_back_twice,
    "lock": _without_lock,
}
