"""Contacts, the outbox and the demo's handset."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q


class Contact(models.Model):
    """One person who asked for help on a case: what may be sent and when. The number is in the sealed `contact`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_id = models.UUIDField(db_index=True)
    language = models.CharField(max_length=8)
    may_text = models.BooleanField()
    may_call = models.BooleanField()
    any_hour = models.BooleanField(default=False)
    # Somebody the family does not trust may see the phone: no texts, whatever `may_text` says.
    phone_is_shared = models.BooleanField(default=False)
    opted_out_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"contact {self.id}"


# Whom anything is sent to at all.
MAY_BE_TEXTED = Q(may_text=True, phone_is_shared=False, opted_out_at=None)


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


class Message(models.Model):
    """The outbox: a text to one contact, written in the transaction that caused it and sent after its commit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="messages")
    case_id = models.UUIDField(db_index=True)
    template = models.CharField(max_length=40)
    # The event that caused it: the same event never texts the same person the same thing twice.
    trigger = models.UUIDField()
    language = models.CharField(max_length=8)
    is_urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=MessageState.choices, default=MessageState.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    send_after = models.DateTimeField()
    created_at = models.DateTimeField()
    state_since = models.DateTimeField()
    carrier_id = models.CharField(max_length=40, blank=True, db_index=True)
    error_code = models.CharField(max_length=10, blank=True)

    class Meta:
        ordering = ("created_at",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contact", "template", "trigger"], name="one_message_per_trigger"),
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="message_state_known"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["send_after"],
                name="message_in_flight",
                condition=Q(state__in=[MessageState.QUEUED, MessageState.SENDING]),
            )
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
    """When the clock's task last ran in a worker: proves that beat, broker and worker all live."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
