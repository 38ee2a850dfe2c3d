"""A coordinator's own words to a family: in place of a wording that goes out with a deed, or by themselves."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Actor, Role
from notifications.actions import queue_texts
from notifications.edited import edit_waiting
from privacy import vault
from privacy.models import SealedDocument
from referrals import events
from referrals.actions.moves import close_tasks, lock_case
from referrals.actions.sharing import hotline_reader
from referrals.models import Case, TaskKind, Urgency
from referrals.policies import WrongState, holder_of

# What a coordinator begins from who writes by hand.
BY_HAND = "call_us"


def edit_texts(*, case: Case, template: str, words: Mapping[str, str], by: Actor, now: datetime) -> int:
    """Changes the words of what the caller's transaction has just queued; returns of how many texts.

    Raises PermissionDenied and `notifications.edited.NotNeutral`.
    """
    _check_may_write(by)
    holder = holder_of(case)
    theirs = [vault.reader_of(holder.program.provider.organization)] if holder else []
    return edit_waiting(
        case_id=case.pk,
        template=template,
        words=words,
        readers=[hotline_reader(), *vault.having_keys(theirs)],
        written_by=User.objects.filter(pk=by.user_id or 0).values_list("name", flat=True).first() or "",
        now=now,
    )


def write_to_family(*, case: Case, words: Mapping[str, str], by: Actor, now: datetime | None = None) -> int:
    """Texts everybody of the case who may be texted, in `words` by language; returns how many texts are queued.

    Answers whatever text of theirs waited for an answer. Raises PermissionDenied, WrongState where nobody may be
    texted or nothing of the case is left, and `notifications.edited.NotNeutral`.
    """
    now = now or timezone.now()
    _check_may_write(by)
    with transaction.atomic():
        case = lock_case(case.pk)
        if not case.is_open and not SealedDocument.objects.filter(case_id=case.pk).exists():
            raise WrongState(f"What was sealed of {case.reference} is destroyed: nobody can be texted about it.")
        event = events.record(case=case, kind="family_texted", by=by, now=now, detail={"template": BY_HAND})
        is_urgent = case.urgency == Urgency.T0
        queued = queue_texts(case_id=case.pk, template=BY_HAND, trigger=event.pk, is_urgent=is_urgent, now=now)
        if not queued:
            raise WrongState(f"Nobody of {case.reference} may be texted: call.")
        edit_texts(case=case, template=BY_HAND, words=words, by=by, now=now)
        close_tasks(case, TaskKind.ANSWER_TEXT, by=by, now=now)
    return len(queued)


def _check_may_write(by: Actor) -> None:
    if not by.acts_as(Role.COORDINATOR):
        raise PermissionDenied("Coordinators write to families.")
