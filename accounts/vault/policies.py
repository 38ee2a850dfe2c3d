"""Who may do what with an organization's keys; every rule asks the database anew."""

from accounts.models import Membership, User
from accounts.policies import VAULT_KINDS, Refused, active_members, membership_of
from accounts.roles import LEAD_ROLES
from accounts.selectors import VaultState, vault_states
from privacy import vault
from privacy.readers import having_keys


def check_has_vault(by: User) -> Membership:
    """A member of the hotline or of a provider; returns the membership."""
    membership = membership_of(by)
    if membership is None or membership.organization.kind not in VAULT_KINDS:
        raise Refused("Only members of the hotline and of providers have a vault.")
    return membership


def check_leads(by: User) -> Membership:
    """A lead of an organization that has a vault; returns the membership."""
    membership = check_has_vault(by)
    if membership.role not in LEAD_ROLES:
        raise Refused("Only a lead of the organization does this.")
    return membership


def check_may_make_key(by: User) -> Membership:
    """A lead makes the organization's key, once; returns the membership."""
    membership = check_leads(by)
    if having_keys([vault.reader_of(membership.organization)]):
        raise Refused(f"{membership.organization} has a key already.")
    return membership


def check_may_start_again(by: User) -> Membership:
    """Whoever lost a passphrase gives up their own way in, if a colleague is left who can let them in again."""
    membership = check_has_vault(by)
    if not others_let_in(membership):
        raise Refused("Nobody else could let you in again: use your organization's recovery key.")
    return membership


def others_let_in(membership: Membership) -> list[User]:
    """The colleagues who can let the member in, by name."""
    ids = [one for one in active_members(membership.organization) if one != membership.user_id]
    let_in = [one for one, state in vault_states(membership.organization, ids).items() if state == VaultState.IN]
    return list(User.objects.filter(pk__in=let_in).order_by("name", "pk"))


def leads_of(membership: Membership) -> list[User]:
    """The leads of the member's organization, by name."""
    return list(User.objects.filter(pk__in=active_members(membership.organization, *LEAD_ROLES)).order_by("name", "pk"))
