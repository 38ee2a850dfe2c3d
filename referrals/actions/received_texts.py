"""A text from a family, on its case: the words sealed, a line on the timeline, a task for whoever must read it."""

from datetime import datetime

from accounts.roles import FAMILY
from notifications import Arrived
from notifications.keywords import Wish
from privacy import vault
from privacy.models import DocumentKind, SealedDocument
from referrals import events
from referrals.actions.moves import lock_case, open_task
from referrals.actions.paging import wake_if_closed
from referrals.actions.sharing import hotline_reader
from referrals.actions.tiers import raise_by_words
from referrals.business_time import answer_due
from referrals.models import Case, TaskKind, Urgency
from referrals.policies import holder_of

RECEIVED = "text_received"


def take_in(arrived: Arrived, now: datetime) -> None:
    """Files a text with its case, in the worker's transaction; whatever it says, a person sees that it came.

    Of a case that is over and destroyed the words are not kept: nobody could read them. The task still says to call.
    """
    found = Case.objects.filter(pk=arrived.case_id).first()
    if found is None:
        return
    case = lock_case(found.pk)
    if case.is_open or SealedDocument.objects.filter(case_id=case.pk).exists():
        _seal(case, arrived, now)
    done = arrived.is_news or arrived.wish not in (Wish.START, Wish.YES)
    detail = {"wish": arrived.wish, "urgent": arrived.is_urgent, "done": done}
    events.record(case=case, kind=RECEIVED, by=FAMILY, now=now, detail=detail)
    if arrived.is_urgent:
        raise_by_words(case, said_at=arrived.received_at, now=now)
    for kind in _tasks(arrived):
        # Of a case that is over no tier changes; whoever reads the text has no more time for it.
        tier = Urgency.T0 if kind == TaskKind.URGENT_TEXT else case.urgency
        open_task(case, kind, due_at=answer_due(tier, now), now=now)
    if arrived.is_urgent and case.is_open:
        wake_if_closed(case, now)


def _tasks(arrived: Arrived) -> list[TaskKind]:
    tasks = [TaskKind.URGENT_TEXT] if arrived.is_urgent else []
    if arrived.wish == Wish.REFUSAL:
        return [*tasks, TaskKind.TEXT_REFUSAL]
    if arrived.wish == Wish.STOP or arrived.is_news:
        return tasks
    return [*tasks, TaskKind.ANSWER_TEXT]


def _seal(case: Case, arrived: Arrived, now: datetime) -> None:
    holder = holder_of(case)
    theirs = [vault.reader_of(holder.program.provider.organization)] if holder else []
    payload = {
        "note": arrived.body or "(no words: perhaps a picture, which is not kept)",
        "written_by": "The family, by text",
        "written_at": arrived.received_at.isoformat(),
    }
    vault.seal(
        case_id=case.pk,
        kind=DocumentKind.NOTES,
        payload=payload,
        readers=[hotline_reader(), *vault.having_keys(theirs)],
        subject=arrived.received_id,
        now=now,
    )
