"""Finding cases by phone, A-number or person without storing any: 20 bits of a keyed hash, confirmed by opening."""

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef

from privacy import readers
from privacy.aead import context
from privacy.models import BlindIndex, IndexKeyGrant, ReaderKey
from privacy.readers import Keys

BITS = 20
PHONE, A_NUMBER = "phone", "a_number"
# One sound of a name with the birth day; and the same with the country of birth, where that was told.
PERSON, BORN_IN = "person", "born_in"


def index_value(index_key: bytes, purpose: str, normalized: str) -> int:
    """The 20-bit value of a normalized number; `index_key` is 32 bytes."""
    digest = hmac.new(index_key, context("index/1", purpose, normalized), hashlib.sha256).digest()
    return int.from_bytes(digest[:4]) >> (32 - BITS)


def write_indexes(case_id: UUID, index_key: bytes, values: list[tuple[str, str]]) -> None:
    """Index a case by (purpose, normalized number) pairs; writing the same again changes nothing."""
    rows = [
        BlindIndex(case_id=case_id, purpose=purpose, value=index_value(index_key, purpose, normalized))
        for purpose, normalized in values
    ]
    BlindIndex.objects.bulk_create(rows, ignore_conflicts=True)


def alike(case_id: UUID, *purposes: str) -> dict[UUID, dict[str, int]]:
    """The other cases with one of this case's values of `purposes`: of each how many it shares, by purpose."""
    same = BlindIndex.objects.filter(case_id=case_id, purpose=OuterRef("purpose"), value=OuterRef("value"))
    others = BlindIndex.objects.filter(Exists(same), purpose__in=purposes).exclude(case_id=case_id).order_by()
    shared: dict[UUID, dict[str, int]] = {}
    for other, purpose, count in others.values_list("case_id", "purpose").annotate(Count("pk")):
        shared.setdefault(other, {})[purpose] = count
    return shared


def having(purpose: str, case_ids: Collection[UUID]) -> set[UUID]:
    """Those of the cases with any value of `purpose`."""
    return set(BlindIndex.objects.filter(purpose=purpose, case_id__in=case_ids).values_list("case_id", flat=True))


def candidates(index_key: bytes, purpose: str, normalized: str) -> list[UUID]:
    """The cases that may have this number; a hit is not certain until its document was opened."""
    value = index_value(index_key, purpose, normalized)
    return list(BlindIndex.objects.filter(purpose=purpose, value=value).values_list("case_id", flat=True))


def seal_index_key(index_key: bytes, reader_key: ReaderKey, *, now: datetime) -> None:
    """Let the holders of `reader_key` (the hotline's) search; doing it again changes nothing more."""
    sealed = readers.seal_for(reader_key, index_key, bound_to=_BOUND_TO)
    IndexKeyGrant.objects.update_or_create(reader_key_id=reader_key.id, defaults={"sealed": sealed, "created_at": now})


def index_key_of(keys: Keys) -> bytes | None:
    """The index key, for a reader that was given it; None for any other. Raises `Unreadable` for a changed row."""
    grant = IndexKeyGrant.objects.filter(reader_key_id__in=keys.private).order_by("-created_at").first()
    if grant is None:
        return None
    return keys.open(grant.reader_key_id, grant.sealed, readers.place_of(keys.reader, grant.reader_key_id, _BOUND_TO))


_BOUND_TO = context("index key/1")
