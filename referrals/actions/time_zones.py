"""By whose clock a family is texted: ours, until somebody of the hotline was told that its phone is elsewhere."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor, Role
from notifications import actions as texts
from referrals import events
from referrals.actions.moves import lock_case
from referrals.models import Case
from referrals.policies import WrongState

SET = "time_zone_set"


def set_time_zone(*, case: Case, time_zone: str, by: Actor, now: datetime | None = None) -> Case:
    """Texts to the case's people arrive between 8 and 21 o'clock in `time_zone` (an IANA name) from now on.

    Raises PermissionDenied for anybody but the hotline, `WrongState` for a case that is over, KeyError for a zone that
    does not exist. The same zone again changes nothing.
    """
    now = now or timezone.now()
    if not by.acts_as(Role.COORDINATOR):
        raise PermissionDenied("Coordinators say by whose clock a family is texted.")
    with transaction.atomic():
        case = lock_case(case.pk)
        if not case.is_open:
            raise WrongState(f"{case.reference} is over: nothing more is texted about it.")
        if texts.set_time_zone(case_id=case.pk, time_zone=time_zone, now=now):
            events.record(case=case, kind=SET, by=by, now=now, detail={"zone": time_zone})
    return case
