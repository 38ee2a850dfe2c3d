"""Finding out where somebody is held: look-ups by people, and what a found place changes.

Nothing here asks ICE's locator: it is made for people (it has a CAPTCHA), and a machine that asks for everybody would
tell who is being looked for.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor, Role
from referrals import events
from referrals.actions.moves import close_tasks, lock_case, open_task
from referrals.business_time import answer_due
from referrals.facts import PLACE_FREE, PLACE_LOCAL_JAIL, PLACE_OTHER_STATE, PlaceSource
from referrals.learned import announce_learned
from referrals.locator import next_check
from referrals.models import (
    Case,
    CoordinatorTask,
    Custody,
    CustodyPeriod,
    Facility,
    LocatorCheck,
    LookedAt,
    LookResult,
    TaskKind,
)
from referrals.models.locator import AT_A_PLACE
from referrals.policies import WrongState

HOME_STATE = "MN"


def start_search(case: Case, *, now: datetime) -> None:
    """Have a locked case's person looked for; a search that goes on keeps its own clock."""
    CoordinatorTask.objects.get_or_create(
        case=case,
        kind=TaskKind.LOCATE,
        done_at=None,
        defaults={"opened_at": now, "due_at": next_check(began_at=now, checked_at=now)},
    )


def record_locator_check(
    *,
    case: Case,
    looked_at: str,
    result: str,
    facility: Facility | None = None,
    us_state: str = "",
    by: Actor,
    now: datetime | None = None,
) -> LocatorCheck:
    """Notes a look-up. A place found becomes the case's at once, and the worker triages and routes it again.

    `facility`, or `us_state` for a place that is not in the table, goes with "found" and "moved" alone (ValueError).
    What finds nothing only moves the search's clock on.
    """
    now = now or timezone.now()
    looked_at, result = LookedAt(looked_at), LookResult(result)
    if (result in AT_A_PLACE) != ((facility is None) == bool(us_state)):
        raise ValueError("A place goes with “found” and “moved”, and with nothing else.")
    with transaction.atomic():
        case = lock_case(case.pk)
        user_id = _searcher(by, case)
        check = LocatorCheck.objects.create(
            case=case,
            checked_at=now,
            checked_by_user_id=user_id,
            looked_at=looked_at,
            result=result,
            facility=facility,
            us_state=us_state,
        )
        detail = {"looked_at": str(looked_at), "result": str(result), "facility": facility.code if facility else ""}
        events.record(case=case, kind="locator_checked", by=by, now=now, detail=detail | {"us_state": us_state})
        if result in (*AT_A_PLACE, LookResult.RELEASED):
            _take_place(case, facility, us_state, looked_at, by=by, now=now)
        else:
            _look_again(case, now)
    return check


def may_have_moved(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """Somebody thinks the person is no longer where we believe: the search begins again. Custody stays until found."""
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        _searcher(by, case)
        if not can_be_searched_again(case):
            raise WrongState(f"{case.reference} is being searched already, or nobody is held.")
        events.record(case=case, kind="may_have_moved", by=by, now=now)
        start_search(case, now=now)
    return case


def can_be_searched_again(case: Case) -> bool:
    """Whether the place is believed known, so that it may have become wrong."""
    is_held = case.custody not in (Custody.UNKNOWN, Custody.RELEASED, Custody.REMOVED)
    return case.is_open and is_held and not case.tasks.filter(kind=TaskKind.LOCATE, done_at__isnull=True).exists()


def _searcher(by: Actor, case: Case) -> int:
    """The account of the coordinator who looks for the case's person; raises PermissionDenied or WrongState."""
    if not by.acts_as(Role.COORDINATOR) or by.user_id is None:
        raise PermissionDenied("Coordinators look for people who were taken.")
    if not case.is_open:
        raise WrongState(f"{case.reference} is over: nobody is looked for any more.")
    return by.user_id


def _look_again(case: Case, now: datetime) -> None:
    task = CoordinatorTask.objects.filter(case=case, kind=TaskKind.LOCATE, done_at__isnull=True).first()
    if task is not None:
        task.due_at = next_check(began_at=task.opened_at, checked_at=now)
        task.save(update_fields=["due_at"])


def _take_place(
    case: Case, facility: Facility | None, us_state: str, looked_at: str, *, by: Actor, now: datetime
) -> None:
    """Custody and facility at once; everything else that hangs on the place once the worker has read the answers."""
    custody, place = _meaning(facility, us_state)
    if (case.custody, case.facility_id) != (custody, facility.pk if facility else None):
        case.custody, case.facility = custody, facility
        case.save()
        CustodyPeriod.objects.create(case=case, custody=custody, facility=facility, since=now)
    close_tasks(case, TaskKind.LOCATE, by=by, now=now)
    if us_state:
        open_task(case, TaskKind.ADD_FACILITY, due_at=answer_due(case.urgency, now), now=now)
    change: dict[str, Any] = {"place": place, "place_source": str(_source(looked_at))}
    announce_learned(case, change, now)


def _meaning(facility: Facility | None, us_state: str) -> tuple[str, str]:
    """The custody of a place, and the word for it among the answers."""
    if facility is not None:
        return facility.custody, facility.code
    if us_state == HOME_STATE:
        return Custody.HELD_LOCAL, PLACE_LOCAL_JAIL
    return (Custody.ICE_OUT_OF_STATE, PLACE_OTHER_STATE) if us_state else (Custody.RELEASED, PLACE_FREE)


def _source(looked_at: str) -> PlaceSource:
    return PlaceSource.SOMEONE if looked_at in (LookedAt.FAMILY, LookedAt.LAWYER) else PlaceSource.LOCATOR
