"""Rotation of a reader's key pair: a new pair for everyone who may open, then every wrap anew, a few hundred at a time.

It runs with the keys open, in a member's own requests (or the worker's command), and may be killed at any point: what
is wrapped under the old pair stays readable until its row is replaced, and the old pair goes when no row needs it.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from privacy import readers
from privacy.holders import holders_of, let_in
from privacy.hpke import PrivateKey
from privacy.indexes import index_key_of, seal_index_key
from privacy.models import IndexKeyGrant, KeyGrant, ReaderKey, WrappedKey
from privacy.readers import Keys
from privacy.vault import place_of_wrap

AT_ONCE = 500
# A request that read the old public key has long ended by then: what it sealed is there to be wrapped anew.
SETTLED_AFTER = timedelta(minutes=10)


def want_rotation(reader: str, now: datetime) -> None:
    """Note that somebody who could open the reader's key has left; the next member who unlocks begins."""
    ReaderKey.objects.filter(reader=reader, retired_at=None, rotation_wanted_at=None).update(rotation_wanted_at=now)


def is_wanted(reader: str) -> bool:
    return ReaderKey.objects.filter(reader=reader, retired_at=None, rotation_wanted_at__isnull=False).exists()


def begin(keys: Keys, *, now: datetime) -> Keys:
    """A new pair for the reader, let open by everyone who is let in now; returns the keys with the new one.

    Raises `Planted` if somebody was let in past the vault: such a row must not be handed the new pair.
    """
    holders = holders_of(keys)
    key_id, private = uuid4(), PrivateKey.generate()
    grown = Keys(keys.reader, {**keys.private, key_id: private})
    new_alone = Keys(keys.reader, {key_id: private})
    for holder in holders:
        let_in(holder.holder, new_alone, now=now)
    _move_index_key(grown, key_id, now)
    readers.publish(keys.reader, private, key_id=key_id, now=now)
    return grown


def remaining(reader: str) -> int:
    """How many wraps still stand under a retired pair."""
    return _old(reader).count()


def rewrap_some(keys: Keys, *, limit: int = AT_ONCE) -> int:
    """Wrap up to `limit` data keys anew under the pair in use; returns how many. Raises `Unreadable` for a changed row.

    Each row is replaced by one conditional UPDATE, so that two members who press at once do not undo each other.
    """
    new = readers.in_use([keys.reader])[keys.reader]
    rows = list(_old(keys.reader).order_by("id")[:limit])
    for row in rows:
        bound_to = place_of_wrap(row)
        place = readers.place_of(row.reader, row.reader_key_id, bound_to)
        data_key = keys.open(row.reader_key_id, row.wrapped, place)
        WrappedKey.objects.filter(pk=row.pk, reader_key_id=row.reader_key_id).update(
            wrapped=readers.seal_for(new, data_key, bound_to=bound_to), reader_key_id=new.id
        )
    return len(rows)


def has_settled(reader: str, now: datetime) -> bool:
    """Whether nobody can be sealing under a retired pair any more, so that `finish` loses nothing."""
    retired = ReaderKey.objects.filter(reader=reader, retired_at__isnull=False)
    return not retired.filter(retired_at__gt=now - SETTLED_AFTER).exists()


def finish(reader: str) -> bool:
    """Destroy the retired pairs that nothing is wrapped under any more; False while something is.

    Only once `has_settled`: a wrap that comes after this under a retired pair is lost.
    """
    if _old(reader).exists():
        return False
    retired = list(ReaderKey.objects.filter(reader=reader, retired_at__isnull=False).values_list("id", flat=True))
    with transaction.atomic(using="keys"):
        KeyGrant.objects.filter(reader_key_id__in=retired).delete()
        IndexKeyGrant.objects.filter(reader_key_id__in=retired).delete()
    ReaderKey.objects.filter(id__in=retired).delete()
    return True


def _old(reader: str) -> QuerySet[WrappedKey]:
    """The wraps that still stand under a retired pair."""
    in_use = ReaderKey.objects.filter(reader=reader, retired_at=None).values_list("id", flat=True)
    return WrappedKey.objects.filter(reader=reader).exclude(reader_key_id__in=list(in_use))


def _move_index_key(keys: Keys, key_id: UUID, now: datetime) -> None:
    """A hotline's new pair opens the index key too."""
    index_key = index_key_of(keys)
    if index_key is not None:
        reader_key = ReaderKey(id=key_id, reader=keys.reader, public=keys.private[key_id].public())
        seal_index_key(index_key, reader_key, now=now)
