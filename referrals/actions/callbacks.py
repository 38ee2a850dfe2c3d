"""Tasks that other packages' news give to coordinators."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from referrals.actions.moves import lock_case, open_task
from referrals.business_time import answer_due
from referrals.models import Case, TaskKind


@transaction.atomic
def ask_to_call_family(*, case_id: UUID, now: datetime) -> None:
    """A text did not reach the family of an open case: somebody calls."""
    if found := Case.objects.filter(pk=case_id).first():
        # The text left before the case was joined with another, which has its people now.
        case = lock_case(found.duplicate_of_id or found.pk)
        if case.is_open:
            open_task(case, TaskKind.CALL_FAMILY, due_at=answer_due(case.urgency, now), now=now)
