"""A legal hold that the hotline's lead places on their own; those of a legal demand are placed and lifted with it."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor, Role
from privacy import holds
from referrals import events
from referrals.actions.moves import lock_case
from referrals.models import Case


def place_hold(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """Nothing scheduled of the case is destroyed from now on. Placing it again changes nothing."""
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        if holds.place(case_id=case.pk, by_user_id=_lead(by), now=now):
            events.record(case=case, kind="hold_placed", by=by, now=now)
    return case


def lift_hold(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """What was due by now is destroyed within an hour, unless a legal demand holds the case too."""
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        if holds.lift(case_id=case.pk, by_user_id=_lead(by), now=now):
            events.record(case=case, kind="hold_lifted", by=by, now=now)
    return case


def _lead(by: Actor) -> int:
    if by.role != Role.HOTLINE_LEAD or by.user_id is None:
        raise PermissionDenied("Only the hotline's lead places and lifts legal holds.")
    return by.user_id
