"""Key pairs for every reader, made once per run, and put into the databases whenever those were emptied.

Tests open documents with `keys_for`; a browser or client unlocks as a member does (tests/factories.py).
"""

from datetime import UTC, datetime
from functools import cache
from uuid import UUID, uuid4

from accounts.models import Organization, OrganizationKind
from privacy import worker_key
from privacy.hpke import PrivateKey
from privacy.indexes import seal_index_key
from privacy.models import ReaderKey
from privacy.readers import WORKER, Keys

MADE = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def _pair(reader: str) -> tuple[UUID, PrivateKey]:
    return uuid4(), PrivateKey.generate()


def keys_for(reader: str) -> Keys:
    """The reader's keys, as an unlocked member of it (or the worker) has them."""
    if reader == WORKER:
        return worker_key.load().keys()
    key_id, private = _pair(reader)
    return Keys(reader, {key_id: private})


def install() -> None:
    """Publish every reader's key in the main database, and let the hotline search."""
    worker_key.publish_worker_key(MADE)
    organizations = Organization.objects.filter(kind__in=[OrganizationKind.HOTLINE, OrganizationKind.PROVIDER])
    for organization in organizations:
        key_id, private = _pair(organization.slug)
        ReaderKey.objects.get_or_create(
            id=key_id, defaults={"reader": organization.slug, "public": private.public(), "created_at": MADE}
        )
        if organization.kind == OrganizationKind.HOTLINE:
            seal_index_key(worker_key.load().index_key, ReaderKey.objects.get(id=key_id), now=MADE)
