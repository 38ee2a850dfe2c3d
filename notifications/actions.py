"""Who may be texted, and which texts are to be sent."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from notifications import undelivered_handlers
from notifications.models import MAY_BE_TEXTED, Contact, HandsetText, Message, MessageState
from notifications.tasks import announce
from notifications.texts import TEMPLATES

__all__ = (
    "add_contact",
    "cancel_texts",
    "change_contact",
    "forget_contacts",
    "move_contacts",
    "purge_handset",
    "queue_texts",
    "undelivered_handlers",
    "withdraw_contact_consent",
)

# How long the demo's handset page shows a text.
SHOWN_FOR = timedelta(days=7)


def add_contact(
    *,
    case_id: UUID,
    contact_id: UUID,
    language: str,
    may_text: bool,
    may_call: bool,
    any_hour: bool,
    phone_is_shared: bool,
    now: datetime,
) -> Contact:
    """Note what one person who asked for help allows; the number is in the sealed `contact` of subject `contact_id`."""
    return Contact.objects.create(
        id=contact_id,
        case_id=case_id,
        language=language,
        may_text=may_text,
        may_call=may_call,
        any_hour=any_hour,
        phone_is_shared=phone_is_shared,
        created_at=now,
    )


def queue_texts(*, case_id: UUID, template: str, trigger: UUID, is_urgent: bool, now: datetime) -> list[Message]:
    """Queue a text to each of the case's contacts that may be texted, to be sent once the caller's change is committed.

    `trigger` is the event that causes it: asking twice for the same one queues once. KeyError for an unknown template.
    Returns the messages of this trigger that are newly queued.
    """
    if template not in TEMPLATES:
        raise KeyError(template)
    told = Message.objects.filter(case_id=case_id, template=template, trigger=trigger).values("contact_id")
    contacts = Contact.objects.filter(MAY_BE_TEXTED, case_id=case_id).exclude(id__in=told)
    messages = [
        Message(
            contact=contact,
            case_id=case_id,
            template=template,
            trigger=trigger,
            language=contact.language,
            is_urgent=is_urgent,
            send_after=now,
            created_at=now,
            state_since=now,
        )
        for contact in contacts
    ]
    if messages:
        # Two who ask at the same moment: the constraint keeps one, and announcing the other's id finds no row.
        Message.objects.bulk_create(messages, ignore_conflicts=True)
        transaction.on_commit(partial(announce, [message.id for message in messages]))
    return messages


def cancel_texts(
    *, case_id: UUID, reason: str, contact_id: UUID | None = None, templates: Collection[str] = (), now: datetime
) -> int:
    """Cancel the case's texts that are still waiting, because they are no longer true; returns how many.

    `reason` is a code of at most 40 characters; `contact_id` takes those to one person only, `templates` those of these
    wordings only.
    """
    waiting = Message.objects.filter(case_id=case_id, state=MessageState.QUEUED)
    if templates:
        waiting = waiting.filter(template__in=templates)
    if contact_id is not None:
        waiting = waiting.filter(contact_id=contact_id)
    return waiting.update(state=MessageState.CANCELLED, reason=reason, state_since=now)


def change_contact(*, contact_id: UUID, case_id: UUID, **columns: Any) -> None:
    """What the person said anew about how they may be reached; texts that still wait are sent by it, or not at all."""
    if columns:
        Contact.objects.filter(pk=contact_id, case_id=case_id).update(**columns)


def withdraw_contact_consent(
    *, case_id: UUID, texts: bool, calls: bool, contact_id: UUID | None = None, now: datetime
) -> bool:
    """From now on nobody of the case is texted, or called; what waits to be sent is cancelled. False if it was so.

    With `contact_id` only that person: others who asked about the same one are told as before.
    """
    contacts = Contact.objects.filter(case_id=case_id)
    if contact_id is not None:
        contacts = contacts.filter(pk=contact_id)
    changed = 0
    if texts:
        changed += contacts.filter(may_text=True).update(may_text=False)
        cancel_texts(case_id=case_id, reason="no_consent", contact_id=contact_id, now=now)
    if calls:
        changed += contacts.filter(may_call=True).update(may_call=False)
    return bool(changed)


def forget_contacts(*, case_id: UUID, reason: str, now: datetime) -> None:
    """Text and call nobody of the case any more: their numbers were destroyed or replaced.

    `reason` is what the texts that still wait are cancelled by.
    """
    cancel_texts(case_id=case_id, reason=reason, now=now)
    Contact.objects.filter(case_id=case_id).update(may_text=False, may_call=False)


def move_contacts(*, case_id: UUID, to_case_id: UUID) -> int:
    """Text and call a case's people about another case from now on, each as far as they allowed; returns how many.

    The caller seals their numbers to that case, under the same subjects.
    """
    return Contact.objects.filter(case_id=case_id).update(case_id=to_case_id)


def purge_handset(*, case_ids: Iterable[UUID], now: datetime) -> int:
    """Delete the demo's shown texts of these cases, and all that are older than a week; returns how many."""
    gone = Q(message__case_id__in=list(case_ids)) | Q(arrived_at__lt=now - SHOWN_FOR)
    return HandsetText.objects.filter(gone).delete()[0]
