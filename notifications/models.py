"""Contacts, the outbox and the demo's handset."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from notifications.carrier_models import CarrierReport, NumberFault, OperatorPage, Sender, SendingStop, StopReason
from notifications.inbound_models import HandsetReply, InboundText, ReceivedText, TakenText
from notifications.quiet_hours import HOME

__all__ = (
    "AGREED_TO_TEXTS",
    "MAILED_INSTEAD",
    "MAY_BE_TEXTED",
    "CarrierReport",
    "Channel",
    "Contact",
    "HandsetReply",
    "HandsetText",
    "Heartbeat",
    "InboundText",
    "Message",
    "MessageState",
    "NumberFault",
    "OperatorPage",
    "ReceivedText",
    "Sender",
    "SendingStop",
    "StopReason",
    "TakenText",
)


class Contact(models.Model):
    """One person who asked for help on a case: what may be sent and when. The number is in the sealed `contact`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_id = models.UUIDField(db_index=True)
    language = models.CharField(max_length=8)
    may_text = models.BooleanField()
    may_call = models.BooleanField()
    # They gave an address for news; it is in the sealed `contact`.
    may_email = models.BooleanField(default=False)
    any_hour = models.BooleanField(default=False)
    # By whose clock it is night for them: the stated zone, an IANA name. Never guessed from the area code.
    time_zone = models.CharField(max_length=40, default=HOME)
    # Somebody the family does not trust may see the phone: no texts, whatever `may_text` says.
    phone_is_shared = models.BooleanField(default=False)
    # When the newest STOP of their number came in that no START came in after; and the newest START.
    opted_out_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"contact {self.id}"


# Who agreed to texts and may have them; a text to a number that none reaches becomes a call.
AGREED_TO_TEXTS = Q(may_text=True, phone_is_shared=False, opted_out_at=None)
# Who is written to by e-mail instead, because they want no texts.
MAILED_INSTEAD = Q(may_text=False, may_email=True, phone_is_shared=False, opted_out_at=None)
# Whom anything is sent to at all.
MAY_BE_TEXTED = AGREED_TO_TEXTS & Q(fault=None)


class MessageState(models.TextChoices):
    QUEUED = "queued", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    ACCEPTED = "accepted", "Handed to the carrier"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    UNDELIVERED = "undelivered", "Not delivered"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Answer lost"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Too old to send"


class Channel(models.TextChoices):
    TEXT = "text", "Text"
    EMAIL = "email", "E-mail"


class Message(models.Model):
    """The outbox: a text to one contact, written in the transaction that caused it and sent after its commit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="messages")
    case_id = models.UUIDField(db_index=True)
    template = models.CharField(max_length=40)
    channel = models.CharField(max_length=5, choices=Channel.choices, default=Channel.TEXT)
    # The event that caused it: the same event never texts the same person the same thing twice.
    trigger = models.UUIDField()
    language = models.CharField(max_length=8)
    is_urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=MessageState.choices, default=MessageState.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    # How often it could not be handed to the carrier, and how often the carrier took it and could not deliver it.
    attempts = models.PositiveSmallIntegerField(default=0)
    times_returned = models.PositiveSmallIntegerField(default=0)
    # When it was last on its way to the carrier, and how often the carrier was asked since and did not have it.
    tried_at = models.DateTimeField(null=True)
    times_asked = models.PositiveSmallIntegerField(default=0)
    send_after = models.DateTimeField()
    created_at = models.DateTimeField()
    state_since = models.DateTimeField()
    carrier_id = models.CharField(max_length=40, blank=True, db_index=True)
    error_code = models.CharField(max_length=10, blank=True)
    # What it reminds of, for the wordings that say a day; never what that is.
    about_at = models.DateTimeField(null=True)
    # A coordinator's own words instead of the wording's: the subject of the case's sealed note that holds both.
    words_id = models.UUIDField(null=True)
    # When the carrier's own record of it, with number and words, was deleted there.
    removed_at = models.DateTimeField(null=True)
    # Why it must not be sent any more, noted while it was on its way: it is never queued again.
    cancelled_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("created_at",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact", "template", "trigger", "channel"], name="one_message_per_trigger"
            ),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="message_channel_known"),
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="message_state_known"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["send_after"],
                name="message_in_flight",
                condition=Q(state__in=[MessageState.QUEUED, MessageState.SENDING]),
            ),
            models.Index(
                fields=["state_since"],
                name="message_at_carrier",
                condition=Q(removed_at=None) & ~Q(carrier_id=""),
            ),
            models.Index(fields=["state_since"], name="message_unknown", condition=Q(state=MessageState.UNKNOWN)),
            models.Index(
                fields=["state_since"],
                name="message_unreported",
                condition=Q(state__in=[MessageState.ACCEPTED, MessageState.SENT]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.id}"


class HandsetText(models.Model):
    """What the demo's handset page shows; number and words are sealed like everything a phone would show."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="handset_text")
    sealed = models.BinaryField()
    arrived_at = models.DateTimeField()

    class Meta:
        ordering = ("-arrived_at", "-id")

    def __str__(self) -> str:
        return f"handset text {self.pk}"


class Heartbeat(models.Model):
    """When something that has to go on last did: a task of the clock, which proves that beat, broker and worker live,
    or a sweep of the carrier's records that left nothing old there."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
