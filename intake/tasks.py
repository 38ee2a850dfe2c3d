"""What the clock does for drafts."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from intake.models import Draft, NoticeShown
from privacy import draft_keys
from privacy.models import ReturnCode


@shared_task(name="intake.tasks.purge_drafts")
def purge_drafts() -> int:
    """Destroys the keys of expired drafts and receipts, then their rows and codes; returns how many. Idempotent."""
    expired = list(Draft.objects.filter(expires_at__lte=timezone.now()).values_list("pk", flat=True))
    for draft_id in expired:
        # The key first: if the rest fails, what stays is noise, and the next run finds the row again.
        draft_keys.destroy(draft_id)
        with transaction.atomic():
            ReturnCode.objects.filter(draft_id=draft_id).delete()
            NoticeShown.objects.filter(draft_id=draft_id).delete()
            Draft.objects.filter(pk=draft_id).delete()
    return len(expired)
