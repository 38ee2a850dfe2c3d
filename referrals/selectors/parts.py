"""What every list of cases and offers needs: whose offers, plain names, where the person is."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Membership, OrganizationKind
from providers.models import CaseType
from referrals.business_time import CHICAGO
from referrals.models import Assignment, Case, CoordinatorTask, OfferState

# The offers that say with whom a case is now: at most one live and one that holds it.
WITH_SOMEBODY = Q(state__in=[OfferState.LIVE, OfferState.ACCEPTED], room_released_at__isnull=True)


def of_organization(organization_id: int | None) -> Q:
    """Offers to the organization's provider; none for no organization."""
    return Q(program__provider__organization_id=organization_id)


def type_names(now: datetime) -> dict[str, str]:
    """The plain name of every case type of today, by code."""
    today = now.astimezone(CHICAGO).date()
    return dict(CaseType.objects.on(today).values_list("code", "plain_name"))


def where(case: Case) -> str:
    """Where the person is, as far as anybody knows."""
    return case.facility.name if case.facility else case.get_custody_display()


def open_tasks() -> QuerySet[CoordinatorTask]:
    return CoordinatorTask.objects.filter(done_at__isnull=True)


def hotline_assignments() -> QuerySet[Assignment]:
    """Who works on which case at the hotline, without those who have left; one query for who is there.

    It asks first: of a subquery PostgreSQL looks up every member for every open case.
    """
    there = Membership.objects.filter(organization__kind=OrganizationKind.HOTLINE, user__is_active=True)
    members = list(there.values_list("organization_id", "user_id"))
    return Assignment.objects.filter(
        organization_id__in={organization for organization, _ in members}, user_id__in={user for _, user in members}
    )
