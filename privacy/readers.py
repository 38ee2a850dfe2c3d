"""Readers' key pairs: public halves everybody can seal to, private halves that a holder or the worker opens with."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from privacy import hpke
from privacy.aead import Unreadable, context
from privacy.hpke import PrivateKey
from privacy.models import ReaderKey

# The reader that texts, triages again and writes indexes; the other readers are organizations, by their slugs.
WORKER = "worker"


class NoKey(Exception):
    """Nobody can seal for this reader yet: its key pair was never made."""

    def __init__(self, reader: str) -> None:
        super().__init__(f"the reader {reader} has no key")
        self.reader = reader


@dataclass(frozen=True, slots=True)
class Keys:
    """A reader's private keys, in memory: what an unlocked member, or the worker's process, opens documents with.

    `private` has the key in use and those that are retired but not yet without work.
    """

    reader: str
    private: dict[UUID, PrivateKey] = field(repr=False)

    def open(self, reader_key_id: UUID, sealed: bytes | memoryview, associated: bytes) -> bytes:
        """What was sealed to this reader under that pair; raises `Unreadable`."""
        key = self.private.get(reader_key_id)
        if key is None:
            raise Unreadable("wrapped under a key that is not open")
        return key.open(sealed, associated)


def in_use(readers: Iterable[str]) -> dict[str, ReaderKey]:
    """The key to seal with for each of `readers`, in one query; raises `NoKey` if one has none."""
    wanted = set(readers)
    keys = {key.reader: key for key in ReaderKey.objects.filter(reader__in=wanted, retired_at=None)}
    for reader in sorted(wanted - keys.keys()):
        raise NoKey(reader)
    return keys


def having_keys(readers: Iterable[str]) -> list[str]:
    """Those of `readers` that can be sealed for, sorted."""
    found = ReaderKey.objects.filter(reader__in=set(readers), retired_at=None)
    return sorted(found.values_list("reader", flat=True))


def publish(reader: str, key: PrivateKey, *, key_id: UUID | None = None, now: datetime) -> ReaderKey:
    """Let everybody seal for `reader` with this pair from now on; an earlier pair is retired with it."""
    with transaction.atomic():
        ReaderKey.objects.filter(reader=reader, retired_at=None).update(retired_at=now)
        return ReaderKey.objects.create(id=key_id or uuid4(), reader=reader, public=key.public(), created_at=now)


def seal_for(reader_key: ReaderKey, plain: bytes, *, bound_to: bytes) -> bytes:
    """`plain` for the reader of `reader_key`; `Keys.open` opens it with `place_of` the same."""
    return hpke.seal_to(reader_key.public, plain, place_of(reader_key.reader, reader_key.id, bound_to))


def place_of(reader: str, reader_key_id: UUID, bound_to: bytes) -> bytes:
    """The associated data of something sealed for a reader: for whom, under which pair, and what it belongs to."""
    return context("for reader/1", reader, reader_key_id, bound_to.hex())
