"""Who may invite whom, let whom in and remove whom; every rule asks the database anew, not the session."""

from django.db.models import Q

from accounts.models import Membership, Organization, OrganizationKind, User
from accounts.roles import LEAD_ROLES, Role
from accounts.selectors import VaultState, vault_states
from privacy import vault

# Those whose members read sealed documents.
VAULT_KINDS = frozenset({OrganizationKind.HOTLINE, OrganizationKind.PROVIDER})
ROLES_OF_KIND: dict[str, tuple[Role, ...]] = {
    OrganizationKind.HOTLINE: (Role.COORDINATOR, Role.HOTLINE_LEAD),
    OrganizationKind.PROVIDER: (Role.PROVIDER_STAFF, Role.PROVIDER_LEAD),
    OrganizationKind.FUND: (Role.FINANCE, Role.APPROVER, Role.AUDITOR, Role.OPERATOR),
    OrganizationKind.FUNDER: (Role.FUNDER,),
}


class Refused(Exception):
    """What was asked for cannot be done, or not by this person; the text says why, to whoever asked."""


def membership_of(user: User) -> Membership | None:
    """The membership by which the account acts now; None for one that is switched off or acts for nobody."""
    active = Membership.objects.select_related("user", "organization").filter(
        user_id=user.pk, user__is_active=True, organization__is_active=True
    )
    return active.first()


def is_operator(user: User) -> bool:
    """Whether the account runs the server: by its role or as Django's superuser."""
    if User.objects.filter(pk=user.pk, is_active=True, is_superuser=True).exists():
        return True
    membership = membership_of(user)
    return membership is not None and membership.role == Role.OPERATOR


def leads(user: User, organization: Organization) -> bool:
    """Whether the account is a lead of this organization."""
    membership = membership_of(user)
    return membership is not None and membership.role in LEAD_ROLES and membership.organization_id == organization.pk


def active_members(organization: Organization, *roles: Role) -> list[int]:
    """The ids of the accounts that act for the organization, in one of `roles` if any are named."""
    members = Membership.objects.filter(organization=organization, user__is_active=True)
    if roles:
        members = members.filter(role__in=roles)
    return list(members.values_list("user_id", flat=True))


def check_may_invite(by: User, organization: Organization, role: str) -> None:
    """A lead invites to their own organization; the operator its first lead, and the fund's and funders' members."""
    if not organization.is_active:
        raise Refused(f"{organization} is switched off.")
    if role not in ROLES_OF_KIND[organization.kind]:
        raise Refused(f"{organization} has no {Role(role).label.lower()}.")
    if leads(by, organization):
        return
    if not is_operator(by):
        raise Refused("Only a lead invites, and only to their own organization.")
    if organization.kind not in VAULT_KINDS:
        return
    if role not in LEAD_ROLES:
        raise Refused(f"You can invite a first lead to {organization}; the lead invites the others.")
    if active_members(organization, *LEAD_ROLES):
        raise Refused(f"{organization} has a lead, who alone can invite to it.")


def check_may_withdraw(by: User, organization: Organization) -> None:
    """Who could have invited to the organization may take an invitation back."""
    if not leads(by, organization) and not is_operator(by):
        raise Refused("Only a lead of the organization withdraws its invitations.")


def check_may_let_in(by: User, user: User, *, reader: str) -> Organization:
    """A member lets in another of the same organization, with that organization's keys; the operator nobody."""
    mine, theirs = membership_of(by), membership_of(user)
    if mine is None or theirs is None or mine.organization_id != theirs.organization_id:
        raise Refused("Only a member of the same organization lets somebody in.")
    organization = mine.organization
    if organization.kind not in VAULT_KINDS or vault.reader_of(organization) != reader:
        raise Refused("These are not the keys of that organization.")
    return organization


def check_may_remove(by: User, organization: Organization | None) -> None:
    """A lead removes from their own organization; the operator can switch off any account, and on none."""
    if not is_operator(by) and (organization is None or not leads(by, organization)):
        raise Refused("Only a lead removes somebody, and only from their own organization.")


def check_can_be_missed(user: User, organization: Organization | None, *, by: User) -> None:
    """Nobody goes while they are needed: the last person let in, and themselves the last lead or operator."""
    if not User.objects.filter(pk=user.pk, is_active=True).exists():
        raise Refused(f"{user.name} was removed already.")
    if organization is not None and organization.kind in VAULT_KINDS:
        _check_somebody_can_open(user, organization)
        if by.pk == user.pk and active_members(organization, *LEAD_ROLES) == [user.pk]:
            raise Refused(f"You are the last lead of {organization}: invite another lead first.")
    elif by.pk == user.pk and is_operator(user) and not _other_operators(user):
        raise Refused("You are the last operator: nobody could invite anybody any more.")


def _check_somebody_can_open(user: User, organization: Organization) -> None:
    states = vault_states(organization, active_members(organization))
    if [user_id for user_id, state in states.items() if state is VaultState.IN] == [user.pk]:
        raise Refused(
            f"{user.name} is the last person let in to the vault of {organization}: nobody could open the files any "
            "more. Let somebody else in first."
        )


def _other_operators(user: User) -> bool:
    others = User.objects.filter(is_active=True).exclude(pk=user.pk)
    return others.filter(Q(is_superuser=True) | Q(membership__role=Role.OPERATOR)).exists()
