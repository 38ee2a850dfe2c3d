"""The roles of the fund, everywhere by these names, and the actor every action is done by."""

from dataclasses import dataclass

from django.db import models


class Role(models.TextChoices):
    """Who may do a thing. `family` and `system` are actors without an account; the others are memberships."""

    FAMILY = "family", "Family"
    SYSTEM = "system", "System"
    COORDINATOR = "coordinator", "Coordinator"
    HOTLINE_LEAD = "hotline_lead", "Hotline lead"
    PROVIDER_STAFF = "provider_staff", "Provider staff"
    PROVIDER_LEAD = "provider_lead", "Provider lead"
    FINANCE = "finance", "Finance"
    APPROVER = "approver", "Approver"
    FUNDER = "funder", "Funder"
    AUDITOR = "auditor", "Auditor"
    OPERATOR = "operator", "Operator"


MEMBER_ROLES = [role for role in Role if role not in (Role.FAMILY, Role.SYSTEM)]
HOTLINE_ROLES = frozenset({Role.COORDINATOR, Role.HOTLINE_LEAD})
PROVIDER_ROLES = frozenset({Role.PROVIDER_STAFF, Role.PROVIDER_LEAD})
LEAD_ROLES = frozenset({Role.HOTLINE_LEAD, Role.PROVIDER_LEAD})

# A lead may do whatever their staff may: rules name the staff role, `Actor.acts_as` widens it.
_LEADS = {Role.HOTLINE_LEAD: Role.COORDINATOR, Role.PROVIDER_LEAD: Role.PROVIDER_STAFF}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does a thing: a role, and for members the account and its organization."""

    role: Role
    user_id: int | None = None
    organization_id: int | None = None

    def acts_as(self, role: Role) -> bool:
        """Whether this actor's role is `role` or leads it."""
        return self.role == role or _LEADS.get(self.role) == role


SYSTEM = Actor(Role.SYSTEM)
FAMILY = Actor(Role.FAMILY)
