"""Who may be texted, and which texts are to be sent."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from notifications import undelivered_handlers
from notifications.consequences import ask_for_a_call
from notifications.models import (
    AGREED_TO_TEXTS,
    MAILED_INSTEAD,
    Channel,
    Contact,
    HandsetReply,
    HandsetText,
    Message,
    MessageState,
    NumberFault,
)
from notifications.quiet_hours import HOME, zone_named
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
    "set_time_zone",
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
    may_email: bool = False,
    now: datetime,
    time_zone: str = HOME,
) -> Contact:
    """Note what one person who asked for help allows; the number is in the sealed `contact` of subject `contact_id`.

    `time_zone`: the stated one, an IANA name; raises KeyError for one that does not exist.
    """
    zone_named(time_zone)
    return Contact.objects.create(
        id=contact_id,
        case_id=case_id,
        language=language,
        may_text=may_text,
        may_call=may_call,
        may_email=may_email,
        any_hour=any_hour,
        phone_is_shared=phone_is_shared,
        time_zone=time_zone,
        created_at=now,
    )


# Why a text waits for the morning.
QUIET_HOURS = "quiet_hours"
# To a number that texts do not reach.
_FAILED = {"state": MessageState.FAILED, "reason": "bad_number"}


def queue_texts(
    *,
    case_id: UUID,
    template: str,
    trigger: UUID,
    is_urgent: bool,
    now: datetime,
    about_at: datetime | None = None,
) -> list[Message]:
    """Queue a text to each of the case's contacts that may be texted, to be sent once the caller's change is committed.

    Who wants no texts and gave an address gets an e-mail.

    `trigger` is the event that causes it: asking twice for the same one queues once; `about_at` what it reminds of.
    KeyError for an unknown template.
    Returns the messages of this trigger that are newly queued. To a number that texts do not reach nothing is queued:
    the message is written down as failed, and somebody calls. A reminder fails when it is due, if it was asked for.
    """
    if template not in TEMPLATES:
        raise KeyError(template)
    told = Message.objects.filter(case_id=case_id, template=template, trigger=trigger).values("contact_id")
    reached = Contact.objects.filter(AGREED_TO_TEXTS | MAILED_INSTEAD, case_id=case_id)
    contacts = reached.exclude(id__in=told).select_related("fault")
    # Whether somebody wants to be reminded is sealed: the worker looks, before anybody is asked to call instead.
    knows_who = about_at is None
    messages = [
        Message(
            contact=contact,
            case_id=case_id,
            template=template,
            trigger=trigger,
            channel=Channel.TEXT if contact.may_text else Channel.EMAIL,
            language=contact.language,
            is_urgent=is_urgent,
            about_at=about_at,
            send_after=now,
            created_at=now,
            state_since=now,
            **(_FAILED if knows_who and contact.may_text and hasattr(contact, "fault") else {}),
        )
        for contact in contacts
    ]
    if not messages:
        return []
    # Two who ask at the same moment: the constraint keeps one, and announcing the other's id finds no row.
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    queued = [message for message in messages if message.state == MessageState.QUEUED]
    transaction.on_commit(partial(announce, [message.id for message in queued]))
    for message in messages:
        if message.state == MessageState.FAILED:
            ask_for_a_call(message, now)
    return queued


# What may still be sent, or be sent again.
_NOT_ENDED = (
    MessageState.QUEUED,
    MessageState.SENDING,
    MessageState.UNKNOWN,
    MessageState.ACCEPTED,
    MessageState.SENT,
)


def cancel_texts(
    *, case_id: UUID, reason: str, contact_id: UUID | None = None, templates: Collection[str] = (), now: datetime
) -> int:
    """Cancel the case's texts that are still waiting, because they are no longer true; returns how many.

    One that is on its way may arrive, but is not tried again.

    `reason` is a code of at most 40 characters; `contact_id` takes those to one person only, `templates` those of these
    wordings only.
    """
    theirs = Message.objects.filter(case_id=case_id)
    if templates:
        theirs = theirs.filter(template__in=templates)
    if contact_id is not None:
        theirs = theirs.filter(contact_id=contact_id)
    # The note first: whoever takes a text up, or puts it back, between the two statements finds it.
    theirs.filter(state__in=_NOT_ENDED, cancelled_reason="").update(cancelled_reason=reason)
    waiting = theirs.filter(state=MessageState.QUEUED)
    return waiting.update(state=MessageState.CANCELLED, reason=reason, state_since=now)


def change_contact(*, contact_id: UUID, case_id: UUID, now: datetime, **columns: Any) -> None:
    """What the person said anew about how they may be reached; texts that still wait are sent by it, or not at all.

    A number that texts did not reach may have been corrected with it: it is tried again. A yes to texts is the newest
    word, like a START: a STOP from before counts no more, whether anybody has counted it yet or not (ADR 44).
    """
    NumberFault.objects.filter(contact=contact_id, contact__case_id=case_id).delete()
    contact = Contact.objects.filter(pk=contact_id, case_id=case_id)
    if columns:
        contact.update(**columns)
    if columns.get("may_text"):
        # A STOP that came in since stands, counted or not: whoever said yes may have waited for the case's row.
        contact.filter(opted_out_at__lte=now).update(opted_out_at=None)
        contact.exclude(started_at__gt=now).update(started_at=now)
    if not columns.keys().isdisjoint({"time_zone", "any_hour"}):
        _look_again(Message.objects.filter(contact=contact_id, case_id=case_id), now)


def set_time_zone(*, case_id: UUID, time_zone: str, now: datetime) -> int:
    """By whose clock it is night for the case's people from now on; returns for how many that is new.

    What waits for a morning there is looked at again at once, and sent or put off by the new clock. KeyError for a zone
    that does not exist.
    """
    zone_named(time_zone)
    changed = Contact.objects.filter(case_id=case_id).exclude(time_zone=time_zone).update(time_zone=time_zone)
    _look_again(Message.objects.filter(case_id=case_id), now)
    return changed


def _look_again(texts: QuerySet[Message], now: datetime) -> None:
    """Those that wait for a morning by an older clock are sent, or put off, by the new one."""
    texts.filter(state=MessageState.QUEUED, reason=QUIET_HOURS).update(send_after=now)


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
        # News by e-mail in place of texts that somebody no longer wants is no less unwanted.
        changed += contacts.filter(Q(may_text=True) | Q(may_email=True)).update(may_text=False, may_email=False)
        cancel_texts(case_id=case_id, reason="no_consent", contact_id=contact_id, now=now)
    if calls:
        changed += contacts.filter(may_call=True).update(may_call=False)
    return bool(changed)


def forget_contacts(*, case_id: UUID, reason: str, now: datetime) -> None:
    """Text and call nobody of the case any more: their numbers were destroyed or replaced.

    `reason` is what the texts that still wait are cancelled by.
    """
    cancel_texts(case_id=case_id, reason=reason, now=now)
    Contact.objects.filter(case_id=case_id).update(may_text=False, may_call=False, may_email=False)


def move_contacts(*, case_id: UUID, to_case_id: UUID) -> int:
    """Text and call a case's people about another case from now on, each as far as they allowed; returns how many.

    The caller seals their numbers to that case, under the same subjects.
    """
    return Contact.objects.filter(case_id=case_id).update(case_id=to_case_id)


def purge_handset(*, case_ids: Iterable[UUID], now: datetime) -> int:
    """Delete the demo's shown texts of these cases, and all that are older than a week; returns how many."""
    ended = Q(message__case_id__in=list(case_ids))
    HandsetReply.objects.filter(ended | Q(sent_at__lt=now - SHOWN_FOR)).delete()
    return HandsetText.objects.filter(ended | Q(arrived_at__lt=now - SHOWN_FOR)).delete()[0]
