"""What the pages about an organization's people show."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from allauth.mfa.models import Authenticator
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from accounts.models import Invitation, Membership, Organization, PeopleEvent
from accounts.second_factor import FACTORS
from privacy import vault
from privacy.holders import member_holder
from privacy.models import HolderKey, KeyGrant, ReaderKey

EVENTS_A_PAGE = 50


class VaultState(Enum):
    """How far a member is on the way into their organization's vault."""

    NO_PASSPHRASE = "No vault passphrase yet"  # noqa: S105 (a word on a page)
    WAITS = "Waits to be let in"
    IN = "Let in"


@dataclass(frozen=True, slots=True)
class Colleague:
    """One member as the team page shows them."""

    membership: Membership
    has_second_factor: bool
    vault: VaultState


def team_of(organization: Organization) -> list[Colleague]:
    """Everybody who acts for the organization, by name. Five queries, however many they are."""
    memberships = list(
        Membership.objects.select_related("user")
        .filter(organization=organization, user__is_active=True)
        .order_by("user__name", "user_id")
    )
    ids = [membership.user_id for membership in memberships]
    with_factor = set(Authenticator.objects.filter(user_id__in=ids, type__in=FACTORS).values_list("user_id", flat=True))
    states = vault_states(organization, ids)
    return [
        Colleague(membership, membership.user_id in with_factor, states[membership.user_id])
        for membership in memberships
    ]


def vault_states(organization: Organization, user_ids: list[int]) -> dict[int, VaultState]:
    """How far each of these members is on the way into the organization's vault. Three queries."""
    names = {member_holder(user_id): user_id for user_id in user_ids}
    in_use = list(
        ReaderKey.objects.filter(reader=vault.reader_of(organization), retired_at=None).values_list("id", flat=True)
    )
    have_keys = HolderKey.objects.filter(holder__in=names).values_list("holder", flat=True)
    let_in = set(
        KeyGrant.objects.filter(reader_key_id__in=in_use, holder__holder__in=names).values_list(
            "holder__holder", flat=True
        )
    )
    states = dict.fromkeys(user_ids, VaultState.NO_PASSPHRASE)
    for holder in have_keys:
        states[names[holder]] = VaultState.IN if holder in let_in else VaultState.WAITS
    return states


def open_invitations(*, now: datetime, organization: Organization | None = None) -> QuerySet[Invitation]:
    """Invitations that still lead in, newest first: of one organization, or of all."""
    found = Invitation.objects.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=now)
    if organization is not None:
        found = found.filter(organization=organization)
    return found.select_related("organization", "invited_by")


def people_log(organization: Organization, page: str | int) -> Page[PeopleEvent]:
    """The organization's log of its people, newest first; a page that there is not is the nearest one."""
    events = PeopleEvent.objects.filter(organization=organization).select_related("by", "about")
    return Paginator(events, EVENTS_A_PAGE).get_page(page)
