"""Destroying wraps: what a transition takes away at once, and what retention makes due; each leaves a tombstone.

An intent is a row of the transaction that causes it. It is carried out in the `keys` database after the commit, or
when it is due; doing it again, after a crash or a restored backup, changes nothing more.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from privacy import tombstones
from privacy.models import (
    BlindIndex,
    CodeVisit,
    DocumentKind,
    KeyDestruction,
    LegalHold,
    ReturnCode,
    SealedDocument,
    WrappedKey,
)

log = logging.getLogger(__name__)

# What a transition takes away at once. A hold does not stop it: the hotline keeps reading.
ACCESS = "access"
# Readiness fails when something that is due has been standing for this long.
LATE_AFTER = timedelta(days=1)


def destroy_wraps(
    *,
    case_id: UUID,
    kinds: Iterable[DocumentKind] = (),
    readers: Iterable[str] = (),
    keep_readers: Iterable[str] = (),
    now: datetime,
) -> None:
    """Make the case's documents (of `kinds`, else all) unreadable for ever to `readers` (else to all), at once.

    Never to `keep_readers`.

    The intent is a row of the caller's transaction; it is carried out after the commit, or else by the sweep.
    """
    # Whoever waited for a lock has an old clock: what was wrapped meanwhile falls under the intent too.
    newest = WrappedKey.objects.filter(case_id=case_id).aggregate(at=Max("created_at"))["at"]
    now = max(now, newest or now)
    with transaction.atomic():
        intent = KeyDestruction.objects.create(
            case_id=case_id,
            reason=ACCESS,
            kinds=sorted(map(str, kinds)),
            readers=sorted(set(readers)),
            keep_readers=sorted(set(keep_readers)),
            created_at=now,
            due_at=now,
        )
        transaction.on_commit(lambda: _carry_out_now(intent, now), robust=True)


def schedule(
    *,
    case_id: UUID,
    reason: str,
    due_at: datetime,
    now: datetime,
    kinds: Iterable[DocumentKind] = (),
    readers: Iterable[str] = (),
    ends_case: bool = False,
) -> KeyDestruction:
    """Have the case's documents (of `kinds`, else all) become unreadable for `readers` (else everyone) at `due_at`.

    `reason` is the retention rule's code, at most 30 characters. With `ends_case` its return codes and indexes go too.
    """
    return KeyDestruction.objects.create(
        case_id=case_id,
        reason=reason,
        kinds=sorted(map(str, kinds)),
        readers=sorted(set(readers)),
        ends_case=ends_case,
        created_at=now,
        due_at=due_at,
    )


def cancel_scheduled(case_id: UUID, now: datetime) -> int:
    """A case was taken up again: what was not yet due is not destroyed after all. Returns how many intents."""
    scheduled = pending().filter(case_id=case_id).exclude(reason=ACCESS)
    return scheduled.update(cancelled_at=now)


def pending() -> QuerySet[KeyDestruction]:
    """Intents neither carried out nor cancelled."""
    return KeyDestruction.objects.filter(carried_out_at=None, cancelled_at=None)


def due(now: datetime) -> QuerySet[KeyDestruction]:
    """What must be gone by `now`, oldest first; not what a legal hold keeps."""
    held = Exists(LegalHold.objects.filter(case_id=OuterRef("case_id"), lifted_at=None))
    return pending().filter(Q(reason=ACCESS) | ~held, due_at__lte=now).order_by("due_at", "pk")


def carry_out_due(now: datetime) -> int:
    """Destroy all that is due; returns how many intents. One that fails does not stop the others."""
    done = 0
    for intent in due(now).iterator(chunk_size=500):
        done += _carry_out_now(intent, now)
    return done


def carry_out_pending_access(case_id: UUID, now: datetime) -> None:
    """Carry out what a transition took away, so that nothing granted from now on falls under it."""
    for intent in pending().filter(case_id=case_id, reason=ACCESS).order_by("created_at"):
        carry_out(intent, now)


def carry_out(intent: KeyDestruction, now: datetime) -> bool:
    """Delete what the intent names and note it in both logs; False if it was done, cancelled or held meanwhile.

    The intent's row stays locked until all is done: who places a hold or takes the case up again waits, or comes first.
    Killed between the two databases, the wraps are gone and the intent still stands: the sweep finishes it.
    """
    with transaction.atomic():
        if not pending().select_for_update().filter(pk=intent.pk).first() or _is_held(intent):
            return False
        count, _ = _wraps_of(intent).delete()
        indexes = BlindIndex.objects.filter(case_id=intent.case_id).delete()[0] if intent.ends_case else 0
        pending().filter(pk=intent.pk).update(carried_out_at=now)
        documents = _documents_of(intent)
        identities = sorted(map(str, documents.values_list("id", flat=True)))
        codes = 0
        if intent.ends_case:
            # Visits first, so that only codes are counted; whoever is on the family's pages types the code again.
            CodeVisit.objects.filter(code__case_id=intent.case_id).delete()
            codes = ReturnCode.objects.filter(case_id=intent.case_id).delete()[0]
        if not (intent.readers or intent.keep_readers):
            # Nobody can read them any more: noise is not kept.
            documents.delete()
        tombstones.write(
            case_id=intent.case_id,
            reason=intent.reason,
            destroyed={
                "kinds": intent.kinds,
                "readers": intent.readers,
                "keep_readers": intent.keep_readers,
                "ends_case": intent.ends_case,
                "until": intent.created_at.isoformat() if intent.reason == ACCESS else now.isoformat(),
                "documents": identities,
                "wraps": count,
                "indexes": indexes,
                "codes": codes,
            },
            now=now,
        )
    tombstones.copy_to_keys()
    return True


def _is_held(intent: KeyDestruction) -> bool:
    return intent.reason != ACCESS and LegalHold.objects.filter(case_id=intent.case_id, lifted_at=None).exists()


def _documents_of(intent: KeyDestruction) -> QuerySet[SealedDocument]:
    documents = SealedDocument.objects.filter(case_id=intent.case_id)
    if intent.reason == ACCESS:
        documents = documents.filter(created_at__lte=intent.created_at)
    return documents.filter(kind__in=intent.kinds) if intent.kinds else documents


def _wraps_of(intent: KeyDestruction) -> QuerySet[WrappedKey]:
    wraps = WrappedKey.objects.filter(case_id=intent.case_id)
    if intent.reason == ACCESS:
        # Only wraps that were there: what was granted after the intent was written is not its business.
        wraps = wraps.filter(created_at__lte=intent.created_at)
    if intent.kinds:
        wraps = wraps.filter(kind__in=intent.kinds)
    if intent.readers:
        wraps = wraps.filter(reader__in=intent.readers)
    return wraps.exclude(reader__in=intent.keep_readers)


def _carry_out_now(intent: KeyDestruction, now: datetime) -> bool:
    try:
        return carry_out(intent, now)
    except Exception:
        # The change is committed and the caller must not hear of it as an error; the sweep carries it out.
        log.exception("wraps of case %s are not destroyed yet", intent.case_id)
        return False
