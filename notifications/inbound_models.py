"""What families text us: sealed on its way to the worker, then a line of codes per case; the words, a sealed note."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from notifications.keywords import Wish

WISHES = [(wish.value, wish.value) for wish in Wish]


class InboundText(models.Model):
    """A text on its way to the worker, which alone can tell whose it is; then the row goes.

    `sealed`: number and words, for the worker. `wish` is what a machine read in it; from the commit on, "stop" counts.
    """

    # Made from the carrier's own id of it, so that a repeated request finds the row.
    id = models.UUIDField(primary_key=True, editable=False)
    sealed = models.BinaryField()
    wish = models.CharField(max_length=8, choices=WISHES)
    is_urgent = models.BooleanField()
    received_at = models.DateTimeField()
    # When whom it stops or starts texts for was found and done; the thread and the answer may come later.
    counted_at = models.DateTimeField(null=True)
    # Whether that changed anything: who had stopped them already hears nothing more.
    is_news = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("received_at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(wish__in=[wish.value for wish in Wish]), name="inbound_wish_known")
        ]
        indexes: ClassVar = [
            # Asked before every text that leaves.
            models.Index(fields=["received_at"], name="inbound_uncounted", condition=Q(counted_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"inbound {self.id}"


class TakenText(models.Model):
    """That a text was taken in, from whomever: `id` is a keyed hash of the carrier's id of it.

    Its request, sent to us once more, is refused by it: what is signed says nothing of when (ADR 43).
    """

    id = models.UUIDField(primary_key=True, editable=False)
    on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return f"taken on {self.on}"


class ReceivedText(models.Model):
    """That somebody of a case texted us; the words are the case's sealed note of subject `id`. One for each case."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    inbound_id = models.UUIDField()
    contact = models.ForeignKey("notifications.Contact", on_delete=models.PROTECT, related_name="received")
    wish = models.CharField(max_length=8, choices=WISHES)
    is_urgent = models.BooleanField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("received_at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["inbound_id", "contact"], name="one_row_per_text_and_contact")
        ]

    def __str__(self) -> str:
        return f"received {self.id}"


class HandsetReply(models.Model):
    """What somebody typed on the demo's handset page; number and words are sealed, as of every other text there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The newest text that the phone showed then: it goes when that goes.
    message = models.ForeignKey("notifications.Message", on_delete=models.CASCADE, related_name="handset_replies")
    sealed = models.BinaryField()
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ("-sent_at", "-id")

    def __str__(self) -> str:
        return f"handset reply {self.pk}"
