"""Texts that families send us: taken in by the web process, filed and answered by the worker.

The web process commits a row sealed to the worker and answers the carrier; nothing else of it could be done without the
worker's keys. Of a number that belongs to no case nothing stays but a count, under a hash whose key changes every five
minutes, for little more than an hour (privacy/throttle.py).
"""

import logging
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from notifications import Arrived, inbound_handlers, opt_out
from notifications.broker import ask_worker
from notifications.keywords import Heard, Wish, hear
from notifications.models import Contact, InboundText, Message, NumberFault, ReceivedText, TakenText
from notifications.opt_out import CONFIRMATION, STARTS, STOPS
from notifications.quiet_hours import ZONE
from privacy import throttle, worker_key

log = logging.getLogger(__name__)

UNKNOWN_SENDERS = "texts from unknown numbers"
# What a text may be at most (ten segments of GSM-7), so that it fits where it is sealed.
MOST_CHARACTERS = 1600
# Two machines that answer each other are slowed to this.
HELP_ONCE_IN = timedelta(minutes=10)
# Made into ids with the carrier's own: the same text is the same row.
_TEXTS = UUID("5f0c2b8e-6d0e-4a57-9a4e-0d1b3a3f7c11")
# One sweep files at most as many, those that failed least first.
_BATCH = 50
# How long a request that was taken is known again. A token that is changed once a year signs nothing older.
REFUSED_FOR = timedelta(days=400)


class AlreadyTaken(Exception):
    """This text was taken in before: whoever brings it again, the carrier or somebody else, changes nothing."""


def receive(*, carrier_id: str, number: str, body: str, carrier_answered: bool = False, now: datetime) -> UUID:
    """Commit a text that came in, sealed to the worker; returns its id.

    Raises `AlreadyTaken` for a `carrier_id` that was taken before, at the same moment too, and writes nothing.
    `number` is E.164; `carrier_answered`: the carrier told us that it has confirmed an opt-out or the like by itself.
    """
    text_id = uuid5(_TEXTS, carrier_id)
    heard = hear(body)
    told = {
        "from": number,
        "body": body[:MOST_CHARACTERS],
        "answered": carrier_answered or _carrier_answers(heard),
    }
    with transaction.atomic():
        mark = UUID(bytes=salted_hmac("text taken", carrier_id, algorithm="sha256").digest()[:16])
        _, is_new = TakenText.objects.get_or_create(id=mark, defaults={"on": now.astimezone(ZONE).date()})
        if not is_new:
            raise AlreadyTaken
        InboundText.objects.create(
            id=text_id,
            sealed=opt_out.sealed(text_id, told),
            wish=heard.wish,
            is_urgent=heard.is_urgent,
            received_at=now,
        )
        transaction.on_commit(partial(ask_worker, "notifications.tasks.file_inbound", [text_id]), robust=True)
    return text_id


def forget_taken(now: datetime) -> int:
    """Delete the marks of texts that came in so long ago that no token signs them any more; returns how many."""
    return TakenText.objects.filter(on__lt=(now - REFUSED_FOR).date()).delete()[0]


def _carrier_answers(heard: Heard) -> bool:
    """Whether the carrier, which does not say so, has answered a word of its own; HELP where the account is set to."""
    if settings.TEXT_BACKEND != "twilio" or not heard.is_carriers:
        return False
    return heard.wish != Wish.HELP or settings.TWILIO_ANSWERS_HELP


def file(text_id: UUID, *, now: datetime) -> bool:
    """As the worker: find whose a text is, let it count, put it into the thread of each case, answer once.

    Doing it again, twice at once, or after dying half-way changes nothing more. False if that was done already.
    """
    key = worker_key.load()
    opt_out.count_waiting(now)
    opt_out.make_findable()
    with transaction.atomic():
        text = InboundText.objects.select_for_update().filter(pk=text_id).first()
        if text is None:
            return False
        told = opt_out.opened(text, key)
        # What the carrier says has no number: it counted above, and nobody said anything.
        contacts = opt_out.people_of(told, key) if told and "from" in told else []
        if told and "from" in told and not contacts:
            transaction.on_commit(partial(_count_unknown, str(told["from"]), now), robust=True)
        if told and contacts:
            # A number that texts did not reach has just sent one.
            NumberFault.objects.filter(contact__in=contacts).delete()
            _put_into_threads(text, contacts, str(told["body"]), now)
            _answer(text, contacts, carrier_answered=bool(told["answered"]), now=now)
        text.delete()
    return True


