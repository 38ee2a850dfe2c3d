"""Whose number a text came from, and what STOP and START change: on all cases of the number at once.

Only the worker can tell whose a number is: by the blind index, whose key it has, and by opening the contacts it leads
to. The web process commits the text; from then on the worker looks at what is not counted before each text it sends, so
that nothing leaves after a STOP, however long its own task waits in the broker.
"""

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Exists

from notifications import before_matching
from notifications.broker import ask_worker
from notifications.keywords import Wish
from notifications.models import Contact, InboundText, Message, MessageState
from notifications.reaching import phone_of, told_by
from privacy import indexes, vault, worker_key
from privacy.aead import decode, encode
from privacy.worker_key import WorkerKey

log = logging.getLogger(__name__)

STOPS = frozenset({Wish.STOP, Wish.REFUSAL})
STARTS = frozenset({Wish.START, Wish.YES})
WAITS = "stop_waits"
# The one text that may follow a STOP, and for how long it still counts as its confirmation (47 CFR 64.1200(a)(12)).
CONFIRMATION = "stopped"
CONFIRMED_WITHIN = timedelta(minutes=5)


def sealed(text_id: UUID, payload: dict[str, Any]) -> bytes:
    """Number and words of a text, for the worker alone."""
    return vault.seal_to_worker(encode(payload), context=_context(text_id))


def opened(text: InboundText, key: WorkerKey) -> dict[str, Any] | None:
    """What was sealed; None for a row that somebody changed, which is logged."""
    try:
        return decode(vault.open_at_worker(text.sealed, context=_context(text.id), keys=key.keys()))
    except vault.Unreadable:
        log.error("inbound text %s does not open: somebody changed it, or the worker's key was lost", text.id)
        return None


def learn(message: Message, *, stopped_by: datetime) -> None:
    """The carrier says that whoever a text was for has stopped our texts, at `stopped_by` or before.

    Written down like a STOP that came in: it counts from the caller's commit, on every case of the number, once the
    worker has found whose that is. Nobody's row is waited for, because the caller may be the carrier's own request.
    """
    text_id = uuid5(message.pk, f"stopped by {stopped_by.isoformat()}")
    told = {"contact": str(message.contact_id)}
    values = {"sealed": sealed(text_id, told), "wish": Wish.STOP, "is_urgent": False, "received_at": stopped_by}
    _, is_new = InboundText.objects.get_or_create(id=text_id, defaults=values)
    if is_new:
        transaction.on_commit(partial(ask_worker, "notifications.tasks.file_inbound", [text_id]), robust=True)


def people_of(told: dict[str, Any], key: WorkerKey) -> list[Contact]:
    """Whose number a text came from, or is stopped by what the carrier says; `make_findable` goes before."""
    if "from" in told:
        return contacts_of(str(told["from"]), key)
    contact = Contact.objects.filter(pk=told["contact"]).first()
    if contact is None:
        return []
    try:
        number = phone_of(contact)
    except vault.Unreadable:
        return [contact]
    others = contacts_of(number, key)
    return others if contact in others else [contact, *others]


def contacts_of(number: str, key: WorkerKey) -> list[Contact]:
    """Everybody with this number (E.164), who asked first first; `make_findable` goes before."""
    cases = indexes.candidates(key.index_key, indexes.PHONE, number)
    contacts = Contact.objects.filter(case_id__in=cases).order_by("created_at", "pk")
    return [contact for contact in contacts if _has_number(contact, number, key)]


def make_findable() -> None:
    """Whoever opened a case a moment ago can be found by their number; outside of any transaction."""
    for prepare in before_matching:
        prepare()


def last_look(message: Message, *, now: datetime) -> str:
    """Just before a text leaves, in one query: "" if nobody has stopped it, else a reason.

    `WAITS`: something came in that nobody has counted; `count_waiting`, then look again.
    """
    # One statement: what is counted meanwhile shows either as waiting or by what it did.
    asked = Contact.objects.filter(pk=message.contact_id).annotate(waits=Exists(_uncounted()))
    opted_out_at, waits = asked.values_list("opted_out_at", "waits").get()
    if waits:
        return WAITS
    if opted_out_at is None or is_confirmation(message, now):
        return ""
    return "opted_out"


def is_confirmation(message: Message, now: datetime) -> bool:
    """Whether this is the one text that a STOP itself asks for."""
    return message.template == CONFIRMATION and now - message.created_at <= CONFIRMED_WITHIN


def count_waiting(now: datetime) -> int:
    """Let every STOP and START that came in count, in the order in which they came; returns how many.

    Whoever asks meanwhile waits for the end of it.
    """
    if not _uncounted().exists():
        return 0
    make_findable()
    with transaction.atomic():
        waiting = list(_uncounted().select_for_update().order_by("received_at", "id"))
        key = worker_key.load()
        for text in waiting:
            _count(text, key, now)
    return len(waiting)


def _uncounted() -> Any:
    return InboundText.objects.filter(counted_at=None, wish__in=STOPS | STARTS)


def _count(text: InboundText, key: WorkerKey, now: datetime) -> None:
    told = opened(text, key)
    contacts = [contact.pk for contact in people_of(told, key)] if told else []
    theirs = Contact.objects.filter(pk__in=contacts)
    if text.wish in STOPS:
        # A START that came in after it stands, in whatever order the two are counted.
        stopped = theirs.exclude(started_at__gt=text.received_at)
        contacts = list(stopped.values_list("pk", flat=True))
        changed = stopped.filter(opted_out_at=None).update(opted_out_at=text.received_at)
        stopped.filter(opted_out_at__lt=text.received_at).update(opted_out_at=text.received_at)
        waiting = Message.objects.filter(contact__in=contacts, state=MessageState.QUEUED)
        # A second STOP takes nobody the confirmation of the first.
        waiting.exclude(template=CONFIRMATION).update(state=MessageState.CANCELLED, reason="opted_out", state_since=now)
    else:
        # A STOP that came in after it stands, in whatever order the two are counted.
        changed = theirs.filter(opted_out_at__lt=text.received_at).update(opted_out_at=None)
        theirs.exclude(started_at__gt=text.received_at).update(started_at=text.received_at)
    InboundText.objects.filter(pk=text.pk).update(counted_at=now, is_news=bool(changed))


def _has_number(contact: Contact, number: str, key: WorkerKey) -> bool:
    try:
        return bool(told_by(contact, key.keys()).get("phone") == number)
    except vault.Unreadable:
        # Destroyed with its case, or changed: whose number it was cannot be told any more.
        return False


def _context(text_id: UUID) -> str:
    return f"inbound/{text_id}"
