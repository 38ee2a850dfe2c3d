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
    if (case := lock_to_call(case_id)) is not None and case.is_open:
        open_task(case, TaskKind.CALL_FAMILY, due_at=answer_due(case.urgency, now), now=now)


def lock_to_call(case_id: UUID) -> Case | None:
    """The case whose people are called where a text of `case_id` reached nobody, its row locked; None of no case.

    The text may have left before the case was joined with another, which has its people now.
    """
    found = Case.objects.filter(pk=case_id).values_list("pk", "duplicate_of_id").first()
    return lock_case(found[1] or found[0]) if found else None