def file_waiting(now: datetime) -> int:
    """File what a lost broker message or a worker's death left behind; returns how many. One that fails waits."""
    waiting = InboundText.objects.order_by("tries", "received_at").values_list("pk", flat=True)[:_BATCH]
    done = 0
    for text_id in list(waiting):
        try:
            done += file(text_id, now=now)
        except Exception as error:
            # Neither its message nor its traceback: both can hold what was texted.
            log.error("inbound text %s is not filed yet: %s", text_id, type(error).__name__)
            InboundText.objects.filter(pk=text_id).update(tries=F("tries") + 1)
    return done


def _put_into_threads(text: InboundText, contacts: list[Contact], body: str, now: datetime) -> None:
    """Once for each case, whoever of its people share the number."""
    of_case: dict[UUID, Contact] = {}
    for contact in contacts:
        of_case.setdefault(contact.case_id, contact)
    # In the order in which everybody locks several cases.
    for case_id, contact in sorted(of_case.items()):
        received = ReceivedText.objects.create(
            inbound_id=text.id,
            contact=contact,
            wish=text.wish,
            is_urgent=text.is_urgent,
            received_at=text.received_at,
        )
        arrived = Arrived(
            received_id=received.pk,
            case_id=case_id,
            contact_id=contact.pk,
            wish=text.wish,
            is_news=text.is_news,
            is_urgent=text.is_urgent,
            body=body,
            received_at=text.received_at,
        )
        for handler in inbound_handlers:
            handler(arrived, now)


def _answer(text: InboundText, contacts: list[Contact], *, carrier_answered: bool, now: datetime) -> None:
    """One answer at most, to the number and not to each of its cases; none to a phone that others read."""
    # Read anew: what the text itself changed counts already.
    people = Contact.objects.filter(pk__in=[one.pk for one in contacts], may_text=True, phone_is_shared=False)
    contact = people.order_by("created_at", "pk").last()
    if contact is None:
        return
    if text.wish in STOPS:
        if text.is_news and not carrier_answered:
            _queue(contact, CONFIRMATION, text.id, now)
    elif contact.opted_out_at is not None:
        # Whoever stopped the texts gets none, whatever else they write: a person reads it.
        return
    elif text.wish == Wish.HELP and carrier_answered:
        # It said what the account was set to say; a second answer would be one too many.
        return
    elif text.wish == Wish.HELP:
        _queue(contact, "help", uuid5(contact.pk, f"help {int(now.timestamp() // HELP_ONCE_IN.total_seconds())}"), now)
    elif text.wish in STARTS and text.is_news and carrier_answered:
        return
    elif text.wish in STARTS and text.is_news:
        _queue(contact, "started", text.id, now)
    else:
        _queue(contact, "received", uuid5(contact.pk, f"received {now.astimezone(ZONE).date()}"), now)


def _queue(contact: Contact, template: str, trigger: UUID, now: datetime) -> None:
    """By the outbox and its rules like every text: nothing at night, nothing twice for one trigger."""
    message, is_new = Message.objects.get_or_create(
        contact=contact,
        template=template,
        trigger=trigger,
        defaults={
            "case_id": contact.case_id,
            "language": contact.language,
            "send_after": now,
            "created_at": now,
            "state_since": now,
        },
    )
    if is_new:
        transaction.on_commit(partial(ask_worker, "notifications.tasks.deliver", [message.pk]), robust=True)


def _count_unknown(number: str, now: datetime) -> None:
    throttle.note_failure(caller=number, counted=UNKNOWN_SENDERS, now=now)
