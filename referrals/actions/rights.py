"""What a family may ask about its own data, and what a coordinator does about it. Asking twice is asking once."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone

from accounts.roles import Actor, Role
from notifications.actions import forget_contacts, withdraw_contact_consent
from privacy import destruction
from privacy.selectors import held_since
from referrals import events
from referrals.actions.linked import with_all_parts
from referrals.actions.moves import close_tasks, lock_case, open_task
from referrals.business_time import HOTLINE_HOURS, answer_due
from referrals.models import Case, CaseEvent, CoordinatorTask, TaskKind
from referrals.models.task import ABOUT_DATA
from referrals.policies import WrongState

# Minn. Stat. 13.04, subd. 3: a copy within ten working days. Deletion, for which no law sets a time, the same.
ANSWER_DAYS = 10
# The reason of the destruction, in both logs.
FAMILY_ASKED = "family_asked"


class Consent(models.TextChoices):
    """What a family agreed to when it sent its answers."""

    TEXTS = "texts", "Texts"
    CALLS = "calls", "Calls"
    SHARING = "sharing", "Sharing"


def withdraw_consent(
    *, case: Case, consents: Collection[str], by: Actor, contact_id: UUID | None = None, now: datetime | None = None
) -> Case:
    """Ends texts and calls at once and tells a person; what a provider was given only a person can settle.

    `contact_id`: which of several people on the case says so.
    """
    now, taken_back = now or timezone.now(), {Consent(consent) for consent in consents}
    _check_speaks_for_family(by)
    with transaction.atomic():
        case = lock_case(case.pk)
        due_at, changed = answer_due(case.urgency, now), []
        texts, calls = Consent.TEXTS in taken_back, Consent.CALLS in taken_back
        stopped = withdraw_contact_consent(case_id=case.pk, contact_id=contact_id, texts=texts, calls=calls, now=now)
        if stopped or ((texts or calls) and contact_id and not _is_asked(case, TaskKind.CONSENT)):
            open_task(case, TaskKind.CONSENT, due_at=due_at, now=now)
            changed += sorted(taken_back - {Consent.SHARING})
        if Consent.SHARING in taken_back and not _is_asked(case, TaskKind.STOP_SHARING):
            open_task(case, TaskKind.STOP_SHARING, due_at=due_at, now=now)
            changed.append(Consent.SHARING)
        if changed:
            detail = {"consents": [str(consent) for consent in changed]}
            events.record(case=case, kind="consent_withdrawn", by=by, now=now, detail=detail)
    return case


def ask_about_data(
    *, case: Case, kind: str, by: Actor, contact_id: UUID | None = None, now: datetime | None = None
) -> Case:
    """The family wants a copy of its data, or wants it deleted: a coordinator answers within ten working days.

    `contact_id`: which of several people on the case asks; the log names each, so that no copy shows one the other's.
    """
    now, kind = now or timezone.now(), TaskKind(kind)
    _check_speaks_for_family(by)
    if kind not in ABOUT_DATA:
        raise ValueError(f"{kind} is nothing a family asks about its data")
    with transaction.atomic():
        case = lock_case(case.pk)
        detail = {"task": kind.value} | ({"contact": str(contact_id)} if contact_id else {})
        if not _is_asked(case, kind):
            due_at = HOTLINE_HOURS.after_business_days(now, ANSWER_DAYS)
            open_task(case, kind, due_at=due_at, now=now)
            events.record(case=case, kind="data_asked", by=by, now=now, detail=detail)
        elif contact_id and not CaseEvent.objects.filter(case=case, kind="data_asked", detail=detail).exists():
            events.record(case=case, kind="data_asked", by=by, now=now, detail=detail)
    return case


def may_delete_data(case: Case) -> bool:
    """Whether the family asked for it, the case is over, and no legal hold keeps what is sealed."""
    parts = with_all_parts(case)
    held = any(held_since(one.pk) for one in parts)
    return not any(one.is_open for one in parts) and _is_asked(case, TaskKind.DELETE_DATA) and not held


def delete_data(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """Destroys all that the family told us, its code and its indexes, within the hour; the codes of the log stay.

    A hold that is placed meanwhile keeps it: destruction looks again when it carries out.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        if not by.acts_as(Role.COORDINATOR):
            raise PermissionDenied("Coordinators delete a family's data.")
        if not may_delete_data(case):
            raise WrongState(
                f"Data of {case.reference} are deleted when the family asked for it, the case is over, and no legal"
                " hold stands."
            )
        for one in with_all_parts(case):
            destruction.cancel_scheduled(one.pk, now)
            destruction.schedule(case_id=one.pk, reason=FAMILY_ASKED, due_at=now, now=now, ends_case=True)
            forget_contacts(case_id=one.pk, reason="destroyed", now=now)
        close_tasks(case, TaskKind.DELETE_DATA, by=by, now=now)
        events.record(case=case, kind="data_deleted", by=by, now=now)
    return case


def _is_asked(case: Case, kind: str) -> bool:
    return CoordinatorTask.objects.filter(case=case, kind=kind, done_at__isnull=True).exists()


def _check_speaks_for_family(by: Actor) -> None:
    if by.role != Role.FAMILY and not by.acts_as(Role.COORDINATOR):
        raise PermissionDenied("Only the family, or a coordinator who speaks with it, asks this.")
