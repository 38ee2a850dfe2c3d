"""What the clock does for the vault.

What is due is destroyed by the hourly sweep, so that one lost task costs an hour and not a day. The night's task does
it once more and then what needs quiet: it clears the deleted rows off the disk and reads the whole log of destructions.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from celery import shared_task
from django.db import OperationalError, connections, models, router
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from privacy import destruction, tombstones, visits
from privacy.models import (
    BlindIndex,
    DraftKey,
    HolderKey,
    KeyGrant,
    ReturnCode,
    SealedDocument,
    WrappedKey,
)

log = logging.getLogger(__name__)

# A transaction that sealed something has long ended by then: its wraps were committed first.
ORPHAN_AGE = timedelta(hours=1)
_BATCH = 500
# Deleted rows of these were keys: their files are written anew, because a plain VACUUM leaves the old bytes in place.
_KEYS: tuple[type[models.Model], ...] = (WrappedKey, BlindIndex, DraftKey, KeyGrant, HolderKey)
# Deleted rows of these were ciphertext that nothing opens any more, and look-up ids.
_OTHERS: tuple[type[models.Model], ...] = (SealedDocument, ReturnCode)
# Nobody waits longer for a table that is written anew.
_LOCK_TIMEOUT = "5s"


@shared_task(name="privacy.tasks.sweep_orphans")
def sweep_orphans() -> None:
    """Delete wraps whose document never came and visits that are over; destroy what is due or was interrupted."""
    now = timezone.now()
    delete_orphans(now)
    visits.purge(now)
    destruction.carry_out_due(now)


def delete_orphans(now: datetime) -> int:
    """Delete wraps older than an hour without a document; returns how many documents had none."""
    found = 0
    old = WrappedKey.objects.filter(created_at__lt=now - ORPHAN_AGE)
    ids = old.order_by("document_id").values_list("document_id", flat=True).distinct()
    last = UUID(int=0)
    while batch := list(ids.filter(document_id__gt=last)[:_BATCH]):
        last = batch[-1]
        there = set(SealedDocument.objects.filter(id__in=batch).values_list("id", flat=True))
        orphans = set(batch) - there
        WrappedKey.objects.filter(document_id__in=orphans).delete()
        found += len(orphans)
    return found


@shared_task(name="privacy.tasks.shred_due")
def shred_due() -> None:
    """Every night: destroy what is due, leave no deleted key on the disk, and look whether the log is whole."""
    destruction.carry_out_due(timezone.now())
    clear_deleted_rows()
    tombstones.copy_to_keys()
    if not tombstones.is_intact():
        log.error("the log of destroyed keys was changed or has lost lines: compare it with a backup")


def clear_deleted_rows() -> None:
    """Take deleted keys off the disk; a table that somebody holds is left for the next night."""
    for alias in ("keys", "default"):
        connection = connections[alias]
        tables = [model for model in (*_KEYS, *_OTHERS) if router.db_for_write(model) == alias]
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                # It overwrites what it deletes (`secure_delete`); the log of writes is folded back and emptied.
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                _vacuum(cursor, tables)


def _vacuum(cursor: CursorWrapper, tables: list[type[models.Model]]) -> None:
    cursor.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
    for model in tables:
        table = model._meta.db_table
        is_key = model in _KEYS
        before = _file_of(cursor, table)
        try:
            cursor.execute(f'VACUUM {"(FULL)" if is_key else ""} "{table}"')
        except OperationalError as error:
            log.warning("%s is not cleared of deleted rows tonight: %s", table, error)
        else:
            # A role that may not do this is told so by a notice only, and the table is left as it was.
            if is_key and _file_of(cursor, table) == before:
                log.error("%s is not cleared of deleted rows: grant MAINTAIN on it to the worker's role", table)
    cursor.execute("RESET lock_timeout")


def _file_of(cursor: CursorWrapper, table: str) -> int:
    cursor.execute("SELECT pg_relation_filenode(%s)", [table])
    number: int = cursor.fetchone()[0]
    return number
