"""Making one transition: checks, state, clock, event and text, always together."""

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.roles import Actor
from notifications.actions import cancel_texts, queue_texts
from notifications.texts import NEWS
from referrals import events
from referrals.machine import OWNERSHIP, STEPS
from referrals.models import Case, CaseEvent, CoordinatorTask, Screening, Urgency
from referrals.models.task import OUTLIVES_CASE
from referrals.policies import WrongState, check_may_move


def lock_case(case_id: UUID) -> Case:
    """The case, its row locked until the transaction ends: events and moves of one case come one at a time."""
    return Case.objects.select_for_update(of=("self",)).get(pk=case_id)


def lock_cases(*case_ids: UUID) -> list[Case]:
    """Several cases, locked in the order of their ids whoever asks: two who lock the same pair do not deadlock."""
    return list(Case.objects.select_for_update(of=("self",)).filter(pk__in=case_ids).order_by("pk"))


def lock_to_join(duplicate_id: UUID, goes_on_id: UUID) -> dict[UUID, Case]:
    """The case that is to end as a duplicate, the one that goes on, and the former's own duplicates, by their ids.

    All in one order: these are to point to the latter, and whoever holds one of them may wait for one of the two.
    """
    earlier = Case.objects.filter(duplicate_of=duplicate_id)
    locked = {one.pk: one for one in lock_cases(duplicate_id, goes_on_id, *earlier.values_list("pk", flat=True))}
    if earlier.exclude(pk__in=locked).exists():
        # Locking it now would be out of order.
        raise WrongState(f"{locked[duplicate_id].reference} was joined with another case meanwhile. Look again.")
    return locked


def move(
    case: Case,
    step: str,
    *,
    by: Actor,
    now: datetime,
    detail: dict[str, Any] | None = None,
    due_at: datetime | None = None,
) -> CaseEvent:
    """Makes the transition `step` on a locked case, in the caller's transaction.

    Checks role, object and state; sets the owner's clock (`due_at` replaces the table's); appends the event and
    queues the family's text with it.
    """
    check_may_move(by, case, step)
    before = case.state
    getattr(case, step)()
    ownership = OWNERSHIP.get(case.state)
    case.state_since = now
    case.state_due_at = due_at or (ownership.clock(case.urgency, now) if ownership else None)
    case.save()
    event = events.record(case=case, kind=step, by=by, now=now, detail=detail, from_state=before, to_state=case.state)
    tell_family(case, STEPS[step].text, event, now)
    if STEPS[step].belies:
        cancel_texts(case_id=case.pk, reason="superseded", templates=STEPS[step].belies, now=now)
    return event


def mark_screened(case: Case, *, by: Actor, now: datetime, detail: dict[str, Any]) -> None:
    """Ends the word "provisional" on a locked case that has gone on before it was screened."""
    case.screening = Screening.PASSED
    case.save()
    case.offers.filter(is_provisional=True, room_released_at__isnull=True).update(is_provisional=False)
    events.record(case=case, kind="screening_passed", by=by, now=now, detail=detail)


def tell_family(case: Case, template: str, event: CaseEvent, now: datetime) -> None:
    """Queues the text `template` ("" for none) to the case's contacts, once per event.

    What still waits to be sent is old news now and is cancelled: nobody reads "in line" after "good news".
    """
    if template:
        cancel_texts(case_id=case.pk, reason="superseded", templates=NEWS, now=now)
        queue_texts(case_id=case.pk, template=template, trigger=event.pk, is_urgent=case.urgency == Urgency.T0, now=now)


def open_task(case: Case, kind: str, *, due_at: datetime, now: datetime) -> None:
    """Gives the coordinators a task; one open task of a kind per case, the earlier due time wins."""
    task, made = CoordinatorTask.objects.get_or_create(
        case=case, kind=kind, done_at=None, defaults={"opened_at": now, "due_at": due_at}
    )
    if not made and due_at < task.due_at:
        task.due_at = due_at
        task.save(update_fields=["due_at"])


def close_tasks(case: Case, *kinds: str, by: Actor, now: datetime) -> None:
    """Ends the case's open tasks of `kinds`; when none is named, all that do not outlive the case."""
    tasks = CoordinatorTask.objects.filter(case=case, done_at__isnull=True)
    tasks = tasks.filter(kind__in=kinds) if kinds else tasks.exclude(kind__in=OUTLIVES_CASE)
    tasks.update(done_at=now, done_by_user_id=by.user_id)
