"""Who works on a case in each organization: whoever opened or accepted it, took it over, or was given it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, User
from accounts.roles import HOTLINE_ROLES, Actor
from referrals import events
from referrals.actions.moves import lock_case
from referrals.actions.paging import note_answered
from referrals.models import Assignment, Case
from referrals.policies import check_may_give, check_may_work_on


def take_over(*, case: Case, by: Actor, now: datetime | None = None) -> None:
    """The actor works on the case from now on, whoever did before."""
    with transaction.atomic():
        case = lock_case(case.pk)
        check_may_work_on(by, case)
        assign(case, by.user_id, by=by, now=now or timezone.now())


def give_to(*, case: Case, member: User, by: Actor, now: datetime | None = None) -> None:
    """A lead gives the case to a member of their own organization."""
    with transaction.atomic():
        case = lock_case(case.pk)
        check_may_give(by, case, member)
        assign(case, member.pk, by=by, now=now or timezone.now())


def assign(case: Case, user_id: int | None, *, by: Actor, now: datetime) -> None:
    """Make a locked case the member's, in the caller's transaction; nothing changes if it is theirs already."""
    # A provider that reads the names makes the case its own, and calls nobody back.
    if by.role in HOTLINE_ROLES:
        note_answered(case, by=by, now=now)
    before = works_on(case, by.organization_id)
    if user_id is None or by.organization_id is None or before == user_id:
        return
    Assignment.objects.update_or_create(
        case=case, organization_id=by.organization_id, defaults={"user_id": user_id, "since": now}
    )
    detail = {"user": user_id} | ({"instead_of": before} if before else {})
    events.record(case=case, kind="assigned", by=by, now=now, detail=detail)


def works_on(case: Case, organization_id: int | None) -> int | None:
    """The account of who works on the case in the organization; None if nobody does, or who did has left."""
    if organization_id is None:
        return None
    there = Membership.objects.filter(organization_id=organization_id, user__is_active=True)
    theirs = Assignment.objects.filter(case=case, organization_id=organization_id, user_id__in=there.values("user_id"))
    return theirs.values_list("user_id", flat=True).first()
