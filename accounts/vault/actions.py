"""What members do with their own keys and their organization's: make, change, recover, replace, rotate.

Keys are made in the `keys` database in one transaction with what they need to open: whatever kills the process in
between, nobody who could open a file before is left without a way in.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import Membership, Organization, PeopleEventKind, User
from accounts.people import record
from accounts.vault import holder_of
from accounts.vault.policies import (
    check_has_vault,
    check_leads,
    check_may_make_key,
    check_may_start_again,
    leads_of,
)
from privacy import holders, recovery_key, rotation, vault
from privacy.hpke import PrivateKey
from privacy.models import ReaderKey
from privacy.readers import Keys

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """What making an organization's key gives: the lead's private key, and the recovery key, which is kept nowhere."""

    private: PrivateKey = field(repr=False)
    recovery_key: str = field(repr=False)


def make_organization_key(*, by: User, passphrase: str, now: datetime | None = None) -> MadeKey:
    """Make the first key of the lead's organization, opened by the lead's passphrase and by a new recovery key.

    Raises `Refused`, also for the second of two leads who make one at once.
    """
    now = now or timezone.now()
    with transaction.atomic():
        _lock_organization(check_has_vault(by))
        membership = check_may_make_key(by)
        reader, printed = vault.reader_of(membership.organization), recovery_key.generate()
        with transaction.atomic(using="keys"):
            private = holders.make_holder(holder_of(by), passphrase, now=now)
            holders.make_holder(holders.recovery_holder(reader), printed, now=now)
            holders.make_reader(reader, [holder_of(by), holders.recovery_holder(reader)], now=now)
        record(organization=membership.organization, kind=PeopleEventKind.KEY_MADE, by=by, about=by, now=now)
    return MadeKey(private, printed)


def set_passphrase(*, by: User, passphrase: str, keys: Keys | None = None, now: datetime | None = None) -> PrivateKey:
    """Give the member a new key pair under `passphrase`; returns its private half. The earlier pair is destroyed.

    With `keys`, what they have open, the new pair opens the same; without, a colleague must let the member in.
    """
    membership, now = check_has_vault(by), now or timezone.now()
    reader = vault.reader_of(membership.organization)
    if keys is None and holders.is_left_out(holder_of(by), reader):
        # A new pair would destroy the member's way to the true key.
        raise holders.Planted(f"the key in use of {reader} is not one that {holder_of(by)} was let in to")
    with transaction.atomic():
        # Not while a colleague is handing everybody a new pair: the one made here would be left out.
        _lock_organization(membership)
        record(organization=membership.organization, kind=PeopleEventKind.PASSPHRASE_SET, by=by, about=by, now=now)
        return _new_pair(by, passphrase, keys, now)


def start_again(*, by: User, passphrase: str, now: datetime | None = None) -> None:
    """Replace a lost passphrase: the member waits for a colleague to let them in. Raises `Refused` if there is none."""
    with transaction.atomic():
        # Of two who start again at once, the second must see that the first can let nobody in any more.
        _lock_organization(check_has_vault(by))
        check_may_start_again(by)
        set_passphrase(by=by, passphrase=passphrase, now=now)


def recover(*, by: User, printed: str, passphrase: str, now: datetime | None = None) -> PrivateKey:
    """Let the member in by the organization's recovery key; returns the private half of their new pair.

    Raises `Unreadable` for a key that is not the organization's, and `Planted`. The leads are told by e-mail.
    """
    membership, now = check_has_vault(by), now or timezone.now()
    reader = vault.reader_of(membership.organization)
    holder = holders.recovery_holder(reader)
    recovered = holders.private_of(holder, printed)
    try:
        keys = holders.keys_of(holder, recovered, reader)
    except vault.Unreadable:
        raise holders.Planted(f"a grant of {holder} does not open with its key") from None
    with transaction.atomic():
        record(organization=membership.organization, kind=PeopleEventKind.RECOVERED, by=by, about=by, now=now)
        private = _new_pair(by, passphrase, keys, now)
        transaction.on_commit(partial(_tell_leads, membership, now))
    return private


def replace_recovery_key(*, by: User, keys: Keys, now: datetime | None = None) -> str:
    """A new recovery key for the lead's organization, to be shown once; the printed one opens nothing any more."""
    membership, now = check_leads(by), now or timezone.now()
    holder, printed = holders.recovery_holder(keys.reader), recovery_key.generate()
    with transaction.atomic():
        record(organization=membership.organization, kind=PeopleEventKind.RECOVERY_REPLACED, by=by, about=by, now=now)
        with transaction.atomic(using="keys"):
            holders.make_holder(holder, printed, now=now)
            holders.let_in(holder, keys, now=now)
    return printed


