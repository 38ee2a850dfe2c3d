"""What the carrier reports, which numbers it cannot reach, and what keeps texts from leaving."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q


class CarrierReport(models.Model):
    """One report of the carrier on one try to send a message; every report is kept, whatever it changed.

    A message that was sent again has several `carrier_id`s, one for each try.
    """

    message = models.ForeignKey("notifications.Message", on_delete=models.CASCADE, related_name="reports")
    carrier_id = models.CharField(max_length=40)
    # The carrier's own word, such as "undelivered".
    status = models.CharField(max_length=20)
    error_code = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")
        constraints: ClassVar = [models.UniqueConstraint(fields=["carrier_id", "status"], name="one_report_per_status")]

    def __str__(self) -> str:
        return f"{self.status} of {self.carrier_id}"


class NumberFault(models.Model):
    """The carrier says that texts do not reach this contact's number; gone as soon as the person tells us another."""

    contact = models.OneToOneField(
        "notifications.Contact", on_delete=models.CASCADE, primary_key=True, related_name="fault"
    )
    error_code = models.CharField(max_length=10, blank=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"number of contact {self.contact_id}"


class StopReason(models.TextChoices):
    BY_HAND = "by_hand", "Stopped by hand"
    CREDENTIALS = "credentials", "The carrier refuses our credentials"
    UNREGISTERED = "unregistered", "The carrier has not registered our number for texts"
    FILTERED = "filtered", "The carrier filters this wording"


class SendingStop(models.Model):
    """The kill switch: while it stands, no text leaves, or none of one wording. Only a person lifts it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Empty: every text.
    template = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=12, choices=StopReason.choices)
    placed_at = models.DateTimeField()
    placed_by_user_id = models.BigIntegerField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by_user_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-placed_at",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template"], condition=Q(lifted_at=None), name="one_stop_at_a_time"),
            models.CheckConstraint(condition=Q(reason__in=StopReason.values), name="stop_reason_known"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by_user_id=None)
                | Q(lifted_at__isnull=False, lifted_by_user_id__isnull=False),
                name="stop_lifted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"stop of {self.template or 'every text'}"


class OperatorPage(models.Model):
    """What only whoever runs the installation can mend, told by e-mail: the carrier's code, and once a day at most."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    error_code = models.CharField(max_length=10, blank=True)
    # The wording that met the error where that matters; else empty.
    template = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"page about {self.error_code or 'the credentials'}"


class Sender(models.Model):
    """One of our numbers, and when the next text may leave by it."""

    number = models.CharField(max_length=40, primary_key=True)
    next_turn_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number
