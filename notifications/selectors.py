"""What others read of the outbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import BooleanField, Case, DateTimeField, F, Min, Q, When

from notifications.models import MAY_BE_TEXTED, Contact, HandsetText, Heartbeat, Message, MessageState, ReceivedText
from notifications.quiet_hours import may_arrive, next_opening, zone_named
from notifications.tasks import HEARTBEAT

# Whatever is to be tried later than this waits for the morning, not for its next try.
LONGEST_RETRY = timedelta(minutes=30)


def texts_of_case(case_id: UUID) -> list[Message]:
    """The case's texts, oldest first, each with its contact; one query. They hold codes, never words or numbers."""
    return list(Message.objects.filter(case_id=case_id).select_related("contact"))


def received_on(case_id: UUID) -> list[ReceivedText]:
    """What the case's people texted us, oldest first; one query. Codes only: the words are sealed notes."""
    return list(ReceivedText.objects.filter(contact__case_id=case_id))


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who asked for help on a case: the language of their texts, and when one queued now may reach them.

    `arrives_at`: None for who is not texted at all, and `why_not` says why as a code.
    """

    language: str
    arrives_at: datetime | None
    why_not: str = ""


def recipients_of(case_id: UUID, *, is_urgent: bool, now: datetime) -> list[Recipient]:
    """Everybody of the case, whether texted or not, the first who asked first; one query."""
    contacts = Contact.objects.filter(case_id=case_id).order_by("created_at", "pk")
    return [
        _recipient(contact, contact.is_texted, is_urgent=is_urgent, now=now)
        for contact in contacts.annotate(is_texted=_IS_TEXTED)
    ]


_IS_TEXTED = Case(When(MAY_BE_TEXTED, then=True), default=False, output_field=BooleanField())


def _recipient(contact: Contact, is_texted: bool, *, is_urgent: bool, now: datetime) -> Recipient:
    if not is_texted:
        if contact.opted_out_at is not None:
            return Recipient(contact.language, None, "opted_out")
        return Recipient(contact.language, None, _why_not(contact))
    zone = zone_named(contact.time_zone)
    waits = not may_arrive(now, zone) and not (contact.any_hour and is_urgent)
    return Recipient(contact.language, next_opening(now, zone) if waits else now)


def _why_not(contact: Contact) -> str:
    if contact.phone_is_shared:
        return "phone_is_shared" if contact.may_text else "no_consent"
    if contact.may_email:
        return "by_email"
    return "bad_number" if contact.may_text else "no_consent"


def cases_on_handset() -> list[UUID]:
    """The cases whose texts the demo's handset page shows."""
    return list(HandsetText.objects.order_by().values_list("message__case_id", flat=True).distinct())


def oldest_undelivered(now: datetime) -> timedelta | None:
    """How long the longest-waiting text could already have been sent; None if none waits.

    A text that waits for the morning does not count; one that was tried and failed counts from the beginning.
    """
    by_day = Q(send_after__lte=now + LONGEST_RETRY)
    could_go_at = Case(When(attempts=0, then=F("send_after")), default=F("created_at"), output_field=DateTimeField())
    waiting = Message.objects.filter(by_day, state__in=[MessageState.QUEUED, MessageState.SENDING])
    oldest: datetime | None = (
        waiting.annotate(could_go_at=could_go_at).filter(could_go_at__lte=now).aggregate(oldest=Min("could_go_at"))
    )["oldest"]
    return now - oldest if oldest else None


def heartbeat_age(now: datetime) -> timedelta | None:
    """How long ago a worker last ran the clock's task; None if none ever did."""
    heartbeat = Heartbeat.objects.filter(name=HEARTBEAT).first()
    return now - heartbeat.at if heartbeat else None
