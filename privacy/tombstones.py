"""The log of what was destroyed: hash-chained, kept in both databases, replayed into either after a restore."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from privacy.models import BlindIndex, KeyTombstone, ReturnCode, SealedDocument, Tombstone, TombstoneFields, WrappedKey

_WRITE_TRIES = 20
_COLUMNS = ("sequence", "case_hash", "at", "reason", "destroyed", "previous_hash", "hash")


def case_hash(case_id: UUID) -> str:
    """How the log names a case."""
    return hashlib.sha256(case_id.bytes).hexdigest()


def write(*, case_id: UUID, reason: str, destroyed: dict[str, Any], now: datetime) -> Tombstone:
    """Append a line, in the caller's transaction."""
    for _ in range(_WRITE_TRIES):
        last = Tombstone.objects.order_by("-sequence").first()
        row = Tombstone(
            sequence=last.sequence + 1 if last else 1,
            case_hash=case_hash(case_id),
            at=now,
            reason=reason,
            destroyed=destroyed,
            previous_hash=last.hash if last else "",
        )
        row.hash = _hash(row)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            # Another process wrote this line meanwhile: ours is the next one.
            continue
        return row
    raise RuntimeError("the log of destroyed keys is written from too many places at once")


def copy_to_keys() -> int:
    """Bring the copy in the `keys` database up to date; returns how many lines were missing there."""
    return _copy(Tombstone, KeyTombstone)


def is_intact() -> bool:
    """Whether no line of either log was changed or taken out, and both say the same as far as both go.

    The copy in `keys` may lag behind the log in main, never the other way round: that one would have lost its end.
    """
    # The copy first: a line that is written meanwhile stands in the log before it stands in the copy.
    theirs, mine = list(KeyTombstone.objects.order_by("sequence")), list(Tombstone.objects.order_by("sequence"))
    same = len(mine) >= len(theirs) and all(one.hash == other.hash for one, other in zip(mine, theirs, strict=False))
    return same and _chain_holds(mine) and _chain_holds(theirs)


def replay_into_keys() -> int:
    """After `keys` was restored: destroy again what the log in main says; returns how many wraps came back to die."""
    known = {case_hash(one): one for one in WrappedKey.objects.values_list("case_id", flat=True).distinct()}
    known |= {case_hash(one): one for one in BlindIndex.objects.values_list("case_id", flat=True).distinct()}
    gone = 0
    for line in Tombstone.objects.filter(case_hash__in=known).order_by("sequence").iterator():
        told = line.destroyed
        wraps = WrappedKey.objects.filter(
            case_id=known[line.case_hash], created_at__lte=datetime.fromisoformat(told["until"])
        ).exclude(reader__in=told["keep_readers"])
        if told["kinds"]:
            wraps = wraps.filter(kind__in=told["kinds"])
        if told["readers"]:
            wraps = wraps.filter(reader__in=told["readers"])
        gone += wraps.delete()[0]
        if told["ends_case"]:
            BlindIndex.objects.filter(case_id=known[line.case_hash]).delete()
    copy_to_keys()
    return gone


def replay_into_main() -> int:
    """After main was restored: the codes and ciphertexts of ended cases go again; returns how many rows."""
    _copy(KeyTombstone, Tombstone)
    known = {case_hash(one): one for one in ReturnCode.objects.values_list("case_id", flat=True) if one}
    known |= {case_hash(one): one for one in SealedDocument.objects.values_list("case_id", flat=True).distinct()}
    gone = 0
    for line in KeyTombstone.objects.filter(case_hash__in=known).order_by("sequence").iterator():
        if line.destroyed["ends_case"]:
            until = datetime.fromisoformat(line.destroyed["until"])
            of_case = {"case_id": known[line.case_hash], "created_at__lte": until}
            gone += ReturnCode.objects.filter(**of_case).delete()[0]
            gone += SealedDocument.objects.filter(**of_case).delete()[0]
    return gone


def _copy(source: type[TombstoneFields], target: type[TombstoneFields]) -> int:
    last = target._default_manager.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    lines = source._default_manager.filter(sequence__gt=last).order_by("sequence").values(*_COLUMNS)
    rows = [target(**line) for line in lines]
    target._default_manager.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _chain_holds(lines: Iterable[TombstoneFields]) -> bool:
    previous, expected = "", 1
    for line in lines:
        if line.sequence != expected or line.previous_hash != previous or line.hash != _hash(line):
            return False
        previous, expected = line.hash, expected + 1
    return True


def _hash(line: TombstoneFields) -> str:
    told = [
        line.sequence,
        line.case_hash,
        line.at.astimezone(UTC).isoformat(),
        line.reason,
        line.destroyed,
        line.previous_hash,
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
