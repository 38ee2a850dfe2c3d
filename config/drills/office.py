"""A scratch installation's people and keys, as every drill needs them: one member unlocked at each office."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import Membership, Organization, OrganizationKind, User
from accounts.roles import Actor, Role
from privacy import holders, worker_key
from privacy.indexes import seal_index_key
from privacy.models import ReaderKey
from privacy.readers import Keys


@dataclass(frozen=True, slots=True)
class Office:
    """An organization with its key made, and one lead who can unlock it."""

    organization: Organization
    lead: User
    actor: Actor
    passphrase: str = field(repr=False)
    keys: Keys = field(repr=False)

    @property
    def holder(self) -> str:
        return holders.member_holder(self.lead.pk)


def open_offices(now: datetime) -> dict[str, Office]:
    """Publish the worker's key and make every hotline's and provider's; by slug."""
    worker_key.publish_worker_key(now)
    kinds = {OrganizationKind.HOTLINE: Role.HOTLINE_LEAD, OrganizationKind.PROVIDER: Role.PROVIDER_LEAD}
    return {
        organization.slug: _open(organization, kinds[OrganizationKind(organization.kind)], now)
        for organization in Organization.objects.filter(kind__in=kinds, is_active=True)
    }


def _open(organization: Organization, role: Role, now: datetime) -> Office:
    slug, passphrase = organization.slug, secrets.token_urlsafe(24)
    lead = User.objects.create_user(f"drill-{secrets.token_hex(4)}@{slug}.example", name=f"Drill {slug}")
    membership = Membership.objects.create(user=lead, organization=organization, role=role)
    holder = holders.member_holder(lead.pk)
    holders.make_holder(holder, passphrase, now=now)
    keys = holders.make_reader(slug, [holder], now=now)
    if organization.kind == OrganizationKind.HOTLINE:
        key_id = ReaderKey.objects.get(reader=slug, retired_at=None)
        seal_index_key(worker_key.load().index_key, key_id, now=now)
    return Office(organization, lead, membership.actor(), passphrase, keys)