def begin_rotation_if_wanted(*, by: User, keys: Keys, now: datetime | None = None) -> Keys:
    """Begin what somebody's leaving asked for; returns the keys, with the new pair if any. May raise `Planted`."""
    membership, now = check_has_vault(by), now or timezone.now()
    if not rotation.is_wanted(keys.reader):
        return keys
    with transaction.atomic():
        # Of two members who unlock at once, the second waits here and finds that nothing is wanted any more.
        _lock_organization(membership)
        return _begin(by, membership, keys, now) if rotation.is_wanted(keys.reader) else keys


def begin_rotation(*, by: User, keys: Keys, now: datetime | None = None) -> Keys:
    """A lead changes the organization's key by hand; returns the keys with the new pair. May raise `Planted`.

    One that is not finished goes on instead.
    """
    membership, now = check_leads(by), now or timezone.now()
    with transaction.atomic():
        _lock_organization(membership)
        return keys if rotation.remaining(keys.reader) else _begin(by, membership, keys, now)


def continue_rotation(*, keys: Keys, now: datetime | None = None) -> int:
    """Wrap a few hundred keys anew; returns how many are left. Raises `Planted` for a row that somebody changed."""
    try:
        rotation.rewrap_some(keys)
    except vault.Unreadable:
        raise holders.Planted(f"a wrapped key of {keys.reader} was changed") from None
    left = rotation.remaining(keys.reader)
    if not left:
        finish_rotation(reader=keys.reader, now=now)
    return left


def finish_rotation(*, reader: str, now: datetime | None = None) -> bool:
    """Destroy the retired pairs once nothing can need them any more; False while something may."""
    if not ReaderKey.objects.filter(reader=reader, retired_at__isnull=False).exists():
        return False
    return rotation.has_settled(reader, now or timezone.now()) and rotation.finish(reader)


def _begin(by: User, membership: Membership, keys: Keys, now: datetime) -> Keys:
    grown = rotation.begin(keys, now=now)
    record(organization=membership.organization, kind=PeopleEventKind.ROTATED, by=by, now=now)
    return grown


def _new_pair(by: User, passphrase: str, keys: Keys | None, now: datetime) -> PrivateKey:
    with transaction.atomic(using="keys"):
        private = holders.make_holder(holder_of(by), passphrase, now=now)
        if keys is not None:
            holders.let_in(holder_of(by), keys, now=now)
    return private


def _lock_organization(membership: Membership) -> None:
    Organization.objects.select_for_update().get(pk=membership.organization_id)


def _tell_leads(membership: Membership, now: datetime) -> None:
    told = {"membership": membership, "at": now}
    _mail(
        leads_of(membership),
        f"The recovery key of {membership.organization} was used",
        render_to_string("accounts/vault_recovered.txt", told),
    )


def _mail(people: Iterable[User], subject: str, text: str) -> None:
    try:
        send_mail(subject, text, None, [person.email for person in people])
    except OSError as error:
        # The member is in either way, and the organization's log says so. The type only: texts hold addresses.
        log.error("leads could not be told that a recovery key was used: %s", type(error).__name__)
