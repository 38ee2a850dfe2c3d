"""What the clock does for the vault."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from privacy.models import KeyDestruction, SealedDocument, WrappedKey
from privacy.vault import carry_out

log = logging.getLogger(__name__)

# A transaction that sealed something has long ended by then: its wraps were committed first.
ORPHAN_AGE = timedelta(hours=1)
_BATCH = 500


@shared_task(name="privacy.tasks.sweep_orphans")
def sweep_orphans() -> None:
    """Delete wraps whose document never came, and carry out destructions that were interrupted."""
    now = timezone.now()
    delete_orphans(now)
    carry_out_pending(now)


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


def carry_out_pending(now: datetime) -> int:
    """Carry out destructions not yet carried out; returns how many. One that fails does not stop the others."""
    done = 0
    for intent in KeyDestruction.objects.filter(carried_out_at=None, created_at__lte=now).order_by("created_at"):
        try:
            carry_out(intent)
        except Exception:
            log.exception("wraps of case %s are not destroyed yet", intent.case_id)
        else:
            done += 1
    return done
