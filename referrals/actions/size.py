"""A case with a provider that becomes another kind of case takes or gives back the difference in room."""

from datetime import datetime

from accounts.roles import SYSTEM
from providers.actions import resize_room
from providers.room import announce_room
from referrals import events
from referrals.actions.moves import close_tasks, open_task
from referrals.actions.routing import case_points
from referrals.business_time import answer_due
from referrals.models import Case, TaskKind
from referrals.policies import holder_of, live_offer_of


def settle_size(case: Case, *, now: datetime) -> None:
    """Brings the offer that has a locked case to the size of the case's type, in the caller's transaction.

    Where the program lacks the room the offer keeps its size; a coordinator's task and the log say so.
    """
    offer = live_offer_of(case) or holder_of(case)
    if offer is None:
        return
    points = case_points(case, now)
    if points == offer.points or resize_room(program_id=offer.program_id, by_points=points - offer.points):
        if points < offer.points:
            announce_room(now)
        offer.points = points
        offer.save(update_fields=["points"])
        close_tasks(case, TaskKind.ROOM_SHORT, by=SYSTEM, now=now)
        return
    open_task(case, TaskKind.ROOM_SHORT, due_at=answer_due(case.urgency, now), now=now)
    detail = {"points": points, "kept": offer.points, "provider": offer.program.provider.code}
    events.record(case=case, kind="room_short", by=SYSTEM, now=now, detail=detail)
