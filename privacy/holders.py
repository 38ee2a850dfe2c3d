"""Who can unlock a reader's keys: members by a passphrase, the organization by its printed recovery key.

Each holder has a key pair of its own, whose private half is sealed under Argon2id of what only they know. A reader's
private key is sealed to each holder, so that it can be rotated, or a member let in, without anybody's passphrase.
"""

import hashlib
import hmac
import os
from datetime import datetime
from uuid import UUID, uuid4

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from django.conf import settings
from django.db import transaction
from tink import aead

from privacy import hpke
from privacy.aead import KEY_BYTES, Unreadable, aead_of, context, decrypt
from privacy.hpke import PrivateKey
from privacy.models import HolderKey, KeyGrant, ReaderKey
from privacy.readers import Keys, publish

_SALT_BYTES = 16


class Planted(Exception):
    """A row about keys that nobody with the private key wrote: somebody changed the database. Never to be ignored."""


def member_holder(user_id: int) -> str:
    """The name of a member's own key pair."""
    return f"member {user_id}"


def recovery_holder(reader: str) -> str:
    """The name of the key pair behind an organization's printed recovery key."""
    return f"recovery {reader}"


def make_holder(holder: str, secret: str, *, now: datetime) -> PrivateKey:
    """A new key pair for `holder`, its private half sealed under `secret`; replaces an earlier one and its grants."""
    private, salt, cost = PrivateKey.generate(), os.urandom(_SALT_BYTES), settings.VAULT_ARGON2
    row = HolderKey(
        id=uuid4(),
        holder=holder,
        public=private.public(),
        salt=salt,
        memory_cost=cost["memory_cost"],
        time_cost=cost["time_cost"],
        created_at=now,
    )
    row.private = _stretched(secret, row).encrypt(private.serialize(), _private_bound_to(row))
    with transaction.atomic(using="keys"):
        HolderKey.objects.filter(holder=holder).delete()
        row.save(force_insert=True)
    return private


def private_of(holder: str, secret: str) -> PrivateKey:
    """The holder's private key; raises `Unreadable` for a wrong secret, as slowly as for a holder there is not."""
    row = HolderKey.objects.filter(holder=holder).first()
    if row is None:
        # As slow as a wrong passphrase: who has no key must not be told apart by time.
        nobody = HolderKey(
            salt=bytes(_SALT_BYTES), **{k: settings.VAULT_ARGON2[k] for k in ("memory_cost", "time_cost")}
        )
        _stretched(secret, nobody)
        raise Unreadable("no such holder")
    return PrivateKey(decrypt(_stretched(secret, row), row.private, _private_bound_to(row)))


def has_key(holder: str) -> bool:
    return HolderKey.objects.filter(holder=holder).exists()


def may_open(holder: str, reader: str) -> bool:
    """Whether the holder has been let in to the key the reader uses now."""
    keys = list(ReaderKey.objects.filter(reader=reader, retired_at=None).values_list("id", flat=True))
    return KeyGrant.objects.filter(holder__holder=holder, reader_key_id__in=keys).exists()


def is_left_out(holder: str, reader: str) -> bool:
    """Whether the holder was let in, and not to the key in use: rotation leaves nobody out, so this key is not ours."""
    return KeyGrant.objects.filter(holder__holder=holder).exists() and not may_open(holder, reader)


def make_reader(reader: str, holders: list[str], *, now: datetime) -> Keys:
    """A new key pair for `reader`, let open by `holders` (who have keys); any earlier pair is retired."""
    private, key_id = PrivateKey.generate(), uuid4()
    # Grants first: a public key whose private half nobody holds would be sealed to for ever.
    for row in HolderKey.objects.filter(holder__in=holders):
        _grant(key_id, private, row, reader, now)
    publish(reader, private, key_id=key_id, now=now)
    return Keys(reader, {key_id: private})


def keys_of(holder: str, private: PrivateKey, reader: str) -> Keys:
    """The reader's keys that the holder's private key opens.

    Raises `Unreadable` if the holder is not let in, `Planted` if a public key in use is not the one it opens with.
    """
    reader_keys = {key.id: key for key in ReaderKey.objects.filter(reader=reader)}
    opened: dict[UUID, PrivateKey] = {}
    grants = KeyGrant.objects.filter(holder__holder=holder, reader_key_id__in=reader_keys)
    for grant in grants.select_related("holder"):
        key = reader_keys[grant.reader_key_id]
        opened[key.id] = PrivateKey(private.open(grant.sealed, _grant_bound_to(key.id, reader, grant.holder)))
        if opened[key.id].public() != bytes(key.public):
            raise Planted(f"the public key {key.id} of {reader} is not the one its holders open with")
    if not any(reader_keys[key_id].retired_at is None for key_id in opened):
        raise Unreadable("not let in")
    return Keys(reader, opened)


def let_in(holder: str, keys: Keys, *, now: datetime) -> None:
    """Let a holder open what `keys` open; only somebody who has them open can. Doing it again changes nothing more."""
    row = HolderKey.objects.get(holder=holder)
    with transaction.atomic(using="keys"):
        for key_id, private in keys.private.items():
            _grant(key_id, private, row, keys.reader, now)


def shut_out(holder: str) -> None:
    """Destroy the holder's key pair and with it everything it could open."""
    HolderKey.objects.filter(holder=holder).delete()


def holders_of(keys: Keys) -> list[HolderKey]:
    """Everybody let in to the keys; raises `Planted` for a grant that nobody with the keys vouched for."""
    found: dict[UUID, HolderKey] = {}
    for grant in KeyGrant.objects.filter(reader_key_id__in=keys.private).select_related("holder"):
        vouched = _vouch(keys.private[grant.reader_key_id], grant.reader_key_id, grant.holder)
        if not hmac.compare_digest(vouched, bytes(grant.vouched)):
            raise Planted(f"nobody let {grant.holder.holder} in: the row was written past the vault")
        found[grant.holder_id] = grant.holder
    return list(found.values())


def _grant(key_id: UUID, private: PrivateKey, holder: HolderKey, reader: str, now: datetime) -> None:
    sealed = hpke.seal_to(holder.public, private.serialize(), _grant_bound_to(key_id, reader, holder))
    KeyGrant.objects.update_or_create(
        reader_key_id=key_id,
        holder=holder,
        defaults={"sealed": sealed, "vouched": _vouch(private, key_id, holder), "created_at": now},
    )


def _vouch(private: PrivateKey, key_id: UUID, holder: HolderKey) -> bytes:
    key = hashlib.sha256(b"vouch/1|" + private.serialize()).digest()
    return hmac.digest(key, context("vouch/1", key_id, holder.id, holder.holder, bytes(holder.public).hex()), "sha256")


def _stretched(secret: str, row: HolderKey) -> aead.Aead:
    try:
        raw = hash_secret_raw(
            secret=secret.encode(),
            salt=bytes(row.salt),
            hash_len=KEY_BYTES,
            type=Type.ID,
            memory_cost=row.memory_cost,
            time_cost=row.time_cost,
            parallelism=1,
        )
    except HashingError:
        raise Unreadable("not a salt or cost of ours") from None
    return aead_of(raw)


def _private_bound_to(row: HolderKey) -> bytes:
    return context("holder/1", row.id, row.holder)


def _grant_bound_to(key_id: UUID, reader: str, holder: HolderKey) -> bytes:
    return context("grant/1", key_id, reader, holder.id)
