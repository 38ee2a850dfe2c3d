"""What the worker and the clock do: indexes of new cases, corrected answers, expired drafts."""

import logging
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from intake.actions import forget_draft
from intake.corrections import merge, waiting_cases
from intake.drafts import DRAFT_LIFE, RECEIPT_LIFE
from intake.duplicates import note_likely_duplicates
from intake.lookup import cases_to_index, index_case
from intake.models import Draft
from intake.voice import calls
from notifications import call_records
from privacy import draft_keys, worker_key
from privacy.indexes import seal_index_key
from privacy.models import IndexKeyGrant, ReaderKey
from referrals.actions.sharing import hotline_reader
from referrals.models import Case
from referrals.models.case import OPEN_STATES

log = logging.getLogger(__name__)


@shared_task(name="intake.tasks.index_lookup")
def index_lookup(case_id: str) -> None:
    """Make a new or corrected case findable by phone and A-number. Running it twice changes nothing."""
    index_case(UUID(case_id), worker_key.load())


@shared_task(name="intake.tasks.index_lookups")
def index_lookups() -> None:
    """What a lost broker message or a worker's death left behind."""
    key = worker_key.load()
    for case_id in cases_to_index():
        try:
            index_case(case_id, key)
        except Exception:
            # Tried again in a minute; one that does not open must not keep the others from being found.
            log.exception("case %s is not indexed yet", case_id)


@shared_task(name="intake.tasks.find_duplicates")
def find_duplicates() -> None:
    """Every night: pairs that were none when the second case was indexed, because the first was over until it was
    taken up again. Running it twice changes nothing."""
    for case_id in Case.objects.filter(state__in=OPEN_STATES).values_list("pk", flat=True):
        try:
            note_likely_duplicates(case_id=case_id, now=timezone.now())
        except Exception:
            log.exception("duplicates of case %s are not looked for", case_id)


@shared_task(name="intake.tasks.merge_corrections")
def merge_corrections(case_id: str) -> None:
    """Put a family's new answers together with the earlier ones. Running it twice changes nothing."""
    merge(UUID(case_id), worker_key.load())


@shared_task(name="intake.tasks.merge_all_corrections")
def merge_all_corrections() -> None:
    """What a lost broker message or a worker's death left behind."""
    key = worker_key.load()
    for case_id in waiting_cases():
        try:
            merge(case_id, key)
        except Exception:
            # Tried again in a minute; a coordinator has the task to read it all the same.
            log.exception("corrections of case %s are not put together yet", case_id)


@shared_task(name="intake.tasks.give_index_key_to_hotline")
def give_index_key_to_hotline() -> None:
    """Let whoever unlocks the hotline's key search with it: a new pair has no copy of the index key yet."""
    now = timezone.now()
    for reader_key in ReaderKey.objects.filter(reader=hotline_reader(), retired_at=None):
        if not IndexKeyGrant.objects.filter(reader_key_id=reader_key.pk).exists():
            seal_index_key(worker_key.load().index_key, reader_key, now=now)


@shared_task(name="intake.tasks.purge_calls")
def purge_calls() -> int:
    """Delete the rows of calls that ended a day ago; returns how many. Idempotent."""
    return calls.purge(timezone.now())


@shared_task(name="intake.tasks.sweep_calls", acks_late=True)
def sweep_calls() -> int:
    """Delete the carrier's records of calls, with the families' numbers; returns how many. Idempotent."""
    return call_records.sweep_calls(timezone.now())


@shared_task(name="intake.tasks.purge_drafts")
def purge_drafts() -> int:
    """Destroys the keys of expired drafts and receipts, then their rows and codes; returns how many. Idempotent."""
    expired = list(Draft.objects.filter(expires_at__lte=timezone.now()).values_list("pk", flat=True))
    for draft_id in expired:
        forget_draft(draft_id)
    # No draft lives longer; what is older is the key of one that never came.
    draft_keys.destroy_older(timezone.now() - DRAFT_LIFE - RECEIPT_LIFE)
    return len(expired)
